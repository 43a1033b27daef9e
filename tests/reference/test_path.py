"""The price grid and the path inside a bar."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinejax.testing.reference.path import Grid, bar_path, whole_ticks

GRID = Grid(0.01, 0.0001)


def test_high_comes_first_only_if_strictly_nearer_to_the_open() -> None:
    assert bar_path(10.0, 11.0, 8.0, 9.0) == (10.0, 11.0, 8.0, 9.0)
    assert bar_path(10.0, 12.0, 9.0, 11.0) == (10.0, 9.0, 12.0, 11.0)


def test_equal_distances_go_low_first() -> None:
    assert bar_path(10.0, 11.0, 9.0, 10.5) == (10.0, 9.0, 11.0, 10.5)


def test_stops_snap_away_from_the_trader_and_limits_in_his_favour() -> None:
    assert (GRID.stop(10.001, 1), GRID.stop(10.009, -1)) == (10.01, 10.0)
    assert (GRID.limit(10.009, 1), GRID.limit(10.001, -1)) == (10.0, 10.01)


def test_a_level_within_the_tolerance_of_a_tick_is_that_tick() -> None:
    assert GRID.stop(10.0 + 0.9e-6, 1) == 10.0
    assert GRID.stop(10.0 + 1.1e-6, 1) == 10.01


def test_no_level_stays_no_level() -> None:
    assert math.isnan(GRID.stop(math.nan, 1))


@given(st.integers(1, 10**9), st.sampled_from(("0.01", "0.001", "0.1", "0.0001", "0.05", "0.25", "0.5", "1", "5")))
def test_grid_prices_are_the_doubles_a_decimal_parses_to(n: int, tick: str) -> None:
    from decimal import Decimal

    assert Grid(float(tick), 1.0).price(n) == float(Decimal(tick) * n)


def test_quantities_are_floored_to_lot_steps_without_losing_one_to_noise() -> None:
    assert GRID.steps(0.3) == 3000
    assert GRID.steps(0.30009) == 3000
    assert GRID.steps(math.nan) == GRID.steps(-1.0) == GRID.steps(math.inf) == 0


@pytest.mark.parametrize(("ticks", "whole"), [(80.0, 80), (12.3, 13), (7.000000000000001, 7), (0.0, 0)])
def test_trail_distances_are_rounded_up(ticks: float, whole: int) -> None:
    assert whole_ticks(ticks) == whole
