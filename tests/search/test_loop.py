import json
import math

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState
from quadratic import SHARPE, Bowl, Quadratic, Steps

from pinejax.errors import ConfigError, SpaceError, StudyError
from pinejax.search import (
    Evaluation,
    ObjectiveConfig,
    Progress,
    SearchConfig,
    StopRequest,
    build_objective,
    build_space,
    open_store,
    run_search,
)


def run(n_trials, url=None, evaluator=None, space=None, objective=SHARPE, callbacks=(), stop=None, **more):
    config = SearchConfig("study", n_trials, **({"sampler": "random", "batch_size": 16} | more))
    return run_search(config, space or build_space(Bowl), objective, evaluator or Quadratic(), url, callbacks, stop)


def test_the_best_trials_parameters_are_the_ones_that_were_evaluated():
    evaluator = Quadratic()
    result = run(40, evaluator=evaluator)
    assert [result.params(t) for t in result.trials] == evaluator.seen
    assert result.best is not None
    again = evaluator.metrics(result.params(result.best))
    assert result.best.values == [again["sharpe"].mean()]
    assert np.array_equal(result.metrics(result.best)["sharpe"], again["sharpe"])
    assert np.array_equal(result.metrics(result.best)["profit_factor"], [np.inf, np.nan], equal_nan=True)


def test_top_k_is_ordered_and_never_lists_a_duplicate():
    result = run(200, space=build_space(Steps), evaluator=Quadratic(score=lambda p: p["a"] - 0.1 * p["b"]))
    top = result.top(30)
    assert len(top) == 18
    assert [t.values[0] for t in top] == sorted((t.values[0] for t in top), reverse=True)


def test_a_parameter_set_is_never_evaluated_twice():
    evaluator = Quadratic(score=lambda p: p["a"] - 0.1 * p["b"])
    result = run(200, space=build_space(Steps), evaluator=evaluator)
    keys = [tuple(p.values()) for p in evaluator.seen]
    assert len(keys) == len(set(keys)) == 18
    assert result.n_new == result.n_counted == 200
    assert result.n_duplicates == 200 - len(keys)
    for trial in result.trials:
        source = trial.user_attrs.get("duplicate_of")
        if source is not None:
            original = result.trials[source]
            assert source < trial.number
            assert "duplicate_of" not in original.user_attrs
            assert result.params(original) == result.params(trial)
            assert (original.values, original.user_attrs["metrics"]) == (trial.values, trial.user_attrs["metrics"])


def test_duplicates_of_pruned_trials_are_pruned_with_the_same_reports():
    evaluator = Quadratic(score=lambda p: p["a"] - 0.1 * p["b"])
    result = run(96, space=build_space(Steps), evaluator=evaluator, pruner="median")
    copies = [t for t in result.trials if "duplicate_of" in t.user_attrs and t.state == TrialState.PRUNED]
    assert copies
    for copy in copies:
        assert copy.intermediate_values == result.trials[copy.user_attrs["duplicate_of"]].intermediate_values


def test_callbacks_see_every_batch_after_it_was_stored(url):
    seen: list[Progress] = []

    def callback(progress: Progress) -> None:
        stored = optuna.load_study(study_name="study", storage=url)
        assert len(stored.trials) == progress.n_counted
        seen.append(progress)

    run(40, url, callbacks=[callback])
    assert [p.n_counted for p in seen] == [16, 32, 40]
    assert [len(p.batch) for p in seen] == [16, 16, 8]
    assert seen[-1].best is not None


def test_the_same_command_again_adds_nothing_and_a_larger_total_goes_on(url):
    first = run(32, url)
    evaluator = Quadratic()
    again = run(32, url, evaluator=evaluator)
    assert (again.stopped, again.n_new, evaluator.n_evaluated) == ("nothing_to_do", 0, 0)
    assert list(again.trials) == list(first.trials)
    more = run(48, url, evaluator=evaluator)
    assert (more.stopped, more.n_new, more.n_counted) == ("done", 16, 48)
    assert list(more.trials[:32]) == list(first.trials)
    fresh = [more.params(t) for t in more.trials[32:]]
    assert not any(p in [more.params(t) for t in more.trials[:32]] for p in fresh), "a resumed sampler repeats its points"


