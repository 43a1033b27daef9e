"""Makes `tests.tradingview` importable from any working folder; small bars to compare on."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from pinejax.core.feed import Bars, Feed, Instrument
from pinejax.core.timeframe import TimeframePair

ROOT = str(Path(__file__).parents[2])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

START_MS = 1_743_379_200_000
"""2025-03-31 00:00 UTC."""


def walk_feed(n_bars: int, timeframe: str = "15m", seed: int = 3, start_ms: int = START_MS) -> Feed:
    """A random walk near 1800 with gaps between bars, so that no bar has another's prices at its open."""
    random = np.random.default_rng(seed)
    pair = TimeframePair.parse(timeframe)
    open_ = np.round(1800 + np.cumsum(random.normal(0, 3, n_bars)), 2)
    close = np.round(open_ + random.normal(0, 2, n_bars), 2)
    high = np.round(np.maximum(open_, close) + random.exponential(1, n_bars), 2)
    low = np.round(np.minimum(open_, close) - random.exponential(1, n_bars), 2)
    time = start_ms + np.arange(n_bars, dtype=np.int64) * pair.ltf.ms
    bars = Bars(time, open_, high, low, close, np.ones(n_bars))
    return Feed("ETHUSDT", pair, bars, bars, np.ones(n_bars, bool), Instrument(0.01, 0.0001, 1.0))


@pytest.fixture(scope="session")
def walk() -> Feed:
    """A year of quarter hours."""
    return walk_feed(365 * 96)
