"""Walk-forward spans from lengths, from durations, or from a number of windows."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinejax.core.feed import Bars, Feed
from pinejax.core.timeframe import TimeframePair
from pinejax.errors import ConfigError, DataError
from pinejax.selection.config import ValidationConfig
from pinejax.selection.divide import divide
from pinejax.selection.purge import Purge
from pinejax.selection.splits import Span
from pinejax.selection.timeline import Timeline
from pinejax.selection.walk import Lengths, lengths_of, walk_folds


def line(n: int) -> Timeline:
    """Hours."""
    bars = Bars(np.arange(n) * 3_600_000, *(np.ones(n) for _ in range(5)))
    return Timeline.of([Feed("A", TimeframePair.parse("1h"), bars, bars, np.ones(n, bool))])


def choices(**keys: object) -> ValidationConfig:
    """Of a walk-forward."""
    return ValidationConfig(method="walk_forward", **keys)  # type: ignore[arg-type]


def test_without_lengths_the_windows_fill_the_bars() -> None:
    folds = walk_folds(choices(n_windows=8, train_ratio=3.0), line(1_100), 1_100)
    assert len(folds) == 8
    assert folds[0].train == (Span(0, 300),) and folds[0].test == (Span(300, 400),)
    assert folds[-1].test == (Span(1_000, 1_100),) and folds[-1].train == (Span(700, 1_000),)


@given(
    n=st.integers(60, 5_000),
    n_windows=st.integers(1, 12),
    ratio=st.floats(0.2, 6.0),
    anchored=st.booleans(),
    step=st.none() | st.integers(1, 40),
)
def test_any_number_of_windows_is_kept_and_leaves_less_than_a_test_over(
    n: int, n_windows: int, ratio: float, anchored: bool, step: int | None
) -> None:
    config = choices(n_windows=n_windows, train_ratio=ratio, anchored=anchored, step=step)
    if (n - (n_windows - 1) * (step or 0)) < ratio + n_windows + 1:
        return
    folds = walk_folds(config, line(n), n)
    lengths = lengths_of(config, line(n), n)
    assert len(folds) == n_windows
    assert n - folds[-1].test[0].stop < lengths.test
    assert lengths.train >= ratio * lengths.test - 1
    for fold in folds:
        assert fold.train[0].stop == fold.test[0].first and (fold.train[0].first == 0 or not anchored)
    assert all(b.test[0].first - a.test[0].first == lengths.step for a, b in pairwise(folds))


def test_durations_and_bars_say_the_same() -> None:
    said = choices(train="30D", test="240h", step="5D")
    assert lengths_of(said, line(2_000), 2_000) == Lengths(720, 240, 120)
    assert walk_folds(said, line(2_000), 2_000) == walk_folds(choices(train=720, test=240, step=120), line(2_000), 2_000)


def test_one_length_gives_the_other() -> None:
    assert lengths_of(choices(test=100, train_ratio=2.5), line(2_000), 2_000) == Lengths(250, 100, 100)
    assert lengths_of(choices(train=400, n_windows=8), line(2_000), 2_000) == Lengths(400, 200, 200)


def test_a_purge_is_taken_from_the_train_span() -> None:
    (first, *_) = walk_folds(choices(train=300, test=100), line(1_000), 1_000, purge=25)
    assert first.train == (Span(0, 275),) and first.test == (Span(300, 400),)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"train": 900, "test": 200}, r"at least train \+ test = 900 \+ 200 = 1100 bars, found 800 \(200 more are kept for the holdout\)"),
        ({"train": "200D", "test": 200}, r"found 800"),
        ({"n_windows": 900}, r"800 bars hold no 900 test windows"),
        ({"train": 900}, r"800 bars hold no 8 test windows beside the train span"),
        ({"train": "soon"}, r"validation\.train: expected a whole number of bars, or a duration"),
        ({"test": 0}, r"validation\.test: expected 1 bar or more, got 0"),
    ],
)
def test_what_does_not_fit_beside_the_holdout_is_refused(keys: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        walk_folds(choices(**keys), line(1_000), 800)


def test_too_many_windows_are_a_mistake_in_typing() -> None:
    with pytest.raises(ConfigError, match=r"validation\.step: 1 bars make 1,9\d\d windows. At most 1,000"):
        walk_folds(choices(train=50, test=20, step=1), line(2_000), 2_000)


def test_no_test_bar_lies_in_the_holdout() -> None:
    folds = walk_folds(choices(n_windows=5), line(1_000), 800)
    assert max(fold.test[0].stop for fold in folds) <= 800


def test_a_dataset_without_bars_in_a_span_is_refused_with_its_name() -> None:
    bars = Bars(np.arange(500) * 3_600_000, *(np.ones(500) for _ in range(5)))
    early, late = (Feed(name, TimeframePair.parse("1h"), bars, bars, np.ones(500, bool)) for name in "AB")
    late = replace(late, ltf=replace(bars, time=bars.time + 250 * 3_600_000))
    split = divide(choices(train=100, test=50), Timeline.of([early, late]))
    with pytest.raises(
        DataError, match=r"B 1h: expected bars from 1970-01-01 00:00 to 1970-01-05 00:00, found none\. Leave the symbol out"
    ):
        split.check(Purge(memory=4))
    with pytest.raises(ConfigError, match=r"a purge of 60 bars leaves 40 of a train span, expected more than the 60 that"):
        split.check(Purge(memory=60))
    divide(choices(train=300, test=50), Timeline.of([early, early])).check(Purge(memory=60))


def test_a_holdout_in_which_a_dataset_has_ended_is_refused() -> None:
    bars = Bars(np.arange(500) * 3_600_000, *(np.ones(500) for _ in range(5)))
    whole, ended = (Feed(name, TimeframePair.parse("1h"), bars, bars, np.ones(500, bool)) for name in "AB")
    split = divide(ValidationConfig(method="holdout", holdout=0.2), Timeline.of([whole, ended.cut(380)]))
    with pytest.raises(DataError, match=r"B 1h: expected bars from 1970-01-17 17:00 to the end, found none"):
        split.check(Purge(memory=0))
