"""How the closed trades' results are spread."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from pinejax.report.figures.canvas import SMALL, Drawing, Look, canvas, dress, minus, percents, sentence, whole_numbers
from pinejax.report.figures.words import told
from pinejax.report.statistics.bins import bins


def trade_returns(rates: Float[np.ndarray, " trades"], look: Look) -> Drawing:
    """rates: of the entry's value, fractions. An edge of the bins is zero. A sentence where there is no closed trade."""
    if not len(rates):
        return sentence(look, told("trade_returns"), told("none.trades"))
    figure = canvas(look, told("trade_returns"), height=3.4)
    axes = figure.subplots()
    dress(axes, look, x=told("trade_return"), y=told("count.trades"))
    edges = bins(100 * float(rates.min()), 100 * float(rates.max()), len(rates), split=True) / 100
    counts, _ = np.histogram(rates, edges)
    colours = [look.palette.loss if right <= 1e-12 else look.palette.gain for right in edges[1:]]
    axes.bar(edges[:-1], counts, np.diff(edges) * 0.94, align="edge", color=colours)
    axes.axvline(0.0, color=look.palette.faint, linewidth=0.8)
    mean = float(rates.mean())
    axes.axvline(mean, color=look.palette.ink, linewidth=1.2, linestyle="--")
    axes.annotate(told("mean", value=minus(f"{100 * mean:.2f}%")), (mean, 1.0), xycoords=("data", "axes fraction"), xytext=(5, -2),
                  textcoords="offset points", va="top", fontsize=SMALL, color=look.palette.ink)  # fmt: skip
    whole_numbers(axes, "y")
    percents(axes, "x")
    return figure
