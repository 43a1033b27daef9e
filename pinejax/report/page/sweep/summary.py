"""Mean, median and best of the combinations by LTF, HTF, symbol and whatever else was swept: which of them matters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean, median

from pinejax.report.page.figures import rough
from pinejax.report.page.markup import Markup, el, table
from pinejax.report.page.sections.frame import framed, note
from pinejax.report.page.sweep.compared import Compared, name, objective
from pinejax.report.page.words import say
from pinejax.report.sweep_rows import SweepRow


def section(compared: Compared) -> Markup | None:
    """None where no combination has a value."""
    if not compared.scales:
        return None
    parts = []
    for key in compared.scales:
        rows = [compared.rows[i] for i in compared.ranked if compared.rows[i].objective == key and compared.rows[i].holds]
        blocks = [_table(compared, title, of, rows) for title, of in groups(rows)]
        if blocks:
            parts.append(el("h3", objective(rows[0])) if len(compared.scales) > 1 else None)
            parts.append(el("div", blocks, class_="summaries"))
    if not any(parts):
        return None
    return framed("summary", parts, note(say("summary.note", best=say("summary.best").lower())))


def groups(rows: Sequence[SweepRow]) -> list[tuple[str, Callable[[SweepRow], str]]]:
    """What tells combinations apart, and each one's value of it; only what has several values."""
    found: list[tuple[str, Callable[[SweepRow], str]]] = [
        (say("summary.by.ltf"), lambda row: str(row.timeframe.ltf)),
        (say("summary.by.htf"), lambda row: str(row.timeframe.htf)),
        (say("summary.by.symbol"), lambda row: row.said),
    ]
    for key in dict.fromkeys(key for row in rows for key in row.swept):
        found.append((key, lambda row, key=key: row.swept.get(key, "")))
    return [(title, of) for title, of in found if len({of(row) for row in rows}) > 1]


def _table(compared: Compared, title: str, of: Callable[[SweepRow], str], rows: Sequence[SweepRow]) -> Markup:
    in_order = sorted(rows, key=lambda row: (row.timeframe.ltf, row.timeframe.htf, row.index))
    head = [title, *(say(f"summary.{key}") for key in ("n", "mean", "median", "best"))]
    outside = compared.scales[rows[0].objective].kind
    lines = []
    for key in dict.fromkeys(of(row) for row in in_order):
        mine = [row for row in rows if of(row) == key]
        values = [row.value for row in mine if row.value is not None]
        best = el("a", rough(mine[0].value), href=compared.link(compared.place(mine[0])), title=name(mine[0]))
        line = [key, len(mine), rough(fmean(values)), rough(float(median(values))), best]
        if outside:
            known = [value for row in mine if (value := compared.outside(row)) is not None]
            line.append(rough(fmean(known)) if known else rough(None))
        lines.append(line)
    return table([*head, *([say("summary.out")] if outside else [])], lines, caption=f"{say('summary')}: {title}", class_="summary")
