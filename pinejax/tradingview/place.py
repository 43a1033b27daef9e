"""An export on bars: each fill's UTC time, under the zone and the reading that fit best. Errors where none fits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float, Int

from pinejax.core.feed import Bars, Feed
from pinejax.core.timeframe import Timeframe
from pinejax.errors import DataError
from pinejax.tradingview.export import Export, ExportedTrade
from pinejax.tradingview.zone import Zone, clock, fixed_zone, known_zones, same_times, zone_of

_DAY_MS = 86_400_000
ENOUGH = 0.5
"""Share of fills that must lie within their bars for bars and export to be of one symbol. Another feed of it reaches more."""
_ON_GRID = 0.9
_MOST_ZONES = 6


@dataclass(frozen=True)
class PlacedTrade:
    """A trade of an export with the UTC opens (ms) of its fills' bars; exit_ms is None where it was still open, or has no exit."""

    exported: ExportedTrade
    entry_ms: int
    exit_ms: int | None


@dataclass(frozen=True, eq=False)
class Placed:
    """An export in one zone. n_fills: of closed and open trades, within the bars' span; n_on_bar: of these on a bar of the grid; n_fit: of
    these within the bar's high and low; n_at_open: of these at its open. end_ms: the open of the export's last bar.
    """

    export: Export
    zone: Zone
    trades: tuple[PlacedTrade, ...]
    n_fills: int
    n_on_bar: int
    n_fit: int
    n_at_open: int
    n_outside: int
    end_ms: int

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
    best = max(_rank(p) for p in found)
    if best[0] == 0 or best[1] < ENOUGH:
        _refuse(max(found, key=_rank), found, feed, zone)
    return [p for p in found if _rank(p) == best][:_MOST_ZONES]


def _rank(placed: Placed) -> tuple[bool, float, int]:
    """More fills within their bars are better, first as a share, so that an overlap of one day does not win by chance."""
    share = placed.n_fit / placed.n_fills if placed.n_fills else 0.0
    covered = placed.n_fills / max(placed.n_fills + placed.n_outside, 1)
    return placed.n_fit > 0, share * (covered if covered < ENOUGH else 1.0), placed.n_fit


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
    opens = _at_open(bar, fills.price, bars, tolerance), _at_open(later_bar, fills.price, bars, tolerance)
    other = (later != utc) & _within(later_bar, fills.price, bars, tolerance) & (~fits | (opens[1] & ~opens[0]))
    utc, bar, fits = np.where(other, later, utc), np.where(other, later_bar, bar), fits | other
    inside = (utc >= bars.time[0]) & (utc <= bars.time[-1])
    at_open = _at_open(bar, fills.price, bars, tolerance)
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


def _at_open(
    bar: Int[np.ndarray, " fills"], price: Float[np.ndarray, " fills"], bars: Bars, tolerance: float
) -> Bool[np.ndarray, " fills"]:
    return (bar >= 0) & (np.abs(bars.open[np.maximum(bar, 0)] - price) <= tolerance)


def _refuse(best: Placed, tried: Sequence[Placed], feed: Feed, zone: str | None) -> None:
    """Errors: DataError: no common time, off the grid, or other prices, by what the best placement shows."""
    bars, export = feed.ltf, best.export
    walls = [t.entry_time for t in export.trades]
    theirs = f"{clock(min(walls))} to {clock(max(walls))}"
    ours = f"{clock(int(bars.time[0]))} to {clock(int(bars.time[-1]))} UTC"
    if all(p.n_fills == 0 for p in tried):
        raise DataError(
            f"compare: {export.path} and the bars have no time in common: its entries are from {theirs} (the chart's clock), "
            f"{feed.name} has bars from {ours}. Import the bars of that time (python -m pinejax.data import), or widen data.start "
            "and data.end."
        )
    gridded = max(tried, key=lambda p: (p.n_on_bar / p.n_fills if p.n_fills else 0.0, p.n_on_bar))
    grid_share = gridded.n_on_bar / max(gridded.n_fills, 1)
    under = f"on the clock of {zone}" if zone else "on any zone's clock"
    if grid_share < _ON_GRID:
        raise DataError(
            f"compare: {export.path} is not of {feed.timeframe.ltf} bars: only {100 * grid_share:.0f} % of its fills lie on a bar of "
            f"{feed.name} {under}; its times lie on a grid of {_grid(export)}. Choose that timeframe={_grid(export)}"
            + (", or leave compare_zone out to have the zone guessed." if zone else ".")
        )
    share = best.n_fit / max(best.n_fills, 1)
    raise DataError(
        f"compare: {export.path} is not of these bars: {under} only {100 * share:.0f} % of its {best.n_fills} fills lie between "
        f"the high and the low of their bar of {feed.name}; {_price_gap(best, bars)} Another symbol or exchange"
        + (f", or another zone than compare_zone={zone}? Leave it out to have the zone guessed." if zone else "? Check symbol=.")
    )


def _grid(export: Export) -> str:
    """The greatest step of which all differences of its times are multiples: `5m`."""
    times = sorted(
        {t.entry_time for t in export.trades} | {t.exit_time for t in export.trades if t.exit_time is not None and not t.is_open}
    )
    step = math.gcd(*(b - a for a, b in pairwise(times))) if len(times) > 1 else 0
    return str(Timeframe(step // 1000)) if step >= 1000 else "1m"


def _price_gap(placed: Placed, bars: Bars) -> str:
    """How its prices lie beside the closes of the same time."""
    pairs = [(t.exported.entry_price, t.entry_ms) for t in placed.trades if bars.time[0] <= t.entry_ms <= bars.time[-1]]
    if not pairs:
        return ""
    at = np.minimum(np.searchsorted(bars.time, [ms for _, ms in pairs]), len(bars) - 1)
    ratio = float(np.median(np.array([price for price, _ in pairs]) / bars.close[at]))
    first_price, first_at = pairs[0][0], at[0]
    return (
        f"its first entry is at {first_price:.10g}, the bar of {clock(int(bars.time[first_at]))} UTC is {bars.low[first_at]:.10g} to "
        f"{bars.high[first_at]:.10g} (typically {ratio:.4g} times our price)."
    )
