"""What reasons are looked for in, and what a reason is. The looking is the other modules'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from pinejax.broker.config import BrokerConfig
from pinejax.core.feed import Feed
from pinejax.core.trade import TradeRecord
from pinejax.tradingview.match import Matched
from pinejax.tradingview.place import Placed, PlacedTrade

MOST = 0.8
"""Share of cases that must show a pattern before it is named as the reason for them."""


@dataclass(frozen=True)
class Reason:
    """weight: the share of what differs that it explains, for ranking. text: a sentence with the evidence, and what to do."""

    weight: float
    text: str


@dataclass(frozen=True)
class Case:
    """All that reasons are looked for in."""

    placed: Placed
    matched: Matched
    ours: Sequence[TradeRecord]
    broker: BrokerConfig
    start_given: bool
    zone_given: bool
    rates_given: bool = True

    @property
    def feed(self) -> Feed:
        """The bars of our run."""
        return self.matched.feed

    @property
    def tick(self) -> float:
        """The smallest price step."""
        return self.feed.instrument.tick_size

    @cached_property
    def n_different(self) -> int:
        """At least 1, to divide by."""
        return max(self.matched.n_different, 1)

    @cached_property
    def both(self) -> list[tuple[PlacedTrade, TradeRecord]]:
        """Trades that differ though they begin on the same bar in the same direction."""
        return [(p.theirs, p.ours) for p in self.matched.of("differs") if p.theirs is not None and p.ours is not None]

    def same_entry_price(self, theirs: PlacedTrade, ours: TradeRecord) -> bool:
        """To half a tick. Bar and direction are the same by how they were paired."""
        return abs(theirs.exported.entry_price - ours.entry_price) <= 0.5 * self.tick

    def same_qty(self, theirs: PlacedTrade, ours: TradeRecord) -> bool:
        """To half a lot step."""
        return abs(theirs.exported.qty - ours.qty) <= 0.5 * self.feed.instrument.lot_step

    def same_entry(self, theirs: PlacedTrade, ours: TradeRecord) -> bool:
        """Price and quantity."""
        return self.same_entry_price(theirs, ours) and self.same_qty(theirs, ours)

    def same_fills(self, theirs: PlacedTrade, ours: TradeRecord) -> bool:
        """Entry price, exit bar and exit price."""
        if not self.same_entry_price(theirs, ours):
            return False
        if theirs.exit_ms is None or ours.is_open:
            return ours.is_open and theirs.exit_ms is None
        same_bar = theirs.exit_ms == self.feed.ltf.time[ours.exit_bar]
        return bool(same_bar) and abs(theirs.exported.exit_price - ours.exit_price) <= 0.5 * self.tick
