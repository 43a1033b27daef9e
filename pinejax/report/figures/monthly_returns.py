"""Returns of each UTC month as a table of years, coloured by their size."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pinejax.report.figures.canvas import SMALL, TEXT, Drawing, Look, canvas, dress, minus, plain, sentence
from pinejax.report.figures.words import told
from pinejax.report.page.words import say
from pinejax.report.statistics.months import whole_year

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DEEPEST = 0.75
"""Of the colour of a gain or a loss, so that numbers stay readable on it."""


def monthly_returns(returns: Mapping[str, Mapping[tuple[int, int], float]], look: Look) -> Drawing:
    """returns: by dataset, (year, month from 0) -> fraction, as `statistics.months.monthly`. A sentence where there are none."""
    known = {name: dict(months) for name, months in returns.items() if months}
    if not known:
        return sentence(look, say("months"), told("none.equity"))
    years = {name: sorted({year for year, _ in months}) for name, months in known.items()}
    rows = [len(found) for found in years.values()]
    notes = [f"{told('return.percent')}. {say('months.note')}"]
    figure = canvas(look, say("months"), width=9.4, height=0.85 + sum(0.5 + 0.3 * n for n in rows), notes=notes)
    places = figure.subplots(len(known), 1, squeeze=False, height_ratios=[n + 0.6 for n in rows])[:, 0]
    for (name, months), axes in zip(known.items(), places, strict=True):
        dress(axes, look, title=name if len(known) > 1 else "", grid=None)
        for spine in axes.spines.values():
            spine.set_visible(False)
        axes.tick_params(length=0)
        top = max(map(abs, months.values())) or 1.0
        cells = np.full((len(years[name]), 13), np.nan)
        for (year, month), value in months.items():
            cells[years[name].index(year), month] = value
        axes.imshow(np.ma.masked_invalid(cells) / top * DEEPEST, cmap=look.palette.diverging, vmin=-1, vmax=1, aspect="auto")
        cells[:, 12] = [whole_year(months, year) for year in years[name]]
        for (i, j), value in np.ndenumerate(cells):
            if np.isfinite(value):
                text, weight = minus(f"{100 * value:.1f}"), "bold" if j == 12 else "normal"
                axes.text(j, i, text, ha="center", va="center", fontsize=SMALL, color=look.palette.ink, weight=weight)
        axes.set_xticks(range(13), [*MONTHS, say("year")], fontsize=SMALL)
        axes.xaxis.tick_top()
        axes.set_yticks(range(len(years[name])), [plain(str(year)) for year in years[name]], fontsize=TEXT)
        axes.set_xticks(np.arange(12) + 0.5, minor=True)
        axes.set_yticks(np.arange(len(years[name])) + 0.5, minor=True)
        axes.grid(which="minor", color=look.palette.paper, linewidth=1.5)
        axes.tick_params(which="minor", length=0)
    return figure
