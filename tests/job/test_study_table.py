"""The study's rows: a trial's last word counts, and what somebody enqueued from outside the space breaks nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import optuna
from optuna.distributions import IntDistribution
from optuna.trial import TrialState, create_trial

from pinejax.job.study_table import StudyTable
from pinejax.report.rows import DatasetRow
from pinejax.search import ObjectiveConfig, build_objective, build_space

sys.path.insert(0, str(Path(__file__).parents[1] / "search"))

from quadratic import Steps


def row(state: TrialState, value: float | None, a: int) -> optuna.trial.FrozenTrial:
    """Trial 0."""
    made = create_trial(state=state, value=value, params={"a": a}, distributions={"a": IntDistribution(1, 99)})
    made.number = 0
    return made


def table() -> StudyTable:
    """For one dataset."""
    dataset = DatasetRow("ONE 1h", "ONE", "1h", 100, "2025-01-01", "2025-01-05", "hash", True)
    return StudyTable("study", "steps", build_space(Steps), build_objective(ObjectiveConfig("sharpe")), [dataset], 5)


def test_a_result_that_came_too_late_does_not_stay_in_the_table():
    made = table()
    assert made.of([row(TrialState.COMPLETE, 1.0, 2)]).trials[0].state == "COMPLETE"
    assert made.of([row(TrialState.FAIL, None, 2)]).trials[0].state == "FAIL"


def test_a_failed_trial_may_hold_parameters_from_outside_the_space():
    (found,) = table().of([row(TrialState.FAIL, None, 99)]).trials
    assert found.complete == {"a": 99}
