"""What is odd about good bars: gaps, off-grid opens, jumps. Reported, never repaired, never a reason to refuse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pinejax.core.feed import Bars
from pinejax.core.timeframe import Timeframe
from pinejax.data.frame import iso, to_bars
from pinejax.data.grid import bucket_open

_LISTED = 20
"""So many gaps (the longest) and jumps (the largest) are written down; the counts are of all."""
_JUMP_RATE = 0.05
_JUMP_RANGES = 20.0
"""A jump: the larger of |ln(open / previous close)| and ln(high / low) exceeds both 5% and 20 median bar ranges. Our own choice, wide
enough that market crashes on 5m crypto bars rarely count and a spliced contract, a split or a bad tick does."""


@dataclass(frozen=True)
class Gap:
    """Bars missing between two bars: how many, and the times (UTC) of the bars around them."""

    after: str
    before: str
    n_bars: int


@dataclass(frozen=True)
class Jump:
    """A bar with an implausible move; move_rate is the larger of the move from the close before and the bar's range, as a log ratio."""

    at: str
    move_rate: float


@dataclass(frozen=True)
class Quality:
    """Counts of what is odd, with the worst cases named. n_ohlc_order is 0 for whatever was imported: such files are refused."""

    n_gaps: int
    n_missing_bars: int
    n_off_grid: int
    n_ohlc_order: int
    n_jumps: int
    gaps: tuple[Gap, ...] = ()
    jumps: tuple[Jump, ...] = ()


def assess(frame: pl.DataFrame, timeframe: Timeframe) -> Quality:
    """The quality of bars in the store's columns, in time order."""
    bars = to_bars(frame)
    gaps = find_gaps(bars.time, timeframe)
    jumps = find_jumps(bars)
    ordered = (bars.high >= np.maximum(bars.open, bars.close)) & (bars.low <= np.minimum(bars.open, bars.close)) & (bars.high >= bars.low)
    return Quality(
        n_gaps=len(gaps),
        n_missing_bars=sum(gap.n_bars for gap in gaps),
        n_off_grid=int((bucket_open(bars.time, timeframe) != bars.time).sum()),
        n_ohlc_order=int((~ordered).sum()),
        n_jumps=len(jumps),
        gaps=tuple(sorted(gaps, key=lambda gap: (-gap.n_bars, gap.after))[:_LISTED]),
        jumps=tuple(sorted(jumps, key=lambda jump: (-jump.move_rate, jump.at))[:_LISTED]),
    )


def find_gaps(time: np.ndarray, timeframe: Timeframe) -> list[Gap]:
    """Every place where the next bar opens a whole bar or more too late (rounded, for bars off the grid)."""
    n_missing = (np.diff(time) + timeframe.ms // 2) // timeframe.ms - 1
    return [Gap(iso(int(time[i])), iso(int(time[i + 1])), int(n_missing[i])) for i in np.flatnonzero(n_missing > 0)]


def find_jumps(bars: Bars) -> list[Jump]:
    """Bars with an implausible move (see `_JUMP_RATE`)."""
    if len(bars) < 2:
        return []
    with np.errstate(divide="ignore", invalid="ignore"):
        span = np.log(bars.high / bars.low)
        move = np.concatenate([[0.0], np.abs(np.log(bars.open[1:] / bars.close[:-1]))])
    worst = np.maximum(span, move)
    limit = max(_JUMP_RATE, _JUMP_RANGES * float(np.nanmedian(span)))
    return [Jump(iso(int(bars.time[i])), round(float(worst[i]), 6)) for i in np.flatnonzero(worst > limit)]
