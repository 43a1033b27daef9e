"""A trial's value from the parts of its datasets."""

from __future__ import annotations

import numpy as np
import pytest

from pinejax.search import ObjectiveConfig, build_objective
from pinejax.search.parts import PartsObjective

# Two datasets of three parts each.
SHARPE = np.array([[1.0, 2.0, 6.0], [3.0, 0.0, 2.0]])
OK = np.zeros(6, int)


def over_parts(combination="mean", std_weight=1.0, **config):
    return PartsObjective.of(build_objective(ObjectiveConfig(**{"metric": "sharpe", **config})), 2, combination, std_weight)


def told(objective, **metrics):
    verdict = objective.judge({"sharpe": SHARPE.ravel(), **{name: np.ravel(values) for name, values in metrics.items()}}, OK)
    return verdict.values, dict(verdict.violations)


OF_PARTS = np.array([2.0, 1.0, 4.0])


@pytest.mark.parametrize(
    ("combination", "expected"), [("mean", 7 / 3), ("median", 2.0), ("worst", 1.0), ("mean_std", 7 / 3 - 0.5 * OF_PARTS.std())]
)
def test_datasets_are_aggregated_in_each_part_then_the_parts_are_combined(combination, expected):
    assert told(over_parts(combination, 0.5))[0] == pytest.approx((expected,))


def test_the_worst_part_counts_from_the_bad_side_when_minimising():
    assert told(over_parts("worst", direction="minimize"))[0] == pytest.approx((4.0,))
    assert told(over_parts("mean_std", 1.0, direction="minimize"))[0] == pytest.approx((OF_PARTS.mean() + OF_PARTS.std(),))
    assert told(over_parts("worst", aggregate="worst"))[0] == pytest.approx((0.0,))


def test_a_pruner_is_told_of_the_parts_so_far():
    objective = over_parts("mean_std", 1.0)
    for n, expected in ((1, 2.0), (2, 1.0), (3, OF_PARTS.mean() - OF_PARTS.std())):
        metrics = {"sharpe": np.stack([SHARPE[:, :n].ravel()] * 2)}
        np.testing.assert_allclose(objective.running(metrics), [expected, expected])


def test_a_part_without_a_score_counts_the_penalty():
    metrics = {"sharpe": np.array([1.0, np.nan, 1.0, 1.0, 1.0, 1.0])}
    assert over_parts().judge(metrics, OK).values == pytest.approx(((1.0 + (1.0 - 1e3) / 2 + 1.0) / 3,))
    failed = np.array([0, 3, 0, 0, 0, 0])
    assert over_parts().judge({"sharpe": np.ones(6)}, failed).values == pytest.approx(((1.0 + (1.0 - 1e3) / 2 + 1.0) / 3,))
    assert over_parts(on_status="fail").judge({"sharpe": np.ones(6)}, failed).values is None


def test_gates_look_at_all_parts_together():
    gates = {"min_trades": 30, "max_drawdown": 0.2, "min_win_rate": 0.5}
    _, violations = told(
        over_parts(gates=gates),
        n_trades=[[10, 10, 10], [5, 5, 5]],  # 30 and 15
        max_drawdown=[[0.1, 0.3, 0.1], [0.1, 0.1, 0.1]],  # 0.3 and 0.1
        win_rate=[[0.6, np.nan, 0.4], [np.nan, np.nan, np.nan]],  # 0.5 and none
    )
    assert violations == pytest.approx({"min_trades": (0 + 0.5) / 2, "max_drawdown": (0.5 + 0) / 2, "min_win_rate": (0 + 1.0) / 2})


def test_the_worst_part_of_a_lower_bound_is_its_smallest():
    _, violations = told(over_parts(gates={"min_max_consecutive_losses": 4}), max_consecutive_losses=[[8, 2, 8], [8, 8, 8]])
    assert violations == pytest.approx({"min_max_consecutive_losses": 0.25})


def test_the_plain_objective_is_the_one_it_was_made_of():
    plain = build_objective(ObjectiveConfig("sharpe", gates={"min_trades": 3}))
    assert PartsObjective.of(plain, 2, "worst", 1.0).plain == plain
