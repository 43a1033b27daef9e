"""Bars at chosen times, with holes, for whatever depends on the clock."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from jaxtyping import Int

from pinejax.core.feed import Feed, Instrument
from pinejax.testing.reference import make_feed

QUARTER_MS = 900_000


def quarters(start: str, n: int, each: int = 1) -> Int[np.ndarray, " bars"]:
    """n bars of 15 minutes, or of `each` times that, from a moment on, UTC."""
    return round(datetime.fromisoformat(start).replace(tzinfo=UTC).timestamp() * 1000) + np.arange(n, dtype=np.int64) * each * QUARTER_MS


def with_holes(time: Int[np.ndarray, " bars"], seed: int) -> Int[np.ndarray, " bars"]:
    """Without one bar in eight, and without three long stretches."""
    rng = np.random.default_rng(seed)
    keep = rng.random(len(time)) > 1 / 8
    for at in rng.integers(0, len(time), 3):
        keep[at : at + int(rng.integers(20, 150))] = False
    return time[keep]


def feed_at(time: Int[np.ndarray, " bars"], timeframe: str = "15m@1h", zone: str = "UTC", seed: int = 0) -> Feed:
    """A random walk at these times."""
    rng = np.random.default_rng(seed)
    close = np.round(100 + np.cumsum(rng.normal(size=len(time))), 2)
    ohlcv = np.stack([close, close + 1, close - rng.random(len(time)), close + 0.5, rng.integers(0, 9, len(time))], axis=1)
    return make_feed(time, ohlcv, timeframe, instrument=Instrument(zone=zone))


def prefix(feed: Feed, n: int) -> Feed:
    """The first n bars, as if the others were never known."""
    columns = [getattr(feed.ltf, name)[:n] for name in ("open", "high", "low", "close", "volume")]
    return make_feed(feed.ltf.time[:n], np.stack(columns, axis=1), str(feed.timeframe), instrument=feed.instrument)
