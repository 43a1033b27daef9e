"""Wall clocks, sessions and buckets of time, one moment at a time, with the standard library. For the bodies of the reference."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pinejax.core.timeframe import Timeframe

DAY_S = 86_400


def wall(time: float, zone: str) -> datetime:
    """What a clock in the zone shows at an epoch millisecond."""
    return datetime.fromtimestamp(time / 1000, ZoneInfo(zone))


def pine_weekday(moment: datetime) -> int:
    """1 is Sunday."""
    return moment.isoweekday() % 7 + 1


def in_session(time: float, text: str, zone: str, days: str) -> bool:
    """Whether a moment lies in `0930-1600,1800-0200:23456`. A span over midnight belongs to the day on which it ends."""
    hours, _, own = text.partition(":")
    digits, now = own or days, wall(time, zone)
    clock = now.hour * 60 + now.minute
    today, tomorrow = str(pine_weekday(now)) in digits, str(pine_weekday(now + timedelta(days=1))) in digits
    for span in hours.replace("24x7", "0000-2400").split(","):
        start, end = (int(t[:2]) * 60 + int(t[2:]) for t in span.split("-"))
        if start == end == 0:
            end = 1440
        if start < end and today and start <= clock < end:
            return True
        if start >= end and ((tomorrow and clock >= start) or (today and clock < end)):
            return True
    return False


def bucket(time: float, timeframe: str, zone: str) -> tuple[int, int]:
    """Beginning and end, epoch milliseconds, of the bucket of a timeframe that holds a moment."""
    months = re.fullmatch(r"(\d*)M", timeframe)
    seconds = 0 if months else Timeframe.parse(timeframe).seconds
    if 0 < seconds < DAY_S:
        begin = int(time) // (seconds * 1000) * (seconds * 1000)
        return begin, begin + seconds * 1000
    midnight = wall(time, zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if months:
        n = int(months[1] or 1)
        begin = midnight.replace(month=(midnight.month - 1) // n * n + 1, day=1) if n < 12 else midnight.replace(month=1, day=1)
        end = begin.replace(year=begin.year + (begin.month - 1 + n) // 12, month=(begin.month - 1 + n) % 12 + 1)
    else:
        begin = midnight if seconds == DAY_S else midnight - timedelta(days=midnight.weekday())
        end = begin + timedelta(seconds=seconds)
    return tuple(round(moment.replace(fold=0).timestamp() * 1000) for moment in (begin, end))  # type: ignore[return-value]
