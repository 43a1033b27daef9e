"""Folds: nothing is chosen on what it is judged on, nor on what lies too near to it."""

from __future__ import annotations

from itertools import pairwise
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinejax.errors import ConfigError
from pinejax.selection.splits import Fold, Span, combinatorial, holdout, n_paths, paths, purged_kfold, walk_forward


def bars(spans: tuple[Span, ...]) -> list[int]:
    """Their numbers."""
    return [i for s in spans for i in range(s.first, s.stop)]


def distances(fold: Fold) -> np.ndarray:
    """Of every train bar from the nearest test bar: negative before it."""
    test = np.array(bars(fold.test))
    away = np.array(bars(fold.train))[:, None] - test[None]
    return away[np.arange(len(away)), np.abs(away).argmin(axis=1)]


@given(st.integers(30, 300), st.integers(2, 6), st.integers(1, 3), st.integers(0, 3), st.integers(0, 4))
def test_combinatorial_folds_keep_their_distance_and_test_every_bar_equally_often(n, groups, n_test, purge, embargo):
    if n_test >= groups:
        with pytest.raises(ConfigError, match="fewer test parts"):
            combinatorial(n, groups, n_test)
        return
    edges = [n * i // groups for i in range(groups + 1)]
    narrow = min(b - a for a, b in pairwise(edges)) <= 2 * purge + embargo
    if narrow:  # whether something is left depends on which parts are chosen
        return
    folds = combinatorial(n, groups, n_test, purge=purge, embargo=embargo)
    assert len(folds) == comb(groups, n_test)
    tested = np.bincount(np.concatenate([bars(f.test) for f in folds]), minlength=n)
    assert (tested == n_paths(groups, n_test)).all()
    for fold in folds:
        spans = sorted([*fold.train, *fold.test])
        assert all(a.stop <= b.first for a, b in pairwise(spans))
        edges = [(s.first - purge, s.stop + purge + embargo) for s in fold.test]
        allowed = [i for i in range(n) if not any(a <= i < b for a, b in edges)]
        assert bars(fold.train) == allowed


def test_kfold_by_hand():
    folds = purged_kfold(100, 4, purge=2, embargo=3)
    assert folds[1] == Fold((Span(0, 23), Span(55, 100)), (Span(25, 50),), (1,))
    assert folds[0].train == (Span(30, 100),) and folds[3].train == (Span(0, 73),)


def test_paths_go_once_through_every_part_and_use_every_test_once():
    folds = combinatorial(60, 6, 2)
    found = paths(folds, 6)
    assert len(found) == n_paths(6, 2) == 5
    for path in found:
        assert [folds[f].test_groups[place] for f, place in path] == list(range(6))
    assert len({step for path in found for step in path}) == 15 * 2


@given(st.integers(20, 400), st.integers(1, 60), st.integers(1, 60), st.integers(1, 60), st.booleans(), st.integers(0, 5))
def test_walk_forward_never_looks_ahead(n, train, test, step, anchored, purge):
    try:
        folds = walk_forward(n, train=train, test=test, step=step, anchored=anchored, purge=purge)
    except ConfigError:
        assert purge >= train or train + test > n
        return
    for i, fold in enumerate(folds):
        (a,), (b,) = fold.train, fold.test
        assert a.stop + purge == b.first and len(b) == test and b.first == train + i * step
        assert a.first == (0 if anchored else b.first - train)
    assert folds[-1].test[0].stop <= n < folds[-1].test[0].stop + step


def test_tests_of_a_walk_touch_by_default():
    folds = walk_forward(1_000, train=400, test=100)
    assert [f.test[0] for f in folds] == [Span(400 + 100 * i, 500 + 100 * i) for i in range(6)]
    assert (distances(folds[0]) < 0).all()


def test_the_holdout_is_the_end():
    assert holdout(1_000, 0.2, purge=10) == Fold((Span(0, 790),), (Span(800, 1_000),))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: holdout(100, 1.5), "fraction between 0 and 1"),
        (lambda: holdout(100, 0.9, purge=20), "nothing is left to choose on"),
        (lambda: walk_forward(100, train=80, test=40), r"train \+ test = 120 bars, found 100"),
        (lambda: walk_forward(100, train=0, test=40), "validation.train: expected 1 bar or more"),
        (lambda: walk_forward(100, train=10, test=40, purge=10), "leaves nothing of a train span"),
        (lambda: purged_kfold(100, 2, purge=50), "nothing is left to choose on"),
        (lambda: purged_kfold(3, 5), "3 bars cannot be cut into 5 parts"),
        (lambda: purged_kfold(100, 5, purge=-1), "0 bars or more"),
        (lambda: holdout(100, 0.2, purge=-1), "0 bars or more"),
        (lambda: walk_forward(100, train=50, test=10, purge=-1), "0 bars or more"),
        (lambda: combinatorial(10_000, 30, 15), "At most 1,000"),
    ],
)
def test_folds_that_cannot_be_are_refused(make, said):
    with pytest.raises(ConfigError, match=said):
        make()
