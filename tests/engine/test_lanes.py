"""What must not matter: the other lanes, their order and number, datasets, segments, threads, block size, padding, the compiler's way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pinejax.engine import rows
from pinejax.engine.engine import Engine
from pinejax.engine.on_native import NativeRunner
from pinejax.engine.on_xla import XlaRunner

Trials = list[dict[str, Any]]


@pytest.fixture(scope="module")
def base(engine: Callable[..., Engine], trials: Trials) -> list:
    return engine().evaluate(trials)


def same(a: Any, b: Any, rtol: float = 0.0) -> bool:
    """Whether two evaluations agree, NaN with NaN."""
    close = all(np.allclose(a.metrics[n], b.metrics[n], rtol=rtol, atol=rtol, equal_nan=True) for n in a.metrics)
    return close and np.array_equal(a.status, b.status) and set(a.metrics) == set(b.metrics)


def all_same(a: Sequence[Any], b: Sequence[Any], rtol: float = 0.0) -> bool:
    return len(a) == len(b) and all(same(x, y, rtol) for x, y in zip(a, b, strict=True))


def test_the_strategy_trades_and_lanes_differ(base: list) -> None:
    counts = np.array([e.metrics["n_trades"] for e in base])
    assert counts.min() > 0
    assert np.median(counts) > 20
    assert len(np.unique(counts)) > 20


def test_a_lane_of_a_batch_equals_the_single_run(engine: Callable[..., Engine], trials: Trials, base: list) -> None:
    for i in (0, 63, 64, 149):
        assert same(engine().evaluate([trials[i]])[0], base[i])


def test_batch_size_and_order_change_nothing(engine: Callable[..., Engine], trials: Trials, base: list) -> None:
    parts = [engine().evaluate(trials[a:b]) for a, b in ((0, 7), (7, 80), (80, 150))]
    assert all_same([e for part in parts for e in part], base)
    assert all_same(engine().evaluate(trials[::-1])[::-1], base)


def test_the_order_of_datasets_changes_nothing(engine: Callable[..., Engine], trials: Trials, base: list) -> None:
    original = engine()
    turned = Engine(original.strategy, original.feeds[::-1], original.broker, original.inputs, original.config)
    for a, b in zip(turned.evaluate(trials[:5]), base, strict=False):
        assert all(np.array_equal(a.metrics[n][::-1], b.metrics[n], equal_nan=True) for n in b.metrics)


@pytest.mark.parametrize("changes", [{"n_segments": 1}, {"n_segments": 7}, {"n_threads": 3}])
def test_segments_and_threads_change_nothing(engine: Callable[..., Engine], trials: Trials, base: list, changes: dict) -> None:
    runner = engine()
    before = runner.config
    runner.config = replace(before, **changes)
    try:
        found = runner.evaluate(trials, lambda segment, running, metrics: np.ones(len(running), bool))
    finally:
        runner.config = before
    assert all_same(found, base)


def test_the_block_size_changes_nothing(engine: Callable[..., Engine], trials: Trials) -> None:
    blocks = [engine(backend="xla", block=n).evaluate(trials) for n in (64, 128)]
    assert all_same(*blocks, rtol=1e-12)


def test_padding_changes_nothing(engine: Callable[..., Engine], trials: Trials, base: list, monkeypatch: pytest.MonkeyPatch) -> None:
    original = engine()
    lengths = [len(rows.rows_of(f, "float64").values) for f in original.feeds]
    monkeypatch.setattr(rows, "MIN_BUCKET", 4096)
    padded = Engine(original.strategy, original.feeds, original.broker, original.inputs, original.config)
    assert [len(rows.rows_of(f, "float64").values) for f in padded.feeds] != lengths
    assert all_same(padded.evaluate(trials[:70]), base[:70])


@pytest.mark.parametrize("small_call", [False, True])
def test_native_code_and_xla_agree(engine: Callable[..., Engine], trials: Trials, base: list, small_call: bool) -> None:
    assert isinstance(engine(backend="native").runner, NativeRunner)
    xla = engine(backend="xla", small_call=small_call)
    assert isinstance(xla.runner, XlaRunner)
    assert all_same(xla.evaluate(trials), base, rtol=1e-9)


def test_dropped_trials_do_not_disturb_the_others(engine: Callable[..., Engine], trials: Trials, base: list) -> None:
    seen: list[int] = []

    def keep(segment: int, running: np.ndarray, metrics: dict[str, np.ndarray]) -> np.ndarray:
        seen.append(len(running))
        assert metrics["net_profit"].shape == (len(running), 2)
        return running % (segment + 2) == 0

    found = engine().evaluate(trials, keep)
    survivors = [i for i in range(len(trials)) if i % 2 == 0 and i % 3 == 0 and i % 4 == 0]
    assert seen == [150, 75, 25]
    assert [i for i, e in enumerate(found) if e.pruned_at is None] == survivors
    assert all(same(found[i], base[i]) for i in survivors)
    assert {e.pruned_at for e in found} == {None, 0, 1, 2}


def test_dropping_everybody_ends_the_evaluation(engine: Callable[..., Engine], trials: Trials) -> None:
    found = engine().evaluate(trials[:3], lambda segment, running, metrics: np.zeros(len(running), bool))
    assert [e.pruned_at for e in found] == [0, 0, 0]


def test_an_empty_batch_gives_nothing(engine: Callable[..., Engine]) -> None:
    assert engine().evaluate([]) == []


def test_a_shape_is_compiled_once(engine: Callable[..., Engine], trials: Trials) -> None:
    runner = engine(backend="xla")
    runner.evaluate(trials[:2])
    assert runner.runner.n_compiled == 1
    native = engine(backend="native")
    native.evaluate(trials[:2])
    native.evaluate(trials[:3])
    assert native.runner.n_compiled <= 1
