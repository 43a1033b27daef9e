"""Many trials judged at once: the numbers of one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pinejax.search import ObjectiveConfig, build_objective
from pinejax.search.many import judge_many
from pinejax.search.parts import PartsObjective

RNG = np.random.default_rng(0)
N = 200
METRICS = {name: RNG.normal(size=(N, 6)) for name in ("sharpe", "max_drawdown", "calmar", "net_profit")}
METRICS |= {"n_trades": RNG.integers(0, 40, (N, 6)).astype(float)}
METRICS["sharpe"][::7, 2], METRICS["max_drawdown"][::11, 1] = np.nan, np.nan
STATUS = (RNG.random((N, 6)) < 0.03).astype(np.int32)


@pytest.mark.parametrize("parts", [False, True])
@pytest.mark.parametrize(
    "choices",
    [
        {},
        {"metric": "max_drawdown", "aggregate": "median", "gates": {"min_trades": 20}},
        {"metric": {"sharpe": 1.0, "calmar": 0.3}, "aggregate": "worst", "gates": {"min_trades": 10, "max_drawdown": 0.3}},
        {"aggregate": "quantile", "gates": {"min_trades": 30}, "gate_mode": "constraint", "on_status": "fail"},
        {"metric": "net_profit", "gates": {"max_drawdown": 0.0}, "gate_weight": 3.0},
    ],
)
def test_they_are_the_numbers_of_one_by_one(choices: dict[str, Any], parts: bool) -> None:
    objective = build_objective(ObjectiveConfig(**choices))
    if parts:
        objective = PartsObjective.of(objective, 2, "mean_std", 0.5)
    found = judge_many(objective, METRICS, STATUS)
    for i in range(N):
        verdict = objective.judge({name: values[i] for name, values in METRICS.items()}, STATUS[i])
        if verdict.values is None:
            assert np.isnan(found.values[i])
            continue
        assert found.values[i] == pytest.approx(verdict.values[0], rel=1e-13, abs=1e-13)
        assert found.violations[i] == pytest.approx(sum(verdict.violations.values()), rel=1e-13, abs=1e-13)
