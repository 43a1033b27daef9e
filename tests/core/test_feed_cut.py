"""The first bars of a feed are a feed of the first bars."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from pinejax.core.feed import Bars, Feed
from pinejax.errors import DataError
from pinejax.testing.reference import make_feed

HOUR_MS = 3_600_000
N = 50


def feed(n: int, timeframe: str = "1h@4h") -> Feed:
    """With a gap, so that HTF bars come late."""
    time = np.delete(np.arange(N + 3, dtype=np.int64), [11, 12, 13])[:n] * HOUR_MS
    close = np.round(100 + np.cumsum(np.random.default_rng(0).normal(size=N)), 2)[:n]
    made = make_feed(time, np.column_stack([close, close + 1, close - 1, close, np.arange(n)]), timeframe)
    return replace(made, content_hash="whole", rate=np.linspace(1.0, 2.0, N)[:n])


@pytest.mark.parametrize("timeframe", ["1h@4h", "1h"])
@pytest.mark.parametrize("stop", [1, 3, 4, 11, 12, 13, 37, 49])
def test_a_cut_is_the_feed_of_the_first_bars(timeframe: str, stop: int) -> None:
    whole = feed(N, timeframe)
    cut, made = whole.cut(stop), feed(stop, timeframe)
    for series in ("ltf", "htf"):
        for name in (f.name for f in fields(Bars)):
            np.testing.assert_array_equal(getattr(getattr(cut, series), name), getattr(getattr(made, series), name))
    np.testing.assert_array_equal(cut.htf_complete, made.htf_complete)
    np.testing.assert_array_equal(cut.rate, made.rate)
    assert (cut.symbol, cut.timeframe, cut.instrument) == (made.symbol, made.timeframe, made.instrument)


def test_a_cut_has_a_hash_of_its_own() -> None:
    whole = feed(N)
    assert len({whole.content_hash, whole.cut(40).content_hash, whole.cut(41).content_hash}) == 3
    assert whole.cut(40).content_hash == feed(N).cut(40).content_hash
    assert whole.cut(N) is whole


def test_bars_that_it_does_not_have_are_refused() -> None:
    for stop in (0, -1, N + 1):
        with pytest.raises(DataError, match="expected to keep 1 to 50 bars"):
            feed(N).cut(stop)
