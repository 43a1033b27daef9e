"""How a history is cut into bars to choose on and bars to judge on. Counts of bars only: no dates, no data, no engine.

Purging and embargo: Lopez de Prado, Advances in Financial Machine Learning (2018), 7.4; combinatorial splits: 12.3 and 12.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import comb

from pinejax.errors import ConfigError

MOST_FOLDS = 1_000
"""Combinatorial splits beyond that are a mistake in typing."""


@dataclass(frozen=True, order=True)
class Span:
    """The bars first..stop, without stop."""

    first: int
    stop: int

    def __len__(self) -> int:
        return max(0, self.stop - self.first)


@dataclass(frozen=True)
class Fold:
    """One way to choose and to judge. train, test: spans in order, none overlapping another. test_groups: which of the equal parts of the
    history are the test (combinatorial splits), else empty."""

    train: tuple[Span, ...]
    test: tuple[Span, ...]
    test_groups: tuple[int, ...] = ()


def holdout(n_bars: int, rate: float, purge: int = 0) -> Fold:
    """The last `rate` (a fraction) of the bars as the test, what lies before it but for `purge` bars as the train span.

    Errors: ConfigError where one of them would be empty.
    """
    _check_purge(purge)
    if not 0 < rate < 1:
        raise ConfigError(f"validation.holdout: expected a fraction between 0 and 1, got {rate}.")
    first = n_bars - round(n_bars * rate)
    return _fold((Span(0, first - purge),), (Span(first, n_bars),), n_bars)


def walk_forward(n_bars: int, *, train: int, test: int, step: int | None = None, anchored: bool = False, purge: int = 0) -> list[Fold]:
    """A train span of `train` bars, then a test span of `test` bars, moved on by `step` bars (None: `test`, so that tests touch).

    anchored: every train span begins with the first bar and grows. purge: bars left out between train and test. What remains at the end
    and is shorter than `test` is not used. Errors: ConfigError where not one fold fits, or a length is no positive number of bars.
    """
    _check_purge(purge)
    step = test if step is None else step
    for name, value in (("train", train), ("test", test), ("step", step)):
        if value < 1:
            raise ConfigError(f"validation.{name}: expected 1 bar or more, got {value}.")
    if purge >= train:
        raise ConfigError(f"validation: a purge of {purge} bars leaves nothing of a train span of {train}. Choose longer spans.")
    if train + test > n_bars:
        raise ConfigError(f"validation: expected at least train + test = {train + test} bars, found {n_bars}. Choose shorter spans.")
    starts = range(train, n_bars - test + 1, step)
    return [_fold((Span(0 if anchored else first - train, first - purge),), (Span(first, first + test),), n_bars) for first in starts]


def purged_kfold(n_bars: int, k: int, *, purge: int = 0, embargo: int = 0) -> list[Fold]:
    """k equal parts in order of time, each the test once. Errors: ConfigError as `combinatorial`."""
    return combinatorial(n_bars, k, 1, purge=purge, embargo=embargo)


def combinatorial(n_bars: int, n_groups: int, n_test: int, *, purge: int = 0, embargo: int = 0) -> list[Fold]:
    """All choices of `n_test` of `n_groups` equal parts as the test, the rest as the train spans.

    purge: bars left out of the train spans on both sides of each test part, since what was decided or held there reaches into it or out of
    it; embargo: further bars left out behind it. Errors: ConfigError where a part or a fold's train spans would be empty, or there would be
    too many folds.
    """
    if n_groups < 2 or not 1 <= n_test < n_groups:
        raise ConfigError(f"validation: expected 2 parts or more and fewer test parts than parts, got {n_groups} and {n_test}.")
    _check_purge(purge, embargo)
    if comb(n_groups, n_test) > MOST_FOLDS:
        raise ConfigError(
            f"validation: {n_test} of {n_groups} parts are {comb(n_groups, n_test):,} folds. At most {MOST_FOLDS:,} are made."
        )
    if n_bars < n_groups:
        raise ConfigError(f"validation: {n_bars} bars cannot be cut into {n_groups} parts.")
    edges = [n_bars * i // n_groups for i in range(n_groups + 1)]
    parts = [Span(a, b) for a, b in pairwise(edges)]
    return [_without([parts[g] for g in groups], n_bars, purge, embargo, groups) for groups in combinations(range(n_groups), n_test)]


def n_paths(n_groups: int, n_test: int) -> int:
    """How many whole out-of-sample histories combinatorial folds make: each part is tested so many times."""
    return comb(n_groups - 1, n_test - 1)


def paths(folds: Sequence[Fold], n_groups: int) -> list[list[tuple[int, int]]]:
    """Whole out-of-sample histories from combinatorial folds: per path, for each part in order, (fold, which of its test parts)."""
    tested: list[list[tuple[int, int]]] = [[] for _ in range(n_groups)]
    for f, fold in enumerate(folds):
        for place, group in enumerate(fold.test_groups):
            tested[group].append((f, place))
    return [list(path) for path in zip(*tested, strict=True)]


def _check_purge(purge: int, embargo: int = 0) -> None:
    if purge < 0 or embargo < 0:
        raise ConfigError(f"validation: expected a purge and an embargo of 0 bars or more, got {purge} and {embargo}.")


def _without(test: Sequence[Span], n_bars: int, purge: int, embargo: int, groups: tuple[int, ...]) -> Fold:
    """All bars but the test spans and what they forbid."""
    train, first = [], 0
    for span in test:
        train.append(Span(first, max(first, span.first - purge)))
        first = min(n_bars, span.stop + purge + embargo)
    train.append(Span(first, n_bars))
    return _fold(tuple(s for s in train if len(s)), tuple(test), n_bars, groups)


def _fold(train: tuple[Span, ...], test: tuple[Span, ...], n_bars: int, groups: tuple[int, ...] = ()) -> Fold:
    if not sum(map(len, train)) or not all(map(len, test)):
        raise ConfigError(
            f"validation: of {n_bars} bars nothing is left to choose on beside the test bars {test[0].first}..{test[-1].stop} "
            "and their purge and embargo. Choose fewer folds, or a shorter purge or embargo."
        )
    return Fold(train, test, groups)
