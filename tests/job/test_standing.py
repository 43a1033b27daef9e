from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import optuna
from optuna.trial import FrozenTrial, TrialState

from pinejax.job.standing import best_text, new_best_text, step_of
from pinejax.search import ObjectiveConfig, Progress, SearchConfig, Timings, build_objective
from pinejax.search.records import VIOLATIONS_KEY
from pinejax.search.tally import Tally

SHARPE = build_objective(ObjectiveConfig("sharpe"))
BOTH = build_objective(ObjectiveConfig(metric=["sharpe", "max_drawdown"]))
NOW = datetime(2026, 1, 31, 12)


def trial(**more: object) -> FrozenTrial:
    space = {"fast": optuna.distributions.IntDistribution(3, 20)}
    made = optuna.trial.create_trial(params={"fast": 9}, distributions=space, value=0.25, state=TrialState.COMPLETE, **more)
    made.number, made.datetime_complete = 97, NOW - timedelta(seconds=12)
    return made


def progress(best: FrozenTrial | None, n_front: int | None = None) -> Progress:
    return Progress(128, 512, (), (), best, 64, 3, Timings(total_s=20.0), Tally(100, 20, 8, 3), n_front, n_workers=4, n_running=16)


def test_a_step_is_of_the_whole_study():
    step = step_of(progress(trial()), SHARPE, SearchConfig("study", 512, timeout_s=60.0), 4, NOW)
    assert (step.n_done, step.n_total, step.n_here, step.n_batches) == (128, 512, 64, 4)
    assert (step.n_finished, step.n_pruned, step.n_failed, step.n_repeated) == (128, 20, 8, 3)
    assert (step.best, step.best_age_s, step.limit_s) == ("sharpe 0.25 (trial 97)", 12.0, 40.0)
    assert (step.n_workers, step.n_running) == (4, 16)  # without a batch of its own it waits for the others
    assert step_of(replace(progress(None), batch=(trial(),)), SHARPE, SearchConfig("study", 512), 4, NOW).n_running == 0


def test_the_best_is_said_with_what_matters_about_it():
    assert best_text(progress(None), SHARPE) == ""
    assert best_text(progress(trial(user_attrs={VIOLATIONS_KEY: {"min_trades": 0.5}})), SHARPE) == "sharpe 0.25 (trial 97, breaks gates)"
    assert [best_text(progress(None, n), BOTH) for n in (None, 1, 14)] == ["", "front of 1 set", "front of 14 sets"]
    assert new_best_text(progress(trial()), SHARPE) == "new best sharpe 0.25 (trial 97): params.fast=9"
