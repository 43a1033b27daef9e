"""What bodies ask of a bar beyond its prices: higher bars, wall clocks, sessions. Columns made once per dataset, in NumPy, from times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, Int

from pinejax.core.align import align_bars
from pinejax.core.clock import DAY_MS, calendar, local_ms
from pinejax.core.feed import Bars, Feed, Instrument
from pinejax.core.period import Period
from pinejax.core.session import Session
from pinejax.core.timeframe import Timeframe
from pinejax.errors import StrategyError

CHART, PAIR = "", "pair"
"""Series of bars by name: the chart's own, the HTF of the dataset's pair; any other is a timeframe."""


@dataclass(frozen=True, eq=False)
class Series:
    """Bars of one timeframe on the chart bars on which each is complete. marks: which those are."""

    bars: Bars
    marks: Bool[np.ndarray, " bars"]
    period: Period


@runtime_checkable
class Column(Protocol):
    """One number for each chart bar, meant where a bar of its series is complete."""

    @property
    def series(self) -> str:
        """Of which bars it speaks."""
        ...

    def values(self, series: Series, instrument: Instrument) -> Any:
        """`[bars]`."""
        ...


@dataclass(frozen=True)
class Price:
    """open, high, low, close or volume of a series' bar."""

    series: str
    name: str

    def values(self, series: Series, instrument: Instrument) -> Float[np.ndarray, " bars"]:
        """NaN where no bar is complete."""
        return getattr(series.bars, self.name)


@dataclass(frozen=True)
class Complete:
    """Whether a bar of the series is complete on this chart bar."""

    series: str

    def values(self, series: Series, instrument: Instrument) -> Bool[np.ndarray, " bars"]:
        """The marks."""
        return series.marks


@dataclass(frozen=True)
class Moment:
    """When the series' bar opens or ends, UTC: its day, or the second of that day, which float32 holds exactly too."""

    series: str
    edge: Literal["open", "end"]
    part: Literal["day", "second"]

    def values(self, series: Series, instrument: Instrument) -> Int[np.ndarray, " bars"]:
        """0 where no bar is complete."""
        times = series.bars.time[series.marks]
        if self.edge == "end":
            times = times + series.period.seconds * 1_000 if self.series == CHART else series.period.end(times, instrument.zone)
        return _spread(times // DAY_MS if self.part == "day" else times % DAY_MS // 1_000, series)


@dataclass(frozen=True)
class Calendar:
    """A part of the wall clock at the open of the series' bar (`pinejax.core.clock.PARTS`). zone: None is the exchange's."""

    series: str
    part: str
    zone: str | None

    def values(self, series: Series, instrument: Instrument) -> Int[np.ndarray, " bars"]:
        """0 where no bar is complete."""
        return _spread(calendar(local_ms(series.bars.time[series.marks], self.zone or instrument.zone), self.part), series)


@dataclass(frozen=True)
class InSession:
    """Whether the series' bar opens in a session. zone: None is the exchange's."""

    series: str
    session: Session
    zone: str | None

    def values(self, series: Series, instrument: Instrument) -> Bool[np.ndarray, " bars"]:
        """False where no bar is complete."""
        return _spread(self.session.holds(local_ms(series.bars.time[series.marks], self.zone or instrument.zone)), series)


@dataclass(frozen=True)
class NewPeriod:
    """Whether the series' bar opens in another bucket than the bar before it; not the first bar. (docs/semantics.md, 10.5)"""

    series: str
    period: Period

    def values(self, series: Series, instrument: Instrument) -> Bool[np.ndarray, " bars"]:
        """False where no bar is complete."""
        begin = self.period.begin(series.bars.time[series.marks], instrument.zone)
        return _spread(np.diff(begin, prepend=begin[:1]) != 0, series)


@dataclass(frozen=True)
class OfInstrument:
    """A number of the symbol's, the same on every bar."""

    name: Literal["tick_size", "point_value"]
    series: str = CHART

    def values(self, series: Series, instrument: Instrument) -> Float[np.ndarray, " bars"]:
        """On every bar."""
        return np.full(len(series.marks), getattr(instrument, self.name))


@dataclass
class Columns:
    """The columns that a body asked for, in order, and this bar's values of them.

    known: column -> place. row: the bar's values, or None while the columns are being learnt; then `blank` is every value.
    """

    known: dict[Column, int] = field(default_factory=dict)
    row: Any = None
    blank: Any = None

    def read(self, column: Column) -> Any:
        """A column's value on this bar, a scalar. Errors: StrategyError where tracing asks for what it did not the first time."""
        if self.row is None:
            self.known.setdefault(column, len(self.known))
            return self.blank
        if column not in self.known:
            raise StrategyError(
                f"on_bar: expected the same calls on every tracing, found {column}, unknown the first time. "
                "It may not depend on outside state."
            )
        return self.row[self.known[column]]


def tabulate(feed: Feed, columns: Mapping[Column, int]) -> Float[np.ndarray, "bars columns"]:
    """The columns of one dataset.

    Errors: StrategyError where a timeframe is below the chart's; ConfigError where the instrument's zone is none.
    """
    series = {name: series_of(feed, name) for name in dict.fromkeys(column.series for column in columns)}
    values = [np.asarray(column.values(series[column.series], feed.instrument), float) for column in columns]
    return np.stack(values, axis=1) if values else np.zeros((len(feed), 0))


def series_of(feed: Feed, name: str) -> Series:
    """The bars that a series' name stands for, built from the feed's LTF bars from the first on."""
    ltf = feed.timeframe.ltf
    chart = Series(feed.ltf, np.ones(len(feed), bool), Period(ltf.seconds))
    if name == CHART:
        return chart
    if name == PAIR:
        return Series(feed.htf, feed.htf_complete, Period(feed.timeframe.htf.seconds))
    period = Period.parse(name)
    if period == chart.period:
        return chart
    if not period.months and Timeframe(period.seconds) < ltf:
        raise StrategyError(f"ctx.htf: expected a timeframe of {ltf} or above on {feed.name}, got {period}. Choose a higher one.")
    return Series(*align_bars(feed.ltf, ltf, period, feed.instrument.zone), period)


def bars_in(feed: Feed, name: str) -> int:
    """How many chart bars make one bar of a series, rounded up, months by their mean length."""
    seconds = {CHART: feed.timeframe.ltf.seconds, PAIR: feed.timeframe.htf.seconds}.get(name) or Period.parse(name).mean_seconds
    return max(1, -(-seconds // feed.timeframe.ltf.seconds))


def _spread(values: Any, series: Series) -> Any:
    out = np.zeros(len(series.marks), values.dtype)
    out[series.marks] = values
    return out
