"""Counting what looks bring: in one look or in many, the same study is seen."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from stored_studies import trial

from pinejax.report.watch.tally import MOST_BETTERS, Tally, View
from pinejax.report.watch.text import line, page
from pinejax.search.following import News, Sign
from pinejax.search.keepsake import AIM
from pinejax.search.ranking import pareto_front, ranked

START = datetime(2026, 1, 1, 12, 0, 0)
LEASE = {"worker": 2, "host": "node7/ab/cd", "pid": 4711, "run": "r"}


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def news(
    trials: Any = (), running: Any = (), directions: tuple[str, ...] = ("maximize",), aim: int | None = None, is_new: bool = False
) -> News:
    return News("s", directions, {} if aim is None else {AIM: aim}, tuple(trials), tuple(running), is_new)


def seen(looks: list[list[Any]], now: datetime, **more: Any) -> View:
    tally = Tally(news(looks[0], is_new=True, **more))
    for trials in looks[1:]:
        tally.add(news(trials, **more))
    return tally.view(now)


def random_trials(n: int, n_objectives: int = 1) -> list[Any]:
    random = np.random.default_rng(3)
    found = []
    for i in range(n):
        state = ["COMPLETE", "COMPLETE", "PRUNED", "FAIL"][random.integers(4)]
        value = None if state == "FAIL" else [float(v) for v in random.integers(0, 9, n_objectives)]
        attrs = {"violations": {"min_trades": float(random.integers(-1, 2))}} | ({"duplicate_of": 0} if random.random() < 0.1 else {})
        found.append(trial(i, state, value, at(i), at(i + 1), **attrs))
    return found


def test_the_best_is_that_of_the_searchs_ranking_however_often_one_looks():
    trials = random_trials(120)
    for size in (1, 7, 120):
        looks = [trials[i : i + size] for i in range(0, len(trials), size)]
        view = seen(looks, at(200))
        top = ranked(trials, "maximize")[0]
        assert (view.best.trial, view.best.value, view.n_by_state) == (top.number, top.values[0], seen([trials], at(200)).n_by_state)


def test_the_front_is_the_searchs_however_often_one_looks():
    trials = random_trials(150, 2)
    directions = ("maximize", "minimize")
    for size in (1, 40, 150):
        looks = [trials[i : i + size] for i in range(0, len(trials), size)]
        view = seen(looks, at(200), directions=directions)
        assert view.n_front == len(pareto_front(trials, directions))
        assert view.best is None and view.objectives == ("value_0", "value_1")


def test_betters_are_kept_with_the_time_they_came():
    trials = [trial(i, value=float(i if i % 2 else 0), start=at(i), ended=at(i + 0.5)) for i in range(40)]
    view = seen([trials], at(50))
    assert len(view.betters) == MOST_BETTERS
    assert [b.trial for b in view.betters[-2:]] == [37, 39]
    assert view.best.when == at(39.5)


def test_a_waiting_trial_is_counted_where_it_is_by_now():
    looks = [
        [trial(0, "WAITING"), trial(1, "RUNNING", start=at(0))],
        [trial(0, "RUNNING", start=at(1))],
        [trial(0, value=1.0, ended=at(2))],
    ]
    assert [seen(looks[:n], at(3)).n_by_state for n in (1, 2, 3)] == [
        {"WAITING": 1, "RUNNING": 1}, {"RUNNING": 2}, {"RUNNING": 1, "COMPLETE": 1},
    ]  # fmt: skip


def test_speed_is_that_of_the_last_minute():
    trials = [trial(i, value=0.0, start=at(i), ended=at(i + 1)) for i in range(300)]
    assert seen([trials], at(300)).rate == pytest.approx(1.0, rel=0.05)
    assert seen([trials], at(330)).rate == pytest.approx(0.5, rel=0.05)
    assert seen([trials], at(400)).rate == 0
    assert seen([trials[:10]], at(10)).rate == pytest.approx(1.0)


def test_time_left_is_said_while_somebody_works():
    trials = [trial(i, value=0.0, start=at(i), ended=at(i + 1)) for i in range(60)]
    alive, dead = Sign(LEASE, 8, 2.0, False), Sign(LEASE, 8, 500.0, False)
    assert seen([trials], at(60), running=[alive], aim=120).left_s == pytest.approx(60, rel=0.05)
    assert seen([trials], at(60), running=[dead], aim=120).left_s is None
    assert seen([trials], at(60), running=[alive]).left_s is None


def test_workers_are_told_apart_by_their_signs_of_life():
    signs = [Sign(LEASE, 8, 2.0, False), Sign(LEASE, 3, 121.0, False), Sign(LEASE, 2, 1.0, True), Sign({}, 1, 3.0, False)]
    view = seen([[]], at(0), running=signs)
    assert [worker.state for worker in view.workers] == ["alive", "silent", "gone", "alive"]
    assert [worker.name for worker in view.workers][::3] == ["worker 2 (process 4711 on node7)", "another program"]
    assert (view.n_silent, view.is_running) == (5, True)


def test_a_worker_between_batches_is_there_until_the_study_is_complete():
    between = Sign(LEASE, 0, 1.0, False)
    done = [trial(0, value=1.0, start=at(0), ended=at(1))]
    assert len(seen([done], at(2), running=[between], aim=2).workers) == 1
    assert seen([done], at(2), running=[between], aim=1).workers == ()


def test_a_line_says_all_of_it():
    trials = [trial(i, "PRUNED" if i == 3 else "COMPLETE", float(i), at(i), at(i + 1)) for i in range(10)]
    view = seen([trials], at(12), running=[Sign(LEASE, 8, 2.0, False), Sign(LEASE, 8, 300.0, False)], aim=1_000)
    assert (
        line(view, at(12))
        == "s: 10/1,000 trials  0.833 trials/s  best value 9 (trial 9, 2s ago)  10% pruned  2 workers, 1 silent  19m48s left"
    )


def test_a_study_without_a_trial_can_be_shown():
    view = seen([[]], at(0))
    assert line(view, at(0)) == "s: 0 trials"
    assert "best     none yet" in page("x", [view], at(0))
    assert page("x", [view, view], at(0)).splitlines()[1].split() == ["s", "0", *"------"]
    assert page("x", [], at(0)) == "0 studies in x."
