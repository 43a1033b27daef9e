"""Every combination as a line of a table that can be sorted: best first, then those that broke a gate, then those without a value."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from pinejax.report.page.figures import NONE, rough
from pinejax.report.page.markup import Child, Markup, el
from pinejax.report.page.sections.frame import framed, note
from pinejax.report.page.sections.verdict import MARKS
from pinejax.report.page.sweep.compared import Compared, name, named, objective, state
from pinejax.report.page.words import WORDS, say
from pinejax.report.sweep_rows import SweepRow

ORDER = ("differs", "hint", "luck", "not_enough")


@dataclass(frozen=True)
class Column:
    """sort: by what; None has no value and stays last, whichever way. shown: what a reader sees."""

    title: str
    sort: Callable[[int], float | str | None]
    shown: Callable[[int], Child]


def section(compared: Compared) -> Markup | None:
    """None where there is no combination."""
    if not compared.rows:
        return None
    more = f" {say('ranking.p.note')}" if any(q is not None for q in compared.adjusted) else ""
    return framed("ranking", ranked_table(compared), note(say("ranking.note") + more))


def ranked_table(compared: Compared) -> Markup:
    """A line per row, with its anchor; a click on a heading sorts by it (`assets/sorting.js`)."""
    order = [*compared.ranked, *(i for i, row in enumerate(compared.rows) if row.value is None)]
    shown = columns(compared)
    head = [el("th", el("button", column.title, type="button"), scope="col") for column in shown]
    lines = []
    for i in order:
        first, *rest = [(_key(column.sort(i)), column.shown(i)) for column in shown]
        cells = [el("th", first[1], scope="row", data_sort=first[0]), *(el("td", text, data_sort=key) for key, text in rest)]
        lines.append(el("tr", cells, id=f"row-{i}", data_row=i))
    table = el("table", el("caption", say("ranking"), class_="sr"), el("thead", el("tr", head)), el("tbody", lines), class_="ranking")
    return el("div", table, class_="scroll", tabindex="0", role="region", aria_label=say("ranking"))


def columns(compared: Compared) -> list[Column]:
    """Those that some row has something for."""
    rows = compared.rows
    rank = {i: n for n, i in enumerate(compared.ranked, 1)}
    found = [
        Column(say("ranking.name"), lambda i: name(rows[i]), lambda i: _named(compared, i, rank.get(i))),
        Column(say("ranking.in"), lambda i: rows[i].value if rows[i].holds else None, lambda i: _inside(rows[i])),
    ]
    if len(compared.scales) > 1:
        found.insert(1, Column(say("ranking.objective"), lambda i: rows[i].objective, lambda i: objective(rows[i])))
    if compared.kind:
        found.append(Column(say("ranking.out"), lambda i: compared.outside(rows[i]), lambda i: rough(compared.outside(rows[i]))))
    if compared.is_judged:
        found += [
            Column(say("verdict"), lambda i: _level(rows[i].verdict), lambda i: _verdict(rows[i].verdict)),
            Column(say("ranking.deflated"), lambda i: rows[i].deflated_sharpe, lambda i: _three(rows[i].deflated_sharpe)),
        ]
    if any(q is not None for q in compared.adjusted):
        found += [
            Column(say("ranking.p"), lambda i: rows[i].null_p, lambda i: _three(rows[i].null_p)),
            Column(say("ranking.q"), lambda i: compared.adjusted[i], lambda i: _three(compared.adjusted[i])),
        ]
    found += [
        Column(say("sweep.trials"), lambda i: rows[i].n_trials, lambda i: _count(rows[i].n_trials)),
        Column(say("sweep.seconds"), lambda i: rows[i].seconds, lambda i: NONE if rows[i].seconds is None else f"{rows[i].seconds:,.1f}"),
    ]
    if any(row.state != "done" for row in rows):
        found.append(Column(say("sweep.state"), lambda i: state(rows[i]), lambda i: state(rows[i])))
    return found


def _named(compared: Compared, i: int, rank: int | None) -> Child:
    link = compared.links[i] or (f"#failed-{compared.rows[i].index}" if compared.rows[i].error else "")
    return el("div", el("span", f"{rank}" if rank else NONE, class_="rank"), named(compared.rows[i], link), class_="named")


def _inside(row: SweepRow) -> str:
    return say("sweep.cell.broke") if row.broke else rough(row.value)


def _level(level: str | None) -> float | None:
    return float(ORDER.index(level)) if level in ORDER else None


def _verdict(level: str | None) -> Child:
    if not level:
        return NONE
    return el(
        "span", el("span", MARKS.get(level, "?"), aria_hidden="true"), " ", WORDS.get(f"level.{level}", level), class_=f"level {level}"
    )


def _key(value: float | str | None) -> str | None:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return str(value)


def _three(value: float | None) -> str:
    return NONE if value is None else f"{value:.3f}"


def _count(value: int | None) -> str:
    return NONE if value is None else f"{value:,}"