@pytest.mark.parametrize("sampler", ["tpe", "nsga2", "nsga3", "cmaes", "qmc", "random"])
def test_every_sampler_goes_on_after_a_restart(sampler, url):
    half = 48 if sampler.startswith("nsga") else 32
    run(half, url, sampler=sampler)
    result = run(2 * half, url, sampler=sampler)
    assert (result.n_new, result.n_counted) == (half, 2 * half)
    assert [t.number for t in result.trials] == list(range(2 * half))
    if sampler == "cmaes":
        assert [t.system_attrs["cmawm:generation"] for t in result.trials] == [i // 16 for i in range(64)]
        assert sum("cmawm:optimizer:0" in t.system_attrs for t in result.trials) == 3
    if sampler == "qmc":
        straight = run(64, None, sampler=sampler)
        assert [t.params["mult"] for t in result.trials] == [t.params["mult"] for t in straight.trials]
    if sampler.startswith("nsga"):
        kind = {"nsga2": "SpaceNSGAIISampler", "nsga3": "SpaceNSGAIIISampler"}[sampler]
        assert result.trials[-1].system_attrs[f"{kind}:generation"] == {"nsga2": 2, "nsga3": 1}[sampler]


def test_grid_goes_on_after_a_restart(url):
    evaluator = Quadratic(score=lambda p: p["a"])
    run(7, url, space=build_space(Steps), evaluator=evaluator, sampler="grid", batch_size=4)
    result = run(100, url, space=build_space(Steps), evaluator=evaluator, sampler="grid", batch_size=4)
    assert (result.stopped, result.n_counted, evaluator.n_evaluated, result.n_duplicates) == ("exhausted", 18, 18, 0)
    again = run(100, url, space=build_space(Steps), evaluator=evaluator, sampler="grid", batch_size=4)
    assert (again.n_new, evaluator.n_evaluated, again.stopped) == (0, 18, "exhausted")


def test_a_grid_whose_batch_was_broken_off_tries_every_combination_once(url):
    class BrokenOff(Quadratic):
        def evaluate(self, batch, keep=None):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(18, url, space=build_space(Steps), evaluator=BrokenOff(score=lambda p: p["a"]), sampler="grid", batch_size=5)
    evaluator = Quadratic(score=lambda p: p["a"])
    result = run(18, url, space=build_space(Steps), evaluator=evaluator, sampler="grid", batch_size=8)
    assert (result.n_counted, evaluator.n_evaluated, result.n_duplicates) == (18, 18, 0)
    assert len({tuple(p.values()) for p in evaluator.seen}) == 18


def test_a_wish_to_stop_before_the_first_batch_computes_nothing(url):
    stop, evaluator = StopRequest(), Quadratic()
    stop.set()
    result = run(32, url, evaluator=evaluator, stop=stop)
    assert (result.stopped, result.n_new, evaluator.n_batches) == ("interrupted", 0, 0)


def test_memory_and_database_give_the_same_search(url):
    stored, memory = run(64, url, sampler="tpe"), run(64, None, sampler="tpe")
    assert [t.params for t in stored.trials] == [t.params for t in memory.trials]
    assert stored.storage == url
    assert memory.storage == "memory"


def test_a_request_to_stop_ends_after_the_batch_with_everything_stored(url):
    stop = StopRequest()
    result = run(100, url, callbacks=[lambda p: stop.set() if p.n_counted == 32 else None], stop=stop)
    assert (result.stopped, result.n_counted) == ("interrupted", 32)
    assert len(optuna.load_study(study_name="study", storage=url).trials) == 32


def test_an_evaluation_that_raises_fails_its_batch_which_does_not_count(url):
    with pytest.raises(RuntimeError, match="the device is gone"):
        run(64, url, evaluator=Quadratic(raise_at=3))
    states = [t.state for t in optuna.load_study(study_name="study", storage=url).trials]
    assert states == [TrialState.COMPLETE] * 32 + [TrialState.FAIL] * 16
    result = run(64, url)
    assert (result.n_new, result.n_counted, len(result.trials)) == (32, 64, 80)
    assert "the device is gone" in result.trials[40].user_attrs["error"]


def test_failures_by_status_count_and_do_not_go_on_for_ever():
    class Broken(Quadratic):
        def evaluate(self, batch, keep=None):
            return [Evaluation(e.metrics, np.array([0, 2])) for e in super().evaluate(batch, keep)]

    result = run(32, evaluator=Broken(), objective=build_objective(ObjectiveConfig("sharpe", on_status="fail")))
    assert (result.n_counted, result.best) == (32, None)
    assert all(t.state == TrialState.FAIL and t.user_attrs["status"] == [0, 2] for t in result.trials)
    penalised = run(32, evaluator=Broken())
    assert penalised.best is not None
    assert all(t.values[0] < -400 for t in penalised.trials)


def test_nothing_that_is_not_finite_reaches_the_study():
    objective = build_objective(ObjectiveConfig("profit_factor"))
    result = run(32, objective=objective, pruner="median", sampler="tpe")
    assert all(math.isfinite(v) for t in result.trials for v in [*(t.values or ()), *t.intermediate_values.values()])


def test_a_bank_is_tried_first_and_skipped_when_it_is_in_the_study(tmp_path, url):
    best = {"length": 20, "mult": 2.0, "use_offset": True, "offset": 0.3, "mode": "deep", "depth": 5}
    other = {"length": 30, "mult": 1.0, "use_offset": False, "offset": 0.9, "mode": "flat"}
    bank = tmp_path / "bank.json"
    bank.write_text(json.dumps([{"params": best, "value": 1.0}, {"params": other}, {"params": best | {"length": 4}}]))
    space = build_space(Bowl, {"length": "interval(10,40)"})
    result = run(16, url, space=space, resume_from=str(bank))
    assert result.params(result.trials[0]) == best
    assert result.params(result.trials[1])["use_offset"] is False
    assert result.n_bank_outside == 1
    assert result.best is not None
    assert result.best.number == 0
    again = run(32, url, space=space, resume_from=str(bank))
    assert again.n_duplicates == 0


def test_the_pair_in_a_bank_of_a_joint_study_is_no_parameter_of_one_pair(tmp_path, url):
    bank = tmp_path / "bank.json"
    bank.write_text(json.dumps([{"params": {"timeframe": "5m@1h", "length": 20, "mult": 2.0, "mode": "flat", "use_offset": False}}]))
    result = run(8, url, batch_size=8, resume_from=str(bank))
    assert result.trials[0].params["length"] == 20 and "timeframe" not in result.trials[0].params


@pytest.mark.parametrize("content", ["nonsense", '{"params": {}}', "[1, 2]"])
def test_a_broken_bank_is_refused(tmp_path, content):
    bank = tmp_path / "bank.json"
    bank.write_text(content)
    with pytest.raises(ConfigError, match="resume_from"):
        run(16, resume_from=str(bank))
    with pytest.raises(ConfigError, match="cannot read"):
        run(16, resume_from=str(tmp_path / "no.json"))


def test_a_bank_with_an_unknown_parameter_is_refused(tmp_path):
    bank = tmp_path / "bank.json"
    bank.write_text('[{"params": {"lenght": 3}}]')
    with pytest.raises(SpaceError, match="Did you mean length"):
        run(16, resume_from=str(bank))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"space": build_space(Bowl, {"length": "interval(5,20)"})}, r"space\.length\.high: stored 40.*, now 20.*search.study_name"),
        ({"space": build_space(Bowl, disable=["use_offset"])}, r"space\.use_offset"),
        ({"objective": build_objective(ObjectiveConfig("calmar"))}, r'objective\.metric: stored "sharpe", now "calmar"'),
        ({"evaluator": Quadratic(datasets=("one", "three"))}, r"datasets: stored"),
        ({"context": {"data": "b"}}, r'context\.data: stored "a", now "b"'),
    ],
)
def test_a_study_of_another_search_is_refused_and_left_as_it_was(url, changed, message):
    run(16, url, context={"data": "a"})
    with pytest.raises(StudyError, match=message):
        run(32, url, **({"context": {"data": "a"}} | changed))
    assert len(optuna.load_study(study_name="study", storage=url).trials) == 16


