"""Equity at chosen bars: points of the detail run's curve."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pinejax.engine.engine import Engine
from pinejax.engine.program import Window
from pinejax.errors import DataError
from pinejax.native.machine import is_available
from tests.engine.busy import BROKER, N_BARS

Trials = list[dict[str, Any]]
BACKENDS = [
    pytest.param("xla", marks=pytest.mark.slow),
    pytest.param("native", marks=pytest.mark.skipif(not is_available(), reason="llvmlite is not installed")),
]
EDGES = [np.array([0, 1, 150, 150, 411, N_BARS]), np.array([7, 24, 48, 300, 301, 640])]


@pytest.mark.parametrize("backend", BACKENDS)
def test_it_is_the_detail_runs_curve(engine: Callable[..., Engine], trials: Trials, backend: str) -> None:
    made = engine(backend=backend)
    found = made.equity(trials, EDGES)
    assert found.shape == (6, len(trials), 2) and len(np.unique(found[-1])) > 100
    for trial in (0, 77, 149):
        for d, edges in enumerate(EDGES):
            curve = np.r_[BROKER.initial_capital, made.detail(trials[trial], d).equity]
            np.testing.assert_array_equal(found[:, trial, d], curve[edges])


@pytest.mark.parametrize("backend", BACKENDS)
def test_in_a_window_it_begins_with_the_warm_up(engine: Callable[..., Engine], trials: Trials, backend: str) -> None:
    base = engine(backend=backend)
    made = base.on(feeds=base.feeds[:1], windows=[Window(np.int32(90), np.int32(120), np.int32(655))])
    found = made.equity(trials[:3], [np.array([90, 121, 300, 655])])
    np.testing.assert_array_equal(found[:2], BROKER.initial_capital)
    np.testing.assert_array_equal(found[2:, 1, 0], made.detail(trials[1]).equity[[209, 564]])
    np.testing.assert_array_equal(found[3, :, 0], [e.metrics["total_assets"][0] for e in made.evaluate(trials[:3])])


def test_it_keeps_to_the_memory_limit_block_by_block(engine: Callable[..., Engine], trials: Trials) -> None:
    whole = engine()
    need = whole._need
    small = engine(memory_limit=need.bars + 3 * 16 * need.lane, n_threads=2)
    assert small._cut(len(trials), False).lanes == 8
    np.testing.assert_array_equal(small.equity(trials, EDGES), whole.equity(trials, EDGES))


def test_nothing_asked_nothing_found(engine: Callable[..., Engine], trials: Trials) -> None:
    assert engine().equity([], EDGES).shape == (6, 0, 2)
    assert engine().equity(trials[:2], [np.empty(0, int)] * 2).shape == (0, 2, 2)


@pytest.mark.parametrize(
    "bad",
    [[np.array([5])], [np.array([5]), np.array([5, 6])], [np.array([9, 5])] * 2, [np.array([N_BARS + 1])] * 2, [np.array([-1])] * 2],
)
def test_edges_that_are_none_are_refused(engine: Callable[..., Engine], trials: Trials, bad: list[np.ndarray]) -> None:
    with pytest.raises(DataError, match=r"expected (as many bar numbers|edges that never fall)"):
        engine().equity(trials[:2], bad)
