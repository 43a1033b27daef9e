"""An export on bars: each fill's UTC time, under the zone and the reading that fit best. Errors where none fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Int

from pinejax.core.feed import Bars, Feed
from pinejax.tradingview.export import Export, ExportedTrade
from pinejax.tradingview.refusal import refusal
from pinejax.tradingview.zone import Zone, fixed_zone, known_zones, same_times, zone_of

_DAY_MS = 86_400_000
ENOUGH = 0.5
"""Share of fills that must lie within their bars for bars and export to be of one symbol. Another feed of it reaches more."""
FEW_FILLS = 10
"""Fewer fills within the bars tell nothing about the bars where the rest of the export lies outside."""
_MOST_ZONES = 6
_HOUR_MS = 3_600_000


@dataclass(frozen=True)
class PlacedTrade:
    """A trade of an export with the UTC opens (ms) of its fills' bars; exit_ms is None where it was still open, or has no exit."""

    exported: ExportedTrade
    entry_ms: int
    exit_ms: int | None


@dataclass(frozen=True, eq=False)
class Placed:
    """An export in one zone. n_fills: of closed and open trades, within the bars' span; n_on_bar: of these on a bar of the grid; n_fit: of
    these within the bar's high and low; n_at_open, n_at_close: of these at its open, at its close. end_ms: the open of the export's last
    bar. near: clocks less than an hour or one bar away that fit too but worse; undecided: those of them that fit exactly alike.
    """

    export: Export
    zone: Zone
    trades: tuple[PlacedTrade, ...]
    n_fills: int
    n_on_bar: int
    n_fit: int
    n_at_open: int
    n_at_close: int
    n_outside: int
    end_ms: int
    near: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()

    @property
    def first_ms(self) -> int:
        """The bar of the first entry."""
        return min(t.entry_ms for t in self.trades)


@dataclass(frozen=True, eq=False)
class _Fills:
    """Every fill of an export: wall-clock times and prices. trade: its index; is_exit."""

    wall: Int[np.ndarray, " fills"]
    price: Float[np.ndarray, " fills"]
    trade: Int[np.ndarray, " fills"]
    is_exit: Bool[np.ndarray, " fills"]


def place(readings: Sequence[Export], feed: Feed, zone: str | None = None, slippage: float = 0.0) -> list[Placed]:
    """The export on the feed's bars under the zone that fits best; several where they fit alike.

    zone: the one to use, instead of guessing. slippage: how far (in price) a fill may lie outside its bar. Errors: DataError where most
    fills lie on no bar or outside their bars' prices (another timeframe, another symbol, no common time).
    """
    bars, tolerance = feed.ltf, 0.5 * feed.instrument.tick_size + slippage
    span = int(bars.time[0]) - _DAY_MS, int(bars.time[-1]) + _DAY_MS
    found: list[Placed] = []
    for export in readings:
        fills = _fills(export)
        if zone is not None:
            zones = [zone_of(zone, *span)]
        elif export.zoned:
            zones = [fixed_zone(0)]
        else:
            zones = same_times(list(known_zones(*span, feed.instrument.zone)), fills.wall)
        found += [_placed(export, fills, z, feed, tolerance) for z in zones]
    best = max(found, key=_rank)
    if best.n_fit < ENOUGH * max(best.n_fills, 1) or (best.n_fills < FEW_FILLS and best.n_fills < best.n_outside):
        raise refusal(best, found, feed, zone)
    return _apart([p for p in found if _rank(p) == _rank(best)], feed.timeframe.ltf.ms)[:_MOST_ZONES]


def _rank(placed: Placed) -> tuple[float, int, float]:
    """More fills within their bars are better, first as a share, so that an overlap of one day does not win by chance."""
    share = placed.n_fit / placed.n_fills if placed.n_fills else 0.0
    covered = placed.n_fills / max(placed.n_fills + placed.n_outside, 1)
    return share * (covered if covered < ENOUGH else 1.0), placed.n_fit, share


def _apart(alike: Sequence[Placed], bar_ms: int) -> list[Placed]:
    """Placements among which trades may choose, best first: of those within an hour or a bar of each other only the best.

    A bar's close is nearly the next one's open, so that fills at closes and fills at opens lie a bar apart: what a wrong strategy
    trades must not choose between these.
    """
    kept: list[Placed] = []
    for placed in sorted(alike, key=lambda p: (_exactness(p), p.n_at_open), reverse=True):
        i = next((i for i, better in enumerate(kept) if _is_near(placed, better, bar_ms)), None)
        if i is None:
            kept.append(placed)
            continue
        tie = placed.export.has_time and _exactness(placed) == _exactness(kept[i])
        added = {"near": (*kept[i].near, placed.zone.name)} | ({"undecided": (*kept[i].undecided, placed.zone.name)} if tie else {})
        kept[i] = replace(kept[i], **added)
    return kept


