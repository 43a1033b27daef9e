"""Optimisation history: the score of every trial, and the best so far."""

from __future__ import annotations

import numpy as np

from pinejax.report.figures.canvas import Drawing, Look, canvas, dress, fenced, legend, measured, sentence, whole_numbers
from pinejax.report.figures.words import told
from pinejax.report.page.words import name_of, say
from pinejax.report.statistics.searched import Searched


def history(known: Searched, look: Look, *, objective: int = 0) -> Drawing:
    """Scores far out on the bad side are drawn at the edge, and counted. A sentence where no trial has a result."""
    if not known.n_finite:
        return sentence(look, say("history"), told("none.trials"))
    goal, score, palette = known.objectives[objective], known.scores[objective], look.palette
    fence = fenced(score, goal.maximised)
    figure = canvas(look, say("history"), notes=[told("beyond", n=fence.n_beyond)] if fence.n_beyond else [])
    axes = figure.subplots()
    dress(axes, look, x=told("trial"), y=name_of("metric", goal.name))
    used = np.isfinite(score)
    number, value = known.number[used], score[used]
    axes.scatter(number, fence.hold(value), s=14, color=palette.gain, alpha=0.5, linewidths=0, label=told("each"))
    so_far = np.maximum.accumulate(value) if goal.maximised else np.minimum.accumulate(value)
    if len(number) > 1:
        axes.step(number, fence.hold(so_far), where="post", color=palette.ink, linewidth=1.3, label=told("so_far"))
    ring(axes, number, fence.hold(value), number == known.best, look)
    axes.set_ylim(*fence.limits)
    axes.margins(x=0.02)
    whole_numbers(axes)
    measured(axes, goal.name)
    legend(axes, look, loc="lower right")
    return figure


def ring(axes, x: np.ndarray, y: np.ndarray, which: np.ndarray, look: Look, named: bool = True) -> None:
    """A mark around the best set."""
    label = told("best") if named and which.any() else None
    axes.scatter(x[which], y[which], s=150, facecolors="none", edgecolors=look.palette.paper, linewidths=2.0, zorder=5)
    axes.scatter(x[which], y[which], s=70, facecolors="none", edgecolors=look.palette.mark, linewidths=1.6, zorder=5, label=label)
    axes.scatter(x[which], y[which], s=14, color=look.palette.mark, linewidths=0, zorder=5)
