"""The verdict with its reasons; where the search was not judged, what that means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pinejax.report.page.figures import rough
from pinejax.report.page.markup import Markup, el, table
from pinejax.report.page.sections.frame import folded, framed
from pinejax.report.page.words import WORDS, readable, say
from pinejax.report.saved import Saved

MARKS = {"differs": "✓", "hint": "~", "luck": "✗", "not_enough": "?", "none": "?"}


def section(saved: Saved) -> Markup:
    """Always there."""
    verdict = saved.verdict
    if verdict is None or not verdict.get("sentence"):
        return framed("verdict", badge("none"), el("p", unjudged(saved), class_="sentence"), compared(saved.manifest.get("comparison")))
    level = str(verdict.get("level", "none"))
    steps = [str(step) for step in verdict.get("next", ())]
    return framed(
        "verdict",
        badge(level),
        el("p", str(verdict["sentence"]), class_="sentence"),
        reasons(verdict.get("reasons", ())),
        el("p", say("verdict.next"), " ", [[", " if i else None, el("code", step)] for i, step in enumerate(steps)], class_="note")
        if steps
        else None,
    )


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


def compared(found: Mapping[str, Any] | None) -> Markup | None:
    """What a comparison with TradingView's own list of trades came to."""
    if not found:
        return None
    counts = ", ".join(f"{n:,} {readable(str(status)).lower()}" for status, n in found.get("trades", {}).items() if n)
    words = say("comparison.agrees" if found.get("agrees") else "comparison.differs", export=found.get("export", ""), counts=counts)
    return el("p", words, [el("small", " ", str(reason)) for reason in found.get("reasons", ())])


def reasons(rules: Any) -> Markup | None:
    """One row per rule."""
    rows = [_row(rule) for rule in rules if isinstance(rule, Mapping)]
    if not rows:
        return None
    head = [say("reason"), say("measured"), say("threshold"), say("passed")]
    return folded(say("verdict.reasons"), table(head, rows, caption=say("verdict.reasons"), class_="reasons"), open_=True)


def _row(rule: Mapping[str, Any]) -> list[Any]:
    passed = rule.get("passed")
    said = say("unknown") if passed is None else say("yes") if passed else say("no")
    text = el("span", readable(str(rule.get("name", ""))), el("small", str(rule.get("text", ""))))
    return [
        text,
        rough(rule.get("measured")),
        str(rule.get("threshold", "")),
        el("span", said, class_="" if passed is None else "gain" if passed else "loss"),
    ]
