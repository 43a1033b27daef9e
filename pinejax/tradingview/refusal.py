"""Why an export is not of these bars, as the error says it. Whether it is refused: `place`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from pinejax.core.feed import Bars, Feed
from pinejax.core.timeframe import Timeframe
from pinejax.errors import DataError
from pinejax.tradingview.export import Export
from pinejax.tradingview.zone import clock

if TYPE_CHECKING:
    from pinejax.tradingview.place import Placed

_ON_GRID = 0.9
_TELLING = 10
"""Fewer fills than these do not tell another symbol from a strategy's few odd prices."""
_SAME_PRICE = 0.02


def refusal(best: Placed, tried: Sequence[Placed], feed: Feed, zone: str | None) -> DataError:
    """No common time, little of it, off the grid, or other prices, by what the best placement shows."""
    bars, export = feed.ltf, best.export
    walls = [t.entry_time for t in export.trades]
    times = (
        f"its entries are from {clock(min(walls))} to {clock(max(walls))} (the chart's clock), {feed.name} has bars from "
        f"{clock(int(bars.time[0]))} to {clock(int(bars.time[-1]))} UTC"
    )
    widen = "Widen data.start and data.end, or import the bars of that time (python -m pinejax.data import)."
    if all(p.n_fills == 0 for p in tried):
        return DataError(f"compare: {export.path} and the bars have no time in common: {times}. {widen}")
    if best.n_outside > best.n_fills and best.n_fills < _TELLING:
        return DataError(
            f"compare: {export.path} lies outside these bars: {times}; only {best.n_fills} of {best.n_fills + best.n_outside} fills "
            f"are among them. {widen}"
        )
    gridded = max(tried, key=lambda p: (p.n_on_bar / p.n_fills if p.n_fills else 0.0, p.n_on_bar))
    grid_share = gridded.n_on_bar / max(gridded.n_fills, 1)
    under = f"on the clock of {zone}" if zone else "on any zone's clock"
    grid, ltf = grid_of(export), feed.timeframe.ltf
    if grid_share < _ON_GRID:
        return DataError(
            f"compare: {export.path} is not of {ltf} bars: only {100 * grid_share:.0f} % of its fills lie on a bar of "
            f"{feed.name} {under}; its times lie on a grid of {grid}. Use timeframe={grid}"
            + (", or leave compare_zone out to have the zone guessed." if zone else ".")
        )
    share = best.n_fit / max(best.n_fills, 1)
    gap, same_price = _price_gap(best, bars)
    return DataError(
        f"compare: {export.path} is not of these bars: {under} only {100 * share:.0f} % of its {best.n_fills} fills lie between "
        f"the high and the low of their bar of {feed.name}; {gap} {_guesses(best, grid, ltf, zone, same_price)}"
    )


def grid_of(export: Export) -> Timeframe:
    """The greatest step of which all differences of its times are multiples: its bars are this long, or divide it."""
    times = sorted(
        {t.entry_time for t in export.trades} | {t.exit_time for t in export.trades if t.exit_time is not None and not t.is_open}
    )
    step = math.gcd(*(b - a for a, b in pairwise(times))) if len(times) > 1 else 0
    return Timeframe(step // 1000) if step >= 1000 else Timeframe.parse("1m")


def _guesses(best: Placed, grid: Timeframe, ltf: Timeframe, zone: str | None, same_price: bool) -> str:
    said = []
    if best.n_fills < _TELLING:
        said.append(f"{best.n_fills} fills are too few to tell why.")
    if grid > ltf:
        said.append(f"All its times lie on a grid of {grid}, these are {ltf} bars: use timeframe={grid} if the chart had that.")
    if zone:
        said.append(f"Another zone than compare_zone={zone}? Leave it out to have the zone guessed.")
    if best.n_fills >= _TELLING:
        said.append(
            "Another exchange or contract of the same symbol, or bars corrected since? Import the chart's own bars."
            if same_price
            else "Another symbol or exchange? Check symbol=."
        )
    return " ".join(said)


def _price_gap(placed: Placed, bars: Bars) -> tuple[str, bool]:
    """How its prices lie beside the closes of the same time, and whether they are near these throughout."""
    pairs = [(t.exported.entry_price, t.entry_ms) for t in placed.trades if bars.time[0] <= t.entry_ms <= bars.time[-1]]
    if not pairs:
        return "", False
    at = np.minimum(np.searchsorted(bars.time, [ms for _, ms in pairs]), len(bars) - 1)
    ratio = np.array([price for price, _ in pairs]) / bars.close[at]
    first_price, first_at, middle = pairs[0][0], at[0], float(np.median(ratio))
    typically = f" (typically {middle:.4g} times our price)" if abs(middle - 1) > _SAME_PRICE else ""
    return (
        f"its first entry is at {first_price:.10g}, the bar of {clock(int(bars.time[first_at]))} UTC is {bars.low[first_at]:.10g} to "
        f"{bars.high[first_at]:.10g}{typically}."
    ), float(np.quantile(np.abs(ratio - 1), 0.9)) <= _SAME_PRICE
