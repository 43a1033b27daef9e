from pathlib import Path

import pytest
import yaml
from optuna.trial import TrialState
from quadratic import SHARPE, Bowl, Quadratic

from pinejax.errors import ConfigError
from pinejax.search import ObjectiveConfig, SearchConfig, build_objective, build_space, run_search
from pinejax.search.pruners import FLAGS, make_pruner

CONF = Path(__file__).parents[2] / "conf"
USED = {"threshold": {"lower": -2.0}, "patient": {"wrapped_pruner": None, "patience": 0}}


@pytest.mark.parametrize("name", FLAGS)
def test_the_yaml_holds_every_flag_at_its_default(name):
    assert yaml.safe_load((CONF / "pruner" / f"{name}.yaml").read_text()) == dict(FLAGS[name])


@pytest.mark.parametrize("name", [name for name in FLAGS if name != "none"])
def test_every_pruner_runs_and_reports_each_segment(name):
    config = SearchConfig("s", 64, sampler="random", batch_size=16, pruner=name, pruner_flags=USED.get(name, {}))
    result = run_search(config, build_space(Bowl), SHARPE, Quadratic(n_segments=9))
    pruned = [t for t in result.trials if t.state == TrialState.PRUNED]
    complete = [t for t in result.trials if t.state == TrialState.COMPLETE]
    assert result.n_counted == 64
    assert all(sorted(t.intermediate_values) == list(range(9)) for t in complete)
    assert all(t.values == [t.intermediate_values[t.last_step]] for t in pruned)
    if name in ("median", "percentile", "asha", "hyperband", "threshold"):
        assert pruned
        assert complete
        best = max(t.values[0] for t in complete)
        assert best >= max(t.values[0] for t in pruned)


@pytest.mark.parametrize("sampler", ["tpe", "nsga2", "cmaes", "qmc"])
@pytest.mark.parametrize("pruner", ["hyperband", "asha"])
def test_samplers_and_pruners_work_together(sampler, pruner):
    config = SearchConfig("s", 48, sampler=sampler, batch_size=16, pruner=pruner)
    result = run_search(config, build_space(Bowl), SHARPE, Quadratic(n_segments=9))
    assert result.n_counted == 48
    assert {t.state for t in result.trials} == {TrialState.COMPLETE, TrialState.PRUNED}


def test_without_a_pruner_nothing_is_reported():
    result = run_search(SearchConfig("s", 20, sampler="random"), build_space(Bowl), SHARPE, Quadratic())
    assert not any(t.intermediate_values for t in result.trials)


def test_several_objectives_and_a_pruner_are_refused_before_anything_is_asked():
    objective = build_objective(ObjectiveConfig(["sharpe", "max_drawdown"]))
    evaluator = Quadratic()
    with pytest.raises(ConfigError, match="one objective only"):
        run_search(SearchConfig("s", 20, pruner="median"), build_space(Bowl), objective, evaluator)
    assert evaluator.n_batches == 0


@pytest.mark.parametrize(
    ("name", "flags", "message"),
    [
        ("medain", {}, "Did you mean median"),
        ("median", {"n_startup": 3}, "Did you mean n_startup_trials"),
        ("threshold", {}, "lower or upper"),
        ("percentile", {"percentile": 400.0}, "percentile"),
    ],
)
def test_unknown_names_and_impossible_flags_are_refused(name, flags, message):
    with pytest.raises(ConfigError, match=message):
        make_pruner(name, flags, n_segments=4, n_objectives=1)


def test_hyperbands_resource_is_the_number_of_segments():
    assert make_pruner("hyperband", {}, n_segments=9, n_objectives=1)._max_resource == 9
