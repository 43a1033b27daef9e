"""The score against each of the most important parameters."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from pinejax.report.figures.canvas import Drawing, Look, canvas, dress, grid_of, measured, plain, rows_and_columns, sentence, spread
from pinejax.report.figures.marks import dots, fence_of, notes_of, ring
from pinejax.report.figures.words import told
from pinejax.report.page.words import name_of, say
from pinejax.report.statistics.searched import Searched, is_number, options_of

MOST = 9
COLUMNS = 3


def slices(known: Searched, look: Look, *, objective: int = 0) -> Drawing:
    """Nine at most. A sentence where no trial has a result, or nothing varied."""
    names = [name for name, _ in known.ranked(objective)][:MOST] if known.scores else []
    if not names:
        return sentence(look, say("slices"), told("none.importance" if known.n_finite else "none.trials"))
    goal, score = known.objectives[objective], known.scores[objective]
    fence = fence_of(known, objective)
    rows, columns = rows_and_columns(len(names), COLUMNS)
    notes = notes_of(known, objective, fence)
    figure = canvas(look, say("slices"), width=2.0 + 2.9 * columns, height=1.0 + 2.1 * rows, notes=notes)
    places = grid_of(figure, len(names), COLUMNS, sharey=True)
    for i, (name, axes) in enumerate(zip(names, places, strict=True)):
        dress(axes, look, x=name, y=name_of("metric", goal.name) if i % COLUMNS == 0 else "")
        x = along(known, name, axes)
        used = np.isfinite(x) & np.isfinite(score)
        dots(axes, x[used], fence.hold(score[used]), known.violated[used], look, size=11)
        ring(axes, x, fence.hold(score), (known.number == known.best) & used, look, named=False)
        axes.set_ylim(*fence.limits)
        measured(axes, goal.name)
    return figure


def along(known: Searched, name: str, axes: Axes) -> np.ndarray:
    """A parameter's values on the x axis, which gets its scale or its options; NaN where it was inactive."""
    values, domain = known.lists[name], known.domain(name)
    if is_number(values, domain):
        low, high, log = known.axis(name)
        if log and low > 0:
            axes.set_xscale("log")
        else:
            room = 0.03 * (high - low or 1.0)
            axes.set_xlim(low - room, high + room)
        return known.array(name)
    options, places = options_of(values, domain)
    axes.set_xticks(range(len(options)), [plain(option) for option in options])
    axes.set_xlim(-0.5, len(options) - 0.5)
    return np.array([np.nan if place is None else place for place in places], float) + 0.6 * spread(len(places))
