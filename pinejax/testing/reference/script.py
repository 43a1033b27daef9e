"""`ctx` on plain numbers: the tools of a body. What the words mean is docs/strategies.md. Not its broker, nor the loop over bars."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import numpy as np

from pinejax.core.feed import Feed
from pinejax.errors import StrategyError
from pinejax.testing.reference.bar import Bar, Clock, na_bar
from pinejax.testing.reference.clock import bucket, in_session
from pinejax.testing.reference.higher import BuiltBars, HigherFrame, PairBars
from pinejax.testing.reference.sites import Frame, Past
from pinejax.testing.reference.ta import Ta


class Var:
    """A persistent variable of the user's: a float or a truth value, by its first value."""

    def __init__(self, frame: Frame, init: Any):
        self._frame = frame
        self._kind = np.bool_ if isinstance(init, (bool, np.bool_)) else np.float64
        self.value = self._kind(init)

    def set(self, new: Any) -> None:
        """Assign, where the mask holds."""
        if self._frame.active:
            self.value = self._kind(new)


class Context:
    """The `ctx` of one run."""

    bar: Bar
    ta: Ta

    def __init__(self, feed: Feed, broker: Callable[[Frame], Any]):
        self._feed, self._frame, self._row = feed, Frame(), 0
        self.broker = broker(self._frame)

    def begin(self, row: int) -> None:
        """Start a bar's script."""
        self._row = row
        self._frame.rewind()
        ltf, zone = self._feed.ltf, self._feed.instrument.zone
        time, values = int(ltf.time[row]), [c[row] for c in (ltf.open, ltf.high, ltf.low, ltf.close, ltf.volume)]
        self.bar = Bar(row, time, time + self._feed.timeframe.ltf.ms, values, zone)
        self.ta = Ta(self._frame, self.bar)

    def when(self, mask: Any) -> AbstractContextManager[None]:
        """Run a block under a mask."""
        return self._frame.when(mask)

    def var(self, init: Any) -> Var:
        """A persistent variable: `.value`, `.set(new)`."""
        return self._frame.state(lambda: Var(self._frame, init))

    def history(self, x: Any, n: Any = 1) -> Any:
        """x of n executions ago; x itself for 0."""
        if n < 0 or n != int(n):
            raise StrategyError(f"ctx.history: expected a whole number from 0 on, got {n!r}.")
        if n == 0:
            return x
        return self._frame.state(lambda: Past(int(n))).run(self._frame.active, x)

    def htf(self, body: Callable[[Any, Any], Any], *, timeframe: str | None = None, gaps: bool = False) -> Any:
        """The body's value as of the last completed HTF bar; with gaps, only on the bar that completes it."""
        feed = self._feed

        def run(frame: Frame, bar: Bar) -> Any:
            with self._inside(frame, bar):
                return body(self.bar, self.ta)

        make = lambda: PairBars(feed) if timeframe is None else BuiltBars(feed, timeframe)  # noqa: E731
        site = self._frame.state(lambda: HigherFrame(make(), run, na_bar(feed.instrument.zone)))
        bar = site.bars.step(self._row)
        value = site.run(bar is not None, run, bar)
        return site.nothing if gaps and bar is None else value

    def session(self, hours: str, *, zone: str | None = None, days: str = "1234567") -> Any:
        """Whether the bar opens in a session."""
        return np.bool_(in_session(self.bar.time, hours, zone or self._feed.instrument.zone, days))

    def new_period(self, timeframe: str) -> Any:
        """Whether the bar opens in another bucket than the bar before."""
        now = bucket(self.bar.time, timeframe, self._feed.instrument.zone)
        before = self._frame.state(list)
        changed = bool(before) and before[-1] != now
        before[:] = [now]
        return np.bool_(changed)

    def clock(self, zone: str) -> Clock:
        """The bar's open on another wall clock."""
        return Clock(self.bar.time, zone)

    @property
    def tick_size(self) -> Any:
        """The symbol's smallest price step."""
        return np.float64(self._feed.instrument.tick_size)

    @property
    def point_value(self) -> Any:
        """Quote currency per 1.0 of price and one contract."""
        return np.float64(self._feed.instrument.point_value)

    @contextmanager
    def _inside(self, frame: Frame, bar: Bar) -> Iterator[None]:
        """This context as an HTF's, for a while."""
        outer = self._frame, self.bar, self.ta
        self._frame, self.bar, self.ta = frame, bar, Ta(frame, bar)
        try:
            yield
        finally:
            self._frame, self.bar, self.ta = outer