def test_a_study_that_is_not_ours_is_refused(url):
    open_store(url, "other", ["maximize"]).close()
    foreign = optuna.load_study(study_name="other", storage=url)
    foreign.optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=2)
    with pytest.raises(StudyError, match="not made by pinejax"):
        run_search(SearchConfig("other", 8), build_space(Bowl), SHARPE, Quadratic(), url)


def test_other_directions_are_refused(url):
    run(16, url)
    with pytest.raises(StudyError, match="directions maximize, this search minimize"):
        run(16, url, objective=build_objective(ObjectiveConfig("max_drawdown")))


def test_a_lacking_metric_is_named():
    with pytest.raises(ConfigError, match="no metric 'calmar'"):
        run(16, objective=build_objective(ObjectiveConfig("calmar")))


@pytest.mark.parametrize("more", [{"n_trials": 0}, {"batch_size": 0}, {"seed": -1}, {"top_k": 0}])
def test_numbers_out_of_range_are_refused(more):
    with pytest.raises(ConfigError, match=next(iter(more))):
        run(**({"n_trials": 16} | more))


def test_time_and_patience_end_a_search():
    assert run(10_000, timeout_s=0.05).stopped == "timeout"
    stale = run(10_000, space=build_space(Steps), evaluator=Quadratic(score=lambda p: p["a"]), patience_batches=3)
    assert stale.stopped == "no_improvement"
    assert stale.n_counted < 400


