"""Clock arithmetic on a bar's open time, UTC. For the probes' bodies."""

from __future__ import annotations

from typing import Any

from pinejax.ops import floor, where

DAY_MS = 86_400_000
# New York: daylight saving time from the second Sunday of March to the first of November, 02:00 local, in epoch ms.
NEW_YORK_SUMMERS = ((1_741_503_600_000, 1_762_063_200_000), (1_772_953_200_000, 1_793_512_800_000))


def minute_of_day(bar: Any) -> Any:
    """Minutes since midnight."""
    return (bar.time % DAY_MS) / 60_000


def at(bar: Any, clock: str) -> Any:
    """Whether the bar opens at hh:mm."""
    hours, minutes = clock.split(":")
    return minute_of_day(bar) == int(hours) * 60 + int(minutes)


def day_number(bar: Any) -> Any:
    """Days since 1970-01-01."""
    return floor(bar.time / DAY_MS)


def is_monday_midnight(bar: Any) -> Any:
    """Monday 00:00 (1970-01-01 was a Thursday)."""
    return ((day_number(bar) + 3) % 7 == 0) & at(bar, "00:00")


def in_new_york_session(bar: Any) -> Any:
    """Whether the bar opens in 09:30-16:00 New York local time."""
    summer = False
    for begin, end in NEW_YORK_SUMMERS:
        summer = summer | ((bar.time >= begin) & (bar.time < end))
    local = (minute_of_day(bar) + where(summer, -240, -300)) % 1440
    return (local >= 570) & (local < 960)
