"""pinejax.core.clock, against the standard library's own time zones"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinejax.core.clock import DAY_MS, PARTS, calendar, local_ms, midnight_ms, zone_of
from pinejax.errors import ConfigError

# Half an hour of daylight saving time, no whole hours, no midnight on the day of the change, a missing day.
ZONES = ["UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "Asia/Beirut", "Pacific/Apia"]
YEARS = st.integers(946_684_800_000, 2_051_222_400_000)


def _wall(time: int, zone: str) -> datetime:
    return datetime.fromtimestamp(time // 1000, ZoneInfo(zone)) + timedelta(milliseconds=time % 1000)


@given(st.sampled_from(ZONES), st.lists(YEARS, min_size=1, max_size=30))
def test_the_wall_clock_is_that_of_the_zone(zone: str, times: list[int]) -> None:
    local = local_ms(np.array(times, np.int64), zone)
    for i, time in enumerate(times):
        wall = _wall(time, zone)
        expected = (
            wall.year,
            wall.month,
            wall.isocalendar().week,
            wall.day,
            wall.isoweekday() % 7 + 1,
            wall.hour,
            wall.minute,
            wall.second,
        )
        assert tuple(int(calendar(local, part)[i]) for part in PARTS) == expected


@pytest.mark.parametrize(
    ("zone", "day"), [("America/New_York", "2025-03-09"), ("Europe/Berlin", "2025-10-26"), ("Asia/Beirut", "2025-03-30")]
)
def test_every_quarter_of_an_hour_around_a_change_of_the_clocks(zone: str, day: str) -> None:
    begin = int(np.datetime64(day).astype("datetime64[ms]").astype(np.int64)) - DAY_MS
    times = begin + np.arange(3 * 96) * 900_000
    shown = [f"{_wall(int(t), zone):%H:%M}" for t in times]
    local = local_ms(times, zone)
    assert [f"{h:02d}:{m:02d}" for h, m in zip(calendar(local, "hour"), calendar(local, "minute"), strict=True)] == shown


@given(st.sampled_from(ZONES), st.integers(10_957, 23_740))
def test_a_day_begins_at_its_midnight(zone: str, day: int) -> None:
    begin, before = midnight_ms(np.array([day, day - 1], np.int64), zone)
    if zone != "Pacific/Apia":  # it left out a day
        assert int(local_ms(np.array([begin]), zone)[0]) // DAY_MS == day
    assert int(local_ms(np.array([begin - 1]), zone)[0]) // DAY_MS < day
    assert before < begin or zone == "Pacific/Apia"


def test_an_unknown_zone_is_named() -> None:
    for name in ("New York", "America/Atlantis", "", "../etc/passwd"):
        with pytest.raises(ConfigError, match="IANA name"):
            zone_of(name)
