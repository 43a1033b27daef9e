"""Trading sessions as Pine writes them, `0930-1600:23456`: which wall clock times they hold. Not time zones (`clock`)."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int

from pinejax.core.clock import DAY_MS, calendar
from pinejax.errors import ConfigError

ALL_DAYS = "1234567"
_SPAN = re.compile(r"([01]\d|2[0-3])([0-5]\d)-(?:([01]\d|2[0-3])([0-5]\d)|(2400))")
_FULL_DAY_S = 86_400


@dataclass(frozen=True)
class Session:
    """Spans of a day, (start, end) in seconds, end exclusive, and the days they belong to, 1 being Sunday.

    A span that ends at or before its start goes over midnight and belongs to the day on which it ends; `0000-0000` is the whole day.
    """

    spans: tuple[tuple[int, int], ...]
    days: tuple[int, ...]

    @classmethod
    def parse(cls, text: str, days: str = ALL_DAYS) -> Session:
        """Read `0930-1600`, `0930-1130,1300-1600`, `1800-0900`, `24x7`; days as digits, or after a colon in the text itself.

        Errors: ConfigError for anything else, and for days given twice.
        """
        spans, _, own_days = str(text).replace(" ", "").partition(":")
        if own_days and days != ALL_DAYS:
            raise ConfigError(f"session: expected its days once, got {text!r} and {days!r}.")
        found = ((0, _FULL_DAY_S),) if spans == "24x7" else tuple(_span(part, text) for part in spans.split(","))
        digits = own_days or str(days)
        if not digits or set(digits) - set(ALL_DAYS) or len(set(digits)) != len(digits):
            raise ConfigError(f"session: expected days as digits, 1 (Sunday) to 7, each once, such as 23456, got {digits!r}.")
        return cls(found, tuple(sorted(map(int, digits))))

    def holds(self, local: Int[np.ndarray, " bars"]) -> Bool[np.ndarray, " bars"]:
        """Whether each wall clock time (`clock.local_ms`) lies in the session."""
        second = local % DAY_MS // 1_000
        today, tomorrow = (np.isin(calendar(local + k * DAY_MS, "dayofweek"), self.days) for k in (0, 1))
        inside = np.zeros(len(local), bool)
        for start, end in self.spans:
            if start < end:
                inside |= today & (second >= start) & (second < end)
            else:
                inside |= (today & (second < end)) | (tomorrow & (second >= start))
        return inside


def _span(part: str, text: str) -> tuple[int, int]:
    match = _SPAN.fullmatch(part)
    if not match:
        raise ConfigError(f"session: expected hours as HHMM-HHMM, such as 0930-1600, 0930-1130,1300-1600, 1800-0900 or 24x7, got {text!r}.")
    start = int(match[1]) * 3_600 + int(match[2]) * 60
    end = _FULL_DAY_S if match[5] else int(match[3]) * 3_600 + int(match[4]) * 60
    return (start, _FULL_DAY_S) if start == end == 0 else (start, end)
