"""What the complete trials of a study were told, as arrays in which more is better. What follows from it is `plateau` and `importance`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from pinejax.judge.case import Case, NotEnough
from pinejax.judge.figures import scores_of
from pinejax.report.rows import TrialRow

FEWEST_SETS = 20
"""Of which the nearest ten are not just all, and a tenth is two."""


@dataclass(frozen=True)
class Told:
    """Each complete set once, in the order of the trials. Values of the first objective, turned so that more is better.

    A set that has no score on some dataset was told a penalty, a number without meaning: its value is taken for `floor`, the least of the
    sets that have all their scores, and a missing score for the least score. failed: which sets those are.
    """

    rows: tuple[TrialRow, ...]
    values: Float[np.ndarray, " sets"]
    scores: Float[np.ndarray, "sets datasets"]
    failed: Bool[np.ndarray, " sets"]
    floor: float

    def __len__(self) -> int:
        return len(self.rows)

    def need(self, what: str) -> None:
        """Errors: NotEnough below 20 sets, or where none has all its scores."""
        if len(self) < FEWEST_SETS or self.failed.all():
            n = int((~self.failed).sum())
            raise NotEnough(
                f"{what}: expected {FEWEST_SETS} complete sets or more and some with a score, there are {len(self)}, {n} with one."
            )


def told(case: Case) -> Told:
    """Of all trials that ran to the end. floor: NaN where no set has all its scores."""
    rows = tuple(t for t in case.study.trials if t.state == "COMPLETE" and t.duplicate_of is None and t.values and t.metrics)
    sign = case.objective.terms[0].sign
    values = np.array([sign * t.values[0] for t in rows], float)
    n_datasets = len(case.study.datasets)
    found = [scores_of(case.objective, {n: np.asarray(v, float) for n, v in t.metrics.items()}, _status(t, n_datasets)) for t in rows]
    scores = np.array(found, float).reshape(len(rows), n_datasets)
    failed = np.asarray(~np.isfinite(scores).all(axis=1))
    floor = float(values[~failed].min()) if not failed.all() else float("nan")
    known = np.isfinite(scores)
    least = float(scores[known].min()) if known.any() else float("nan")
    return Told(rows, np.where(failed, floor, values), np.where(known, scores, least), failed, floor)


def _status(trial: TrialRow, n_datasets: int) -> np.ndarray:
    """A trial that went well on every dataset keeps none."""
    return np.asarray(trial.status, int) if trial.status else np.zeros(n_datasets, int)
