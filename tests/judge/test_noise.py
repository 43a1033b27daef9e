"""pinejax.judge.noise"""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from pinejax.core.align import align_htf
from pinejax.core.feed import Bars, Feed, Instrument
from pinejax.core.timeframe import TimeframePair
from pinejax.errors import DataError
from pinejax.judge.noise import mean_range, noisy

HOUR = 3_600_000


def feed(n: int = 4_000, tick: float = 0.01, price: float = 100.0) -> Feed:
    rng = np.random.default_rng(3)
    close = price * np.exp(np.cumsum(rng.normal(size=n) * 4e-3))
    first = np.r_[close[0], close[:-1]]
    high, low = np.maximum(first, close) * 1.004, np.minimum(first, close) * 0.996
    time = np.arange(n, dtype=np.int64) * HOUR
    ltf = Bars(time, *(np.round(x / tick) * tick for x in (first, high, low, close)), rng.random(n))
    pair = TimeframePair.parse("1h@4h")
    htf, marks = align_htf(ltf, pair)
    return Feed("X", pair, ltf, htf, marks, Instrument(tick_size=tick), "hash")


def test_prices_not_above_0_are_refused():
    """An oil future at -37 would else become one tick."""
    made = feed()
    made = replace(made, ltf=replace(made.ltf, low=made.ltf.low - 200))
    with pytest.raises(DataError, match="prices above 0"):
        noisy(made, 0.5, np.random.default_rng(0))


def test_bars_stay_bars_on_the_tick_grid():
    for tick in (0.01, 0.25):
        made = noisy(feed(tick=tick), 0.5, np.random.default_rng(0))
        bars = made.ltf
        assert (bars.high >= np.maximum(bars.open, bars.close)).all() and (bars.low <= np.minimum(bars.open, bars.close)).all()
        for name in ("open", "high", "low", "close"):
            ticks = getattr(bars, name) / tick
            np.testing.assert_allclose(ticks, np.round(ticks), atol=1e-6)
        assert (bars.low > 0).all()
        np.testing.assert_array_equal(bars.time, feed().ltf.time)


def test_the_noise_is_as_large_as_asked_and_unbiased():
    given = feed()
    errors = noisy(given, 0.3, np.random.default_rng(1)).ltf.close / given.ltf.close - 1.0
    size = 0.3 * mean_range(given.ltf)
    assert abs(errors.std() / size - 1.0) < 4 / np.sqrt(2 * len(given))
    assert abs(errors.mean()) < 4 * size / np.sqrt(len(given))


def test_the_higher_bars_are_made_of_the_noisy_ones():
    made = noisy(feed(), 0.2, np.random.default_rng(2))
    htf, marks = align_htf(made.ltf, made.timeframe)
    for f in fields(Bars):
        np.testing.assert_array_equal(getattr(made.htf, f.name), getattr(htf, f.name))
    np.testing.assert_array_equal(made.htf_complete, marks)
    last = np.flatnonzero(marks)[0]
    assert made.htf.high[last] == made.ltf.high[: last + 1].max() and made.htf.close[last] == made.ltf.close[last]


def test_a_seed_is_a_history_and_no_noise_is_the_history_itself():
    one, same, other = (noisy(feed(), 0.1, np.random.default_rng(s)) for s in (5, 5, 6))
    np.testing.assert_array_equal(one.ltf.close, same.ltf.close)
    assert one.content_hash == same.content_hash != other.content_hash
    assert not np.array_equal(one.ltf.close, other.ltf.close)
    still = noisy(feed(), 0.0, np.random.default_rng(5))
    np.testing.assert_allclose(still.ltf.high, feed().ltf.high, atol=1e-9)


def test_a_price_does_not_fall_below_one_tick():
    tiny = replace(feed(50), instrument=Instrument(tick_size=0.01))
    low = replace(tiny, ltf=replace(tiny.ltf, **{name: np.full(50, 0.01) for name in ("open", "low", "close")}, high=np.full(50, 0.03)))
    assert noisy(low, 3.0, np.random.default_rng(0)).ltf.low.min() == 0.01
