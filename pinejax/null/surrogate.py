"""Histories in which no edge is left, made of a real one's bars. What is done with them is `replay` and `research`.

A bar is taken as its open, high, low and close over the close before it, with its volume. Those ratios are put together anew, the same
way for all symbols at every time, so that what symbols have in common stays; times stay, and prices start from the first open, rounded
to the tick. HTF bars are made of the new bars; rates of the account's currency stay where they are. What each method keeps, and so what
its null hypothesis is:

- permutation: blocks of bars in another order. Every bar is used once, so the whole move and the distribution of bars stay. If bars are
  exchangeable, the real history is one of the equally likely orders (Pitman 1937; Lehmann and Romano 2005, 15.2).
- bootstrap: blocks drawn with replacement, round the end: the stationary bootstrap (Politis and Romano 1994). Bars may come several times
  or never, the whole move varies.
- mirror: each block upside down or not, by a coin. The mirror lies at the mean log return, so that drift is kept; the clock and the
  clustering of volatility stay too, directions go.

Permutations and mirrors are done twice: once to a history that all surrogates of a recipe come from and that is not one of them, then to
that for each surrogate. So the real history is as far from each surrogate as these are from each other, which makes the test exact for
blocks of any length. Done once, neighbours that stayed together would be the real ones in every surrogate, all of them would lie around
the real history, and p-values around a half. (Besag and Clifford, "Generalized Monte Carlo significance tests", 1989, section 3)

Block lengths, of both times together, are geometric with a given mean. An edge that lives within a block (shorter than `block_bars`)
survives in part, and is then not told from luck; with `block_bars=1` nothing survives but the distribution of bars. Permutation and
bootstrap move bars in time: a clock effect and the clustering of volatility beyond a block count as an edge.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import sqrt
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Int

from pinejax.core.align import align_htf
from pinejax.core.feed import Bars, Feed
from pinejax.errors import DataError

Method = Literal["permutation", "bootstrap", "mirror"]


@dataclass(frozen=True)
class Recipe:
    """How surrogates are made. block_bars: mean length of a block, LTF bars; seed: of all of them."""

    method: Method
    block_bars: int
    seed: int


def default_block_bars(feeds: Sequence[Feed]) -> int:
    """The LTF bars of one HTF bar, at least 1."""
    return max(1, *(feed.timeframe.htf.seconds // feed.timeframe.ltf.seconds for feed in feeds))


@dataclass(frozen=True, eq=False)
class Material:
    """Feeds taken apart, for any number of surrogates.

    places: per feed where its bars lie on the line of all times; edges: where feeds begin and end on that line, the ends of the stretches
    within which bars are moved. ratios: per feed the logarithms of open, high, low, close over the close before.
    """

    feeds: tuple[Feed, ...]
    n_times: int
    places: tuple[Int[np.ndarray, " _"], ...]
    edges: Int[np.ndarray, " edges"]
    ratios: tuple[Float[np.ndarray, "_ 4"], ...]

    @classmethod
    def of(cls, feeds: Sequence[Feed]) -> Material:
        """Errors: DataError for feeds of several timeframes, or with a price that is not above 0."""
        if len({feed.timeframe.ltf for feed in feeds}) != 1:
            raise DataError(f"surrogates: expected datasets of one timeframe, got {', '.join(feed.name for feed in feeds)}.")
        for feed in feeds:
            if not (feed.ltf.low > 0).all():
                raise DataError(f"{feed.name}: expected prices above 0, since bars are taken as ratios, got {feed.ltf.low.min()}.")
        times = np.unique(np.concatenate([feed.ltf.time for feed in feeds]))
        places = tuple(np.searchsorted(times, feed.ltf.time) for feed in feeds)
        edges = np.unique([0, len(times), *(int(p[0]) for p in places), *(int(p[-1]) + 1 for p in places)])
        return cls(tuple(feeds), len(times), places, edges, tuple(_ratios(feed.ltf) for feed in feeds))

    def surrogate(self, recipe: Recipe, number: int) -> tuple[Feed, ...]:
        """The feeds of one surrogate history, which depends on the recipe and its number alone."""
        rng, common = _generator(recipe.seed, number), _generator(recipe.seed, 0, 1)
        told = f"{recipe.method} {recipe.block_bars} {recipe.seed} {number}"
        if recipe.method == "mirror":
            each = _of_each_time(recipe.block_bars)
            flips = self._flips(common, each) ^ self._flips(rng, each)
            made = [_mirrored(ratios, flips[places]) for ratios, places in zip(self.ratios, self.places, strict=True)]
            return tuple(_rebuilt(feed, ratios, feed.ltf.volume, told) for feed, ratios in zip(self.feeds, made, strict=True))
        order = self._order(common, rng, recipe)
        out = []
        for feed, places, ratios in zip(self.feeds, self.places, self.ratios, strict=True):
            taken = _taken(order, places, self.n_times, once=recipe.method == "permutation")
            out.append(_rebuilt(feed, ratios[taken], feed.ltf.volume[taken], told))
        return tuple(out)

    def _order(self, common: np.random.Generator, rng: np.random.Generator, recipe: Recipe) -> Int[np.ndarray, " times"]:
        """For each place on the line the place that its bar comes from. common: the same for all surrogates of a recipe."""
        stretches = list(pairwise(self.edges.tolist()))
        if recipe.method == "bootstrap":
            return np.concatenate([a + _drawn(rng, b - a, recipe.block_bars) for a, b in stretches])
        each = _of_each_time(recipe.block_bars)
        return np.concatenate([a + _permuted(common, b - a, each)[_permuted(rng, b - a, each)] for a, b in stretches])

    def _flips(self, rng: np.random.Generator, block_bars: float) -> Bool[np.ndarray, " times"]:
        """For each place whether its bar is upside down."""
        block = np.cumsum(_starts(rng, self.n_times, block_bars)) - 1
        return (rng.random(block[-1] + 1) < 0.5)[block]


def _generator(*words: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words)))


def _of_each_time(block_bars: int) -> float:
    """The mean length with which what is cut twice has one of `block_bars`."""
    return 1.0 / (1.0 - sqrt(1.0 - 1.0 / block_bars))


def _ratios(bars: Bars) -> Float[np.ndarray, "bars 4"]:
    """The first bar's are over its own open."""
    prices = np.stack([bars.open, bars.high, bars.low, bars.close], axis=1)
    before = np.append(bars.open[:1], bars.close[:-1])
    return np.log(prices / before[:, None])


