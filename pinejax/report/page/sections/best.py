"""The best set: its parameters beside what was searched, and as text to use it elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pinejax.report.page.figures import metric, short
from pinejax.report.page.markup import Markup, el, join, table
from pinejax.report.page.sections.frame import definitions, folded, framed, heading, note
from pinejax.report.page.words import name_of, say
from pinejax.report.saved import Saved
from pinejax.report.text import overrides_of, typed

LEAST_SWITCHES = 4
"""Fewer are rows like other parameters; so many or more are two lists, of those that are on and those that are off."""


def section(saved: Saved) -> Markup | None:
    """None where no trial has a result."""
    best = saved.best
    if best is None:
        return None
    params, searched = best.get("params", {}), best.get("searched", [])
    if saved.is_backtest:
        return the_set(saved, params)
    values = ", ".join(f"{name_of('metric', name)} {metric(name, value)}" for name, value in best.get("values", {}).items())
    again = overrides_of({name: params[name] for name in searched if name in params})
    inputs = saved.inputs or "\n".join(f"{name} = {typed(value)}" for name, value in params.items())
    rest = [(name, value) for name, value in params.items() if name not in searched]
    switches = [name for name in searched if isinstance(params.get(name), bool)]
    switches = switches if len(switches) >= LEAST_SWITCHES else []
    rows = [name for name in searched if name not in switches]
    violation, aim = best.get("violation") or 0.0, saved.manifest.get("objective") or {}
    asked = violation > 0 and (aim.get("gates") or {}).get("min_trades") is not None
    return framed(
        "best",
        el("p", say("best.trial", trial=best.get("trial"), values=values), class_="lead"),
        note(say("best.rule", text=rule)) if (rule := rule_of(saved)) else None,
        note(say("best.front", sets=_sets(len(saved.front)))) if saved.front else None,
        note(say("best.violation", violation=violation)) if violation > 0 else None,
        note(say("best.penalty")) if violation > 0 and aim.get("gate_mode") == "penalty" else None,
        el("p", say("best.no_trade_asked" if asked else "best.no_trade"), class_="warning") if idle(saved) else None,
        table(
            [say("parameter"), say("value"), say("range")],
            [[el("code", name), short(params.get(name)), span_of(saved, name)] for name in rows],
            caption=say("best"),
            class_="params",
        )
        if rows
        else None,
        switched(params, switches),
        copyable(say("best.again"), again) if again else None,
        copyable(say("best.inputs"), inputs) if inputs else None,
        folded(say("best.pinned", n=len(rest)), table([say("parameter"), say("value")], [[el("code", n), short(v)] for n, v in rest]))
        if rest
        else None,
        checked(saved.manifest.get("best_rerun_in_detail")),
    )


def _sets(n: int) -> str:
    return f"{n:,} set{'s' if n != 1 else ''}"


def idle(saved: Saved) -> bool:
    """Whether the best set made no trade on any dataset."""
    counts = [saved.metrics(dataset).get("n_trades") for dataset in saved.datasets]
    return bool(counts) and all(count == 0 for count in counts)


def rule_of(saved: Saved) -> str:
    """How the best set was chosen, as the verdict has it; empty without one."""
    rule = ((saved.verdict or {}).get("evidence") or {}).get("rule")
    text = rule.get("text") if isinstance(rule, Mapping) else None
    return text if isinstance(text, str) else ""


def switched(params: Mapping[str, Any], names: list[str]) -> Markup | None:
    """Switches by what they are: a list is shorter than a row for each."""
    lists = [(say(key), [name for name in names if params[name] is on]) for key, on in (("best.on", True), ("best.off", False))]
    rows = [(term, [[", " if i else None, el("code", name)] for i, name in enumerate(found)]) for term, found in lists if found]
    return definitions(rows) if rows else None


def the_set(saved: Saved, params: Mapping[str, Any]) -> Markup:
    """Of a backtest."""
    rows = [[el("code", name), short(value)] for name, value in params.items()]
    inputs = "\n".join(f"{name} = {typed(value)}" for name, value in params.items())
    return framed(
        "best",
        table([say("parameter"), say("value")], rows, caption=say("set"), class_="params") if rows else note(say("set.none")),
        copyable(say("best.again"), overrides_of(params)) if rows else None,
        copyable(say("best.inputs"), inputs) if rows else None,
        title=heading(saved, "best"),
    )


def checked(check: Mapping[str, Any] | None) -> Markup | None:
    """Whether the run in detail has the trial's numbers; only where they differ it is more than a note."""
    if not check:
        return None
    if check.get("equal"):
        return note(say("equal"))
    return el("p", say("differs", said=check.get("said", "")), class_="warning")


def span_of(saved: Saved, name: str) -> str:
    """What the study looked at, in a few characters."""
    domain = saved.manifest.get("strategy", {}).get("space", {}).get(name, {})
    if "values" in domain:
        return ", ".join(map(short, domain["values"]))
    if "low" not in domain:
        return ""
    step = domain.get("step")
    more = " log" if domain.get("log") else f" by {short(step)}" if step not in (None, 1) else ""
    return f"{short(_whole(domain['low']))} … {short(_whole(domain['high']))}{more}"


def copyable(label: str, text: str, open_: bool = False) -> Markup:
    """Text in a box, with a button; folded away at first unless `open_`."""
    button = el("button", say("copy"), type="button", class_="copy", aria_label=f"{say('copy')}: {label}")
    details = el("details", el("summary", label), el("pre", el("code", text), tabindex="0"), open=open_)
    return el("div", join([button, details]), class_="copyable")


def _whole(value: float) -> float | int:
    return int(value) if float(value).is_integer() else value
