from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import optuna
import pytest
import yaml
from optuna.samplers import BaseGASampler
from quadratic import SHARPE, Bowl, Quadratic, Steps, bowl_score

from pinejax.errors import ConfigError, SpaceError
from pinejax.search import ObjectiveConfig, SearchConfig, build_objective, build_space, hybrid, recent, run_search
from pinejax.search.samplers import FLAGS, SAMPLERS, SamplerContext, make_sampler, stream_seed
from pinejax.search.view import StudyView

CONF = Path(__file__).parents[2] / "conf"
NAMES = [name for name in SAMPLERS if name != "grid"]


def context(space=None, seed=1, n_objectives=1):
    return SamplerContext(space or build_space(Bowl), seed, seed, batch_size=16, n_objectives=n_objectives)


def search(name, n_trials=64, seed=1, **more):
    return run_search(SearchConfig("s", n_trials, sampler=name, seed=seed, **more), build_space(Bowl), SHARPE, Quadratic())


@pytest.mark.parametrize("name", SAMPLERS)
def test_the_yaml_holds_every_flag_at_its_default(name):
    assert yaml.safe_load((CONF / "sampler" / f"{name}.yaml").read_text()) == dict(FLAGS[name])


@pytest.mark.parametrize("name", NAMES)
def test_equal_seeds_give_equal_searches_and_others_do_not(name):
    first, again, other = (search(name, 32, seed) for seed in (1, 1, 2))
    params = [[r.params(t) for t in r.trials] for r in (first, again, other)]
    assert params[0] == params[1]
    assert params[0] != params[2]


@pytest.mark.parametrize("name", NAMES)
def test_every_sampler_searches_a_conditional_space(name):
    result = search(name, n_trials=48)
    assert result.n_counted == 48
    assert any("depth" in t.params for t in result.trials)
    assert any("depth" not in t.params for t in result.trials)


@pytest.mark.parametrize(("name", "n_trials"), [("tpe", 80), ("cmaes", 160), ("nsga2", 256)])
def test_a_learning_sampler_beats_random(name, n_trials):
    def best(sampler):
        return sum(r.best.values[0] for r in (search(sampler, n_trials, seed) for seed in (1, 2)))

    assert best(name) > best("random")


def test_tpe_samples_from_its_model_and_sees_the_running_trials(monkeypatch):
    seen = []
    build = optuna.samplers.TPESampler._build_parzen_estimator

    def spy(self, study, search_space, trials, handle_below):
        seen.append(Counter(t.state.name for t in trials))
        return build(self, study, search_space, trials, handle_below)

    monkeypatch.setattr(optuna.samplers.TPESampler, "_build_parzen_estimator", spy)
    search("tpe", n_trials=48)
    assert seen, "TPE never built its model: it acted randomly"
    assert max(c["COMPLETE"] for c in seen) >= 28
    assert max(c["RUNNING"] for c in seen) == 15


