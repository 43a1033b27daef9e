"""pinejax.data.resample"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pinejax.core.timeframe import Timeframe
from pinejax.data.frame import SCHEMA
from pinejax.data.resample import resample, resample_file, resample_files
from pinejax.errors import DataError

MONDAY = 1_704_067_200_000


def tf(text: str) -> Timeframe:
    return Timeframe.parse(text)


@st.composite
def minute_bars(draw) -> pl.DataFrame:
    """1m bars with gaps, from an odd minute, whole-number volumes (their sums are exact in any order)."""
    n = draw(st.integers(1, 200))
    steps = np.array(draw(st.lists(st.sampled_from([1, 1, 1, 1, 2, 7, 130]), min_size=n, max_size=n)))
    start = draw(st.integers(0, 20_000))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    prices = np.sort(rng.integers(1, 500, (n, 4)), axis=1).astype(float)
    time = MONDAY + (start + np.cumsum(steps)) * 60_000
    columns = {"time": time, "open": prices[:, 1], "high": prices[:, 3], "low": prices[:, 0], "close": prices[:, 2]}
    return pl.DataFrame({**columns, "volume": rng.integers(0, 9, n).astype(float)}, schema=SCHEMA)


def slow(bars: pl.DataFrame, ms: int) -> list[tuple]:
    """The definition, bar by bar; every bucket, the unfinished last one too. For timeframes of up to a day."""
    out: dict[int, list] = {}
    for time, o, h, low, c, v in bars.rows():
        bar = out.setdefault(time // ms * ms, [o, h, low, c, 0.0])
        out[time // ms * ms] = [bar[0], max(bar[1], h), min(bar[2], low), c, bar[4] + v]
    return [(time, *bar) for time, bar in out.items()]


@given(minute_bars(), st.sampled_from(["3m", "5m", "15m", "1h", "4h", "1D"]))
@settings(deadline=None)
def test_bars_are_the_definitions_less_an_unfinished_last_one(bars: pl.DataFrame, text: str) -> None:
    expected = slow(bars, tf(text).ms)
    if bars["time"][-1] + 60_000 < expected[-1][0] + tf(text).ms:
        expected.pop()
    assert resample(bars, tf("1m"), tf(text)).rows() == expected


@given(minute_bars(), st.sampled_from([("5m", "15m"), ("15m", "1h"), ("1h", "4h"), ("4h", "1D"), ("1D", "1W")]))
@settings(max_examples=50, deadline=None)
def test_two_steps_give_what_one_step_gives_but_perhaps_for_the_last_bar(bars: pl.DataFrame, steps: tuple[str, str]) -> None:
    # The middle bars may end before the bar that shows the last target bar to be finished.
    middle, target = map(tf, steps)
    twice, once = resample(resample(bars, tf("1m"), middle), middle, target), resample(bars, tf("1m"), target)
    assert twice.equals(once[: len(twice)])
    assert len(once) - len(twice) <= 1


@given(minute_bars(), st.data(), st.sampled_from(["5m", "1h", "1W"]))
@settings(max_examples=50, deadline=None)
def test_a_prefix_of_the_bars_gives_a_prefix(bars: pl.DataFrame, data, text: str) -> None:
    part = bars[: data.draw(st.integers(0, len(bars)))]
    shorter, longer = resample(part, tf("1m"), tf(text)), resample(bars, tf("1m"), tf(text))
    assert shorter.equals(longer[: len(shorter)])


def test_weeks_begin_on_monday(make_bars) -> None:
    days = make_bars(21, minutes=1_440, start_ms=MONDAY - 2 * 86_400_000)
    weeks = resample(days, tf("1D"), tf("1W"))
    assert weeks["time"].to_list() == [MONDAY - 7 * 86_400_000, MONDAY, MONDAY + 7 * 86_400_000]
    assert weeks["open"].to_list() == [days["open"][0], days["open"][2], days["open"][9]]


def test_a_first_bar_entered_midway_is_kept_and_labelled_by_its_bucket(make_bars) -> None:
    bars = resample(make_bars(5, minutes=5, start_ms=MONDAY + 600_000), tf("5m"), tf("15m"))
    assert bars["time"].to_list() == [MONDAY, MONDAY + 900_000]


def test_a_gap_gives_no_bar(make_bars) -> None:
    bars = resample(make_bars(12, skip=[3, 4, 5]), tf("5m"), tf("15m"))
    assert bars["time"].to_list() == [MONDAY, MONDAY + 1_800_000, MONDAY + 2_700_000]


def test_nan_volume_stays_nan(make_bars) -> None:
    bars = resample(make_bars(6).with_columns(volume=pl.lit(float("nan"))), tf("5m"), tf("15m"))
    assert bars["volume"].is_nan().all()


def test_a_timeframe_that_is_no_multiple_is_refused(make_bars) -> None:
    with pytest.raises(DataError, match="5m bars cannot be made of 3m bars"):
        resample(make_bars(6, minutes=3), tf("3m"), tf("5m"))


@pytest.mark.parametrize("target", ["5m", "1h", "4h", "1D", "1W"])
@pytest.mark.parametrize("n", [3_000, 20 * 1_440, 20 * 1_440 + 7])
def test_a_file_is_resampled_as_a_table_is(make_bars, tmp_path: Path, target: str, n: int) -> None:
    base, timeframe = Timeframe.parse("1m"), Timeframe.parse(target)
    bars = make_bars(n, minutes=1, skip=range(700, 1_100))
    bars.write_parquet(tmp_path / "in.parquet", row_group_size=1_000)
    resample_file(tmp_path / "in.parquet", base, timeframe, tmp_path / "out.parquet")
    assert_frame_equal(pl.read_parquet(tmp_path / "out.parquet"), resample(bars, base, timeframe), rel_tol=1e-12)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.parquet", "out.parquet"]


def test_a_file_cannot_be_resampled_to_no_multiple(make_bars, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected a whole multiple"):
        resample_file(tmp_path / "in.parquet", Timeframe.parse("5m"), Timeframe.parse("12m"), tmp_path / "out.parquet")


def test_several_timeframes_are_the_same_made_from_each_other(make_bars, tmp_path: Path) -> None:
    base, targets = Timeframe.parse("1m"), [Timeframe.parse(text) for text in ("1D", "3m", "5m", "15m", "1h", "4h", "1W")]
    bars = make_bars(16 * 1_440 + 77, minutes=1, skip=range(700, 1_100))
    bars.write_parquet(tmp_path / "1m.parquet")
    for target, path in resample_files(tmp_path / "1m.parquet", base, targets, tmp_path).items():
        assert_frame_equal(pl.read_parquet(path), resample(bars, base, target), rel_tol=1e-12)
