"""Our trades against an export's, one to one and exact: which agree, differ, are missing or too many. Why they differ: `reasons`."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pinejax.core.feed import Feed, Instrument
from pinejax.core.trade import TradeRecord
from pinejax.tradingview.place import PlacedTrade

Status = Literal["equal", "differs", "missing", "extra", "outside"]
MONEY_TOLERANCE = 0.01 + 1e-6
"""A cent: exports round money to cents."""


@dataclass(frozen=True)
class Key:
    """A trade as it is compared: bars by their opens (UTC ms), prices in whole ticks, quantity in whole lot steps; no exit: still open."""

    entry_ms: int
    direction: int
    entry_ticks: int
    lot_steps: int
    exit_ms: int | None
    exit_ticks: int | None


@dataclass(frozen=True)
class Pair:
    """One row of the comparison. `differs`: both began on the same bar in the same direction; `outside`: where we have no bars."""

    status: Status
    theirs: PlacedTrade | None
    ours: TradeRecord | None

    def entry_ms(self, feed: Feed) -> int:
        """The bar on which it begins."""
        if self.theirs is not None:
            return self.theirs.entry_ms
        assert self.ours is not None
        return int(feed.ltf.time[self.ours.entry_bar])


@dataclass(frozen=True, eq=False)
class Matched:
    """Both lists side by side, by entry; the feed is the one of our trades."""

    feed: Feed
    pairs: tuple[Pair, ...]

    def count(self, status: Status) -> int:
        """How many rows have a status."""
        return sum(p.status == status for p in self.pairs)

    def of(self, *statuses: Status) -> list[Pair]:
        """The rows of some statuses."""
        return [p for p in self.pairs if p.status in statuses]

    @property
    def n_equal(self) -> int:
        """Trades that agree."""
        return self.count("equal")

    @property
    def n_different(self) -> int:
        """Rows that disagree, whatever the way; trades where we have no bars are not among them."""
        return sum(p.status in ("differs", "missing", "extra") for p in self.pairs)

    @property
    def first_difference(self) -> Pair | None:
        """The earliest row that disagrees."""
        return next((p for p in self.pairs if p.status in ("differs", "missing", "extra")), None)


def match(theirs: Sequence[PlacedTrade], ours: Sequence[TradeRecord], feed: Feed) -> Matched:
    """Pair the lists as multisets, whatever their order. An open trade of theirs has its twin in one of ours that is open as well.

    What is left is paired where it begins on the same bar in the same direction, the most alike first.
    """
    tool, last = feed.instrument, int(feed.ltf.time[-1])
    first = int(feed.ltf.time[0])
    outside = [t for t in theirs if not first <= t.entry_ms <= last]
    compared = [t for t in theirs if first <= t.entry_ms <= last]
    waiting: defaultdict[Key, list[TradeRecord]] = defaultdict(list)
    for trade in ours:
        waiting[our_key(trade, feed)].append(trade)
    pairs, unmatched = [Pair("outside", t, None) for t in outside], []
    for trade in compared:
        same = waiting.get(their_key(trade, tool, last))
        if same:
            pairs.append(Pair("equal", trade, same.pop(0)))
        else:
            unmatched.append(trade)
    left = [trade for same in waiting.values() for trade in same]
    pairs += _alike(unmatched, left, feed)
    return Matched(feed, tuple(sorted(pairs, key=lambda p: (p.entry_ms(feed), p.status))))


def our_key(trade: TradeRecord, feed: Feed) -> Key:
    """A trade of ours as it is compared."""
    time, tool = feed.ltf.time, feed.instrument
    end = (None, None) if trade.is_open else (int(time[trade.exit_bar]), _whole(trade.exit_price, tool.tick_size))
    entry = _whole(trade.entry_price, tool.tick_size)
    return Key(int(time[trade.entry_bar]), trade.direction, entry, _whole(trade.qty, tool.lot_step), *end)


def their_key(trade: PlacedTrade, tool: Instrument, last_ms: int) -> Key:
    """A trade of theirs as it is compared with runs that end on the bar `last_ms`: one that closed later is open there."""
    exported = trade.exported
    is_open = trade.exit_ms is None or trade.exit_ms > last_ms
    end = (None, None) if is_open else (trade.exit_ms, _whole(exported.exit_price, tool.tick_size))
    entry = _whole(exported.entry_price, tool.tick_size)
    return Key(trade.entry_ms, exported.direction, entry, _whole(exported.qty, tool.lot_step), *end)


def money_differences(matched: Matched) -> dict[str, list[tuple[float, float]]]:
    """(theirs, ours) of P&L and excursions that differ by more than a cent, of closed trades that agree otherwise."""
    out: dict[str, list[tuple[float, float]]] = {"pnl": [], "mfe": [], "mae": []}
    for pair in matched.of("equal"):
        if pair.theirs is not None and pair.ours is not None and not pair.ours.is_open and pair.theirs.exit_ms is not None:
            for name, differing in out.items():
                theirs, ours = getattr(pair.theirs.exported, name), getattr(pair.ours, name)
                if not math.isnan(theirs) and abs(theirs - ours) > MONEY_TOLERANCE:
                    differing.append((theirs, ours))
    return out


def _alike(theirs: list[PlacedTrade], ours: list[TradeRecord], feed: Feed) -> list[Pair]:
    tool, last = feed.instrument, int(feed.ltf.time[-1])
    by_entry: defaultdict[tuple[int, int], list[TradeRecord]] = defaultdict(list)
    for trade in ours:
        by_entry[int(feed.ltf.time[trade.entry_bar]), trade.direction].append(trade)
    pairs: list[Pair] = []
    for trade in theirs:
        beside, key = by_entry.get((trade.entry_ms, trade.exported.direction)), their_key(trade, tool, last)
        if beside:
            nearest = max(beside, key=lambda t: _n_same(key, our_key(t, feed)))
            beside.remove(nearest)
            pairs.append(Pair("differs", trade, nearest))
        else:
            pairs.append(Pair("missing", trade, None))
    return pairs + [Pair("extra", None, trade) for beside in by_entry.values() for trade in beside]


def _n_same(a: Key, b: Key) -> int:
    return sum(getattr(a, name) == getattr(b, name) for name in Key.__dataclass_fields__)


def _whole(value: float, step: float) -> int:
    return round(value / step)
