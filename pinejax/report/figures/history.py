"""Optimisation history: the score of every trial, and the best so far."""

from __future__ import annotations

import numpy as np

from pinejax.report.figures.canvas import Drawing, Look, canvas, dress, legend, measured, sentence, whole_numbers
from pinejax.report.figures.marks import dots, fence_of, notes_of, ring
from pinejax.report.figures.words import told
from pinejax.report.page.words import name_of, say
from pinejax.report.statistics.searched import Searched


def history(known: Searched, look: Look, *, objective: int = 0) -> Drawing:
    """Scores far out on the bad side are drawn at the edge; trials that broke a gate are crosses. A sentence where none has one."""
    if not known.n_finite:
        return sentence(look, say("history"), told("none.trials"))
    goal, score, palette = known.objectives[objective], known.scores[objective], look.palette
    fence = fence_of(known, objective)
    figure = canvas(look, say("history"), notes=notes_of(known, objective, fence))
    axes = figure.subplots()
    dress(axes, look, x=told("trial"), y=name_of("metric", goal.name))
    used = np.isfinite(score)
    number, value, broken = known.number[used].astype(float), score[used], known.violated[used]
    dots(axes, number, fence.hold(value), broken, look, size=14, named=True)
    kept, good = number[~broken], value[~broken]
    so_far = np.maximum.accumulate(good) if goal.maximised else np.minimum.accumulate(good)
    if len(kept) > 1:
        line = axes.step([*kept, number[-1]], fence.hold(np.append(so_far, so_far[-1])), where="post", color=palette.ink, linewidth=1.3)
        line[0].set_label(told("so_far"))
    ring(axes, number, fence.hold(value), number == known.best, look, named=True)
    axes.set_ylim(*fence.limits)
    axes.margins(x=0.02)
    whole_numbers(axes)
    measured(axes, goal.name)
    legend(axes, look, loc="lower right")
    return figure
