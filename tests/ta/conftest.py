"""Bars to compute on, lengths that differ from lane to lane, and what a body gives on the engine and on the reference."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from unchecked import unchecked

from pinejax.core.feed import Bars
from pinejax.testing.record import Lengths, record, record_reference

Recorded = tuple[dict[str, np.ndarray], dict[str, np.ndarray]]

N_BARS = 160


def make_bars(n: int = N_BARS, seed: int = 0) -> Bars:
    """A random walk on a coarse tick grid, so that equal values, ties and unchanged closes occur."""
    rng = np.random.default_rng(seed)
    close = np.round(100 + np.cumsum(rng.integers(-4, 5, n)) * 0.25, 2)
    open_ = np.roll(close, 1) + rng.integers(-1, 2, n) * 0.25
    open_[0] = close[0]
    high = np.maximum(open_, close) + rng.integers(0, 4, n) * 0.25
    low = np.minimum(open_, close) - rng.integers(0, 4, n) * 0.25
    return Bars(np.arange(n, dtype=np.int64) * 900_000, open_, high, low, close, rng.integers(0, 50, n).astype(float))


@pytest.fixture(scope="session")
def bars() -> Bars:
    return make_bars()


@pytest.fixture(scope="session")
def lengths() -> dict[str, Lengths]:
    """Five lanes, each with lengths of its own; `one` has the shortest length of all."""
    return {
        "n": Lengths((5, 9, 14, 20, 2), 2, 20),
        "m": Lengths((3, 2, 7, 4, 5), 2, 8),
        "one": Lengths((1, 2, 3, 4, 1), 1, 4),
        "f": Lengths((1.0, 0.5, -1.5, 2.25, 3.0), -2.0, 4.0),
    }


@pytest.fixture(scope="session")
def recorded(bars: Bars, lengths: dict[str, Lengths]) -> Callable[[Any], Recorded]:
    """body -> (engine's columns, reference's columns), each `[bars, lanes]`; computed once, since compiling is what costs."""

    @cache
    def run(body: Any) -> Recorded:
        with unchecked():
            return record(body, bars, lengths), record_reference(body, bars, lengths)

    return run
