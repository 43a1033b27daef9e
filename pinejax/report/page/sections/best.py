"""The best set: its parameters beside what was searched, and as text to use it elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pinejax.report.page.figures import short
from pinejax.report.page.markup import Markup, el, join, table
from pinejax.report.page.sections.frame import folded, framed, heading, note
from pinejax.report.page.words import name_of, say
from pinejax.report.saved import Saved
from pinejax.report.text import overrides_of, typed


def section(saved: Saved) -> Markup | None:
    """None where no trial has a result."""
    best = saved.best
    if best is None:
        return None
    params, searched = best.get("params", {}), best.get("searched", [])
    if saved.is_backtest:
        return the_set(saved, params)
    values = ", ".join(f"{name_of('metric', name)} {short(value)}" for name, value in best.get("values", {}).items())
    again = overrides_of({name: params[name] for name in searched if name in params})
    inputs = saved.inputs or "\n".join(f"{name} = {typed(value)}" for name, value in params.items())
    rest = [(name, value) for name, value in params.items() if name not in searched]
    violation = best.get("violation") or 0.0
    return framed(
        "best",
        el("p", say("best.trial", trial=best.get("trial"), values=values), class_="lead"),
        note(say("best.front", n=len(saved.front))) if saved.front else None,
        note(say("best.violation", violation=violation)) if violation > 0 else None,
        checked(saved.manifest.get("best_rerun_in_detail")),
        table(
            [say("parameter"), say("value"), say("range")],
            [[el("code", name), short(params.get(name)), span_of(saved, name)] for name in searched],
            caption=say("best"),
            class_="params",
        )
        if searched
        else None,
        copyable(say("best.again"), again) if again else None,
        copyable(say("best.inputs"), inputs) if inputs else None,
        folded(say("best.pinned", n=len(rest)), table([say("parameter"), say("value")], [[el("code", n), short(v)] for n, v in rest]))
        if rest
        else None,
    )


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
    button = el("button", say("copy"), type="button", class_="copy")
    return el("details", el("summary", label), el("div", join([el("pre", el("code", text)), button]), class_="copyable"), open=open_)


def _whole(value: float) -> float | int:
    return int(value) if float(value).is_integer() else value
