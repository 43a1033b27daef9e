"""`compare=`: an export beside our own run, from the file to a verdict. What is printed and written of it is `text`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pinejax.broker.config import BrokerConfig
from pinejax.core.feed import Feed
from pinejax.errors import DataError
from pinejax.tradingview.export import read_export
from pinejax.tradingview.match import Status
from pinejax.tradingview.place import Placed, place
from pinejax.tradingview.reasons import Case, Reason, currency_notice, money_alone, reasons
from pinejax.tradingview.start import Found, Runs, best_start, compared_trades
from pinejax.tradingview.zone import clock


@dataclass(frozen=True)
class Asked:
    """What the user fixed. zone: of the chart, None to guess; start, end, rates: whether data.start, .end and .rates were given."""

    path: Path
    zone: str | None = None
    start: bool = False
    end: bool = False
    rates: bool = False

    def notice(self, placements: Sequence[Placed]) -> str:
        """What can be said of the settings before anything runs; mostly empty."""
        return currency_notice(placements[0].export, self.rates)


@dataclass(frozen=True, eq=False)
class Verdict:
    """The comparison. reasons: why the lists differ, likeliest first; money: what equal trades differ in besides, as sentences."""

    asked: Asked
    found: Found
    zones: tuple[str, ...]
    reasons: tuple[Reason, ...]
    money: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Every trade has its twin and none is too many, on a clock that is known: where another one a bar away fits exactly alike,
        fills at closes and at opens cannot be told apart. Trades outside our bars count, unless they lie after an end that was asked for.
        """
        matched = self.found.matched
        last = int(matched.feed.ltf.time[-1])
        uncovered = [p for p in matched.of("outside") if not (self.asked.end and p.entry_ms(matched.feed) > last)]
        return self.found.complete and not uncovered and not self.placed.undecided

    def summary(self) -> dict[str, Any]:
        """The verdict in plain values, for a manifest."""
        matched = self.found.matched
        counts = {status: matched.count(status) for status in get_args(Status)}
        return {
            "export": str(self.asked.path),
            "agrees": self.agrees,
            "trades": counts,
            "start": clock(int(matched.feed.ltf.time[0])),
            "end": clock(int(matched.feed.ltf.time[-1])),
            "zone": self.placed.zone.name,
            "reasons": [reason.text for reason in self.reasons],
            "money": list(self.money),
        }

    @property
    def placed(self) -> Placed:
        """The export in the zone that was chosen."""
        return self.found.placed


def place_export(asked: Asked, feed: Feed, broker: BrokerConfig) -> list[Placed]:
    """The export on the feed's bars, in every zone and reading that fits alike. Errors: DataError where it is not of these bars."""
    return place(read_export(asked.path), feed, asked.zone, broker.slippage_ticks * feed.instrument.tick_size)


def compare(asked: Asked, feed: Feed, broker: BrokerConfig, placements: list[Placed], runs: Runs) -> Verdict:
    """Run, find the start where none was given, match, and look for reasons. Errors: DataError where no start can be run."""
    found = best_start(placements, runs, feed, asked.start)
    if not found.matched.pairs:
        raise DataError(f"compare: {asked.path}: there is nothing to compare, neither side has a trade.")
    case = Case(
        found.placed, found.matched, compared_trades(found.placed, found.run), broker, asked.start, asked.zone is not None, asked.rates
    )
    why = tuple(reasons(case)) if found.matched.n_different or found.matched.count("outside") else ()
    return Verdict(asked, found, tuple(p.zone.name for p in placements), why, tuple(money_alone(found.matched)))