def test_cmaes_samples_from_its_distribution_and_advances_a_generation_per_batch():
    result = search("cmaes", n_trials=64, batch_size=16)
    generations = [t.system_attrs["cmawm:generation"] for t in result.trials]
    assert generations == [i // 16 for i in range(64)]


def test_cmaes_asks_for_the_points_that_optunas_own_would_ask_for(monkeypatch):
    mine = search("cmaes", n_trials=80, batch_size=16)
    with monkeypatch.context() as patched:
        patched.setattr(hybrid.SpaceCmaEsSampler, "sample_relative", optuna.samplers.CmaEsSampler.sample_relative)
        theirs = search("cmaes", n_trials=80, batch_size=16)
    for a, b in zip(mine.trials, theirs.trials, strict=True):
        numbers, others = ({k: v for k, v in a.params.items() if isinstance(v, float) == real} for real in (True, False))
        assert numbers == pytest.approx({k: b.params[k] for k in numbers}, rel=1e-9)
        assert others == {k: b.params[k] for k in others}
        assert a.params.keys() == b.params.keys()
        assert {k for k in a.system_attrs if k != "x_for_tell"} == {k for k in b.system_attrs if k != "x_for_tell"}


def test_cmaes_steps_to_a_generation_once_and_looks_at_one_generation_only(monkeypatch):
    from cmaes import CMAwM

    told, shown, tell, view = [], [], CMAwM.tell, hybrid.StudyView
    monkeypatch.setattr(CMAwM, "tell", lambda self, solutions: told.append(1) or tell(self, solutions))
    monkeypatch.setattr(hybrid, "StudyView", lambda study, trials: shown.append(len(trials)) or view(study, trials))
    search("cmaes", n_trials=160, batch_size=16)
    # Generation 0 of 16 trials, then the first step in each of the next 16, then 8 steps.
    assert len(told) == 16 + 8
    assert max(shown) <= 16


def test_the_state_of_cmaes_survives_the_failure_of_the_trial_that_made_it():
    class FirstFails(Quadratic):
        def evaluate(self, batch, keep=None):
            found = super().evaluate(batch, keep)
            return [replace(e, status=np.ones(2, int)) if i == 0 else e for i, e in enumerate(found)]

    objective = build_objective(ObjectiveConfig("sharpe", on_status="fail"))
    result = run_search(SearchConfig("s", 96, sampler="cmaes", seed=1, batch_size=16), build_space(Bowl), objective, FirstFails())
    bearers = [t for t in result.trials if any(key.startswith(hybrid.OPTIMIZER_KEY) for key in t.system_attrs)]
    assert bearers
    assert all(t.state == optuna.trial.TrialState.COMPLETE for t in bearers)
    assert len({t.number // 16 for t in bearers}) == len(bearers)


def test_cmaes_starts_after_its_startup_trials():
    result = search("cmaes", n_trials=64, batch_size=16, sampler_flags={"n_startup_trials": 20})
    assert ["cmawm:generation" in t.system_attrs for t in result.trials] == [False] * 32 + [True] * 32


def test_an_elite_choice_is_drawn_as_numpy_would_draw_it():
    study = optuna.create_study(direction="maximize")
    kinds = optuna.distributions.CategoricalDistribution(("a", "b", "c"))
    for i in range(40):
        study.add_trial(optuna.create_trial(value=i, params={"kind": "ab"[i % 3 == 0]}, distributions={"kind": kinds}))
    sampler, rng = hybrid.EliteSampler(seed=3), np.random.default_rng(3)
    sampler.before_trial(study, study.trials[-1])
    weights = np.array([1.0 + 6, 1.0 + 4, 1.0])  # of the ten best, numbers 30 to 39, four are divisible by three
    for _ in range(50):
        drawn = sampler.sample_independent(study, study.trials[-1], "kind", kinds)
        assert drawn == "abc"[rng.choice(3, p=weights / weights.sum())]


def test_nsga2_breeds_from_the_generation_before():
    result = search("nsga2", n_trials=192, batch_size=64)
    generations = Counter(t.system_attrs["SpaceNSGAIISampler:generation"] for t in result.trials)
    assert generations == {0: 64, 1: 64, 2: 64}


@pytest.mark.parametrize("name", ["nsga2", "nsga3"])
def test_genetic_samplers_ask_for_the_points_that_optunas_search_for_parents_would_give(name, monkeypatch):
    mine = search(name, n_trials=320)
    looked = []
    for method in ("get_trial_generation", "get_parent_population"):
        theirs = getattr(BaseGASampler, method)
        monkeypatch.setattr(hybrid._Generations, method, lambda *a, f=theirs: looked.append(1) or f(*a))
    again = search(name, n_trials=320)
    assert looked and [(t.params, t.system_attrs) for t in mine.trials] == [(t.params, t.system_attrs) for t in again.trials]


def test_nsga2_children_inherit_conditional_parameters(monkeypatch):
    from pinejax.search import hybrid

    picked = []
    pick = hybrid._Inheritance.pick
    monkeypatch.setattr(hybrid._Inheritance, "pick", lambda *a: picked.append(pick(*a)) or picked[-1])
    search("nsga2", n_trials=128)
    assert any(value is not None for value in picked)


def test_qmc_covers_every_dimension_from_the_first_trial_on():
    result = search("qmc", n_trials=64)
    halves = Counter(t.params["mult"] < 2.0 for t in result.trials)
    assert 24 <= halves[True] <= 40
    assert not any(t.system_attrs for t in result.trials if "fixed_params" in t.system_attrs)


def test_grid_visits_every_combination_once_and_says_so():
    evaluator = Quadratic(score=lambda p: -p["a"])
    result = run_search(SearchConfig("s", 1000, sampler="grid"), build_space(Steps), SHARPE, evaluator)
    assert result.stopped == "exhausted"
    assert (result.n_new, result.n_duplicates, evaluator.n_evaluated) == (18, 0, 18)


def test_grid_of_an_endless_space_is_refused_before_anything_is_asked():
    with pytest.raises(SpaceError, match="offset has no step"):
        search("grid")


def test_several_objectives_use_nsga2_unless_told_otherwise():
    objective = build_objective(ObjectiveConfig(["sharpe", "max_drawdown"]))
    result = run_search(SearchConfig("s", 128), build_space(Bowl), objective, Quadratic())
    assert result.sampler == "nsga2"
    assert result.pareto
    for sampler in ("nsga3", "tpe", "random", "qmc"):
        assert run_search(SearchConfig("s", 24, sampler=sampler, batch_size=12), build_space(Bowl), objective, Quadratic()).pareto


@pytest.mark.parametrize(
    ("name", "flags", "message"),
    [
        ("tpee", {}, "Did you mean tpe"),
        ("tpe", {"multivariat": False}, "Did you mean multivariate"),
        ("tpe", {"group": True, "multivariate": False}, "sampler.tpe"),
        ("nsga2", {"crossover": "unifrm"}, "Did you mean uniform"),
        ("nsga2", {"population_size": 1}, "population_size"),
        ("cmaes", {"lr_adapt": True}, "sampler.cmaes"),
        ("cmaes", {"independent_sampler": "elit"}, "Did you mean elite"),
        ("qmc", {"qmc_type": "sob"}, "qmc_type"),
    ],
)
def test_unknown_names_and_impossible_flags_are_refused(name, flags, message):
    with pytest.raises(ConfigError, match=message):
        make_sampler(name, flags, context())


def test_cmaes_refuses_several_objectives_and_constraints():
    with pytest.raises(ConfigError, match="one objective only"):
        make_sampler("cmaes", {}, context(n_objectives=2))
    constrained = build_objective(ObjectiveConfig("sharpe", gates={"min_trades": 30}, gate_mode="constraint"))
    with pytest.raises(ConfigError, match="does not use constraints"):
        run_search(SearchConfig("s", 10, sampler="cmaes"), build_space(Bowl), constrained, Quadratic())


@pytest.mark.parametrize(
    "flags",
    [
        {"with_margin": False},
        {"with_margin": False, "lr_adapt": True},
        {"with_margin": False, "use_separable_cma": True},
        {"independent_sampler": "tpe"},
        {"independent_sampler": "random"},
        {"consider_pruned_trials": True},
    ],
)
def test_cmaes_variants_run(flags):
    assert search("cmaes", n_trials=48, sampler_flags=flags).n_counted == 48


@pytest.mark.parametrize("crossover", ["blxalpha", "spx", "sbx", "vsbx", "undx"])
def test_nsga2_variants_run(crossover):
    flags = {"crossover": crossover, "mutation": "polynomial", "population_size": 16}
    assert search("nsga2", n_trials=48, batch_size=16, sampler_flags=flags).n_counted == 48


def test_tpe_with_a_history_sees_the_best_trials_and_the_latest():
    kinds = {"x": optuna.distributions.FloatDistribution(0, 1000)}
    trials = [optuna.create_trial(value=-abs(i - 300), params={"x": i}, distributions=kinds) for i in range(1000)]
    for i, trial in enumerate(trials):
        trial.number = i
    numbers = [t.number for t in recent.seen(trials, ["maximize"], 100)]
    assert numbers == [*range(288, 313), *range(925, 1000)]
    assert [t.number for t in recent.seen(trials[:100], ["maximize"], 100)] == list(range(100))


def test_tpe_with_a_history_is_optunas_until_the_study_is_longer(monkeypatch):
    limited, free = (search("tpe", 144, sampler_flags={"max_history": n}) for n in (112, None))
    params = [[t.params for t in r.trials] for r in (limited, free)]
    assert params[0][:112] == params[1][:112]
    assert params[0] != params[1]
    shown = []
    monkeypatch.setattr(recent, "StudyView", lambda study, trials: shown.append(len(trials)) or StudyView(study, trials))
    search("tpe", 160, sampler_flags={"max_history": 112})
    assert shown
    assert max(shown) <= 112 + 16


@pytest.mark.parametrize("limit", [99, 150.0, True, "all"])
def test_a_history_that_is_no_number_of_trials_is_refused(limit):
    with pytest.raises(ConfigError, match=r"sampler\.tpe\.max_history: expected null or a whole number >= 100"):
        make_sampler("tpe", {"max_history": limit}, context())


def test_tpe_with_groups_runs_and_finds_the_bowl():
    result = search("tpe", n_trials=64, sampler_flags={"group": True})
    assert result.best is not None
    assert result.best.values[0] > -1.5


def test_a_fresh_study_uses_the_seed_itself_and_a_resumed_one_another():
    assert stream_seed(7, 0, 0) == 7
    assert len({stream_seed(7, 0, 0), stream_seed(7, 64, 0), stream_seed(7, 0, 1), stream_seed(7, 64, 1)}) == 4


def test_constraints_reach_the_sampler_and_rank_the_result():
    objective = build_objective(ObjectiveConfig("sharpe", gates={"max_drawdown": 0.2}, gate_mode="constraint"))
    evaluator = Quadratic(score=lambda p: bowl_score(p) + 3)
    for sampler in ("tpe", "nsga2", "nsga3"):
        result = run_search(SearchConfig("s", 72, sampler=sampler), build_space(Bowl), objective, evaluator)
        assert all("max_drawdown" in t.constraints for t in result.trials)
        assert result.best is not None
        assert result.best.constraints["max_drawdown"] == 0


@pytest.mark.parametrize("name", ["tpe", "nsga2", "nsga3"])
def test_a_sampler_that_is_told_constraints_finds_more_sets_that_hold_them(name):
    """Feasible is a tenth of the range, away from where the value is best."""

    class Narrow(Quadratic):
        def metrics(self, params):
            found = super().metrics(params)
            away = abs(params["mult"] - 3.6) + abs(params["length"] - 8) / 10
            return {**found, "max_drawdown": np.array([away, away])}

    gated = build_objective(ObjectiveConfig("sharpe", gates={"max_drawdown": 0.5}, gate_mode="constraint"))

    def n_feasible(sampler):
        config = SearchConfig("s", 192, sampler=sampler, batch_size=16)
        trials = run_search(config, build_space(Bowl), gated, Narrow()).trials[96:]
        return sum(t.constraints["max_drawdown"] == 0 for t in trials)

    assert n_feasible(name) > 2 * n_feasible("random")
