"""One evaluation in the few figures of a stress table, as plain JSON. Which evaluations those are is said elsewhere."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pinejax.core.evaluation import Evaluation
from pinejax.search import Objective

SHOWN = ("value", "total_return", "sharpe", "max_drawdown", "n_trades")


@dataclass(frozen=True)
class Figures:
    """value: of the first objective, with its gates, as a trial is told; NaN for a failed one. total_return, sharpe: means over the
    datasets that have them; max_drawdown: the largest; n_trades: closed ones of all datasets. n_failed: datasets without a score, for
    each of which the objective's penalty is in the value.
    """

    value: float
    total_return: float
    sharpe: float
    max_drawdown: float
    n_trades: float
    n_failed: int = 0

    def row(self, name: str, base: Figures | None = None) -> dict[str, Any]:
        """A row of the table; change: the value less the base's."""
        row: dict[str, Any] = {"name": name, **{key: plain(getattr(self, key)) for key in SHOWN}, "n_trades": round(self.n_trades)}
        if base is not None:
            row["change"] = plain(self.value - base.value)
        if self.n_failed:
            row["n_failed"] = self.n_failed
        return row


def figures_of(objective: Objective, found: Evaluation, some: Sequence[int] | None = None) -> Figures:
    """Of all datasets, or of some of them by their numbers."""
    which = np.arange(len(found.status)) if some is None else np.asarray(some, int)
    metrics = {name: np.asarray(values, float)[which] for name, values in found.metrics.items()}
    status = np.asarray(found.status)[which]
    told = objective.judge(metrics, status).values
    return Figures(
        value=math.nan if told is None else float(told[0]),
        total_return=_mean(metrics["total_return"]),
        sharpe=_mean(metrics["sharpe"]),
        max_drawdown=_largest(metrics["max_drawdown"]),
        n_trades=float(np.nansum(metrics["n_trades"])),
        n_failed=int((~np.isfinite(scores_of(objective, metrics, status))).sum()),
    )


def scores_of(objective: Objective, metrics: Mapping[str, Any], status: Any) -> np.ndarray:
    """The first objective's score on each dataset, more is better, `[datasets]`; NaN where there is none or the lane failed."""
    term = objective.terms[0]
    total = sum((weight * np.asarray(metrics[name], float) for name, weight in term.weights.items()), np.zeros(()))
    scores = term.sign * np.asarray(total, float)
    return np.where(np.isfinite(scores) & (np.asarray(status) == 0), scores, np.nan)


def plain(x: float | None) -> float | int | None:
    """A number as JSON has it: whole ones as such, None for what is none."""
    if x is None or not math.isfinite(x):
        return None
    return int(x) if isinstance(x, (int, np.integer)) else float(x)


def _mean(x: np.ndarray) -> float:
    known = x[np.isfinite(x)]
    return float(known.mean()) if len(known) else math.nan


def _largest(x: np.ndarray) -> float:
    known = x[np.isfinite(x)]
    return float(known.max()) if len(known) else math.nan
