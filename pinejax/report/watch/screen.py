"""What is seen of studies on a terminal: of one study bar, facts, workers and betters, of several a table. Words and numbers: `text`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from pinejax.report.watch.tally import View
from pinejax.report.watch.text import BETTERS, HEAD, better_cells, cells, facts, worker_cells

FRAME = 4
"""Lines around a table: head, rule, foot and a trouble."""
GAP, LEAST_NAME = 2, 12
"""Characters between columns, and of a name."""


def screen(storage: str, views: Sequence[View], now: datetime, *, width: int, height: int, trouble: str = "") -> RenderableType:
    """The whole screen. width, height: of the terminal; what does not fit is counted. trouble: why it is not up to date."""
    shown = [one(views[0], now)] if len(views) == 1 else [several(views, now, max(height - FRAME - 1, 1), width)]
    foot = Text(f"{storage}  {now:%H:%M:%S}  Ctrl-C ends", style="dim")
    return Group(*shown, *([Text(trouble, style="bold red")] if trouble else []), foot)


def several(views: Sequence[View], now: datetime, most: int, width: int) -> RenderableType:
    """A row per study."""
    rows = [cells(view, now) for view in views[:most]]
    table = Table(box=None, pad_edge=False)
    wide = [max(len(cell) for cell in (name, *(row[i] for row in rows))) for i, name in enumerate(HEAD)]
    room = max(width - sum(wide[1:]) - GAP * len(wide[1:]), LEAST_NAME)  # names are cut before numbers are
    for i, name in enumerate(HEAD):
        most_wide = wide[i] if i else min(wide[0], room)
        table.add_column(name, justify="right" if i else "left", no_wrap=True, overflow="ellipsis", width=most_wide)
    for view, row in zip(views, rows, strict=False):
        table.add_row(*(Text(cell) for cell in row), style="" if view.is_running else "dim")
    hidden = len(views) - most
    return Group(table, Text(f"and {hidden} more", style="dim")) if hidden > 0 else table


def one(view: View, now: datetime) -> RenderableType:
    """All of one study."""
    parts: list[RenderableType] = [Text(view.name, style="bold")]
    if view.n_wanted:
        bar = Table.grid()  # a bar by itself ends no line
        bar.add_row(ProgressBar(total=view.n_wanted, completed=min(view.n_done, view.n_wanted), width=60))
        parts.append(bar)
    known = Table.grid(padding=(0, 2))
    for name, value in facts(view, now):
        known.add_row(Text(name, style="dim"), Text(value))
    parts.append(known)
    if view.workers:
        parts += [Text(""), _table(("worker", "trials", "last sign", ""), worker_cells(view))]
    if view.betters:
        parts += [Text(""), _table((BETTERS, view.objectives[0], "ago"), better_cells(view, now))]
    return Group(*parts)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for i, name in enumerate(head):
        table.add_column(Text(name, style="dim"), justify="left" if i == 0 else "right")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table
