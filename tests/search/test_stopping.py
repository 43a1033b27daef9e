import json

import pytest
from quadratic import SHARPE, Bowl, Quadratic, bowl_score

from pinejax.errors import ConfigError
from pinejax.search import ObjectiveConfig, SearchConfig, build_objective, build_space, run_search
from pinejax.search.banks import read_bank

SPACE = build_space(Bowl)


def search(n=256, objective=SHARPE, url=None, evaluator=None, **more):
    config = SearchConfig("s", n, **{"sampler": "random", "batch_size": 16, **more})
    return run_search(config, SPACE, objective, evaluator or Quadratic(), url)


def falling(step):
    """An evaluator whose n-th set is better than the one before by `step`."""
    asked = []
    return Quadratic(score=lambda p: asked.append(1) or step * len(asked))


def test_a_search_ends_when_its_target_is_reached():
    result = search(target=-1.05)
    assert result.stopped == "target"
    assert result.best.values[0] >= -1.05
    assert result.n_new < 256
    assert max(t.values[0] for t in result.trials[:-16]) < -1.05


def test_a_target_that_the_study_already_has_is_nothing_to_search_for(url):
    search(64, url=url)
    again = search(256, url=url, target=-100.0)
    assert (again.stopped, again.n_new) == ("target", 0)


def test_a_target_is_a_ceiling_where_less_is_better():
    least = build_objective(ObjectiveConfig("max_drawdown"))
    result = search(objective=least, target=0.3)
    assert result.stopped == "target"
    assert result.best.values[0] <= 0.3


def test_a_target_that_another_worker_reaches_ends_this_one_too(url):
    def other(progress):
        if progress.n_new == 16:
            search(64, url=url, evaluator=Quadratic(score=lambda p: 9.0), seed=5)

    config = SearchConfig("s", 512, sampler="random", batch_size=16, target=8.0)
    result = run_search(config, SPACE, SHARPE, Quadratic(), url, callbacks=[other])
    assert (result.stopped, result.n_new) == ("target", 16)


@pytest.mark.parametrize("mode", ["penalty", "constraint"])
def test_a_set_that_violates_a_gate_reaches_no_target(mode):
    gated = build_objective(ObjectiveConfig("sharpe", gates={"min_trades": 100}, gate_mode=mode))
    result = search(64, objective=gated, target=-1000.0)
    assert result.stopped == "done"


def test_small_gains_are_no_improvement_but_add_up():
    assert search(evaluator=falling(0.01), patience_batches=2, patience_min_delta=0.0).stopped == "done"
    stopped = search(evaluator=falling(0.01), patience_batches=2, patience_min_delta=0.5)
    assert (stopped.stopped, stopped.n_new) == ("no_improvement", 48)
    assert search(evaluator=falling(0.01), patience_batches=4, patience_min_delta=0.3).stopped == "done"


def test_rules_of_one_objective_are_refused_with_several():
    two = build_objective(ObjectiveConfig(["sharpe", "max_drawdown"]))
    for rule in ({"target": 1.0}, {"patience_min_delta": 0.1}):
        with pytest.raises(ConfigError, match=f"search.{next(iter(rule))}: is for one objective"):
            search(16, objective=two, **rule)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"target": float("nan")}, "target: expected null or a number"),
        ({"patience_min_delta": -1.0}, "patience_min_delta: expected a number >= 0"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(rule, message):
    with pytest.raises(ConfigError, match=message):
        search(16, **rule)


def bank(path, *lengths):
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps([{"params": {"length": length}} for length in lengths]))
    return path


def test_winners_come_from_a_folder_or_from_several_files_each_set_once(tmp_path):
    first, second = bank(tmp_path / "a" / "bank.json", 5, 6), bank(tmp_path / "b.json", 6, 7)
    sets, n_outside = read_bank([first.parent, str(second)], SPACE)
    assert ([s["length"] for s in sets], n_outside) == ([5, 6, 7], 0)
    assert read_bank(str(first.parent), SPACE)[0] == sets[:2]
    evaluator = Quadratic(score=bowl_score)
    search(16, evaluator=evaluator, resume_from=[str(first.parent), str(second)])
    assert [p["length"] for p in evaluator.seen[:3]] == [5, 6, 7]


def test_a_folder_without_a_bank_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"search\.resume_from: cannot read .*bank\.json"):
        read_bank(tmp_path, SPACE)
