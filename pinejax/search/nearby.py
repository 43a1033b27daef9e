"""Parameter sets around one: drawn at random, or one step away along each parameter. Switches and choices stay. No sampler is asked."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pinejax.core.inputs import Params, Value
from pinejax.search.scale import is_numeric, neighbour_of, unit_of, value_at
from pinejax.search.space import Space

TRIES = 20
"""Draws for each set that is wanted, before a small neighbourhood counts as exhausted."""


def movable(space: Space, params: Params) -> list[str]:
    """The searched numbers that change anything in a complete set, in the order of their declaration."""
    return [name for name in space.active(space.complete(params)) if is_numeric(space.domains[name])]


def drawn_around(space: Space, params: Params, n: int, radius: float, rng: np.random.Generator) -> list[dict[str, Value]]:
    """`n` distinct complete sets other than `params`, fewer where there are not so many.

    Every movable number is drawn evenly from its range within `radius` of it on either side (in logs where it is searched in logs),
    or within one step where that is more. A parameter that becomes active by the move is at its default.
    """
    centre = space.complete(params)
    names, seen = movable(space, centre), {space.key(centre)}
    found: list[dict[str, Value]] = []
    for _ in range(TRIES * n if names else 0):
        moved = space.complete({**centre, **{name: _drawn(space, name, centre[name], radius, rng) for name in names}})
        if space.key(moved) not in seen:
            seen.add(space.key(moved))
            found.append(moved)
            if len(found) == n:
                break
    return found


def one_step_away(space: Space, params: Params, radius: float) -> dict[str, tuple[dict[str, Value] | None, dict[str, Value] | None]]:
    """For every movable number the complete sets with it one step down and one step up; None where its range ends.

    A number without steps moves by `radius` of its range.
    """
    centre = space.complete(params)

    def moved(name: str, up: bool) -> dict[str, Value] | None:
        value = neighbour_of(space.domains[name], centre[name], up, radius)
        return None if value is None or value == centre[name] else space.complete({**centre, name: value})

    return {name: (moved(name, False), moved(name, True)) for name in movable(space, centre)}


def _drawn(space: Space, name: str, value: Value, radius: float, rng: np.random.Generator) -> Any:
    domain = space.domains[name]
    low, high, step = domain.input.low, domain.input.high, domain.input.step
    assert low is not None and high is not None
    if step is not None and not domain.input.log:
        most = max(1, math.floor(radius * (high - low) / step + 1e-9))
        below, above = (min(most, round(room / step)) for room in (float(value) - low, high - float(value)))
        return domain.canonical(float(value) + int(rng.integers(-below, above + 1)) * step)
    ends = [unit_of(domain, value) + reach for reach in (-radius, radius)]
    if step is not None:
        # A small whole number's next one can be farther away in logs than the radius.
        for side, (up, widest) in enumerate(((False, min), (True, max))):
            near = neighbour_of(domain, value, up, radius)
            ends[side] = ends[side] if near is None else widest(ends[side], unit_of(domain, near))
    return value_at(domain, rng.uniform(max(ends[0], 0.0), min(ends[1], 1.0)))
