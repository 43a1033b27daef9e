"""Histories with noise on their prices: the same bars, each price a little off. What a set makes of them is `stress`."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from pinejax.core.align import align_htf
from pinejax.core.feed import Bars, Feed, Instrument
from pinejax.errors import DataError


def mean_range(bars: Bars) -> float:
    """Mean of (high - low) / close, a fraction."""
    return float(np.mean((bars.high - bars.low) / bars.close))


def noisy(feed: Feed, noise: float, rng: np.random.Generator) -> Feed:
    """The feed with each of its four prices times 1 + z, z normal, independent, of standard deviation `noise` x the mean range of its bars.

    Prices lie on the tick grid, at one tick or more; the high is the highest of the four and the low the lowest, so that bars get
    a little longer. Times, volumes and rates stay; the HTF bars are made of the new bars. The same generator state gives the same feed.
    Errors: DataError for a price that is not above 0, of which noise in parts of the price makes no sense.
    """
    if not (feed.ltf.low > 0).all():
        raise DataError(f"{feed.name}: expected prices above 0 for noise in parts of the price, got {feed.ltf.low.min()}.")
    bars, scale = feed.ltf, noise * mean_range(feed.ltf)
    first, high, low, close = (
        _on_grid(price * (1.0 + scale * rng.standard_normal(len(bars))), feed.instrument)
        for price in (bars.open, bars.high, bars.low, bars.close)
    )
    prices = np.stack([first, high, low, close])
    ltf = replace(bars, open=first, high=prices.max(axis=0), low=prices.min(axis=0), close=close)
    htf, marks = align_htf(ltf, feed.timeframe, feed.instrument.zone)
    identity = hashlib.sha256(feed.content_hash.encode() + prices.tobytes()).hexdigest()
    return replace(feed, ltf=ltf, htf=htf, htf_complete=marks, content_hash=identity)


def _on_grid(prices: Float[np.ndarray, " bars"], tool: Instrument) -> Float[np.ndarray, " bars"]:
    """The nearest ticks, as the doubles that their decimals parse to."""
    ticks = np.maximum(np.round(prices / tool.tick_size), 1.0)
    inverse = round(1.0 / tool.tick_size)
    exact = inverse > 0 and abs(inverse * tool.tick_size - 1.0) < 1e-9
    return ticks / inverse if exact else ticks * tool.tick_size
