"""How far the chosen parameters move from one train span to the next. Steady choices are no proof of an edge; wandering ones speak against it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from pinejax.core.inputs import Params, Value
from pinejax.search.domain import Domain
from pinejax.search.space import Space


@dataclass(frozen=True)
class Drift:
    """One parameter over the folds. values: None where inactive, or where no set was chosen. steps: from each fold to the next, 0..1 of the
    searched range (in logs on a log scale), of a switch or choice 1 where it changed; NaN where either has no value. by_chance: the mean
    step of values drawn at random from the range.
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
    active = [None if params is None else space.active(params) for params in chosen]
    searched = [domain for domain in space.domains.values() if not domain.fixed]
    return [drift_of(domain, [None if params is None else params.get(domain.name) for params in active]) for domain in searched]


def drift_of(domain: Domain, values: Sequence[Value | None]) -> Drift:
    """Of one parameter, which is searched."""
    at = np.array([math.nan if value is None else position(domain, value) for value in values])
    moves = np.abs(np.diff(at))
    return Drift(domain.name, tuple(values), np.where(moves > 0, 1.0, moves) if domain.values is not None else moves, by_chance(domain))


def mean_drift(found: Sequence[Drift]) -> tuple[float, float]:
    """Mean step of all parameters that took one, and what it would be by chance; NaN without any."""
    known = [drift for drift in found if math.isfinite(drift.mean)]
    if not known:
        return math.nan, math.nan
    return float(np.mean([drift.mean for drift in known])), float(np.mean([drift.by_chance for drift in known]))


def position(domain: Domain, value: Value) -> float:
    """0..1 in the searched range, in logs on a log scale; of a switch or choice the number of the option."""
    if domain.values is not None:
        return float(domain.values.index(value))
    low, high, x = float(domain.input.low or 0.0), float(domain.input.high or 0.0), float(value)
    if domain.input.log:
        low, high, x = math.log(low), math.log(high), math.log(x)
    return (x - low) / (high - low)


def by_chance(domain: Domain) -> float:
    """Expected step between two independent uniform draws: of m options 1 - 1/m; on a grid of m values (m + 1) / (3 m); else a third."""
    if domain.values is not None:
        return 1.0 - 1.0 / len(domain.values)
    if domain.input.log or domain.input.step is None:
        return 1.0 / 3.0
    m = round((float(domain.input.high or 0.0) - float(domain.input.low or 0.0)) / domain.input.step) + 1
    return (m + 1) / (3 * m)
