"""The detail run: the same numbers as the trial, trades that add up, and no look into the future."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pinejax.engine.config import EngineConfig
from pinejax.engine.engine import Engine
from pinejax.errors import SpaceError
from tests.engine.busy import BROKER, Busy, first_bars

CUT = 431


@pytest.fixture(scope="module")
def runner(engine: Callable[..., Engine]) -> Engine:
    """The second dataset is a prefix of the first."""
    feed = engine().feeds[0]
    return Engine(Busy, [feed, first_bars(feed, CUT)], BROKER, Busy.inputs, EngineConfig(n_threads=1))


def test_detail_equals_the_trial_bit_for_bit(runner: Engine, trials: list[dict[str, Any]]) -> None:
    for params, evaluation in zip(trials[:6], runner.evaluate(trials[:6]), strict=True):
        for dataset in (0, 1):
            detail = runner.detail(params, dataset)
            expected = {name: values[dataset] for name, values in evaluation.metrics.items()}
            assert all(np.array_equal(detail.metrics[n], expected[n], equal_nan=True) for n in expected)
            assert detail.status == evaluation.status[dataset]


def test_cash_is_conserved(runner: Engine, trials: list[dict[str, Any]]) -> None:
    for params in trials[:6]:
        detail = runner.detail(params)
        assert sum(t.pnl for t in detail.trades) == pytest.approx(detail.equity[-1] - BROKER.initial_capital, rel=1e-9)
        assert detail.metrics["total_assets"] == pytest.approx(detail.equity[-1], rel=1e-12)
        assert len(detail.equity) == len(detail.feed)


def test_a_prefix_of_the_bars_gives_a_prefix_of_the_trades(runner: Engine, trials: list[dict[str, Any]]) -> None:
    for params in trials[:6]:
        whole, prefix = runner.detail(params, 0), runner.detail(params, 1)
        closed = [t for t in prefix.trades if not t.is_open]
        assert closed == [t for t in whole.trades if t.exit_bar < CUT and not t.is_open]
        assert np.array_equal(prefix.equity, whole.equity[:CUT])


def test_given_parameters_join_the_defaults(runner: Engine) -> None:
    assert runner.detail({"fast": 7}).trades == runner.detail({**Busy.defaults(), "fast": 7}).trades


def test_an_unknown_parameter_is_named_with_the_nearest(runner: Engine) -> None:
    with pytest.raises(SpaceError, match=r"fats.*fast"):
        runner.detail({"fats": 7})