def _starts(rng: np.random.Generator, n: int, mean: float) -> Bool[np.ndarray, " bars"]:
    """Where blocks of geometric lengths begin."""
    starts = rng.random(n) < 1.0 / mean
    starts[0] = True
    return starts


def _permuted(rng: np.random.Generator, n: int, mean: float) -> Int[np.ndarray, " bars"]:
    """0..n-1, its blocks in random order."""
    first = np.flatnonzero(_starts(rng, n, mean))
    length = np.diff(np.append(first, n))
    shuffled = rng.permutation(len(first))
    return _runs(first[shuffled], length[shuffled])


def _drawn(rng: np.random.Generator, n: int, mean: int) -> Int[np.ndarray, " bars"]:
    """n of 0..n-1: blocks from anywhere, going on at the beginning where they reach the end."""
    first = np.flatnonzero(_starts(rng, n, mean))
    return _runs(rng.integers(0, n, len(first)), np.diff(np.append(first, n))) % n


def _runs(first: Int[np.ndarray, " blocks"], length: Int[np.ndarray, " blocks"]) -> Int[np.ndarray, " bars"]:
    """first[k], first[k] + 1, ... for length[k] numbers, one block after the other."""
    begin = np.cumsum(length) - length
    return np.arange(length.sum()) - np.repeat(begin - first, length)


def _taken(order: Int[np.ndarray, " times"], places: Int[np.ndarray, " bars"], n_times: int, *, once: bool) -> Int[np.ndarray, " bars"]:
    """Which of its bars a feed has at each of its own times.

    A time whose bar would come from where the feed has a gap gets one of the bars that would fall into a gap, in order (once), or the next
    bar that there is: all other bars stay beside those of the other feeds.
    """
    which = np.full(n_times, -1)
    which[places] = np.arange(len(places))
    taken = which[order[places]]
    lacking = taken < 0
    if not lacking.any():
        return taken
    if once:
        used = np.zeros(len(places), bool)
        used[taken[~lacking]] = True
        taken[lacking] = np.flatnonzero(~used)
    else:
        taken[lacking] = np.searchsorted(places, order[places][lacking]) % len(places)
    return taken


def _mirrored(ratios: Float[np.ndarray, "bars 4"], flips: Bool[np.ndarray, " bars"]) -> Float[np.ndarray, "bars 4"]:
    """The close mirrored at the mean log return, the gap to the open at none; what was the shadow below is the shadow above."""
    open_, high, low, close = ratios.T
    opened, closed = -open_, 2.0 * close.mean() - close
    raised = np.maximum(opened, closed) + np.minimum(open_, close) - low
    lowered = np.minimum(opened, closed) - (high - np.maximum(open_, close))
    return np.where(flips[:, None], np.stack([opened, raised, lowered, closed], axis=1), ratios)


def _rebuilt(feed: Feed, ratios: Float[np.ndarray, "bars 4"], volume: Float[np.ndarray, " bars"], told: str) -> Feed:
    """Bars of such ratios from the feed's first open on, whole ticks, at least one."""
    path = np.log(feed.ltf.open[0]) + np.concatenate([[0.0], np.cumsum(ratios[:-1, 3])])
    prices = np.exp(path[:, None] + ratios)
    tick = feed.instrument.tick_size
    ticks = np.maximum(np.rint(prices / tick), 1.0)
    per_unit = np.rint(1.0 / tick)
    # Dividing by a whole number gives the double nearest to the decimal price; multiplying by 0.1 does not.
    open_, high, low, close = (ticks / per_unit if per_unit > 0 and abs(per_unit * tick - 1.0) < 1e-9 else ticks * tick).T.copy()
    high, low = np.maximum(high, np.maximum(open_, close)), np.minimum(low, np.minimum(open_, close))
    ltf = Bars(feed.ltf.time, open_, high, low, close, volume)
    htf, marks = align_htf(ltf, feed.timeframe, feed.instrument.zone)
    identity = hashlib.sha256(f"{feed.content_hash} {told}".encode()).hexdigest()
    return replace(feed, ltf=ltf, htf=htf, htf_complete=marks, content_hash=identity, synthetic=True)
