"""What bodies ask of the clock: its parts, sessions, new periods. Against the slow reference and by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from pinejax.core.feed import Feed, Instrument
from pinejax.engine import rows as R
from pinejax.testing.record import record, record_reference
from tests.engine.moments import feed_at, quarters, with_holes

PARTS = ("year", "month", "weekofyear", "dayofmonth", "dayofweek", "hour", "minute", "second", "time", "time_close")
SESSIONS = (
    ("0930-1600", "America/New_York", "23456"),
    ("0930-1130,1300-1600", "Europe/Berlin", "1234567"),
    ("1800-0900", "America/New_York", "1234567"),
    ("1700-1700", None, "23456"),
    ("0000-2400", "Asia/Tokyo", "17"),
    ("24x7", None, "1234567"),
)
PERIODS = ("5m", "1h", "4h", "1D", "1W", "1M", "12M")


def _clocks(ctx: Any, _: Any) -> Mapping[str, Any]:
    found = {part: getattr(ctx.bar, part) for part in PARTS}
    found |= {f"London {part}": getattr(ctx.clock("Europe/London"), part) for part in PARTS[:-2]}
    found |= {f"{hours} {zone}": ctx.session(hours, zone=zone, days=days) for hours, zone, days in SESSIONS}
    found |= {f"new {period}": ctx.new_period(period) for period in PERIODS}
    return found | {"tick": ctx.tick_size, "point": ctx.point_value}


@pytest.mark.parametrize(
    ("zone", "start", "n"),
    [
        ("UTC", "2025-03-07T18:00", 900),
        ("America/New_York", "2025-03-07T18:00", 600),
        ("Europe/Berlin", "2025-10-24T05:15", 1_200),
        ("Asia/Kolkata", "2024-12-28T00:00", 600),
    ],
)
def test_engine_equals_reference(zone: str, start: str, n: int) -> None:
    """Around both changes of the clocks, which are weeks apart in New York and Europe, and around a new year."""
    feed = feed_at(with_holes(quarters(start, n), seed=4), zone=zone)
    found, expected = record(_clocks, feed), record_reference(_clocks, feed)
    assert found.keys() == expected.keys()
    for name in found:
        np.testing.assert_array_equal(found[name], expected[name], err_msg=name)


def _seen(feed: Feed, body: Any) -> np.ndarray:
    return record(lambda ctx, _: {"x": body(ctx)}, feed)["x"][:, 0]


def test_a_session_follows_daylight_saving_time() -> None:
    """09:30 in New York is 14:30 UTC before the second Sunday of March and 13:30 after it."""
    feed = feed_at(quarters("2025-03-07T00:00", 4 * 96))
    inside = _seen(feed, lambda ctx: ctx.session("0930-1600", zone="America/New_York", days="23456"))
    shown = feed.ltf.time[inside].astype("datetime64[ms]").astype("datetime64[m]")
    assert [str(t) for t in shown[[0, 25, 26, -1]]] == ["2025-03-07T14:30", "2025-03-07T20:45", "2025-03-10T13:30", "2025-03-10T19:45"]
    assert len(shown) == 52


def test_a_new_period_is_none_on_the_first_bar_and_survives_a_hole() -> None:
    time = quarters("2025-03-30T00:00", 2 * 96 + 4)
    feed = feed_at(np.delete(time, [96, 97]))
    assert np.flatnonzero(_seen(feed, lambda ctx: ctx.new_period("1D"))).tolist() == [96, 190]
    assert np.flatnonzero(_seen(feed, lambda ctx: ctx.new_period("1W"))).tolist() == [96]


def test_the_exchange_s_day_begins_at_its_own_midnight() -> None:
    feed = feed_at(quarters("2025-03-08T00:00", 3 * 96), zone="America/New_York")
    rows = R.rows_of(feed, "float64").values
    new = np.flatnonzero(rows[: len(feed), R.NEW_DAY])
    assert [str(t) for t in feed.ltf.time[new].astype("datetime64[ms]").astype("datetime64[m]")] == [
        "2025-03-08T05:00", "2025-03-09T05:00", "2025-03-10T04:00",
    ]  # fmt: skip
    assert rows[: len(feed), R.TRADING_DAY].max() == 3


def test_times_are_exact_in_float32() -> None:
    feed = feed_at(quarters("2025-12-31T23:00", 40))
    rows = R.rows_of(feed, "float32").values
    bar = R.bar_of(rows[5], np.int32(5), {})
    assert bar.time == feed.ltf.time[5]


def test_the_symbol_s_numbers() -> None:
    feed = feed_at(quarters("2025-03-31T00:00", 20))
    other = Feed(feed.symbol, feed.timeframe, feed.ltf, feed.htf, feed.htf_complete, Instrument(tick_size=0.25, point_value=50.0))
    assert set(_seen(other, lambda ctx: ctx.tick_size * ctx.point_value)) == {12.5}
