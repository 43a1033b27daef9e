"""The bars of several datasets on one line of time, and spans of it as windows of each. Which spans, is `splits`.

Splits are made in calendar time, common to all datasets, so that no symbol's train bars lie beside another's test bars: symbols move
together, and what is known of one is known of the others.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from jaxtyping import Int

from pinejax.core.feed import Feed
from pinejax.core.timeframe import Timeframe
from pinejax.core.window import Window
from pinejax.errors import ConfigError, DataError
from pinejax.selection.config import Length
from pinejax.selection.splits import Span

_DURATION = re.compile(r"([1-9]\d*)\s*([smhdDwW])")


@dataclass(frozen=True, eq=False)
class Timeline:
    """Every moment at which a bar of any dataset opens is a bar of the line, so that one of a single dataset is that dataset's bars.

    times: those moments, epoch milliseconds, UTC; end: when the last bar of all is over; step: the shortest bar, milliseconds.
    A dataset's bar belongs to a span if it opens in it and is over by the span's end: where datasets' bars open at different moments, one
    that lies across an edge is on neither side.
    """

    times: Int[np.ndarray, " bars"]
    end: int
    step: int
    feeds: tuple[Feed, ...]

    @classmethod
    def of(cls, feeds: Sequence[Feed]) -> Timeline:
        """Errors: DataError without a bar."""
        opens = [np.asarray(feed.ltf.time, np.int64) for feed in feeds if len(feed)]
        if not opens:
            raise DataError("expected at least one dataset with bars, got none.")
        same = all(np.array_equal(opens[0], times) for times in opens[1:])
        end = max(int(feed.ltf.time[-1]) + feed.timeframe.ltf.ms for feed in feeds if len(feed))
        step = min(feed.timeframe.ltf.ms for feed in feeds)
        return cls(opens[0] if same else np.unique(np.concatenate(opens)), end, step, tuple(feeds))

    @property
    def n_bars(self) -> int:
        """From the earliest open to the latest."""
        return len(self.times)

    @property
    def whole(self) -> Span:
        """All of it."""
        return Span(0, self.n_bars)

    def bars_of(self, length: Length, key: str) -> int:
        """A length in bars of the line: a whole number of them, or a duration such as `30D` or `12h`, which are as many as such a time
        holds on average. Errors: ConfigError naming the key.
        """
        text = str(length).strip()
        if not isinstance(length, (bool, float)) and re.fullmatch(r"\d+", text):
            return int(text)
        found = _DURATION.fullmatch(text)
        if isinstance(length, bool) or not found:
            raise ConfigError(f"{key}: expected a whole number of bars, or a duration such as 12h, 30D or 4W, got {length!r}.")
        bars = round(Timeframe.parse(text).ms * self.n_bars / (self.end - int(self.times[0])))
        if not bars:
            raise ConfigError(f"{key}: {text} is shorter than a bar. Choose a longer duration.")
        return bars

    def windows(self, span: Span, warm_up: int, clear_of: int = 0, margin: int = 0) -> list[Window]:
        """One for each dataset: its bars of the span, with up to `warm_up` bars before them for the indicators to get warm on.

        clear_of: a bar of the line before which, and `margin` of the dataset's own bars from there on, nothing is looked at as warm-up.
        Errors: DataError naming a dataset that has no bars in the span.
        """
        behind = [n + margin for n in self._opened(clear_of)] if clear_of else [0] * len(self.feeds)
        found = []
        for feed, first, stop, least in zip(self.feeds, self._opened(span.first), self._over(span.stop), behind, strict=True):
            if stop <= first:
                where = f"from {self._said(span.first)} to {self._said(span.stop)}"
                raise DataError(f"{feed.name}: expected bars {where}, found none. {ADVICE}")
            found.append(Window(np.int32(min(first, max(0, first - warm_up, least))), np.int32(first), np.int32(stop)))
        return found

    def stop_of(self, bar: int) -> tuple[int, ...]:
        """How many bars of each dataset are over when a bar of the line opens: where to cut. Errors: DataError where one has none."""
        counts = self._over(bar)
        for feed, count in zip(self.feeds, counts, strict=True):
            if not count:
                raise DataError(f"{feed.name}: expected bars before {self._said(bar)}, found none. {ADVICE}")
        return tuple(counts)

    def dates(self, span: Span) -> tuple[str, str]:
        """Opens of its first and last bar, ISO, UTC. Errors: DataError for a span without bars, or beyond the line."""
        if not 0 <= span.first < span.stop <= self.n_bars:
            raise DataError(f"expected a span of the bars 0..{self.n_bars}, got {span.first}..{span.stop}.")
        return _iso(self._moment(span.first)), _iso(self._moment(span.stop - 1))

    def days(self, span: Span) -> int:
        """UTC days on which some dataset has a bar that opens in the span; of bars longer than a day, those bars."""
        return len(np.unique(self.times[span.first : span.stop] // 86_400_000))

    def _opened(self, bar: int) -> list[int]:
        """How many bars of each dataset have opened before a bar of the line does."""
        return [int(np.searchsorted(feed.ltf.time, self._moment(bar), "left")) for feed in self.feeds]

    def _over(self, bar: int) -> list[int]:
        """How many are over by then."""
        return [int(np.searchsorted(_ends(feed), self._moment(bar), "right")) for feed in self.feeds]

    def _moment(self, bar: int) -> int:
        return int(self.times[bar]) if bar < self.n_bars else self.end

    def _said(self, bar: int) -> str:
        return _iso(self._moment(bar)) if bar < self.n_bars else "the end"


ADVICE = "Leave the symbol out, choose other spans, or data.start and data.end between which every symbol has bars."


def _ends(feed: Feed) -> Int[np.ndarray, " bars"]:
    """When each bar is over: after its length, or when the next one opens (a day of the clock's change has 23 hours)."""
    time = np.asarray(feed.ltf.time, np.int64)
    ends = time + feed.timeframe.ltf.ms
    ends[:-1] = np.minimum(ends[:-1], time[1:])
    return ends


def _iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")
