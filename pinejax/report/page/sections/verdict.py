"""The verdict with its reasons; where the search was not judged, what that means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pinejax.report.page.figures import figure, rough
from pinejax.report.page.markup import Markup, el, table
from pinejax.report.page.sections.frame import folded, framed
from pinejax.report.page.words import WORDS, name_of, readable, say
from pinejax.report.saved import Saved

MARKS = {"differs": "✓", "hint": "~", "luck": "✗", "not_enough": "?", "none": "?"}
PASSED = {True: ("✓", "rule.passed", "gain"), False: ("✗", "rule.failed", "loss"), None: ("?", "rule.unknown", "")}
UNITS = {"trades": "count", "days": "count", "open_position": "fraction", "few_trades": "money"}
"""Of what a rule measures; others are statistics."""
OUTSIDE = (">= 0", "of one set")
"""Of what a threshold says where a rule is about bars that the choice did not see: a return, or the probability of one."""


def section(saved: Saved) -> Markup:
    """Always there."""
    verdict = saved.verdict
    if verdict is None or not verdict.get("sentence"):
        return framed("verdict", badge("none"), el("p", unjudged(saved), class_="sentence"), compared(saved.manifest.get("comparison")))
    # Without rules nothing was weighed: a search of another kind, such as one of several objectives.
    level = str(verdict.get("level", "none")) if verdict.get("reasons") or verdict.get("level") != "not_enough" else "none"
    steps = [str(step) for step in verdict.get("next", ())]
    return framed(
        "verdict",
        badge(level),
        el("p", str(verdict["sentence"]), class_="sentence"),
        glance(verdict.get("reasons", ())),
        reasons(verdict.get("reasons", ())),
        el("p", say("verdict.next"), " ", listed(steps), class_="note") if steps else None,
    )


def listed(steps: list[str]) -> list[Any]:
    """What would tell more, in a line; what can be typed as code."""
    return [[", " if i else None, el("code", step) if "=" in step else step] for i, step in enumerate(steps)]


def badge(level: str) -> Markup:
    """A mark and a word: colour is never alone."""
    known = level if level in MARKS else "none"
    return el("p", el("span", MARKS[known], aria_hidden="true"), " ", WORDS[f"level.{known}"], class_=f"badge {known}")


def unjudged(saved: Saved) -> str:
    """What can be said of a search without a verdict."""
    if saved.is_backtest:
        return say("verdict.none_one")
    if worker := saved.manifest.get("search", {}).get("worker"):
        return say("verdict.worker", worker=worker)
    trials = saved.trials
    n = 0 if trials is None else len(trials)
    if not n:
        return say("verdict.no_trials")
    assert trials is not None
    if (trials["state"] == "FAIL").all():
        return say("verdict.all_failed", n=f"{n:,}")
    if saved.best is None:
        return say("verdict.no_best")
    return say("verdict.none", n=f"{n:,}") if n > 1 else say("verdict.none_one")


def glance(rules: Any) -> Markup | None:
    """Each rule in a few words."""
    rows = [_glanced(rule) for rule in rules if isinstance(rule, Mapping)]
    return el("ul", rows, class_="rules") if rows else None


def _glanced(rule: Mapping[str, Any]) -> Markup:
    mark, word, tone = PASSED[_passed(rule)]
    return el(
        "li",
        el("span", mark, class_=f"mark {tone}", aria_hidden="true"), el("span", say(word), " ", class_="sr"),
        named(rule), " ", el("b", measured(rule)),
    )  # fmt: skip


def compared(found: Mapping[str, Any] | None) -> Markup | None:
    """What a comparison with TradingView's own list of trades came to."""
    if not found:
        return None
    counts = ", ".join(f"{n:,} {readable(str(status)).lower()}" for status, n in found.get("trades", {}).items() if n)
    words = say("comparison.agrees" if found.get("agrees") else "comparison.differs", export=found.get("export", ""), counts=counts)
    return el("p", words, [el("small", " ", str(reason)) for reason in found.get("reasons", ())])


def reasons(rules: Any) -> Markup | None:
    """One row per rule, with what it needs and why."""
    rows = [_row(rule) for rule in rules if isinstance(rule, Mapping)]
    if not rows:
        return None
    head = [say("reason"), say("measured"), say("threshold"), say("passed")]
    return folded(say("verdict.reasons"), table(head, rows, caption=say("verdict.reasons"), class_="reasons"))


def named(rule: Mapping[str, Any]) -> str:
    """What a rule measures."""
    name, needed = str(rule.get("name", "")), str(rule.get("threshold", ""))
    if f"rule.{name}" in WORDS:
        return name_of("rule", name)
    if needed == OUTSIDE[0]:
        return say("rule.return", name=readable(name))
    return say("rule.probability", name=readable(name)) if OUTSIDE[1] in needed else readable(name)


def measured(rule: Mapping[str, Any]) -> str:
    """Its value, in its unit."""
    value, unit = rule.get("measured"), UNITS.get(str(rule.get("name")))
    if str(rule.get("threshold")) == OUTSIDE[0]:
        unit = "fraction"
    known = unit is not None and isinstance(value, (int, float)) and not isinstance(value, bool)
    return figure(value, str(unit)) if known else rough(value)


def _passed(rule: Mapping[str, Any]) -> bool | None:
    passed = rule.get("passed")
    return None if passed is None else bool(passed)


def _row(rule: Mapping[str, Any]) -> list[Any]:
    passed = _passed(rule)
    said = say("unknown") if passed is None else say("yes") if passed else say("no")
    text = el("span", named(rule), el("small", str(rule.get("text", ""))))
    needed = str(rule.get("threshold", "")).replace(">=", "\u2265").replace("<=", "\u2264")
    return [text, measured(rule), needed, el("span", said, class_=PASSED[passed][2])]
