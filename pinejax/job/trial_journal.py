"""The study's finished trials into trials.jsonl, each once, as they come. How a line looks is `report.trial_log`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from optuna.trial import FrozenTrial

from pinejax.job.study_table import StudyTable
from pinejax.report.rows import DatasetRow, TrialRow
from pinejax.report.trial_log import TRIALS, TrialLog

_FIRST = datetime.min.replace(tzinfo=UTC)


class TrialJournal:
    """What of a study has been written. It looks at every trial and writes the new ones alone."""

    def __init__(self, table: StudyTable, objectives: Sequence[str], datasets: Sequence[DatasetRow]):
        self._table, self._objectives, self._datasets = table, tuple(objectives), tuple(datasets)
        self._written: set[int] = set()

    def write(self, folder: Path, trials: Sequence[FrozenTrial]) -> int:
        """Appends the trials that have finished since, in that order; how many. The first time that is all of the study's."""
        new = [trial for trial in trials if trial.number not in self._written and trial.state.is_finished()]
        rows = sorted(map(self._table.row, new), key=_finished)
        TrialLog(folder / TRIALS, self._objectives, self._datasets).append(rows)
        self._written.update(row.number for row in rows)
        return len(rows)


def _finished(row: TrialRow) -> tuple[datetime, int]:
    return row.ended or _FIRST, row.number