def test_a_search_whose_sampler_cannot_be_made_leaves_no_study(tmp_path):
    file = tmp_path / "study.db"
    with pytest.raises(ConfigError, match="there is no such flag"):
        run(8, f"sqlite:///{file}", sampler_flags={"frequency": 2})
    with pytest.raises(SpaceError, match="no step"):
        run(8, f"sqlite:///{file}", sampler="grid")
    assert not file.exists()


def test_timings_add_up():
    timings = run(64, sampler="tpe").timings
    parts = timings.ask_s + timings.evaluate_s + timings.prune_s + timings.tell_s + timings.flush_s + timings.pull_s
    assert 0.5 * timings.total_s < parts <= timings.total_s


def test_the_next_batch_is_asked_for_trials_of_other_tools_too(url):
    """A parameter set enqueued with stock Optuna (by optuna-dashboard, say) is evaluated by the next run."""
    run(16, url)
    wanted = {"length": 20, "mult": 2.0, "use_offset": False, "mode": "flat"}
    optuna.load_study(study_name="study", storage=url).enqueue_trial(wanted)
    result = run(32, url)
    trial = result.trials[16]
    assert (trial.number, trial.state, trial.params) == (16, TrialState.COMPLETE, wanted)
    assert list(optuna.load_study(study_name="study", storage=url).trials) == list(result.trials)


def test_a_waiting_trial_that_does_not_fit_fails_and_does_not_count(url, tmp_path):
    run(16, url)
    study = optuna.load_study(study_name="study", storage=url)
    study.enqueue_trial({"mode": "sideways"})
    bank = tmp_path / "bank.json"
    bank.write_text(json.dumps([{"params": {"length": 25, "mult": 1.5, "mode": "flat", "use_offset": False}}]))
    result = run(32, url, resume_from=str(bank))
    assert (result.trials[16].state, result.trials[16].number) == (TrialState.FAIL, 16)
    assert result.trials[17].params["length"] == 25
    assert (result.n_counted, len(result.trials)) == (32, 33)
    assert list(optuna.load_study(study_name="study", storage=url).trials) == list(result.trials)
