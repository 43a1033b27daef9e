"""Wall-clock times as exports write them. Which zone's clock it is, and whether 03/04 is in March, bars must tell: `zone`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

YEAR_FIRST, DAY_FIRST, MONTH_FIRST = "year first", "day first", "month first"

_TIME = (
    r"(?:[T,\s]+(?P<before>上午|下午|午前|午後|오전|오후)?\s*(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,]\d+)?)?"
    r"\s*(?P<half>[AaPp]\.?\s?[Mm]\.?|上午|下午|午前|午後)?)?"
)
_ZONE = r"\s*(?P<zone>Z|UTC|GMT|(?:UTC|GMT)?[+-]\d{1,2}(?::?\d{2})?)?"
_YMD = re.compile(rf"(?P<y>\d{{4}})[-/.年]\s*(?P<a>\d{{1,2}})[-/.月]\s*(?P<b>\d{{1,2}})日?{_TIME}{_ZONE}")
_ABY = re.compile(rf"(?P<a>\d{{1,2}})(?P<sep>[-/.])\s?(?P<b>\d{{1,2}})[-/.]\s?(?P<y>\d{{4}}|\d{{2}}){_TIME}{_ZONE}")
_NAMED = re.compile(
    rf"(?:[A-Za-z]{{3,9}},?\s+)?(?:(?P<d1>\d{{1,2}})\s+)?(?P<month>[A-Za-z]{{3}})[a-z]*\.?\s+(?:(?P<d2>\d{{1,2}}),?\s+)?(?P<y>\d{{4}}){_TIME}{_ZONE}"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True)
class Moment:
    """ms: the wall clock read as UTC, or UTC itself where the text named an offset (`zoned`). has_time: false for a date alone."""

    ms: int
    has_time: bool
    zoned: bool


def date_orders(cells: Sequence[str]) -> tuple[str, ...]:
    """The orders of day and month under which every cell is a date, likeliest first; none where some cell is no date."""
    texts = set(cells)
    return tuple(order for order in (YEAR_FIRST, MONTH_FIRST, DAY_FIRST) if texts and all(moment(t, order) is not None for t in texts))


def is_date(cell: str) -> bool:
    """Whether a cell is a date in any order."""
    return any(moment(cell, order) is not None for order in (YEAR_FIRST, MONTH_FIRST, DAY_FIRST))


def moment(cell: str, order: str) -> Moment | None:
    """One cell; None where it is no date in that order. With dots the day is always first."""
    text = cell.strip()
    found = _YMD.fullmatch(text) or _NAMED.fullmatch(text)
    if found:
        return _made(found, *_named_or_numbered(found)) if order == YEAR_FIRST else None
    found = _ABY.fullmatch(text)
    if not found or order == YEAR_FIRST or (found["sep"] == "." and order == MONTH_FIRST):
        return None
    a, b = int(found["a"]), int(found["b"])
    return _made(found, *((b, a) if order == DAY_FIRST else (a, b)))


def _named_or_numbered(found: re.Match[str]) -> tuple[int, int]:
    """(month, day) of a text whose order is not in doubt."""
    groups = found.groupdict()
    if "month" not in groups:
        return int(found["a"]), int(found["b"])
    name, day = found["month"].lower(), groups["d1"] or groups["d2"]
    return (_MONTHS.index(name) + 1 if name in _MONTHS else 0), int(day or 0)


def _made(found: re.Match[str], month: int, day: int) -> Moment | None:
    year = int(found["y"]) + (2000 if len(found["y"]) == 2 else 0)
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    half = (found["half"] or found["before"] or "").lower()
    if half and hour <= 12:
        hour = hour % 12 + 12 * (half.startswith("p") or half in ("下午", "午後", "오후"))
    try:
        wall = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    zone = found["zone"]
    utc = wall - (_offset(zone) if zone else timedelta())
    return Moment(round(utc.timestamp() * 1000), found["hour"] is not None, bool(zone))


def _offset(zone: str) -> timedelta:
    sign, digits = re.search(r"[+-]", zone), re.sub(r"\D", "", zone)
    if not sign:
        return timedelta()
    hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
    return (1 if sign[0] == "+" else -1) * timedelta(hours=int(hours), minutes=int(minutes))
