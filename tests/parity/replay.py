"""Replays a probe and compares its trades with TradingView's own list. The comparison is exact: ../../docs/semantics.md says how."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np

from pinejax.core.feed import Feed, Instrument
from pinejax.core.trade import TradeRecord
from pinejax.testing.reference import ReferenceResult, make_feed, run
from pinejax.tradingview import read_export
from tests.parity.registry import Probe

SHARED = Path(__file__).resolve().parents[3] / "shared"
BARS, TRADES, RATES = SHARED / "data/ETHUSDT.P_15m_tv.csv", SHARED / "parity/trades", SHARED / "parity/usdtusd_by_utc_day.csv"
# The exports show wall clock of UTC+8.
CHART_ZONE_MS = 8 * 3_600_000

# A trade as compared: direction, entry bar, entry price in cents, quantity in 1e-4, exit bar, exit price in cents (None: still open).
Key = tuple[int, int, int, int, int | None, int | None]


@dataclass(frozen=True)
class ExportedTrade:
    """One trade of an export; money columns in account currency."""

    key: Key
    pnl: float
    mfe: float
    mae: float


@dataclass(frozen=True)
class Comparison:
    """Which trades have no twin, and how many have one."""

    n_expected: int
    n_equal: int
    missing: tuple[Key, ...]
    extra: tuple[Key, ...]

    @property
    def exact(self) -> bool:
        """Every trade has its twin and none is too many."""
        return not self.missing and not self.extra


@dataclass(frozen=True)
class Outcome:
    """A replayed probe: the comparison, and each closed trade of the export with its twin."""

    n_bars: int
    comparison: Comparison
    twins: tuple[tuple[ExportedTrade, TradeRecord], ...]


def missing_inputs() -> str:
    """Why the exports cannot be replayed here, or an empty string."""
    absent = [str(p.name) for p in (BARS, TRADES, RATES) if not p.exists()]
    return f"not here: {', '.join(absent)} (development data, not part of the repository)" if absent else ""


@cache
def _columns() -> tuple[np.ndarray, np.ndarray]:
    table = np.loadtxt(BARS, delimiter=",", skiprows=1)
    return table[:, 0].astype(np.int64), table[:, 1:6]


@cache
def rates_by_day() -> Mapping[int, float]:
    """USD per USDT by days since 1970-01-01."""
    with RATES.open() as f:
        return {_ms(row["utc_date"]) // 86_400_000: float(row["rate_usd_per_usdt"]) for row in csv.DictReader(f)}


def probe_feed(probe: Probe) -> Feed:
    """The bars of a probe, cold from its start to the last bar of its export."""
    time, ohlcv = _columns()
    keep = (time >= _ms(probe.start)) & (time <= _ms(probe.end))
    feed = make_feed(time[keep], ohlcv[keep], probe.timeframe, symbol="ETHUSDT.P", instrument=Instrument(0.01, 0.0001, 1.0))
    return replace(feed, rate=_rate(feed.ltf.time))


def _rate(time: np.ndarray) -> np.ndarray:
    """USD per USDT of each bar: 1 on the first day, which has no day before it to take a rate from, and each later day's own."""
    days, first, inverse = np.unique(time // 86_400_000, return_index=True, return_inverse=True)
    by_day, rates = rates_by_day(), np.ones(len(first))
    for i in range(1, len(days)):
        rates[i] = by_day.get(int(days[i]), rates[i - 1])
    return rates[inverse]


def replay(probe: Probe, feed: Feed) -> ReferenceResult:
    """The probe on the slow reference."""
    return run(probe.strategy, {}, feed, probe.broker)


def outcome_of(probe: Probe) -> Outcome:
    """Replay a probe on the slow reference and compare."""
    feed = probe_feed(probe)
    return outcome(feed, exported_trades(probe, feed), replay(probe, feed).trades)


def outcome(feed: Feed, exported: Sequence[ExportedTrade], trades: Sequence[TradeRecord]) -> Outcome:
    """Compare an export with trades of ours, whoever made them."""
    by_key: dict[Key, list[TradeRecord]] = {}
    for trade in trades:
        by_key.setdefault(key_of(trade), []).append(trade)
    twins = ((theirs, by_key[theirs.key].pop(0)) for theirs in exported if by_key.get(theirs.key) and theirs.key[-1] is not None)
    return Outcome(len(feed), compare((t.key for t in exported), map(key_of, trades)), tuple(twins))


def exported_trades(probe: Probe, feed: Feed) -> list[ExportedTrade]:
    """The export, with bars as indices into the feed."""
    index = {int(t): i for i, t in enumerate(feed.ltf.time)}
    (export,) = read_export(TRADES / f"{probe.name}.csv")
    trades = []
    for trade in export.trades:
        assert trade.exit_time is not None
        entry_bar, exit_bar = index[trade.entry_time - CHART_ZONE_MS], index[trade.exit_time - CHART_ZONE_MS]
        end = (None, None) if trade.is_open else (exit_bar, _cents(trade.exit_price))
        key = (trade.direction, entry_bar, _cents(trade.entry_price), _quantity(trade.qty), *end)
        trades.append(ExportedTrade(key, trade.pnl, trade.mfe, trade.mae))
    return trades


def key_of(trade: TradeRecord) -> Key:
    """A trade of ours as it is compared."""
    end = (None, None) if trade.is_open else (trade.exit_bar, _cents(trade.exit_price))
    return (trade.direction, trade.entry_bar, _cents(trade.entry_price), _quantity(trade.qty), end[0], end[1])


def compare(expected: Iterable[Key], got: Iterable[Key]) -> Comparison:
    """Two lists of trades as multisets of keys."""
    theirs, ours = Counter(expected), Counter(got)
    missing, extra = (theirs - ours).elements(), (ours - theirs).elements()
    by_entry = sorted(missing, key=lambda k: k[1]), sorted(extra, key=lambda k: k[1])
    return Comparison(theirs.total(), (theirs & ours).total(), tuple(by_entry[0]), tuple(by_entry[1]))


def _ms(iso: str) -> int:
    return round(datetime.fromisoformat(iso).replace(tzinfo=UTC).timestamp() * 1000)


def _cents(price: float) -> int:
    return round(price * 100)


def _quantity(qty: float) -> int:
    return round(qty * 10_000)
