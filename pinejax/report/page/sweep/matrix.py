"""LTF by HTF, a panel per symbol: the colour is what is left out of sample, the number what is left after so many tries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pinejax.report.matrix import Panel, Scale, View
from pinejax.report.page.figures import rough
from pinejax.report.page.markup import Child, Markup, el
from pinejax.report.page.sections.frame import framed
from pinejax.report.page.sections.verdict import MARKS
from pinejax.report.page.sweep.compared import Compared, details, name, state, view_words
from pinejax.report.page.words import WORDS, name_of, say
from pinejax.report.sweep_rows import SweepRow

SIGNS = {"failed": "✗", "interrupted": "⏸", "running": "▶", "waiting": "…", "not run": "–"}  # noqa: RUF001
"""Of states without a value. Each has its word beside it."""


def section(compared: Compared) -> Markup | None:
    """None where there is no combination."""
    if not compared.rows:
        return None
    views = list(dict.fromkeys(panel.view for panel in compared.panels))
    blocks = [_view(compared, view, i, named=len(views) > 1) for i, view in enumerate(views)]
    return framed(
        "matrix",
        _choose(views) if len(views) > 1 else None,
        blocks,
        el("div", el("p", say("sweep.pick")), class_="picked", aria_live="polite") if len(compared.rows) > 1 else None,
        _key(compared),
    )


def data(compared: Compared) -> dict[str, Any]:
    """What `assets/matrix.js` shows of a cell that is pointed at."""
    return {
        "cells": [{"title": name(row), "details": details(compared, i), "href": compared.links[i]} for i, row in enumerate(compared.rows)]
    }


def _choose(views: Sequence[View]) -> Markup:
    options = [el("option", ", ".join(view_words(view)), value=i) for i, view in enumerate(views)]
    options.append(el("option", say("sweep.all_views", n=len(views)), value="all"))
    return el("p", el("label", say("sweep.view"), " ", el("select", options, data_choose="view")), class_="toolbar choose")


def _view(compared: Compared, view: View, i: int, named: bool) -> Markup:
    mine = [panel for panel in compared.panels if panel.view == view]
    found = list(dict.fromkeys(row.objective for panel in mine for row in panel.rows if row.objective in compared.scales))
    return el(
        "div",
        el("h3", ", ".join(view_words(view))) if named else None,
        [_legend(compared.scales[key]) for key in found],
        el("div", [_panel(compared, panel) for panel in mine], class_="panels"),
        class_="view",
        data_view=i,
    )


def _panel(compared: Compared, panel: Panel) -> Markup:
    head = el(
        "tr", el("td", el("span", say("sweep.ltf"), " ↓ · ", say("sweep.htf"), " →")), [el("th", str(h), scope="col") for h in panel.htfs]
    )
    rows = [
        el(
            "tr",
            el("th", str(ltf), scope="row"),
            [el("td", [_cell(compared, row) for row in panel.at(ltf, htf)]) for htf in panel.htfs],
        )
        for ltf in panel.ltfs
    ]
    table = el("table", el("caption", panel.title), el("thead", head), el("tbody", rows), class_="matrix")
    return el("div", table, class_="scroll")


def _cell(compared: Compared, row: SweepRow) -> Markup:
    i = compared.place(row)
    scale = compared.scales.get(row.objective)
    colour, strength = _shade(row, scale)
    said = "; ".join(f"{term}: {text}" for term, text in details(compared, i)[:6])
    return el(
        "a",
        _filled(compared, row) if row.holds else _empty(row),
        class_=f"cell {colour}",
        style=f"--w:{strength:.0f}%" if strength else None,
        href=compared.link(i),
        data_row=i,
        aria_label=f"{name(row)}. {said}",
    )


def _shade(row: SweepRow, scale: Scale | None) -> tuple[str, float]:
    """The class of a cell, and how much of the colour it has, percent."""
    if row.broke:
        return "unmade none", 0.0
    if row.value is None:
        return f"unmade {row.state.replace(' ', '-') if row.state in SIGNS else 'none'}", 0.0
    value = None if scale is None else scale.value(row)
    hatched = "" if scale is not None and scale.kind and value is not None else " inside"
    if scale is None or value is None:
        return f"plain{hatched}", 0.0
    place = scale.place(value)
    return f"{'up' if place > 0 else 'down'}{hatched}", 100 * abs(place)


def _filled(compared: Compared, row: SweepRow) -> Child:
    """The deflated score, or where there is none the value; what it is made of below."""
    outside = compared.outside(row)
    mark = el("span", MARKS.get(row.verdict, "?"), class_="mark", aria_hidden="true") if row.verdict else None
    head = rough3(row.value) if row.deflated_sharpe is None else f"{row.deflated_sharpe:.2f}"
    below: list[Child] = []
    if outside is not None:
        below.append(el("small", say("sweep.cell.out"), " ", rough3(outside)))
    if row.deflated_sharpe is not None or outside is not None:
        below.append(el("small", say("sweep.cell.in"), " ", rough3(row.value)))
    else:
        below.append(el("small", say("sweep.cell.in_sample")))
    if row.state in SIGNS:
        below.append(el("small", SIGNS[row.state], " ", state(row)))
    return [mark, el("b", head), below]


def _empty(row: SweepRow) -> Child:
    """A combination without a value: its state as a sign and a word; of one that broke a gate that."""
    if row.broke:
        return [el("b", "!", aria_hidden="true"), el("small", say("sweep.cell.broke"))]
    if row.gone:
        return [el("b", "–", aria_hidden="true"), el("small", say("sweep.cell.gone"))]  # noqa: RUF001
    word = state(row) if row.state in SIGNS else say("sweep.cell.none")
    return [el("b", SIGNS.get(row.state, "–"), aria_hidden="true"), el("small", word)]  # noqa: RUF001


def _legend(scale: Scale) -> Markup:
    """The colours from the worst to the best value."""
    worst, best = scale.ends
    first, last = scale.place(worst), scale.place(best)
    bar = el("span", class_="ramp" + ("" if scale.kind else " inside"), style=_gradient(first, last), aria_hidden="true")
    zero = -first / (last - first) if first < 0 < last else None
    marked = el("span", "0", class_="zero", style=f"left:{100 * zero:.0f}%") if zero is not None and 0.12 < zero < 0.88 else None
    said = say(f"sweep.colour.{scale.kind or 'none'}", objective=name_of("metric", scale.objective))
    return el(
        "p",
        el("span", said, class_="said"),
        el("span", el("span", rough3(worst)), el("span", bar, marked, class_="ramp-box"), el("span", rough3(best)), class_="ramp-line"),
        class_="legend-line",
    )


def _gradient(first: float, last: float) -> str:
    stops = [_mix(first)] + (["var(--cell) " + f"{100 * -first / (last - first):.0f}%"] if first < 0 < last else []) + [_mix(last)]
    return f"background-image:linear-gradient(to right,{','.join(stops)})"


def _mix(place: float) -> str:
    side = "up" if place > 0 else "down"
    return f"color-mix(in oklab,var(--cell-{side}) {100 * abs(place):.0f}%,var(--cell))"


def _key(compared: Compared) -> Markup:
    """How a cell is read."""
    rows = compared.rows
    lines: list[Child] = []
    if any(row.deflated_sharpe is not None for row in rows):
        lines.append(say("sweep.key.deflated"))
    if compared.kind:
        lines.append(say("sweep.key.values"))
    if any(row.holds and compared.outside(row) is None for row in rows):
        lines.append(say("sweep.key.inside") if compared.kind else say("sweep.key.all_inside"))
    if compared.is_judged:
        levels = [level for level in ("differs", "hint", "luck", "not_enough") if any(row.verdict == level for row in rows)]
        lines.append([say("sweep.key.marks"), " ", ", ".join(f"{MARKS[level]} {WORDS[f'level.{level}'].lower()}" for level in levels), "."])
    lines.append(el("span", say("sweep.key.arrows"), class_="with-script"))
    return note_lines(lines)


def note_lines(lines: Sequence[Child]) -> Markup:
    """Sentences below a figure."""
    return el("p", [[line, " "] for line in lines], class_="note")


def rough3(value: float | None) -> str:
    """Three digits: what a small cell has room for."""
    return rough(None if value is None else float(f"{value:.3g}"))
