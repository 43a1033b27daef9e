import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinejax.errors import ConfigError
from pinejax.search import ObjectiveConfig, build_objective
from pinejax.search.objective import worsened

OK = np.zeros(3, int)
METRICS = {
    "sharpe": np.array([1.0, 2.0, 6.0]),
    "max_drawdown": np.array([0.1, 0.2, 0.6]),
    "n_trades": np.array([10.0, 20.0, 30.0]),
    "profit_factor": np.array([1.5, np.inf, np.nan]),
}


def value(config: ObjectiveConfig, status=OK, metrics=METRICS):
    return build_objective(config).judge(metrics, status).values


@pytest.mark.parametrize(("aggregate", "expected"), [("mean", 3.0), ("median", 2.0), ("worst", 1.0), ("quantile", 1.5)])
def test_datasets_are_aggregated_as_told(aggregate, expected):
    assert value(ObjectiveConfig("sharpe", aggregate=aggregate)) == (expected,)


def test_worst_and_quantile_count_from_the_bad_side_when_minimising():
    assert value(ObjectiveConfig("max_drawdown", aggregate="worst")) == (0.6,)
    assert value(ObjectiveConfig("max_drawdown", aggregate="quantile")) == pytest.approx((0.4,))


def test_a_weighted_sum_is_formed_per_dataset_and_maximised():
    objective = build_objective(ObjectiveConfig({"sharpe": 1, "max_drawdown": -10}, aggregate="worst"))
    assert objective.directions == ("maximize",)
    assert objective.judge(METRICS, OK).values == (0.0,)


def test_several_metrics_keep_their_own_directions():
    objective = build_objective(ObjectiveConfig(["sharpe", "max_drawdown"]))
    assert objective.directions == ("maximize", "minimize")
    assert objective.judge(METRICS, OK).values == pytest.approx((3.0, 0.3))


def test_nan_and_infinity_become_the_penalty_before_aggregation():
    assert value(ObjectiveConfig("profit_factor")) == pytest.approx(((1.5 - 1e3 - 1e3) / 3,))
    assert value(ObjectiveConfig("profit_factor", aggregate="worst", penalty=7.0)) == (-7.0,)
    assert value(ObjectiveConfig("profit_factor", direction="minimize", aggregate="worst")) == (1e3,)


def test_amounts_have_a_larger_penalty_than_ratios():
    assert build_objective(ObjectiveConfig("sharpe")).penalty == 1e3
    assert build_objective(ObjectiveConfig("net_profit")).penalty == 1e9


def test_a_lane_with_a_status_scores_the_penalty_or_fails_the_trial():
    failed = np.array([0, 3, 0])
    assert value(ObjectiveConfig("sharpe"), failed) == pytest.approx(((1 + 6 - 1e3) / 3,))
    assert value(ObjectiveConfig("sharpe", on_status="fail"), failed) is None


def test_a_gate_worsens_the_value_in_proportion_to_its_violation():
    # n_trades 10, 20, 30 against 20: violations 0.5, 0, 0, so 1/6 in the mean.
    verdict = build_objective(ObjectiveConfig("sharpe", gates={"min_trades": 20})).judge(METRICS, OK)
    assert verdict.violations == {"min_trades": pytest.approx(1 / 6)}
    assert verdict.values == pytest.approx((3 * (1 - 1 / 6) - 1 / 6,))
    assert value(ObjectiveConfig("sharpe", gates={"min_trades": 10, "max_drawdown": None})) == (3.0,)


def test_a_gate_on_a_nan_metric_is_violated_fully():
    metrics = METRICS | {"avg_hold_bars": np.array([np.nan, 5.0, 5.0])}
    verdict = build_objective(ObjectiveConfig("sharpe", gates={"min_hold_bars": 2})).judge(metrics, OK)
    assert verdict.violations["min_hold_bars"] == pytest.approx(1 / 3)


def test_constraint_mode_leaves_the_value_alone():
    config = ObjectiveConfig("sharpe", gates={"max_drawdown": 0.3}, gate_mode="constraint")
    verdict = build_objective(config).judge(METRICS, OK)
    assert verdict.values == (3.0,)
    assert verdict.violations == {"max_drawdown": pytest.approx(1 / 3)}


numbers = st.floats(-1e6, 1e6)


@given(numbers, numbers, st.floats(0, 10), st.floats(0, 10))
def test_worsening_keeps_the_order_of_values_and_grows_with_the_violation(a, b, v, w):
    low, high = sorted((a, b))
    assert worsened(low, v) <= worsened(high, v)
    assert worsened(a, max(v, w)) <= worsened(a, min(v, w))
    assert worsened(a, 0.0) == a


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=3, max_size=3), st.sampled_from(["mean", "median", "worst"]))
def test_a_verdict_is_always_finite(values, aggregate):
    metrics = METRICS | {"sharpe": np.array(values)}
    config = ObjectiveConfig({"sharpe": 2.0, "profit_factor": 1.0}, aggregate=aggregate, gates={"min_trades": 50})
    verdict = value(config, metrics=metrics)
    assert verdict is not None
    assert all(math.isfinite(v) for v in verdict)


def test_the_running_objective_has_no_gates_and_is_finite():
    objective = build_objective(ObjectiveConfig("max_drawdown", gates={"min_trades": 1000}))
    running = objective.running({"max_drawdown": np.array([[0.1, 0.3], [np.nan, 0.2]])})
    assert running == pytest.approx([0.2, (1e3 + 0.2) / 2])


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (ObjectiveConfig("sharp"), "Did you mean sharpe"),
        (ObjectiveConfig({"sharp": 1.0}), "Did you mean sharpe"),
        (ObjectiveConfig([]), "got nothing"),
        (ObjectiveConfig("sharpe", aggregate="average"), "objective.aggregate"),
        (ObjectiveConfig("sharpe", aggregate="quantile", quantile=25.0), "fraction in 0..1"),
        (ObjectiveConfig("sharpe", gates={"min_trade": 3}), "Did you mean min_trades"),
        (ObjectiveConfig("sharpe", gates={"max_drawdown": math.nan}), "expected a number"),
        (ObjectiveConfig("sharpe", penalty=-1.0), "finite number > 0"),
        (ObjectiveConfig(["sharpe", "calmar"], direction=["maximize"]), "expected 2 directions"),
    ],
)
def test_wrong_objectives_are_refused(config, message):
    with pytest.raises(ConfigError, match=message):
        build_objective(config)
