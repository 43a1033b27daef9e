"""One bar as a body sees it: prices, and wall clocks. How rows are made is `pinejax.engine.rows`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pinejax.core.clock import DAY_MS
from pinejax.engine.columns import CHART, Calendar, Columns, Moment


@dataclass(frozen=True, kw_only=True)
class Clock:
    """The wall clock of a zone at a bar's open, daylight saving time included. zone: None is the exchange's."""

    columns: Columns = field(default_factory=Columns)
    series: str = CHART
    zone: str | None = None

    def _part(self, name: str) -> Any:
        return self.columns.read(Calendar(self.series, name, self.zone))

    @property
    def year(self) -> Any:
        """Such as 2025."""
        return self._part("year")

    @property
    def month(self) -> Any:
        """1 to 12."""
        return self._part("month")

    @property
    def weekofyear(self) -> Any:
        """1 to 53, of ISO 8601: weeks from Monday."""
        return self._part("weekofyear")

    @property
    def dayofmonth(self) -> Any:
        """1 to 31."""
        return self._part("dayofmonth")

    @property
    def dayofweek(self) -> Any:
        """1 (Sunday) to 7."""
        return self._part("dayofweek")

    @property
    def hour(self) -> Any:
        """0 to 23."""
        return self._part("hour")

    @property
    def minute(self) -> Any:
        """0 to 59."""
        return self._part("minute")

    @property
    def second(self) -> Any:
        """0 to 59."""
        return self._part("second")


@dataclass(frozen=True)
class BarView(Clock):
    """One bar as scalars shared by all lanes of the block; `time` is its open in epoch milliseconds, UTC; its clock is the exchange's."""

    open: Any
    high: Any
    low: Any
    close: Any
    volume: Any
    time: Any
    index: Any
    is_first: Any

    @property
    def time_close(self) -> Any:
        """When the bar's timeframe ends, epoch milliseconds, UTC."""
        return epoch_ms(*(self.columns.read(Moment(self.series, "end", part)) for part in ("day", "second")))

    @property
    def hl2(self) -> Any:
        """(high + low) / 2."""
        return (self.high + self.low) / 2

    @property
    def hlc3(self) -> Any:
        """(high + low + close) / 3."""
        return (self.high + self.low + self.close) / 3

    @property
    def ohlc4(self) -> Any:
        """(open + high + low + close) / 4."""
        return (self.open + self.high + self.low + self.close) / 4

    @property
    def hlcc4(self) -> Any:
        """(high + low + close + close) / 4."""
        return (self.high + self.low + self.close + self.close) / 4


def epoch_ms(day: Any, second: Any) -> Any:
    """Epoch milliseconds from a day and the second of it, as float64."""
    return day.astype(np.float64) * DAY_MS + second.astype(np.float64) * 1000.0
