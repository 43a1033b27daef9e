"""Daily returns come to the same numbers as the engine's own metrics; efficiency is a ratio where there is something to be left."""

from __future__ import annotations

import numpy as np
import pytest

from pinejax.metrics.finalize import finalize
from pinejax.selection.performance import efficiency, growth_of, performance_of, yearly
from pinejax.selection.sharpe import moments, probabilistic_sharpe

RETURNS = np.random.default_rng(3).normal(4e-4, 0.01, 250)


def test_the_ratios_are_those_of_the_metrics() -> None:
    equity = 1_000 * growth_of(RETURNS)
    # As the carry has it after 249 whole days and an unfinished one.
    done, peak = RETURNS[:-1], np.maximum.accumulate(np.r_[1_000, equity])
    worst = int(np.argmax(1 - np.r_[1_000, equity] / peak))
    track = {
        "equity": equity[-1:], "day_equity": equity[-2:-1], "days": np.array([249.0]), "day_sum": done.sum(keepdims=True),
        "day_squares": (done**2).sum(keepdims=True), "day_losses": (np.minimum(done, 0) ** 2).sum(keepdims=True),
        "fall": np.array([peak[worst] - equity[worst - 1]]), "fall_peak": peak[worst : worst + 1], "bars_in": np.zeros(1),
    }  # fmt: skip
    names = [
        "n_trades",
        "n_wins",
        "n_losses",
        "gross_profit",
        "gross_loss",
        "mfe",
        "mae",
        "hold_bars",
        "n_liquidations",
        "max_loss_streak",
        "commission",
    ]
    stats = {name: np.ones(1) for name in names} | {"net_profit": equity[-1:] - 1_000}
    told = finalize(stats, track, np.zeros(1), 1_000.0, 250, 250 * 86_400_000.0, 1.0)
    found = performance_of(RETURNS, 250 / 365)
    for name in ("total_return", "cagr", "max_drawdown", "sharpe", "sortino"):
        assert getattr(found, name) == pytest.approx(float(told[name][0]), rel=1e-9), name
    assert found.n_days == 250
    assert found.probability == probabilistic_sharpe(moments(RETURNS))


def test_ratios_of_weekly_returns_are_for_a_year_of_weeks() -> None:
    weekly, daily = performance_of(RETURNS, 250 / 52, 365 / 7), performance_of(RETURNS, 250 / 365)
    assert weekly.sharpe == pytest.approx(daily.sharpe / 7**0.5) and weekly.sortino == pytest.approx(daily.sortino / 7**0.5)


@pytest.mark.parametrize("returns", [[], [0.01], [0.0, 0.0, 0.0]])
def test_too_few_days_and_no_movement_have_no_ratio(returns: list[float]) -> None:
    found = performance_of(np.array(returns), 0.0)
    assert np.isnan([found.sharpe, found.probability, found.cagr]).all()
    assert found.total_return == pytest.approx(sum(returns)) and found.max_drawdown == 0.0


def test_ruin_stays_ruin() -> None:
    found = performance_of(np.array([0.1, -1.0, 0.0]), 1.0)
    assert found.total_return == -1.0 and found.cagr == -1.0 and found.max_drawdown == 1.0


def test_yearly_returns_are_weighted_by_time() -> None:
    assert yearly(np.array([0.1, 0.05]), np.array([0.5, 0.25])) == pytest.approx(0.2)
    assert np.isnan(yearly(np.zeros(0), np.zeros(0)))


def test_efficiency_is_meaningless_where_nothing_was_gained_in_sample() -> None:
    assert efficiency(0.4, 0.2) == pytest.approx(0.5)
    assert efficiency(0.4, -0.1) == pytest.approx(-0.25)
    for inside in (0.0, -0.1, np.nan, np.inf):
        assert np.isnan(efficiency(inside, 0.2))
