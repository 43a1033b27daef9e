"""The section on intervals."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from daily_case import case_of

from pinejax.judge.case import NotEnough
from pinejax.judge.intervals import intervals


def returns(mean: float, days: int = 250) -> np.ndarray:
    """Of one set, a standard deviation of 1 %."""
    return np.random.default_rng(1).normal(mean, 0.01, (days, 1))


def test_intervals_hold_the_value_and_grow_with_the_level():
    x = returns(0.0005)
    found = intervals(case_of(x))
    assert found["metrics"]["total_return"]["value"] == pytest.approx(np.prod(1 + x) - 1)
    for name, metric in found["metrics"].items():
        (a, b), (c, d) = metric["90%"], metric["95%"]
        assert c <= a < b <= d
        assert a < metric["value"] < b or name == "max_drawdown"
    json.dumps(found, allow_nan=False)


def test_yearly_growth_is_of_the_time_that_passed_not_of_days_with_bars():
    """Five days in seven, as a stock has them: a year's 250 returns grow as they do in a year."""
    case = case_of(returns(0.0005))
    days = 20_000 + np.array([7 * (i // 5) + i % 5 for i in range(250)])
    closed = case_of(returns(0.0005))
    closed.__dict__["daily"] = replace(closed.daily, days=days)
    every, some = (intervals(c)["metrics"]["cagr"]["value"] for c in (case, closed))
    growth = np.prod(1 + returns(0.0005))
    assert every == pytest.approx(growth ** (365 / 250) - 1)
    assert some == pytest.approx(growth ** (365 / (days[-1] - days[0] + 1)) - 1)


def test_a_sure_winner_never_loses_and_a_loser_mostly_does():
    assert intervals(case_of(returns(0.004)))["loss_share"] == 0.0
    assert intervals(case_of(returns(-0.001)))["loss_share"] > 0.8


def test_the_interval_of_the_sharpe_ratio_is_as_wide_as_its_standard_error_says():
    """Of normal returns: 1 / sqrt(n), times the root of a year."""
    found = intervals(case_of(returns(0.0, 1_000), n_bootstrap=2_000))["metrics"]["sharpe"]
    low, high = found["90%"]
    assert high - low == pytest.approx(2 * 1.645 * (365 / 1_000) ** 0.5, rel=0.1)


@pytest.mark.parametrize(
    ("case", "said"),
    [
        (lambda: case_of(returns(0.0, 30)), "60 days"),
        (lambda: case_of(returns(0.0), n_bootstrap=50), "100 histories"),
        (lambda: case_of(np.zeros((100, 1))), "that vary"),
    ],
)
def test_too_little_is_said(case, said: str):
    with pytest.raises(NotEnough, match=said):
        intervals(case())
