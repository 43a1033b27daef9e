"""Two objectives against each other, the Pareto front marked."""

from __future__ import annotations

import numpy as np

from pinejax.report.figures.canvas import Drawing, Look, canvas, dress, legend, measured, sentence
from pinejax.report.figures.marks import dots, fence_of, notes_of
from pinejax.report.figures.words import told
from pinejax.report.page.words import name_of, say
from pinejax.report.statistics.searched import Searched


def pareto(known: Searched, look: Look, *, x: int = 0, y: int = 1) -> Drawing:
    """x, y: which objectives. A sentence for a search with one, or without a result."""
    if len(known.scores) < 2:
        return sentence(look, say("pareto"), told("none.pareto", n=len(known.objectives)))
    if not known.n_finite:
        return sentence(look, say("pareto"), told("none.trials"))
    goals = known.objectives[x], known.objectives[y]
    fences = [fence_of(known, i) for i in (x, y)]
    a, b = (fence.hold(known.scores[i]) for i, fence in zip((x, y), fences, strict=True))
    notes = notes_of(known, *max(zip((x, y), fences, strict=True), key=lambda one: one[1].n_beyond))
    figure = canvas(look, say("pareto"), width=6.6, height=4.6, notes=notes)
    axes = figure.subplots()
    sides = [f"{name_of('metric', goal.name)} ({told('better')} {'→' if goal.maximised else '←'})" for goal in goals]
    dress(axes, look, x=sides[0], y=sides[1].replace("→", "↑").replace("←", "↓"), grid="both")
    front = np.isin(known.number, list(known.front))
    dots(axes, a[~front], b[~front], known.violated[~front], look, named=True)
    order = np.argsort(a[front])
    axes.plot(a[front][order], b[front][order], color=look.palette.mark, linewidth=0.8, alpha=0.6)
    axes.scatter(a[front], b[front], s=34, color=look.palette.mark, linewidths=0, zorder=4, label=told("front"))
    axes.set_xlim(*fences[0].limits)
    axes.set_ylim(*fences[1].limits)
    measured(axes, goals[0].name, "x")
    measured(axes, goals[1].name)
    legend(axes, look, loc="best")
    return figure
