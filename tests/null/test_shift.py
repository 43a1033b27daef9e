"""The circular-shift test: its sums by hand, its p-values under no timing and under planted timing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from pinejax.core.feed import Bars, Feed
from pinejax.core.timeframe import TimeframePair
from pinejax.core.trade import TradeRecord
from pinejax.null.shift import exposure_of, scores_at_shifts, shift_p_value


def close_of(returns: np.ndarray) -> np.ndarray:
    return 100 * np.cumprod(np.append(1.0, 1.0 + returns))


def test_the_scores_are_those_of_rotated_returns() -> None:
    rng = np.random.default_rng(0)
    for n in (50, 51):
        exposure, returns = rng.normal(size=n + 1), rng.normal(size=n) * 1e-3
        expected = [exposure[:-1] @ np.roll(returns, -k) for k in range(n)]
        np.testing.assert_allclose(scores_at_shifts(exposure, close_of(returns)), expected, atol=1e-12)


def test_timing_without_knowledge_has_uniform_p_values() -> None:
    found = []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        returns = rng.normal(1e-4, 1e-3, 200)
        exposure = np.repeat(rng.integers(-1, 2, 67), 3).astype(float)  # held for three bars
        found.append(shift_p_value(scores_at_shifts(exposure, close_of(returns)), 1.0))
    assert stats.kstest(found, "uniform").pvalue > 0.01


def test_good_timing_is_found_and_being_in_always_is_not_timing() -> None:
    returns = np.random.default_rng(1).normal(1e-3, 1e-2, 400)
    knows = np.append(np.sign(returns), 0.0)
    assert shift_p_value(scores_at_shifts(knows, close_of(returns)), 1.0) == 1 / 400
    always = np.ones(401)
    assert shift_p_value(scores_at_shifts(always, close_of(returns)), 1.0) == 1.0


def test_the_position_at_each_close() -> None:
    close = np.array([10.0, 11, 12, 11, 10, 9])
    bars = Bars(np.arange(6, dtype=np.int64) * 60_000, close, close, close, close, close)
    feed = Feed("A", TimeframePair.parse("1m"), bars, bars, np.ones(6, bool))
    trade = TradeRecord(1, "L", 1, 10.5, "X", 3, 11.0, 2.0, 0.0, 0.0, 0.0, 0.0)
    still = replace(trade, direction=-1, entry_bar=4, exit_signal="Open", exit_bar=5, qty=1.0)
    within = replace(trade, entry_bar=3, exit_bar=3)
    equity = np.full(6, 100.0)
    np.testing.assert_allclose(exposure_of([trade, within, still], equity, feed), [0, 0.22, 0.24, 0, -0.10, -0.09])
    np.testing.assert_allclose(exposure_of([trade, still], equity[2:], feed, 2), [0.24, 0, -0.10, -0.09])
    np.testing.assert_allclose(exposure_of([still], equity, replace(feed, rate=np.full(6, 2.0)))[4:], [-0.20, -0.18])
    assert exposure_of([trade], np.zeros(6), feed) == pytest.approx(0.0)
