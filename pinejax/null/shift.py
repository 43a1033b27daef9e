"""The circular-shift test of one set's timing: does its position lie better on the bars than the same position shifted in time?

The position's lengths, gaps and direction stay, and so do the returns and their order; what goes is when it was taken. A randomisation test
over the group of rotations (Lehmann and Romano 2005, 15.2), of one set as it is, without correction for the search that found it. Rotations
by less than a holding time look alike, so that it is rather too strict.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from pinejax.core.feed import Feed
from pinejax.core.trade import TradeRecord

ROUNDING = 1e-9
"""Of the sum of absolute products: scores that differ by less are equal."""


def exposure_of(
    trades: Sequence[TradeRecord], equity: Float[np.ndarray, " bars"], feed: Feed, first: int = 0
) -> Float[np.ndarray, " bars"]:
    """The worth of the position at each close as a fraction of equity, below 0 when short. equity: from bar `first` on."""
    change = np.zeros(len(feed) + 1)
    for trade in trades:
        stop = len(feed) if trade.is_open else trade.exit_bar
        change[trade.entry_bar] += trade.direction * trade.qty
        change[stop] -= trade.direction * trade.qty
    held = slice(first, first + len(equity))
    qty = np.cumsum(change)[held]
    rate = 1.0 if feed.rate is None else feed.rate[held]
    worth = qty * feed.ltf.close[held] * feed.instrument.point_value * rate
    flat = np.abs(qty) < feed.instrument.lot_step / 2  # sums of quantities leave rounding errors
    return np.where(flat | (equity <= 0), 0.0, worth / np.where(equity > 0, equity, 1.0))


def scores_at_shifts(exposure: Float[np.ndarray, " bars"], close: Float[np.ndarray, " bars"]) -> Float[np.ndarray, " shifts"]:
    """The sum of position x return of the bar after it, the returns being rotated by 0, 1, 2, ... bars. By FFT, n log n."""
    returns = close[1:] / close[:-1] - 1.0
    n = len(returns)
    return np.fft.irfft(np.conj(np.fft.rfft(exposure[:-1])) * np.fft.rfft(returns), n)


def shift_p_value(scores: Float[np.ndarray, " shifts"], scale: float) -> float:
    """The part of all shifts, none included, whose score is at least the unshifted one's. scale: the size below which, times
    `ROUNDING`, scores are equal."""
    return float(np.mean(scores >= scores[0] - ROUNDING * scale))
