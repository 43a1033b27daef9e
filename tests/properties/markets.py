"""Random bars with everything a feed may hold: gaps, ties, flat bars, tiny and huge prices. Not realistic ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pinejax.core.feed import Feed, Instrument
from pinejax.testing.reference import make_feed

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
# Days that begin with UTC's, hours later, and between two hours.
ZONES = ("UTC", "America/New_York", "Asia/Kolkata")
# tick size, price to start from, in ticks
SCALES = ((0.01, 10_000), (0.01, 700), (0.5, 180_000), (1e-8, 25_000), (0.25, 4_000), (5.0, 3_000))


def random_feed(
    rng: np.random.Generator, n: int, scale: int = 0, lot_step: float = 0.0001, point_value: float = 1.0, zone: str = "UTC"
) -> Feed:
    """Hourly bars on the tick grid, between wild and asleep."""
    tick, start = SCALES[scale]
    per_unit = round(1.0 / tick)
    pace = np.where(rng.random(n) < 0.2, 0.0, np.where(rng.random(n) < 0.1, 6.0, 1.0)) * rng.choice([1.0, 3.0, 8.0, 20.0])
    ohlc = np.zeros((n, 4))
    last = start
    for i in range(n):
        jump = int(rng.integers(-25, 26)) if rng.random() < 0.25 else 0
        open_ = max(last + jump, 60)
        last = max(open_ + round(float(rng.normal() * pace[i])), 60)
        wick_up, wick_down = (int(rng.exponential(pace[i])) if rng.random() < 0.7 else 0 for _ in range(2))
        high, low = max(open_, last) + wick_up, max(min(open_, last) - wick_down, 50)
        if rng.random() < 0.1:  # a decimal tie: both extremes equally far from the open
            reach = max(high - open_, open_ - low)
            high, low = open_ + reach, max(open_ - reach, 50)
        ohlc[i] = open_, high, low, last
    prices = ohlc / per_unit if abs(per_unit * tick - 1.0) < 1e-9 else ohlc * tick
    volume = np.where(rng.random(n) < 0.1, 0.0, 1.0)
    time = np.arange(n, dtype=np.int64) * HOUR_MS
    return make_feed(time, np.column_stack([prices, volume]), "1h", instrument=Instrument(tick, lot_step, point_value, zone=zone))


def with_rate(rng: np.random.Generator, feed: Feed) -> Feed:
    """The feed with an account in another currency: 1 on the first UTC day, then another rate every day, far apart."""
    days = feed.ltf.time // DAY_MS
    by_day = np.round(1.0 + 0.05 * rng.standard_normal(int(days[-1] - days[0]) + 1), 5)
    by_day[0] = 1.0
    return replace(feed, rate=by_day[days - days[0]])
