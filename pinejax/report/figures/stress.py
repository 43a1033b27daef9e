"""The best set's score under harder conditions, beside what it was searched with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pinejax.report.figures.canvas import SMALL, TEXT, Drawing, Look, canvas, dress, measured, plain, sentence
from pinejax.report.figures.words import told
from pinejax.report.page.figures import metric
from pinejax.report.page.words import name_of, say


def stress(content: Mapping[str, Any], look: Look, *, objective: str = "") -> Drawing:
    """content: `evidence.stress` of verdict.json: its base and its rows, and what was left out one by one. A sentence without any."""
    base = content.get("base") or {}
    rows = [(name_of("stress", str(row["name"])), row.get("value")) for row in (base, *content.get("rows", ())) if row]
    for group in ("symbols", "timeframes"):
        rows += [(say("stress.without", name=row["name"]), row.get("value")) for row in (content.get(group) or {}).get("rows", ())]
    known = [(name, float(value)) for name, value in rows if isinstance(value, (int, float))]
    if len(known) < 2 or base.get("value") is None:
        return sentence(look, say("stress"), told("none.stress"))
    figure = canvas(look, say("stress"), height=1.2 + 0.3 * len(known))
    axes = figure.subplots()
    dress(axes, look, x=name_of("metric", objective) if objective else say("value"), grid="x")
    places = range(len(known))
    colours = [look.palette.hold, *(look.palette.loss if value < 0 else look.palette.gain for _, value in known[1:])]
    axes.barh(places, [value for _, value in known], color=colours, height=0.6)
    axes.axvline(float(base["value"]), color=look.palette.ink, linewidth=1.0, linestyle="--")
    axes.axvline(0.0, color=look.palette.faint, linewidth=0.8)
    for place, (_, value) in zip(places, known, strict=True):
        axes.annotate(
            metric(objective, value), (value, place), xytext=(4 if value >= 0 else -4, 0), textcoords="offset points", va="center",
            ha="left" if value >= 0 else "right", fontsize=SMALL, color=look.palette.soft,
        )  # fmt: skip
    axes.set_yticks(places, [plain(name) for name, _ in known], fontsize=TEXT, color=look.palette.ink)
    axes.set_ylim(len(known) - 0.4, -0.6)
    axes.margins(x=0.12)
    measured(axes, objective, "x")
    return figure
