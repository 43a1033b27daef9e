"""pinejax.core.align: the rule against look-ahead"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinejax.core.align import align_htf, htf_buckets
from pinejax.core.feed import Bars
from pinejax.core.period import Period
from pinejax.core.timeframe import TimeframePair

MONDAY = 1_704_067_200_000
PAIRS = ["1m@3m", "5m@15m", "5m@1h", "15m@1D", "4h@1W", "1D@1W"]
NAMES = ("time", "open", "high", "low", "close", "volume")


def bars_at(time: np.ndarray, seed: int = 0) -> Bars:
    rng = np.random.default_rng(seed)
    prices = np.sort(rng.integers(1, 500, (len(time), 4)), axis=1).astype(float)
    return Bars(time, prices[:, 1], prices[:, 3], prices[:, 0], prices[:, 2], rng.integers(0, 9, len(time)).astype(float))


@st.composite
def case(draw, on_grid: bool | None = None) -> tuple[Bars, TimeframePair]:
    """LTF bars with gaps of all sizes, half of the time off the grid and overlapping."""
    pair = TimeframePair.parse(draw(st.sampled_from(PAIRS)))
    n = draw(st.integers(0, 80))
    ratio = pair.htf.ms // pair.ltf.ms
    steps = np.array(draw(st.lists(st.sampled_from([1, 1, 1, 1, 2, ratio - 1, ratio, 3 * ratio + 1]), min_size=n, max_size=n)), np.int64)
    start = draw(st.integers(0, 3 * ratio))
    time = MONDAY + (start + np.cumsum(steps)) * pair.ltf.ms
    if draw(st.booleans()) if on_grid is None else not on_grid:
        wobble = draw(st.lists(st.integers(0, pair.ltf.ms - 1), min_size=n, max_size=n))
        time = time + np.array(wobble, np.int64)
        time = time[np.diff(time, prepend=0) > 0]
    return bars_at(time, draw(st.integers(0, 9))), pair


def streamed(bars: Bars, pair: TimeframePair) -> list[tuple | None]:
    """The rule as a live system would follow it: one LTF bar after the other, nothing but the past at hand."""
    anchor = MONDAY % pair.htf.ms
    waiting: list[tuple] = []
    current: list | None = None
    closed_until = -(2**60)
    out: list[tuple | None] = []
    for time, o, h, low, c, v in zip(*(getattr(bars, name).tolist() for name in NAMES), strict=True):
        begin = max(time, closed_until)
        label = begin - (begin - anchor) % pair.htf.ms
        if current and current[0] != label:
            waiting.append(tuple(current))
            current = None
        current = [label, current[1], max(current[2], h), min(current[3], low), c, current[5] + v] if current else [label, o, h, low, c, v]
        closed_until = time + pair.ltf.ms
        if closed_until >= label + pair.htf.ms:
            waiting.append(tuple(current))
            current = None
        out.append(waiting.pop(0) if waiting else None)
    return out


def aligned_rows(bars: Bars, pair: TimeframePair) -> list[tuple | None]:
    htf, marks = align_htf(bars, pair)
    rows = zip(*(getattr(htf, name).tolist() for name in NAMES), strict=True)
    return [row if mark else None for row, mark in zip(rows, marks.tolist(), strict=True)]


@given(case())
@settings(deadline=None)
def test_alignment_is_what_a_live_system_would_see(example) -> None:
    assert aligned_rows(*example) == streamed(*example)


@given(case(), st.data())
@settings(deadline=None)
def test_a_prefix_of_the_bars_gives_a_prefix_of_marks_and_htf_bars(example, data) -> None:
    bars, pair = example
    n = data.draw(st.integers(0, len(bars)))
    prefix = Bars(**{name: getattr(bars, name)[:n] for name in NAMES})
    assert aligned_rows(prefix, pair) == aligned_rows(bars, pair)[:n]


@given(case(on_grid=True))
@settings(deadline=None)
def test_no_htf_bar_is_known_before_its_end_and_each_holds_its_own_bars_only(example) -> None:
    bars, pair = example
    found = htf_buckets(bars.time, pair.ltf, Period.of(pair.htf))
    assert (np.diff(found.known_at[found.known_at < len(bars)]) > 0).all()
    for opened, first, last, known in zip(found.open_time, found.first, found.last, found.known_at, strict=True):
        inside = np.flatnonzero((bars.time >= opened) & (bars.time < opened + pair.htf.ms))
        assert (first, last) == (inside[0], inside[-1])
        if known < len(bars):
            assert bars.time[known] + pair.ltf.ms >= opened + pair.htf.ms
            assert known >= last


@given(case(on_grid=True))
@settings(deadline=None)
def test_nothing_is_dropped_but_what_the_data_end_before(example) -> None:
    bars, pair = example
    found = htf_buckets(bars.time, pair.ltf, Period.of(pair.htf))
    n_complete = int((found.open_time + pair.htf.ms <= bars.time[-1] + pair.ltf.ms).sum()) if len(bars) else 0
    n_known = int((found.known_at < len(bars)).sum())
    # Whatever is complete but not yet known is waiting its turn behind the very last bar.
    assert n_known <= n_complete
    if n_known < n_complete:
        assert found.known_at[n_known - 1] == len(bars) - 1


def at(pair: str, *indices: int) -> tuple[Bars, TimeframePair]:
    parsed = TimeframePair.parse(pair)
    return bars_at(MONDAY + np.array(indices, np.int64) * parsed.ltf.ms), parsed


@pytest.mark.parametrize(
    ("indices", "known_at"),
    [
        ([0, 1, 2, 3, 4, 5], [2, 5]),  # whole buckets: known on their own last bar
        ([1, 2, 3, 4, 5], [1, 4]),  # a cold start: the partial first bucket is bar 0
        ([0, 1, 3, 4, 5], [2, 4]),  # the completing bar is missing: known on the next one there is
        ([0, 1, 5, 6, 7, 8], [2, 3, 5]),  # two on one bar: the older first, the next one bar later
        ([0, 5, 8, 9], [1, 2, 3, 4]),  # a queue: late, never dropped; the last two wait beyond the data or are unfinished
        ([0, 1, 2, 3], [2, 4]),  # the last bucket never completes
        ([0, 1, 12, 13], [2, 4]),  # a gap of several buckets makes no bars
    ],
)
def test_known_at(indices: list[int], known_at: list[int]) -> None:
    bars, pair = at("5m@15m", *indices)
    assert htf_buckets(bars.time, pair.ltf, Period.of(pair.htf)).known_at.tolist() == known_at


def test_values_are_nan_and_time_zero_where_no_bar_completes() -> None:
    htf, marks = align_htf(*at("5m@15m", 0, 1, 2, 3))
    assert marks.tolist() == [False, False, True, False]
    assert htf.time.tolist() == [0, 0, MONDAY, 0]
    for name in NAMES[1:]:
        assert (np.isnan(getattr(htf, name)) == ~marks).all()


def test_without_an_htf_every_bar_completes_itself() -> None:
    bars, pair = at("5m", 0, 1, 2, 9)
    htf, marks = align_htf(bars, pair)
    assert marks.all()
    assert all((getattr(htf, name) == getattr(bars, name)).all() for name in NAMES)


def test_weeks_complete_on_the_bar_that_ends_on_sunday() -> None:
    bars, pair = at("1D@1W", *range(10))
    assert htf_buckets(bars.time, pair.ltf, Period.of(pair.htf)).known_at.tolist() == [6, 10]
