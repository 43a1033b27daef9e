"""How trials are drawn: dots, crosses for those that broke a gate (their scores are penalties and set no scale), a ring around the best."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes

from pinejax.report.figures.canvas import Fence, Look, fenced
from pinejax.report.figures.words import told
from pinejax.report.statistics.searched import Searched


def fence_of(known: Searched, i: int) -> Fence:
    """The axis of an objective."""
    return fenced(np.where(known.violated, np.nan, known.scores[i]), known.objectives[i].maximised)


def notes_of(known: Searched, i: int, fence: Fence) -> list[str]:
    """How many are drawn at the edge, and how many as crosses."""
    n_broken = int((known.violated & np.isfinite(known.scores[i])).sum())
    return [told(key, n=n) for key, n in (("beyond", fence.n_beyond), ("broken", n_broken)) if n]


def dots(
    axes: Axes,
    x: Float[np.ndarray, " trials"],
    y: Float[np.ndarray, " trials"],
    broken: Bool[np.ndarray, " trials"],
    look: Look,
    *,
    size: float = 13.0,
    named: bool = False,
) -> None:
    """size: points squared. named: for a legend."""
    axes.scatter(x[broken], y[broken], s=size, marker="x", color=look.palette.faint, linewidths=0.8, alpha=0.8,
                 label=told("each_broken") if named and broken.any() else None)  # fmt: skip
    label = told("each") if named else None
    axes.scatter(x[~broken], y[~broken], s=size, color=look.palette.gain, alpha=0.45, linewidths=0, label=label)


def ring(
    axes: Axes,
    x: Float[np.ndarray, " trials"],
    y: Float[np.ndarray, " trials"],
    which: Bool[np.ndarray, " trials"],
    look: Look,
    *,
    named: bool,
) -> None:
    """Around the best set."""
    label = told("best") if named and which.any() else None
    axes.scatter(x[which], y[which], s=150, facecolors="none", edgecolors=look.palette.paper, linewidths=2.0, zorder=5)
    axes.scatter(x[which], y[which], s=70, facecolors="none", edgecolors=look.palette.mark, linewidths=1.6, zorder=5, label=label)
    axes.scatter(x[which], y[which], s=14, color=look.palette.mark, linewidths=0, zorder=5)
