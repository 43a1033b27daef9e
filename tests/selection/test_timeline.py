"""One line of time for all datasets: spans of it are every dataset's own bars, and no two sides of an edge meet."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinejax.core.feed import Bars, Feed
from pinejax.core.timeframe import TimeframePair
from pinejax.errors import ConfigError, DataError
from pinejax.selection.splits import Span, purged_kfold
from pinejax.selection.timeline import Timeline

MINUTE = 60_000
DAY = 1_440 * MINUTE


def feed(times: np.ndarray, timeframe: str = "5m", symbol: str = "A") -> Feed:
    """Bars that open at these times."""
    bars = Bars(np.asarray(times, np.int64), *(np.ones(len(times)) for _ in range(5)))
    return Feed(symbol, TimeframePair.parse(timeframe), bars, bars, np.ones(len(times), bool))


def every(minutes: int, n: int, first: int = 0) -> np.ndarray:
    """n opens."""
    return (np.arange(n) * minutes + first) * MINUTE


def test_the_line_of_one_dataset_is_its_bars():
    line = Timeline.of([feed(np.r_[every(5, 10), every(5, 10, first=1_000)])])
    assert line.n_bars == 20 and line.whole == Span(0, 20)
    (window,) = line.windows(Span(7, 15), 3)
    assert (window.start, window.trade_from, window.stop) == (4, 7, 15)
    assert line.windows(Span(2, 20), 30)[0].start == 0
    assert line.stop_of(12) == (12,) and line.stop_of(20) == (20,)
    assert line.dates(Span(9, 11)) == ("1970-01-01 00:45", "1970-01-01 16:40")


def test_a_dataset_that_begins_later_has_its_own_numbers():
    line = Timeline.of([feed(every(5, 100)), feed(every(5, 50, first=250), symbol="B")])
    a, b = line.windows(Span(60, 80), 15)
    assert (a.start, a.trade_from, a.stop) == (45, 60, 80)
    assert (b.start, b.trade_from, b.stop) == (0, 10, 30)
    with pytest.raises(
        DataError, match=r"B 5m: expected bars from 1970-01-01 01:40 to 1970-01-01 02:30, found none\. Leave the symbol out"
    ):
        line.windows(Span(20, 30), 5)
    with pytest.raises(DataError, match="B 5m: expected bars before 1970-01-01 04:10, found none"):
        line.stop_of(50)


def test_a_bar_that_lies_across_an_edge_is_on_neither_side():
    hours, fives = feed(every(60, 10), "1h", "H"), feed(every(5, 120), "5m", "F")
    line = Timeline.of([hours, fives])
    assert line.n_bars == 120
    before, after = line.windows(Span(0, 30), 0), line.windows(Span(30, 120), 0)  # at 02:30
    assert (before[0].stop, after[0].trade_from) == (2, 3)
    assert (before[1].stop, after[1].trade_from) == (30, 30)


def test_a_day_of_23_hours_is_over_when_the_next_one_opens():
    line = Timeline.of([feed(np.array([0, DAY, 2 * DAY - 60 * MINUTE, 3 * DAY - 60 * MINUTE]), "1D")])
    assert [int(w.stop) for first, stop in pairwise(range(5)) for w in line.windows(Span(first, stop), 0)] == [1, 2, 3, 4]


KINDS = st.tuples(st.sampled_from([5, 15, 60]), st.integers(0, 59), st.integers(150, 300))


@given(st.lists(KINDS, min_size=1, max_size=3), st.integers(2, 5))
def test_no_bar_of_a_side_meets_one_of_the_other(kinds, k):
    feeds = [feed(every(minutes, n, first), f"{minutes}m", f"S{i}") for i, (minutes, first, n) in enumerate(kinds)]
    line = Timeline.of(feeds)
    edges = [line.n_bars * i // k for i in range(k + 1)]
    for edge in edges[1:-1]:
        over, opened = line._over(edge), line._opened(edge)
        ends = [int(f.ltf.time[n - 1]) + f.timeframe.ltf.ms for f, n in zip(feeds, over, strict=True) if n]
        opens = [int(f.ltf.time[n]) for f, n in zip(feeds, opened, strict=True) if n < len(f)]
        assert max(ends, default=0) <= min(opens, default=line.end)
    if len(feeds) == 1:
        for fold in purged_kfold(line.n_bars, k):
            assert [len(s) for s in fold.test] == [int(w.stop - w.trade_from) for s in fold.test for w in line.windows(s, 4)]


def test_lengths_are_bars_or_durations():
    whole = Timeline.of([feed(every(5, 25_920))])
    lengths = (1_000, "1000", "12h", "30D", "30d", "2W")
    assert [whole.bars_of(x, "validation.train") for x in lengths] == [1_000, 1_000, 144, 8_640, 8_640, 4_032]
    # 78 bars of five minutes a day, five days a week: a week of them is 390.
    shares = Timeline.of([feed(np.concatenate([every(5, 78, (7 * w + d) * 1_440) for w in range(50) for d in range(5)]))])
    assert abs(shares.bars_of("1W", "validation.test") - 390) <= 4
    for bad in (12.5, "1.5D", "3M", "soon", "-5", True, "0D"):
        with pytest.raises(ConfigError, match=r"validation\.test: expected a whole number of bars, or a duration"):
            whole.bars_of(bad, "validation.test")
    with pytest.raises(ConfigError, match=r"validation\.purge: 10s is shorter than a bar"):
        whole.bars_of("10s", "validation.purge")


def test_without_bars_there_is_no_line():
    with pytest.raises(DataError, match="at least one dataset"):
        Timeline.of([])
    with pytest.raises(DataError, match=r"a span of the bars 0\.\.10"):
        Timeline.of([feed(every(5, 10))]).dates(Span(4, 11))
