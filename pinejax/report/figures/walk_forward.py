"""A walk forward: its test spans as one history, the return of each, and where the chosen parameters went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from matplotlib.axes import Axes

from pinejax.report.figures.canvas import SMALL, Drawing, Look, canvas, dress, minus, moments, number, numbers, percents, sentence
from pinejax.report.figures.words import told
from pinejax.report.page.words import say
from pinejax.report.statistics.searched import is_number

MOST_DRIFTS, COLUMNS = 6, 3


def walk_forward(content: Mapping[str, Any], history: pl.DataFrame | None, look: Look) -> Drawing:
    """content: `evidence.walk_forward` of verdict.json; history: walk_forward_equity.parquet (day, equity). A sentence without folds."""
    folds = content.get("folds") or ()
    if not folds:
        return sentence(look, say("walk"), told("none.walk"))
    drifts = drifting(content)
    rows = -(-len(drifts) // COLUMNS)
    has_history = history is not None and len(history) > 1
    figure = canvas(look, say("walk"), width=9.0, height=3.0 + 1.9 * has_history + 1.35 * rows, notes=[say("walk.note")])
    heights = [*([2.0] if has_history else []), 1.5, *([1.15 * rows] if rows else [])]
    parts = list(np.ravel(figure.subfigures(len(heights), 1, squeeze=False, height_ratios=heights)))
    for part in parts:
        part.set_facecolor("none")
    if has_history and history is not None:
        _history(parts.pop(0).subplots(), history, look)
    _strip(parts.pop(0).subplots(), folds, look)
    if drifts:
        _drift(parts[0].subplots(rows, COLUMNS, squeeze=False), drifts, look)
    return figure


def drifting(content: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The numbers that were chosen in most spans, of those the ones that moved most; NaN where they were inactive."""
    parameters = (content.get("drift") or {}).get("parameters") or {}
    numbers = {name: drift for name, drift in parameters.items() if is_number(drift["values"], {}) and _n_known(drift["values"]) > 1}
    ranked = sorted(numbers.items(), key=lambda item: (-_n_known(item[1]["values"]), -(item[1].get("mean") or 0.0)))
    return {name: np.array([np.nan if v is None else v for v in drift["values"]], float) for name, drift in ranked[:MOST_DRIFTS]}


def _n_known(values: Sequence[Any]) -> int:
    return sum(value is not None for value in values)


def _history(axes: Axes, history: pl.DataFrame, look: Look) -> None:
    dress(axes, look, y=told("unit"), title=told("walk"))
    days, worth = history["day"].to_numpy().astype("datetime64[D]"), history["equity"].to_numpy()
    axes.axhline(1.0, color=look.palette.faint, linewidth=0.8)
    axes.plot(days, worth, color=look.palette.gain, linewidth=1.4)
    moments(axes)
    numbers(axes)


def percent(value: float) -> str:
    """With its sign; nothing is `0.0%`."""
    text = f"{100 * value:+.1f}%"
    return minus(text[1:] if float(text[1:-1]) == 0 else text)


def _strip(axes: Axes, folds: Sequence[Mapping[str, Any]], look: Look) -> None:
    dress(axes, look, x=told("span"), y=told("return"))
    returns = [(fold.get("out_of_sample") or {}).get("return") for fold in folds]
    known = np.array([np.nan if value is None else value for value in returns], float)
    colours = [look.palette.gain if value > 0 else look.palette.loss for value in known]
    axes.bar(range(len(folds)), np.nan_to_num(known), color=colours, width=0.7)
    axes.axhline(0.0, color=look.palette.faint, linewidth=0.8)
    few = len(folds) <= 12
    for i, value in enumerate(known):
        if few and np.isfinite(value):
            up = value > 0
            axes.annotate(percent(value), (i, value), xytext=(0, 2 if up else -2), textcoords="offset points", ha="center",
                          va="bottom" if up else "top", fontsize=SMALL - 1, color=look.palette.soft)  # fmt: skip
    every = max(len(folds) // 12, 1)
    axes.set_xticks(range(0, len(folds), every), [str(folds[i]["test"]["dates"][0])[:10] for i in range(0, len(folds), every)])
    axes.margins(y=0.22)
    percents(axes)


def _drift(grid: np.ndarray, drifts: Mapping[str, np.ndarray], look: Look) -> None:
    for axes in np.ravel(grid):
        axes.set_axis_off()
    for axes, (name, values) in zip(np.ravel(grid), drifts.items(), strict=False):
        axes.set_axis_on()
        dress(axes, look, title=name, grid=None)
        ends = np.arange(len(values))[:, None] + [-0.5, 0.5]
        axes.plot(ends.ravel(), np.repeat(values, 2), color=look.palette.gain, linewidth=1.6, solid_capstyle="butt")
        axes.set_xlim(-0.6, len(values) - 0.4)
        low, high = float(np.nanmin(values)), float(np.nanmax(values))
        axes.set_yticks([low, high] if high > low else [low], [number(float(f"{v:.4g}")) for v in ([low, high] if high > low else [low])])
        axes.set_xticks([])
        axes.margins(y=0.2)
