"""Parameter sets as points of the normalised space. What is near in it is `pinejax.selection.plateau`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from pinejax.core.inputs import Params, Value
from pinejax.search.domain import Domain
from pinejax.search.scale import is_numeric, unit_of
from pinejax.search.space import Space


@dataclass(frozen=True)
class Coordinates:
    """points: 0..1 over a number's range (in logs where it is searched in logs), the option's number for a switch or a choice of texts, NaN
    where a parameter is inactive. is_label: of which parameters only equality says anything.
    """

    names: tuple[str, ...]
    points: Float[np.ndarray, "sets params"]
    is_label: Bool[np.ndarray, " params"]


def coordinates(space: Space, sets: Sequence[Params]) -> Coordinates:
    """Of complete sets, over the searched parameters."""
    names = [name for name, domain in space.domains.items() if not domain.fixed]
    points = np.full((len(sets), len(names)), np.nan)
    for i, params in enumerate(sets):
        active = space.active(params)
        points[i] = [_coordinate(space.domains[name], active[name]) if name in active else np.nan for name in names]
    return Coordinates(tuple(names), points, np.array([_is_label(space.domains[name]) for name in names], bool))


def _is_label(domain: Domain) -> bool:
    return not is_numeric(domain) and not _numbers(domain)


def _numbers(domain: Domain) -> list[float]:
    """A choice's options where they are numbers that say more than their names; else nothing."""
    values = domain.values or ()
    if domain.input.kind == "bool" or any(isinstance(v, (bool, str)) for v in values):
        return []
    return [float(v) for v in values]


def _coordinate(domain: Domain, value: Value) -> float:
    if is_numeric(domain):
        return unit_of(domain, value)
    numbers = _numbers(domain)
    if numbers:
        low, high = min(numbers), max(numbers)
        return (float(value) - low) / (high - low)
    return float((domain.values or ()).index(value))
