"""Wall clocks: epoch milliseconds in a time zone, in NumPy. Not sessions (`session`) nor buckets of time (`period`)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from jaxtyping import Int

from pinejax.errors import ConfigError

DAY_S = 86_400
DAY_MS = DAY_S * 1_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# 1970-01-01, day 0, was a Thursday.
_THURSDAY = 3

PARTS = ("year", "month", "weekofyear", "dayofmonth", "dayofweek", "hour", "minute", "second")


def zone_of(name: str) -> ZoneInfo:
    """A time zone by its IANA name. Errors: ConfigError where there is none of that name."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ConfigError(f"time zone: expected an IANA name such as UTC, America/New_York or Europe/Berlin, got {name!r}.") from None


def local_ms(time: Int[np.ndarray, " bars"], zone: str) -> Int[np.ndarray, " bars"]:
    """What the wall clock of a zone shows, written as epoch milliseconds: `// DAY_MS` is its day, `% DAY_MS` its time of day."""
    if zone == "UTC":  # on machines without a database of time zones too
        return time
    found = zone_of(zone)
    if not len(time):
        return time
    days, of = np.unique(time // DAY_MS, return_inverse=True)
    begins, ends = (np.array([_offset_ms(int(day + k) * DAY_MS, found) for day in days]) for k in (0, 1))
    offset = begins[of]
    # Only on the days of a change is every bar looked up.
    for i in np.flatnonzero((begins != ends)[of]):
        offset[i] = _offset_ms(int(time[i]), found)
    return time + offset


def midnight_ms(day: Int[np.ndarray, " n"], zone: str) -> Int[np.ndarray, " n"]:
    """The epoch milliseconds at which days (counted from 1970-01-01 on the wall) begin in a zone."""
    if zone == "UTC":
        return day * DAY_MS
    found = zone_of(zone)
    days, of = np.unique(day, return_inverse=True)
    return np.array([_midnight(int(d), found) for d in days], np.int64)[of]


def calendar(local: Int[np.ndarray, " bars"], part: str) -> Int[np.ndarray, " bars"]:
    """One of PARTS of a wall clock's milliseconds. dayofweek: 1 is Sunday; weekofyear: ISO 8601, weeks from Monday."""
    day, second = local // DAY_MS, local % DAY_MS // 1_000
    date = day.astype("datetime64[D]")
    match part:
        case "year":
            return date.astype("datetime64[Y]").astype(np.int64) + 1970
        case "month":
            return date.astype("datetime64[M]").astype(np.int64) % 12 + 1
        case "dayofmonth":
            return day - date.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) + 1
        case "dayofweek":
            return (day + _THURSDAY + 1) % 7 + 1
        case "weekofyear":
            thursday = monday(day) + _THURSDAY
            return (thursday - thursday.astype("datetime64[D]").astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)) // 7 + 1
        case "hour":
            return second // 3_600
        case "minute":
            return second // 60 % 60
        case _:
            assert part == "second", part
            return second % 60


def monday(day: Int[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
    """The Monday on or before each day."""
    return day - (day + _THURSDAY) % 7


def _offset_ms(time: int, zone: ZoneInfo) -> int:
    offset = (_EPOCH + timedelta(milliseconds=time)).astimezone(zone).utcoffset()
    assert offset is not None
    return offset // timedelta(milliseconds=1)


@lru_cache(maxsize=4_096)
def _midnight(day: int, zone: ZoneInfo) -> int:
    wall = (_EPOCH + timedelta(days=day)).replace(tzinfo=zone)
    return round(wall.timestamp() * 1_000)
