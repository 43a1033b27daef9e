"""Daily returns of every set that a study looked at, of the chosen one by dataset, and of holding: what most statistics are made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float, Int

from pinejax.core.clock import DAY_MS
from pinejax.core.feed import Feed
from pinejax.core.inputs import Params
from pinejax.judge.case import Case, Daily, DatasetDaily

if TYPE_CHECKING:
    from pinejax.engine.engine import Engine

CHUNK_BYTES = 2**26
"""Of equity on all datasets at a time."""
FEWEST_SETS = 64
"""Fewer at a time would leave lanes of a block empty."""


@dataclass(frozen=True)
class Piece:
    """One dataset of the engine. edges: the bars before which a day ends, the window's end being the last; days: UTC days since 1970."""

    feed: Feed
    begin: int
    edges: Int[np.ndarray, " days"]
    days: Int[np.ndarray, " days"]

    @classmethod
    def of(cls, engine: Engine, dataset: int) -> Piece:
        """The days of its window from `trade_from` on, the last one perhaps unfinished. A bar longer than a day counts as one."""
        feed, window = engine.feeds[dataset], engine.window(dataset)
        begin, stop = int(window.trade_from), int(window.stop)
        day = feed.ltf.time[begin:stop] // DAY_MS
        edges = np.append(begin + 1 + np.flatnonzero(day[1:] != day[:-1]), stop).astype(np.int64)
        return cls(feed, begin, edges, (feed.ltf.time[edges - 1] // DAY_MS).astype(np.int64))

    def hold(self) -> Float[np.ndarray, "days 1"]:
        """Returns of holding from the first open on, in account currency, without costs."""
        rate = np.ones(len(self.feed)) if self.feed.rate is None else self.feed.rate
        worth = np.r_[self.feed.ltf.open[self.begin] * rate[self.begin], (self.feed.ltf.close * rate)[self.edges - 1]]
        return (worth[1:] / worth[:-1] - 1.0)[:, None]


@dataclass(frozen=True)
class Calendar:
    """All days of some pieces, and which pieces are which dataset's. tracks: by dataset, pieces that follow each other in time."""

    pieces: tuple[Piece, ...]
    days: Int[np.ndarray, " days"]
    tracks: dict[str, list[list[int]]]

    @classmethod
    def of(cls, pieces: Sequence[Piece]) -> Calendar:
        """Windows of one dataset join up where they do not overlap."""
        tracks: dict[str, list[list[int]]] = {}
        for i in sorted(range(len(pieces)), key=lambda i: pieces[i].begin):
            own = tracks.setdefault(pieces[i].feed.name, [])
            free = next((track for track in own if pieces[track[-1]].edges[-1] <= pieces[i].begin), None)
            if free is None:
                own.append([i])
            else:
                free.append(i)
        names = dict.fromkeys(p.feed.name for p in pieces)
        return cls(tuple(pieces), np.unique(np.concatenate([p.days for p in pieces])), {name: tracks[name] for name in names})

    def of_dataset(
        self, name: str, returns: Sequence[Float[np.ndarray, "_ sets"]]
    ) -> tuple[Float[np.ndarray, "all_days sets"], Bool[np.ndarray, " all_days"]]:
        """A dataset's returns on all days, and on which it has any. returns: by piece. Two parts of a day multiply; windows that overlap
        are averaged.
        """
        width = returns[0].shape[1]
        total, n = np.zeros((len(self.days), width)), np.zeros(len(self.days), int)
        for track in self.tracks[name]:
            growth, has = np.ones((len(self.days), width)), np.zeros(len(self.days), bool)
            for i in track:
                at = np.searchsorted(self.days, self.pieces[i].days)
                growth[at] *= 1.0 + returns[i]
                has[at] = True
            total[has] += growth[has] - 1.0
            n += has
        return total / np.maximum(n, 1)[:, None], n > 0

    def together(self, returns: Sequence[Float[np.ndarray, "_ sets"]]) -> Float[np.ndarray, "all_days sets"]:
        """A day's mean over the datasets that have it."""
        total, n = np.zeros((len(self.days), returns[0].shape[1])), np.zeros(len(self.days), int)
        for name in self.tracks:
            own, has = self.of_dataset(name, returns)
            total += own
            n += has
        return total / n[:, None]


def daily_of(case: Case) -> Daily:
    """Of `case.sets`, some at a time, so that no more than `[days, sets]` is kept. The first set is the chosen one."""
    engine, params = case.engine, case.sets.params
    calendar = Calendar.of([Piece.of(engine, d) for d in range(len(engine.feeds))])
    returns = np.empty((len(calendar.days), len(params)))
    held = [piece.hold() for piece in calendar.pieces]
    chosen: list[np.ndarray] = []
    for first, found in _chunks(engine, calendar, params):
        returns[:, first : first + found[0].shape[1]] = calendar.together(found)
        chosen = chosen or [x[:, :1].copy() for x in found]
    datasets = []
    for name in calendar.tracks:
        (own, has), (hold, _) = calendar.of_dataset(name, chosen), calendar.of_dataset(name, held)
        datasets.append(DatasetDaily(name, calendar.days[has], own[has, 0], hold[has, 0]))
    return Daily(calendar.days, returns, tuple(datasets), calendar.together(held)[:, 0])


def _chunks(engine: Engine, calendar: Calendar, params: Sequence[Params]) -> Iterator[tuple[int, list[np.ndarray]]]:
    """The number of a chunk's first set, and by piece its daily returns, `[days, sets]`."""
    longest = max(len(p.edges) for p in calendar.pieces)
    # As many edges for each dataset: the last one again and again, which costs no bar.
    edges = [np.pad(p.edges, (0, longest - len(p.edges)), mode="edge") for p in calendar.pieces]
    size = max(FEWEST_SETS, CHUNK_BYTES // (8 * longest * len(edges)) // FEWEST_SETS * FEWEST_SETS)
    for first in range(0, len(params), size):
        equity = engine.equity(params[first : first + size], edges)
        yield first, [returns_of(equity[: len(p.edges), :, d], engine.broker.initial_capital) for d, p in enumerate(calendar.pieces)]


def returns_of(equity: Float[np.ndarray, "days sets"], capital: float) -> Float[np.ndarray, "days sets"]:
    """From equity at days' ends. -1 on the day on which nothing is left, 0 afterwards; NaN where equity is no number."""
    level = np.concatenate([np.full((1, equity.shape[1]), capital), equity])
    ruined = np.logical_or.accumulate(level <= 0.0, axis=0)
    level = np.where(ruined, 0.0, level)
    before = np.where(ruined[:-1], 1.0, level[:-1])
    return np.where(ruined[:-1], 0.0, level[1:] / before - 1.0)
