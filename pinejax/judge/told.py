"""What the complete trials of a study were told, as arrays in which more is better. What follows from it is `plateau` and `importance`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from pinejax.judge.case import Case
from pinejax.judge.figures import scores_of
from pinejax.report.rows import TrialRow


@dataclass(frozen=True)
class Told:
    """Each complete set once, in the order of the trials. Values of the first objective, turned so that more is better.

    A set that has no score on some dataset was told a penalty, a number without meaning: its value stands at `floor`, the least value of the
    sets that have all their scores, and so do its missing scores. failed: which those are.
    """

    rows: tuple[TrialRow, ...]
    values: Float[np.ndarray, " sets"]
    scores: Float[np.ndarray, "sets datasets"]
    failed: Bool[np.ndarray, " sets"]
    floor: float

    def __len__(self) -> int:
        return len(self.rows)


def told(case: Case) -> Told:
    """Of all trials that ran to the end. floor: NaN where no set has all its scores."""
    rows = tuple(t for t in case.study.trials if t.state == "COMPLETE" and t.duplicate_of is None and t.values and t.metrics)
    sign = case.objective.terms[0].sign
    values = np.array([sign * t.values[0] for t in rows], float)
    n_datasets = len(rows[0].status) if rows else 0
    found = [scores_of(case.objective, {n: np.asarray(v, float) for n, v in t.metrics.items()}, np.asarray(t.status)) for t in rows]
    scores = np.array(found, float).reshape(len(rows), n_datasets)
    failed = ~np.isfinite(scores).all(axis=1)
    floor = float(values[~failed].min()) if not failed.all() else float("nan")
    known = np.isfinite(scores)
    least = float(scores[known].min()) if known.any() else float("nan")
    return Told(rows, np.where(failed, np.minimum(values, floor), values).clip(floor), np.where(known, scores, least), failed, floor)
