"""Which zone's clock an export shows: the one under which its fills lie on the bars. Not what the trades are compared with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from jaxtyping import Int

from pinejax.errors import ConfigError

QUARTER_HOUR_MS = 900_000
_DAY_MS = 86_400_000
_WEST_H, _EAST_H = -12, 14
# What else some place's clock shows: Tehran, Kabul, Kolkata, Kathmandu, Yangon, Eucla, Adelaide, Lord Howe, Chatham, St John's, Marquesas.
_ODD_MINUTES = (210, 270, 330, 345, 390, 525, 570, 630, 765, -210, -570)
OFFSETS_MINUTES = tuple(
    sorted([60 * h for h in range(_WEST_H, _EAST_H + 1)], key=lambda m: (abs(m), m)) + sorted(_ODD_MINUTES, key=lambda m: (abs(m), m))
)
"""The fixed offsets from UTC that are in use, whole hours first."""
# Zones whose clocks are put forward and back, one for each rule in use.
_WITH_SUMMER_TIME = (
    "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Anchorage", "America/Halifax",
    "America/St_Johns", "America/Havana", "America/Santiago", "America/Asuncion", "America/Nuuk", "Atlantic/Azores", "Europe/London",
    "Europe/Berlin", "Europe/Athens", "Europe/Chisinau", "Asia/Jerusalem", "Asia/Beirut", "Africa/Cairo", "Africa/Casablanca",
    "Australia/Sydney", "Australia/Adelaide", "Australia/Lord_Howe", "Pacific/Auckland", "Pacific/Chatham", "Pacific/Norfolk",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Zone:
    """A clock. from_ms[k]: UTC ms from which offset_ms[k] is added to UTC; the first holds for all that is before."""

    name: str
    from_ms: Int[np.ndarray, " changes"]
    offset_ms: Int[np.ndarray, " changes"]

    def offset(self, utc: Int[np.ndarray, " times"]) -> Int[np.ndarray, " times"]:
        """What the clock is ahead of UTC at UTC times, in ms."""
        return self.offset_ms[np.maximum(np.searchsorted(self.from_ms, utc, side="right") - 1, 0)]

    def utc(self, wall: Int[np.ndarray, " times"], second: bool = False) -> Int[np.ndarray, " times"]:
        """UTC ms of wall-clock times; of an hour that comes twice the first one, or the `second`. -1 for an hour that is left out."""
        out = np.full(wall.shape, -1, np.int64)
        offsets = sorted(set(self.offset_ms.tolist()), reverse=second)
        for offset in offsets:  # the earlier of two UTC times has the larger offset and is written last
            guess = wall - offset
            out = np.where(self.offset(guess) == offset, guess, out)
        return out

    @property
    def roundness(self) -> int:
        """2 where it is always whole hours from UTC, 1 half hours, else 0: the rounder, the more people live by it."""
        return sum(not np.any(self.offset_ms % step) for step in (3_600_000, 1_800_000))

    def wall(self, utc_ms: int) -> int:
        """The wall clock at a UTC time, as ms."""
        return utc_ms + int(self.offset(np.array([utc_ms]))[0])


def fixed_zone(minutes: int) -> Zone:
    """`UTC+5:30` for 330."""
    sign, hours, rest = "-" if minutes < 0 else "+", *divmod(abs(minutes), 60)
    name = "UTC" if not minutes else f"UTC{sign}{hours}" + (f":{rest:02d}" if rest else "")
    return Zone(name, np.array([0], np.int64), np.array([minutes * 60_000], np.int64))


@cache
def named_zone(name: str, first_ms: int, last_ms: int) -> Zone:
    """An IANA zone's changes between two UTC times (and some days around). Errors: ConfigError for an unknown name."""
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(
            f"compare_zone: expected UTC, an offset such as UTC+8 or +05:30, or a name such as Europe/Berlin, got {name!r}."
        ) from None
    starts, offsets = [(first_ms // _DAY_MS - 3) * _DAY_MS], []
    offsets.append(_offset_ms(zone, starts[0]))
    for day in range(starts[0], last_ms + 4 * _DAY_MS, _DAY_MS):
        if _offset_ms(zone, day) != offsets[-1]:
            starts.append(_change(zone, day - _DAY_MS, day))
            offsets.append(_offset_ms(zone, day))
    return Zone(name, np.array(starts, np.int64), np.array(offsets, np.int64))


def zone_of(text: str, first_ms: int, last_ms: int) -> Zone:
    """A zone as a user names it: `UTC`, `UTC+8`, `+05:30`, `-4`, `Europe/Berlin`. Errors: ConfigError."""
    found = re.fullmatch(r"(?:UTC|GMT)?\s*(?:([+-−])\s*(\d{1,2})(?::?(\d{2}))?)?", text.strip(), re.IGNORECASE)
    if found and text.strip():
        minutes = 60 * int(found[2] or 0) + int(found[3] or 0)
        if minutes <= 60 * _EAST_H:
            return fixed_zone(minutes if found[1] in (None, "+") else -minutes)
    return named_zone(text.strip(), first_ms, last_ms)


def known_zones(first_ms: int, last_ms: int, exchange: str = "UTC") -> Iterator[Zone]:
    """The clocks to try, likeliest name first: UTC, the exchange's, fixed offsets, then those with summer time."""
    yield fixed_zone(0)
    if exchange not in ("", "UTC"):
        yield named_zone(exchange, first_ms, last_ms)
    yield from (fixed_zone(minutes) for minutes in OFFSETS_MINUTES if minutes)
    for name in _WITH_SUMMER_TIME:
        yield named_zone(name, first_ms, last_ms)


def clock(ms: int, zone: Zone | None = None) -> str:
    """`2025-03-31 08:15` in UTC, or on a zone's clock."""
    wall = ms if zone is None else zone.wall(ms)
    moment = datetime(1970, 1, 1) + timedelta(milliseconds=int(wall))
    return moment.strftime("%Y-%m-%d %H:%M:%S" if moment.second else "%Y-%m-%d %H:%M")


def iso(ms: int) -> str:
    """A UTC time as a bound of a range is written."""
    return clock(ms).replace(" ", "T")


def _offset_ms(zone: ZoneInfo, utc_ms: int) -> int:
    moment = datetime.fromtimestamp(utc_ms / 1000, zone)
    return round((moment.utcoffset() or timedelta()).total_seconds() * 1000)


def _change(zone: ZoneInfo, low: int, high: int) -> int:
    """The first whole quarter hour after `low` at which the offset is that of `high`."""
    new = _offset_ms(zone, high)
    return next(t for t in range(low, high + 1, QUARTER_HOUR_MS) if _offset_ms(zone, t) == new)


def same_times(zones: Sequence[Zone], wall: Int[np.ndarray, " times"]) -> list[Zone]:
    """One zone for each set of UTC times that the zones make of the wall clock, the first named."""
    seen: dict[bytes, Zone] = {}
    for zone in zones:
        seen.setdefault(zone.utc(wall).tobytes(), zone)
    return list(seen.values())
