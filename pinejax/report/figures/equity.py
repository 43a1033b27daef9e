"""Equity against buy and hold, the drawdown below, of each dataset; the bars that the search did not see are shaded."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from pinejax.report.figures.canvas import SMALL, Drawing, Look, canvas, dress, legend, moments, numbers, percents, sentence, when
from pinejax.report.figures.words import told
from pinejax.report.page.words import say
from pinejax.report.saved import Line
from pinejax.report.thin import kept

MOST_DATASETS, MOST_COLUMNS = 12, 3
MOST_POINTS = 6_000


def equity(lines: Mapping[str, Line], look: Look, *, currency: str = "") -> Drawing:
    """One column per dataset, three side by side; of more than twelve the first. A sentence where there is none.

    lines: as `Saved.lines`. currency: the account's, where it is known.
    """
    if not lines:
        return sentence(look, say("equity"), told("none.equity"))
    shown = dict(list(lines.items())[:MOST_DATASETS])
    notes = [told("shaded")] if any(not line.seen.all() for line in shown.values()) else []
    if len(lines) > len(shown):
        notes.append(told("more_datasets", shown=len(shown), n=len(lines)))
    columns = min(len(shown), MOST_COLUMNS)
    rows = -(-len(shown) // columns)
    width, tall = (8.0, 4.0) if columns == 1 else (8.0, 3.4) if columns == 2 else (11.0, 3.4)
    figure = canvas(look, say("equity"), width=width, height=1.0 + tall * rows, notes=notes)
    grid = figure.subplots(2 * rows, columns, squeeze=False, sharex=False, height_ratios=[2.6, 1.0] * rows)
    for axes in grid.ravel():
        axes.set_visible(False)
    for i, (name, line) in enumerate(shown.items()):
        row, column = divmod(i, columns)
        above, below = grid[2 * row, column], grid[2 * row + 1, column]
        _draw(above, below, line, look, name if len(shown) > 1 else "", first=i == 0, left=column == 0, currency=currency)
    return figure


def _draw(above: Axes, below: Axes, line: Line, look: Look, name: str, *, first: bool, left: bool, currency: str) -> None:
    palette = look.palette
    at = kept([line.equity, line.hold, line.drawdown], MOST_POINTS)
    time = when(line.time[at])
    for axes in (above, below):
        axes.set_visible(True)
    unit = currency or told("money")
    dress(above, look, y=unit if left else "", title=name)
    dress(below, look, y=say("drawdown") if left else "", x=told("utc"))
    above.sharex(below)
    above.plot(time, line.hold[at], color=palette.hold, linewidth=1.0, label=say("hold"))
    above.plot(time, line.equity[at], color=palette.gain, linewidth=1.4, label=say("equity"))
    below.fill_between(time, line.drawdown[at], 0.0, color=palette.loss, alpha=0.3, linewidth=0)
    below.plot(time, line.drawdown[at], color=palette.loss, linewidth=0.8)
    below.set_ylim(top=0)
    if not line.drawdown.any():
        below.set_ylim(-0.01, 0)
    numbers(above)
    percents(below)
    moments(below)
    above.tick_params(labelbottom=False)
    above.xaxis.get_offset_text().set_visible(False)
    below.margins(x=0.01)
    shade(above, line, look, labelled=True)
    shade(below, line, look)
    if first:
        legend(above, look, loc="upper left")


def shade(axes: Axes, line: Line, look: Look, labelled: bool = False) -> None:
    """The stretches of bars that the search did not see. labelled: the first says so."""
    unseen = ~line.seen
    if not unseen.any():
        return
    edges = np.flatnonzero(np.diff(np.concatenate([[False], unseen, [False]]).astype(np.int8)))
    last = len(line.time) - 1
    for k, (start, stop) in enumerate(zip(edges[::2], edges[1::2], strict=True)):
        left, right = when(line.time[[start, min(stop, last)]])
        axes.axvspan(left, right, color=look.palette.unseen, alpha=0.13, linewidth=0)
        if labelled and k == 0:
            axes.annotate(
                told("out"), (left, 0.02), xycoords=("data", "axes fraction"), xytext=(4, 2), textcoords="offset points",
                fontsize=SMALL, color=look.palette.unseen,
            )  # fmt: skip
