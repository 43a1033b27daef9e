"""Touches on a bar's path against a walk that visits every tick of it."""

from __future__ import annotations

import math

import jax.numpy as jnp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinejax.broker.path import NEVER, mirrored, path_of, point_path, range_between, seen_from, touch_above, trail_touch
from pinejax.testing.reference.path import bar_path

PROPERTY = settings(deadline=None, max_examples=60)
ticks = st.integers(-12, 12)
bars = st.tuples(ticks, ticks, st.integers(0, 6), st.integers(0, 6)).map(
    lambda b: (float(b[0]), float(max(b[:2]) + b[2]), float(min(b[:2]) - b[3]), float(b[1]))
)


def walked(bar: tuple[float, float, float, float]) -> list[float]:
    """The price at every whole distance from the open."""
    corners = bar_path(*bar)
    prices = [corners[0]]
    for corner in corners[1:]:
        while prices[-1] != corner:
            prices.append(prices[-1] + math.copysign(1.0, corner - prices[-1]))
    return prices


def start_of(bar: tuple, share: float) -> tuple[int, float]:
    prices = walked(bar)
    at = round(share * (len(prices) - 1))
    return at, prices[at]


def test_exact_ties_go_low_first() -> None:
    assert not bool(path_of(jnp.asarray(100.0), jnp.asarray(101.0), jnp.asarray(99.0), jnp.asarray(100.5)).up_first)
    assert bool(path_of(jnp.asarray(100.0), jnp.asarray(100.9), jnp.asarray(99.0), jnp.asarray(100.5)).up_first)


@PROPERTY
@given(bar=bars, level=ticks, share=st.floats(0, 1))
def test_a_level_is_touched_where_the_walk_first_reaches_it(bar: tuple, level: int, share: float) -> None:
    at, price = start_of(bar, share)
    expected = next((float(i) for i, p in enumerate(walked(bar)) if i >= at and p >= level), NEVER)
    assert float(touch_above(path_of(*map(jnp.asarray, bar)), float(level), float(at), price)) == expected


@PROPERTY
@given(bar=bars, level=ticks, share=st.floats(0, 1))
def test_from_the_other_side_a_falling_price_touches(bar: tuple, level: int, share: float) -> None:
    at, price = start_of(bar, share)
    expected = next((float(i) for i, p in enumerate(walked(bar)) if i >= at and p <= level), NEVER)
    path = seen_from(path_of(*map(jnp.asarray, bar)), -1)
    assert float(touch_above(path, -float(level), float(at), -price)) == expected


def test_a_level_that_is_na_is_never_touched() -> None:
    path = path_of(*map(jnp.asarray, (1.0, 3.0, 0.0, 2.0)))
    assert float(touch_above(path, jnp.nan, 0.0, 1.0)) == NEVER


@PROPERTY
@given(bar=bars, shares=st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted))
def test_the_range_between_two_points_holds_every_price_between(bar: tuple, shares: list[float]) -> None:
    (at, price), (to, to_price) = start_of(bar, shares[0]), start_of(bar, shares[1])
    between = walked(bar)[at : to + 1]
    high, low = range_between(path_of(*map(jnp.asarray, bar)), float(at), price, float(to), to_price)
    assert (float(high), float(low)) == (max(between), min(between))


def trail_by_ticks(bar: tuple, best: float, activation: float, offset: float, at: int) -> tuple[float, float]:
    """Arm, follow, fire: tick by tick."""
    for i, price in enumerate(walked(bar)):
        if i < at:
            continue
        if math.isnan(best) and price >= activation:
            best = price
        if not math.isnan(best):
            best = max(best, price)
            if price <= best - offset:
                return float(i), price
    return NEVER, math.nan


@settings(deadline=None, max_examples=150)
@given(
    bar=bars, best=st.one_of(st.just(math.nan), st.integers(0, 12).map(float)), activation=st.one_of(st.just(math.nan), ticks.map(float)),
    offset=st.integers(0, 10).map(float), share=st.floats(0, 1),
)  # fmt: skip
def test_a_trailing_stop_fires_where_the_tick_walk_fires(bar: tuple, best: float, activation: float, offset: float, share: float) -> None:
    at, price = start_of(bar, share)
    if not math.isnan(best):
        best = max(best, price)  # it has seen the price it starts from
    where, fill = trail_by_ticks(bar, best, activation, offset, at)
    path = path_of(*map(jnp.asarray, bar))
    found = trail_touch(path, jnp.asarray(best), jnp.asarray(activation), jnp.asarray(offset), lambda b: b - offset, float(at), price)
    assert float(found.at) == where
    if where != NEVER:
        assert float(found.price) == fill


def test_mirroring_twice_gives_the_path_back() -> None:
    path = path_of(*map(jnp.asarray, (1.0, 3.0, 0.0, 2.0)))
    again = mirrored(mirrored(path))
    assert [float(x) for x in again] == [float(x) for x in path]


@pytest.mark.parametrize(("level", "touched"), [(99.0, True), (100.0, True), (100.5, False)])
def test_a_point_touches_only_what_it_has_reached(level: float, touched: bool) -> None:
    assert (float(touch_above(point_path(jnp.asarray(100.0)), level, 0.0, 100.0)) == 0.0) is touched
