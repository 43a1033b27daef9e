"""How far the chosen parameters move from one train span to the next. Steady choices are no proof of an edge; wandering ones deny one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from pinejax.core.inputs import Params, Value
from pinejax.search.coordinates import coordinates
from pinejax.search.space import Space

MOST_VALUES = 1_000
"""Of a finer grid, chance is that of a continuous range."""


@dataclass(frozen=True)
class Drift:
    """One parameter over the folds. values: None where inactive, or where no set was chosen. steps: from each fold to the next, 0..1 of the
    searched range (in logs on a log scale), of a switch or named choice 1 where it changed; NaN where either has no value. by_chance:
    the mean step between values drawn at random.
    """

    name: str
    values: tuple[Value | None, ...]
    steps: Float[np.ndarray, " moves"]
    by_chance: float

    @property
    def mean(self) -> float:
        """NaN without a step."""
        known = self.steps[np.isfinite(self.steps)]
        return float(known.mean()) if len(known) else math.nan


def drifts(space: Space, chosen: Sequence[Params | None]) -> list[Drift]:
    """Of every searched parameter. chosen: each fold's complete set, None where it has none."""
    known = [i for i, params in enumerate(chosen) if params is not None]
    found = coordinates(space, [params for params in chosen if params is not None])
    points = np.full((len(chosen), len(found.names)), np.nan)
    points[known] = found.points
    moves = np.abs(np.diff(points, axis=0))
    moves = np.where(found.is_label & (moves > 0), 1.0, moves)
    active = [{} if params is None else space.active(params) for params in chosen]
    return [
        Drift(name, tuple(values.get(name) for values in active), moves[:, i], by_chance(space, name, bool(found.is_label[i])))
        for i, name in enumerate(found.names)
    ]


def mean_drift(found: Sequence[Drift]) -> tuple[float, float]:
    """Mean step of all parameters that took one, and what it would be by chance; NaN without any."""
    known = [drift for drift in found if math.isfinite(drift.mean)]
    if not known:
        return math.nan, math.nan
    return float(np.mean([drift.mean for drift in known])), float(np.mean([drift.by_chance for drift in known]))


def by_chance(space: Space, name: str, is_label: bool) -> float:
    """Expected step between two values drawn alike from all of a grid or of some options; a third on a continuous range or a log scale."""
    domain = space.domains[name]
    if is_label:
        return 1.0 - 1.0 / len(domain.values or (0,))
    values = [] if domain.input.log else [v for _, v in zip(range(MOST_VALUES + 1), domain.grid() or (), strict=False)]
    if not 0 < len(values) <= MOST_VALUES:
        return 1.0 / 3.0
    at = np.sort(np.array(values, float))
    # The mean over all ordered pairs of |a - b| of sorted values.
    n = len(at)
    total = 2.0 * float(((2 * np.arange(n) - n + 1) * at).sum())
    return total / n**2 / float(at[-1] - at[0])
