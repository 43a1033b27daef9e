"""trials.jsonl: a line for each finished trial, appended while the study runs, so that a killed run has left them. Not a table."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pinejax.errors import ReportError
from pinejax.report.rows import DatasetRow, TrialRow

TRIALS = "trials.jsonl"


@dataclass(frozen=True)
class TrialLog:
    """The file of one study. objectives: names of a trial's values; datasets: what its metrics are of."""

    path: Path
    objectives: Sequence[str]
    datasets: Sequence[DatasetRow]

    def append(self, trials: Iterable[TrialRow]) -> None:
        """A line each, handed to the system at once: all of them, or none where that fails.

        What a writer that was killed has left of a line is cut off before.
        """
        text = "".join(json.dumps(self.entry(trial), ensure_ascii=False, allow_nan=False) + "\n" for trial in trials)
        if not text:
            return
        with self.path.open("a+b", buffering=0) as file:
            _cut_broken_line(file)
            end, left = file.seek(0, 2), memoryview(text.encode())
            try:
                while left:
                    left = left[file.write(left) :]
            except BaseException:
                file.truncate(end)  # the same lines will come again
                raise

    def entry(self, trial: TrialRow) -> dict[str, Any]:
        """A trial in JSON's own types; NaN and infinities are null, as are the values of a trial that has none."""
        values = trial.values or [None] * len(self.objectives)
        pair = trial.timeframe or (self.datasets[0].timeframe if self.datasets else None)
        entry = {
            "number": trial.number,
            "state": trial.state,
            "values": dict(zip(self.objectives, map(_finite, values), strict=True)),
            "violation": _finite(trial.violation),
            "params": dict(trial.params),
            "complete": dict(trial.complete),
            "datasets": self._metrics(trial.metrics),
            "status": list(trial.status),
            "n_steps": trial.n_steps,
            "duplicate_of": trial.duplicate_of,
            "timeframe": pair,
            "started": _said(trial.started),
            "ended": _said(trial.ended),
            "worker": trial.worker,
        }
        return entry | ({"synthetic": True} if any(dataset.synthetic for dataset in self.datasets) else {})

    def _metrics(self, metrics: Mapping[str, Sequence[float]]) -> dict[str, dict[str, float | None]] | None:
        """By dataset; None where there are none."""
        if not metrics:
            return None
        return {dataset.name: {name: _finite(values[i]) for name, values in metrics.items()} for i, dataset in enumerate(self.datasets)}


def read_trials(path: Path) -> list[dict[str, Any]]:
    """The lines as they were written, without a last one that a killed run did not finish. Errors: ReportError for any other file."""
    whole, _, _ = path.read_bytes().rpartition(b"\n")
    try:
        return [json.loads(line) for line in whole.splitlines()]
    except ValueError as error:
        raise ReportError(f"{path}: expected a line of JSON for each trial, as a run writes it, got {error}.") from None


def _cut_broken_line(file: Any) -> None:
    """Leaves the file's end, where it is written on, behind its last newline."""
    end = file.seek(0, 2)
    if not end:
        return
    file.seek(end - 1)
    if file.read(1) != b"\n":
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)
        file.seek(0, 2)


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def _said(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="milliseconds")
