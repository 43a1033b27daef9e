from __future__ import annotations

import subprocess

import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState
from quadratic import SHARPE, Bowl, Quadratic, Steps

from pinejax.search import ObjectiveConfig, Progress, SearchConfig, build_objective, build_space, run_search
from pinejax.search.lease import LEASE_KEY, Owner
from pinejax.search.store import DUPLICATE_OF
from pinejax.search.tally import RECENT_S, Others, Tally


def trial(state: TrialState, run: str | None = None, **attrs: object) -> FrozenTrial:
    made = optuna.trial.create_trial(state=state, value=1.0 if state == TrialState.COMPLETE else None, user_attrs=attrs)
    if run is not None:
        made.system_attrs[LEASE_KEY] = {**Owner.here(1).lease(1), "run": run}
    return made


def test_trials_are_counted_by_their_end_and_can_be_taken_back():
    tally = Tally()
    again = trial(TrialState.PRUNED, **{DUPLICATE_OF: 0})
    for one in (trial(TrialState.COMPLETE), trial(TrialState.PRUNED), again, trial(TrialState.FAIL)):
        tally.add(one)
    assert tally == Tally(n_complete=1, n_pruned=2, n_failed=1, n_repeated=1)
    tally.add(again, -1)
    assert tally == Tally(n_complete=1, n_pruned=1, n_failed=1) and tally.n_finished == 3


@pytest.fixture
def now() -> list[float]:
    return [100.0]


def test_workers_are_those_of_running_trials_and_of_trials_that_came_lately(now: list[float]):
    others = Others(lambda: now[0])
    others.own([trial(TrialState.RUNNING, "mine")])
    others.note([trial(TrialState.COMPLETE, "lately"), trial(TrialState.COMPLETE), trial(TrialState.FAIL, "mine")])
    running = [trial(TrialState.RUNNING, name) for name in ("mine", "runs", "runs")]
    assert others.n_alive([*running, trial(TrialState.RUNNING)]) == 2  # one without a lease is another program's
    now[0] += RECENT_S + 1
    assert others.n_alive(running) == 1


def test_a_process_that_is_gone_does_not_count_and_is_not_looked_up_at_every_batch(now: list[float]):
    others = Others(lambda: now[0])
    gone = trial(TrialState.RUNNING, "gone")
    child = subprocess.Popen(["true"])
    child.wait()
    gone.system_attrs[LEASE_KEY] |= {"pid": child.pid, "started": 1}
    here = trial(TrialState.RUNNING, "here")
    assert others.n_alive([gone, here]) == 1
    assert others.n_alive([]) == 1  # within a second
    now[0] += 2
    assert others.n_alive([]) == 0


def test_a_search_tells_how_the_whole_studys_trials_ended_and_who_works_on_it(url):
    told: list[Progress] = []

    def other_worker(progress: Progress) -> None:
        told.append(progress)
        if len(told) == 1:
            inner = SearchConfig("study", 24, sampler="random", batch_size=8, worker=1)
            run_search(inner, build_space(Bowl), SHARPE, Quadratic(), url)

    config = SearchConfig("study", 40, sampler="random", batch_size=8, pruner="median")
    result = run_search(config, build_space(Bowl), SHARPE, Quadratic(), url, [other_worker])
    assert [(p.n_counted, p.n_workers) for p in told] == [(8, 1), (32, 2), (40, 2)]
    states = [t.state for t in result.trials]
    assert told[-1].tally.n_pruned == states.count(TrialState.PRUNED) > 0
    assert told[-1].tally.n_complete == states.count(TrialState.COMPLETE)
    assert told[0].tally.n_finished == 8


def test_what_others_did_at_the_end_is_told_without_a_batch(url):
    def other_worker() -> None:
        run_search(SearchConfig("study", 12, sampler="random", worker=1), build_space(Bowl), SHARPE, Quadratic(), url)

    told: list[Progress] = []
    config = SearchConfig("study", 8, sampler="random", batch_size=8)
    run_search(config, build_space(Bowl), SHARPE, Quadratic(), url, [told.append], before_end=other_worker)
    assert [(p.n_counted, p.n_new, len(p.batch)) for p in told] == [(8, 8, 8), (12, 8, 0)]


def test_of_several_objectives_the_front_is_counted():
    told: list[Progress] = []
    both = build_objective(ObjectiveConfig(metric=["sharpe", "max_drawdown"]))
    run_search(SearchConfig("study", 32, sampler="random", batch_size=16), build_space(Bowl), both, Quadratic(), None, [told.append])
    assert told[-1].best is None and told[-1].n_front is not None and told[-1].n_front >= 1


def test_a_grid_says_how_far_it_goes():
    told: list[Progress] = []
    config = SearchConfig("study", 100, sampler="grid", batch_size=8)
    result = run_search(config, build_space(Steps), SHARPE, Quadratic(score=lambda p: p["a"]), None, [told.append])
    assert result.stopped == "exhausted" and {p.n_reachable for p in told} == {result.n_counted}
