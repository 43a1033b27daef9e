"""Sets ranked again by what they did on windows that they were not chosen on. The first of them is then chosen on those windows."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from pinejax.core.inputs import Params
from pinejax.engine.engine import Engine
from pinejax.search.objective import Objective
from pinejax.selection.plateau import rank_correlation
from pinejax.selection.splits import Span
from pinejax.validation.score import Score, scored
from pinejax.validation.walk import Course

FEWEST_SETS = 3
"""Two ranks are either the same or not."""


def scores_on(course: Course, spans: Sequence[Span], objective: Objective, batch: Sequence[Params]) -> list[list[Score]]:
    """Of every set on every span, `[sets][spans]`: all spans are datasets of one engine."""
    engine, n = engine_on(course, spans), len(course.line.feeds)
    years = [course.years(span) for span in spans]
    return [
        [
            scored(
                objective, {name: x[i * n : (i + 1) * n] for name, x in found.metrics.items()}, found.status[i * n : (i + 1) * n], years[i]
            )
            for i in range(len(spans))
        ]
        for found in engine.evaluate(batch)
    ]


def engine_on(course: Course, spans: Sequence[Span]) -> Engine:
    """Errors: DataError for a span with too few bars."""
    windows = [window for span in spans for window in course.windows(span)]
    return course.engine.on(feeds=[*course.engine.feeds] * len(spans), windows=windows)


def ranks_of(values: Float[np.ndarray, "sets windows"], maximize: bool) -> Int[np.ndarray, " sets"]:
    """Each set's rank, 1 the best, by its mean value over the windows.

    A set without a value (NaN: no trade, say) in some window comes behind all that have one in every window. Ties stay in order.
    """
    known = np.isfinite(values)
    mean = means_of(values)
    better = -mean if maximize else mean
    order = np.lexsort((np.where(np.isfinite(better), better, np.inf), (~known).sum(axis=1)))
    ranks = np.empty(len(values), int)
    ranks[order] = np.arange(1, len(values) + 1)
    return ranks


def means_of(values: Float[np.ndarray, "sets windows"]) -> Float[np.ndarray, " sets"]:
    """Over the windows that have a value; NaN without any."""
    known = np.isfinite(values)
    total = np.where(known, values, 0.0).sum(axis=1)
    return np.where(known.any(axis=1), total / np.maximum(known.sum(axis=1), 1), np.nan)


def spearman(inside: Int[np.ndarray, " sets"], outside: Int[np.ndarray, " sets"]) -> float:
    """Rank correlation, -1..1: what the order in sample says of the order out of sample. NaN below three sets."""
    return float(rank_correlation(np.column_stack([inside, outside]).astype(float))[0, 1]) if len(inside) >= FEWEST_SETS else math.nan