def _exactness(placed: Placed) -> tuple[int, int]:
    """Fills exactly at opens, or exactly at closes, whichever are more; then whole hours from UTC, then half hours."""
    return max(placed.n_at_open, placed.n_at_close), placed.zone.roundness


def _is_near(a: Placed, b: Placed, bar_ms: int) -> bool:
    gap = max(abs(x.entry_ms - y.entry_ms) for x, y in zip(a.trades, b.trades, strict=True))
    return gap < _HOUR_MS or gap <= bar_ms


def _fills(export: Export) -> _Fills:
    rows = [(t.entry_time, t.entry_price, i, False) for i, t in enumerate(export.trades)]
    rows += [(t.exit_time, t.exit_price, i, True) for i, t in enumerate(export.trades) if t.exit_time is not None]
    wall, price, trade, is_exit = zip(*rows, strict=True)
    return _Fills(np.array(wall, np.int64), np.array(price, np.float64), np.array(trade), np.array(is_exit))


def _placed(export: Export, fills: _Fills, zone: Zone, feed: Feed, tolerance: float) -> Placed:
    bars = feed.ltf
    utc, bar = _on_bars(fills.wall, zone, bars, export.has_time)
    later, later_bar = _on_bars(fills.wall, zone, bars, export.has_time, second=True)
    fits = _within(bar, fills.price, bars, tolerance)
    # An hour that the clock shows twice: the one whose bar has the price, or has it at its open where both have it.
    opens = _at(bars.open, bar, fills.price, tolerance), _at(bars.open, later_bar, fills.price, tolerance)
    other = (later != utc) & _within(later_bar, fills.price, bars, tolerance) & (~fits | (opens[1] & ~opens[0]))
    utc, bar, fits = np.where(other, later, utc), np.where(other, later_bar, bar), fits | other
    inside = (utc >= bars.time[0]) & (utc <= bars.time[-1])
    at_open, at_close = (_at(column, bar, fills.price, tolerance) for column in (bars.open, bars.close))
    entries, exits = np.zeros(len(export.trades), np.int64), np.full(len(export.trades), -1, np.int64)
    entries[fills.trade[~fills.is_exit]] = utc[~fills.is_exit]
    exits[fills.trade[fills.is_exit]] = utc[fills.is_exit]
    trades = tuple(
        PlacedTrade(t, int(entry), None if t.is_open else int(leave)) for t, entry, leave in zip(export.trades, entries, exits, strict=True)
    )
    return Placed(
        export, zone, trades,
        n_fills=int(inside.sum()),
        n_on_bar=int((inside & (bar >= 0)).sum()),
        n_fit=int((inside & fits).sum()),
        n_at_open=int((inside & fits & at_open).sum()),
        n_at_close=int((inside & fits & at_close).sum()),
        n_outside=int((~inside).sum()),
        end_ms=int(utc.max()),
    )  # fmt: skip


def _on_bars(
    wall: Int[np.ndarray, " fills"], zone: Zone, bars: Bars, has_time: bool, second: bool = False
) -> tuple[Int[np.ndarray, " fills"], Int[np.ndarray, " fills"]]:
    """UTC times, and the index of the bar that opens then, -1 for none. A date alone is the bar that opens on it."""
    utc = zone.utc(wall, second)
    if has_time:
        keys, wanted = bars.time, utc
    else:
        keys, wanted = (bars.time + zone.offset(bars.time)) // _DAY_MS, wall // _DAY_MS
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    hit = keys[at] == wanted
    return np.where(hit, bars.time[at], utc), np.where(hit, at, -1)


def _within(bar: Int[np.ndarray, " fills"], price: Float[np.ndarray, " fills"], bars: Bars, tolerance: float) -> Bool[np.ndarray, " fills"]:
    at = np.maximum(bar, 0)
    return (bar >= 0) & (price >= bars.low[at] - tolerance) & (price <= bars.high[at] + tolerance)


def _at(
    column: Float[np.ndarray, " bars"], bar: Int[np.ndarray, " fills"], price: Float[np.ndarray, " fills"], tolerance: float
) -> Bool[np.ndarray, " fills"]:
    return (bar >= 0) & (np.abs(column[np.maximum(bar, 0)] - price) <= tolerance)
