"""Parallel coordinates: a line for each trial over the score and the most important parameters, the best ones on top."""

from __future__ import annotations

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.ticker import MaxNLocator

from pinejax.report.figures.canvas import SMALL, Drawing, Look, canvas, number, plain, sentence, shortened, spread
from pinejax.report.figures.marks import fence_of
from pinejax.report.figures.words import told
from pinejax.report.page.words import name_of, say
from pinejax.report.statistics.searched import Searched, is_number, options_of
from pinejax.report.statistics.surface import scaled

MOST_LINES = 800
MOST_PARAMETERS = 7


def parallel(known: Searched, look: Look, *, objective: int = 0) -> Drawing:
    """The more a line stands out, the better its rank; the best set is orange. Where a parameter was inactive a line has a gap."""
    names = [name for name, _ in known.ranked(objective)][:MOST_PARAMETERS] if known.scores else []
    if not names:
        return sentence(look, say("parallel"), told("none.importance" if known.n_finite else "none.trials"))
    goal, score, palette = known.objectives[objective], known.scores[objective], look.palette
    fence = fence_of(known, objective)
    low, high = fence.limits
    columns = [(name_of("metric", goal.name), (fence.hold(score) - low) / (high - low), _ticks(low, high, False))]
    columns += [(name, *_column(known, name)) for name in names]
    heights = np.column_stack([column for _, column, _ in columns])
    figure = canvas(look, say("parallel"), width=10.0, height=4.4, notes=[say("parallel.note")])
    axes = figure.subplots()
    axes.set_axis_off()
    axes.set_xlim(-0.15, len(columns) - 0.55)
    axes.set_ylim(-0.06, 1.12)
    order = np.argsort(np.where(np.isfinite(score), score if goal.maximised else -score, -np.inf), kind="stable")
    order = order[np.isfinite(score[order]) & ~known.violated[order]]
    if len(order) > MOST_LINES:
        top = order[-MOST_LINES // 4 :]
        order = np.concatenate([order[: -len(top)][:: -(-len(order) // (MOST_LINES - len(top)))], top])
    shade = palette.scale
    places = np.arange(len(columns))
    with_gaps = [np.ma.masked_invalid(np.column_stack([places, heights[i]])) for i in order]
    colours = [shade(0.12 + 0.88 * rank / max(len(order) - 1, 1)) for rank in range(len(order))]
    axes.add_collection(LineCollection(with_gaps, colors=colours, linewidths=0.8, alpha=0.55))
    for i in np.flatnonzero(known.number == known.best):
        axes.plot(places, heights[i], color=palette.mark, linewidth=2.2, marker="o", markersize=4)
    for k, (name, _, ticks) in enumerate(columns):
        axes.plot([k, k], [0, 1], color=palette.faint, linewidth=0.9, zorder=3)
        text = plain(shortened(name, 19))
        axes.text(k, 1.06, text, ha="left" if k == 0 else "center", fontsize=SMALL, color=palette.ink)
        for at, label in ticks:
            axes.text(k + 0.03, at, plain(label), va="center", fontsize=SMALL - 1, color=palette.soft, zorder=4,
                      bbox={"facecolor": palette.paper, "edgecolor": "none", "pad": 0.6, "alpha": 0.75})  # fmt: skip
    return figure


def _column(known: Searched, name: str) -> tuple[np.ndarray, list[tuple[float, str]]]:
    """A parameter's values in 0..1, NaN where inactive, and the ticks of its axis."""
    values, domain = known.lists[name], known.domain(name)
    if is_number(values, domain):
        low, high, log = known.axis(name)
        return scaled(known.array(name), low, high, log), _ticks(low, high, log)
    options, places = options_of(values, domain)
    n = len(options)
    centre = np.array([np.nan if place is None else place for place in places], float)
    ticks = [((i + 0.5) / n, option) for i, option in enumerate(options[:: max(n // 8, 1)])] if n <= 8 else []
    return (centre + 0.5 + 0.3 * spread(len(places))) / n, ticks


def _ticks(low: float, high: float, log: bool) -> list[tuple[float, str]]:
    """Round numbers; on a logarithmic scale the ends, and three between."""
    if log:
        values = np.exp(np.linspace(np.log(low), np.log(high), 5))
        return [(float(at), number(float(f"{value:.2g}"))) for at, value in zip(np.linspace(0, 1, 5), values, strict=True)]
    values = MaxNLocator(nbins=5).tick_values(low, high)
    return [((float(v) - low) / ((high - low) or 1.0), number(float(f"{v:.6g}"))) for v in values if low <= v <= high]
