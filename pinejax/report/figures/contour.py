"""The smoothed score over the two most important parameters, the trials on it."""

from __future__ import annotations

import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pinejax.report.figures.canvas import SMALL, Drawing, Look, canvas, dress, numbers, plain, sentence
from pinejax.report.figures.marks import ring
from pinejax.report.figures.words import told
from pinejax.report.page.figures import metric
from pinejax.report.page.words import name_of, say
from pinejax.report.statistics.searched import Searched
from pinejax.report.statistics.surface import LEAST


def contour(known: Searched, look: Look, *, objective: int = 0) -> Drawing:
    """Blank where no trial is near (`statistics.surface`). A sentence where it takes more trials, or more parameters."""
    found = known.surface(objective) if known.scores else None
    if found is None:
        return sentence(look, say("surface"), told("none.surface", n=LEAST))
    goal, score, palette = known.objectives[objective], known.scores[objective], look.palette
    figure = canvas(look, say("surface"), width=7.2, height=5.2, notes=[say("surface.note")])
    axes = figure.subplots()
    dress(axes, look, x=found.x, y=found.y, grid=None)
    edges = []
    for name, which in ((found.x, "x"), (found.y, "y")):
        low, high, log = known.axis(name)
        centres = np.concatenate([[0.0], (np.arange(len(found.z)) + 0.5) / len(found.z), [1.0]])
        edges.append(np.exp(np.log(low) + centres * np.log(high / low)) if log else low + centres * (high - low))
        (axes.set_xscale if which == "x" else axes.set_yscale)("log" if log else "linear")
        room = 0.0 if log else 0.01 * (high - low or 1.0)
        (axes.set_xlim if which == "x" else axes.set_ylim)(low - room, high + room)
        if not log:
            numbers(axes, which)
    scale = palette.scale if goal.maximised else palette.scale.reversed()
    levels = MaxNLocator(nbins=9).tick_values(float(np.nanmin(found.z)), float(np.nanmax(found.z)))
    drawn = axes.contourf(*edges, np.ma.masked_invalid(np.pad(found.z, 1, mode="edge")), levels=levels, cmap=scale)
    axes.contour(drawn, colors=palette.paper, linewidths=0.5, linestyles="solid", alpha=0.7)
    said = FuncFormatter(lambda value, _: metric(goal.name, float(f"{value:.6g}")))
    bar = figure.colorbar(drawn, ax=axes, pad=0.02, fraction=0.05, format=said)
    bar.set_label(plain(name_of("metric", goal.name)), fontsize=SMALL, color=palette.soft)
    bar.ax.tick_params(labelsize=SMALL, colors=palette.soft, length=2)
    bar.outline.set_visible(False)  # type: ignore[operator]
    x, y = known.array(found.x), known.array(found.y)
    used = np.isfinite(x) & np.isfinite(y) & np.isfinite(score) & ~known.violated
    axes.scatter(x[used], y[used], s=12, color=palette.paper, edgecolors=palette.ink, linewidths=0.6, alpha=0.8)
    ring(axes, x, y, (known.number == known.best) & used, look, named=False)
    return figure
