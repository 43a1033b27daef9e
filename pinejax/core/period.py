"""Buckets of time that make bars: parts of a day on the UTC grid; days, weeks and months of the exchange. Not the bars."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from pinejax.core.clock import DAY_MS, DAY_S, local_ms, midnight_ms, monday
from pinejax.core.timeframe import Timeframe
from pinejax.errors import ConfigError

WEEK_S = 7 * DAY_S
_MONTHS = re.compile(r"(\d*)M")
_MEAN_MONTH_S = 2_629_746


@dataclass(frozen=True)
class Period:
    """A timeframe's buckets: of `seconds`, or of calendar months.

    Below a day they lie on the UTC grid. Days begin at the exchange's midnight, weeks on its Monday, months on its first;
    several months are counted from January.
    """

    seconds: int = 0
    months: int = 0

    @classmethod
    def parse(cls, text: str | int) -> Period:
        """Read what `Timeframe.parse` reads, and months: `1M`, `3M`, `12M`.

        Errors: ConfigError for anything else, and for what has no grid: it divides a day, or is a day, a week or months.
        """
        months = _MONTHS.fullmatch(str(text).strip())
        if months:
            n = int(months[1] or 1)
            if n < 1 or (12 % n and n % 12):
                raise ConfigError(f"timeframe: expected months that divide a year (1M, 3M, 6M, 12M), got {text!r}.")
            return cls(months=n)
        return cls.of(Timeframe.parse(text))

    @classmethod
    def of(cls, timeframe: Timeframe) -> Period:
        """A timeframe's. Errors: ConfigError where it has no grid."""
        if DAY_S % timeframe.seconds and timeframe.seconds != WEEK_S:
            raise ConfigError(
                f"timeframe: expected one that divides a day (1m, 3m, 5m, 15m, 1h, 4h, 1D, ...), 1W or 1M, got {timeframe}. "
                "Choose another one."
            )
        return cls(timeframe.seconds)

    @property
    def mean_seconds(self) -> int:
        """How long one is, a month being a twelfth of a year."""
        return self.seconds or self.months * _MEAN_MONTH_S

    def begin(self, time: Int[np.ndarray, " bars"], zone: str) -> Int[np.ndarray, " bars"]:
        """When the bucket that holds each time begins, epoch milliseconds."""
        if 0 < self.seconds < DAY_S:
            return time - time % (self.seconds * 1_000)
        return midnight_ms(self._first_day(local_ms(time, zone) // DAY_MS), zone)

    def end(self, begin: Int[np.ndarray, " buckets"], zone: str) -> Int[np.ndarray, " buckets"]:
        """When buckets that begin at these times end: with the beginning of the next."""
        if 0 < self.seconds < DAY_S:
            return begin + self.seconds * 1_000
        first = local_ms(begin, zone) // DAY_MS
        if self.seconds:
            return midnight_ms(first + self.seconds // DAY_S, zone)
        following = first.astype("datetime64[D]").astype("datetime64[M]") + self.months
        return midnight_ms(following.astype("datetime64[D]").astype(np.int64), zone)

    def _first_day(self, day: Int[np.ndarray, " bars"]) -> Int[np.ndarray, " bars"]:
        if self.months:
            month = day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
            return (month - month % self.months).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
        return monday(day) if self.seconds == WEEK_S else day

    def __str__(self) -> str:
        return f"{self.months}M" if self.months else str(Timeframe(self.seconds))
