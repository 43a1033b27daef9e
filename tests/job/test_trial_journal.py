"""Each finished trial is written once, when it has finished, whatever its number."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path

from optuna.distributions import IntDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial

from pinejax.job.study_table import StudyTable
from pinejax.job.trial_journal import TrialJournal
from pinejax.report.rows import DatasetRow
from pinejax.report.trial_log import read_trials
from pinejax.search import ObjectiveConfig, build_objective, build_space

sys.path.insert(0, str(Path(__file__).parents[1] / "search"))

from quadratic import Steps

DATASET = DatasetRow("ONE 1h", "ONE", "1h", 100, "2025-01-01", "2025-01-05", "hash", False)
START = datetime(2026, 5, 1, 12)


def trial(number: int, ended_s: float | None = None, state: TrialState = TrialState.COMPLETE) -> FrozenTrial:
    done = ended_s is not None
    attrs = {"pinejax:lease": {"worker": 2}}
    made = create_trial(
        state=state if done else TrialState.RUNNING,
        value=1.0 if done and state == TrialState.COMPLETE else None,
        params={"a": 2},
        distributions={"a": IntDistribution(1, 99)},
        system_attrs=attrs,
    )
    made.number, made.datetime_start = number, START
    made.datetime_complete = START + timedelta(seconds=ended_s) if ended_s is not None else None
    return made


def journal() -> TrialJournal:
    objective = build_objective(ObjectiveConfig("sharpe"))
    return TrialJournal(StudyTable("study", "steps", build_space(Steps), objective, [DATASET], 5), ["sharpe"], [DATASET])


def written(folder: Path) -> list[int]:
    return [line["number"] for line in read_trials(folder / "trials.jsonl")]


def test_trials_are_written_in_the_order_in_which_they_finish(tmp_path: Path):
    made = journal()
    assert made.write(tmp_path, [trial(0, 3.0), trial(1, 1.0), trial(2)]) == 2
    assert written(tmp_path) == [1, 0]
    before = (tmp_path / "trials.jsonl").read_bytes()
    assert made.write(tmp_path, [trial(0, 3.0), trial(1, 1.0), trial(2)]) == 0
    assert made.write(tmp_path, [trial(0, 3.0), trial(1, 1.0), trial(2, 9.0, TrialState.FAIL), trial(3, 4.0)]) == 2
    assert written(tmp_path) == [1, 0, 3, 2]
    assert (tmp_path / "trials.jsonl").read_bytes().startswith(before), "what is written stays as it is"


def test_a_line_says_who_evaluated_the_trial_and_when_in_utc(tmp_path: Path):
    journal().write(tmp_path, [trial(0, 1.5)])
    (line,) = read_trials(tmp_path / "trials.jsonl")
    assert line["worker"] == 2
    spent = datetime.fromisoformat(line["ended"]) - datetime.fromisoformat(line["started"])
    assert spent == timedelta(seconds=1.5)
    assert datetime.fromisoformat(line["ended"]) == (START + timedelta(seconds=1.5)).astimezone()
    assert line["ended"].endswith("+00:00")
