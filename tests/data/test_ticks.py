"""pinejax.data.ticks"""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinejax.data.ticks import infer_tick_size


def frame(prices) -> pl.DataFrame:
    return pl.DataFrame({name: np.asarray(prices, float) for name in ("open", "high", "low", "close")})


@given(st.integers(0, 9), st.lists(st.integers(1, 10**7), min_size=1, max_size=30))
@settings(deadline=None)
def test_the_tick_is_the_last_decimal_used(decimals: int, ticks: list[int]) -> None:
    prices = [float(f"{tick}1e-{decimals}") for tick in ticks]
    assert infer_tick_size(frame(prices)) == float(f"1e-{decimals}")


@pytest.mark.parametrize(("prices", "tick"), [([109385.4, 81794.0], 0.1), ([0.19712], 1e-5), ([1234.0, 900.0], 1.0), ([1 / 3], 1e-10)])
def test_usual_prices(prices: list[float], tick: float) -> None:
    assert infer_tick_size(frame(prices)) == tick
