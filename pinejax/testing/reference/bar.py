"""One bar as a body sees it, in NumPy scalars. Not where bars come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pinejax.testing.reference.clock import pine_weekday, wall
from pinejax.testing.reference.sites import na


class Clock:
    """The wall clock of a zone at an epoch millisecond."""

    def __init__(self, time: float, zone: str):
        self._wall = wall(time, zone)

    @property
    def year(self) -> Any:
        """Such as 2025."""
        return np.float64(self._wall.year)

    @property
    def month(self) -> Any:
        """1 to 12."""
        return np.float64(self._wall.month)

    @property
    def weekofyear(self) -> Any:
        """1 to 53, of ISO 8601."""
        return np.float64(self._wall.isocalendar().week)

    @property
    def dayofmonth(self) -> Any:
        """1 to 31."""
        return np.float64(self._wall.day)

    @property
    def dayofweek(self) -> Any:
        """1 (Sunday) to 7."""
        return np.float64(pine_weekday(self._wall))

    @property
    def hour(self) -> Any:
        """0 to 23."""
        return np.float64(self._wall.hour)

    @property
    def minute(self) -> Any:
        """0 to 59."""
        return np.float64(self._wall.minute)

    @property
    def second(self) -> Any:
        """0 to 59."""
        return np.float64(self._wall.second)


class Bar(Clock):
    """One bar. time, time_close: its open and its end, epoch milliseconds, UTC; ohlcv: five numbers; zone: the exchange's."""

    def __init__(self, index: int, time: float, time_close: float, ohlcv: Sequence[float], zone: str):
        super().__init__(time, zone)
        self.index, self.time, self.time_close = np.int64(index), np.float64(time), np.float64(time_close)
        self.open, self.high, self.low, self.close, self.volume = (np.float64(x) for x in ohlcv)

    @property
    def is_first(self) -> Any:
        """Whether this is the first bar."""
        return np.bool_(self.index == 0)

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


def na_bar(zone: str) -> Bar:
    """A bar without prices, to learn what a function of bars gives."""
    return Bar(0, 0.0, 0.0, (na,) * 5, zone)
