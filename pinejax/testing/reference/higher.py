"""Higher bars, built from the chart's one by one, and the call site of a function that runs on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pinejax.core.feed import Feed
from pinejax.testing.reference.bar import Bar
from pinejax.testing.reference.clock import bucket
from pinejax.testing.reference.sites import Frame, Held, na


class PairBars:
    """The HTF bars of a feed's own pair."""

    def __init__(self, feed: Feed):
        self._feed, self._n = feed, 0

    def step(self, row: int) -> Bar | None:
        """The HTF bar that completes on a chart bar, or None."""
        if not self._feed.htf_complete[row]:
            return None
        bars, time = self._feed.htf, int(self._feed.htf.time[row])
        self._n += 1
        values = [column[row] for column in (bars.open, bars.high, bars.low, bars.close, bars.volume)]
        zone = self._feed.instrument.zone
        return Bar(self._n - 1, time, bucket(time, str(self._feed.timeframe.htf), zone)[1], values, zone)


class BuiltBars:
    """Bars of another timeframe. Complete on the chart bar whose close reaches the bucket's end, or, where that is missing, on the
    next there is; two at once come one after the other."""

    def __init__(self, feed: Feed, timeframe: str):
        self._feed, self._timeframe, self._n = feed, timeframe, 0
        self._begin, self._end, self._values = -1, -1, [na] * 5
        self._waiting: list[tuple[int, int, list[float]]] = []

    def step(self, row: int) -> Bar | None:
        """The bar that completes on a chart bar, or None. Called for every chart bar in turn."""
        ltf, length, zone = self._feed.ltf, self._feed.timeframe.ltf.ms, self._feed.instrument.zone
        time = int(ltf.time[row])
        not_before = max(time, int(ltf.time[row - 1]) + length) if row else time
        begin, end = bucket(not_before, self._timeframe, zone)
        if begin != self._begin:
            self._finish()
            self._begin, self._end = begin, end
            self._values = [float(column[row]) for column in (ltf.open, ltf.high, ltf.low, ltf.close, ltf.volume)]
        else:
            first, high, low, _, volume = self._values
            high, low = max(high, float(ltf.high[row])), min(low, float(ltf.low[row]))
            self._values = [first, high, low, float(ltf.close[row]), volume + float(ltf.volume[row])]
        if time + length >= end:
            self._finish()
        if not self._waiting:
            return None
        opened, ended, values = self._waiting.pop(0)
        self._n += 1
        return Bar(self._n - 1, opened, ended, values, zone)

    def _finish(self) -> None:
        if self._begin >= 0:
            self._waiting.append((self._begin, self._end, self._values))
        self._begin = -1


class HigherFrame(Held):
    """A function of HTF bars: its own call sites, run once per completed HTF bar. run: what runs it on a bar with call sites."""

    def __init__(self, bars: PairBars | BuiltBars, run: Callable[[Frame, Bar], Any], example: Bar):
        super().__init__()
        self.bars, self._frame = bars, Frame()
        found = run(Frame(), example)
        self.nothing = tuple(map(_nothing, found)) if isinstance(found, tuple) else _nothing(found)
        self.out = self.nothing

    def step(self, run: Callable[[Frame, Bar], Any], bar: Bar) -> Any:
        """Run the function on the HTF bar that completes here."""
        self._frame.rewind()
        return run(self._frame, bar)


def _nothing(example: Any) -> Any:
    return np.bool_(False) if isinstance(example, (bool, np.bool_)) else na
