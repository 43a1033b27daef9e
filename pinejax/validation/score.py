"""What one parameter set came to on one window: its value, return and trades. How windows compare is said elsewhere."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from pinejax.core.evaluation import Evaluation
from pinejax.metrics.finalize import DAYS_PER_YEAR, MS_PER_DAY
from pinejax.search.objective import Objective

PER_TIME = frozenset(
    {"cagr", "sharpe", "sortino", "profit_factor", "win_rate", "weekly_net_profit", "expectancy", "reward_risk", "avg_mfe", "exposure"}
)
"""Metrics that do not grow with the length of the window, nor shrink with it."""


@dataclass(frozen=True)
class Score:
    """value: of the first objective without its gates, whose counts are meant for a window of one length; NaN where a dataset has none, or
    ended with a status. total_return: mean over the datasets, each with the whole capital; n_trades: closed, of all of them.
    """

    value: float
    total_return: float
    n_trades: int
    years: float

    @property
    def described(self) -> dict[str, Any]:
        """As plain JSON."""
        return {"value": finite(self.value), "return": finite(self.total_return), "n_trades": self.n_trades, "years": self.years}


def score_of(objective: Objective, found: Evaluation, years: float) -> Score:
    """Of a set's results on the datasets of a window that is so many years long."""
    return scored(objective, found.metrics, found.status, years)


def scored(objective: Objective, metrics: Mapping[str, Any], status: Int[np.ndarray, " datasets"] | Sequence[int], years: float) -> Score:
    """As `score_of`, from metrics by name, `[datasets]`."""
    arrays = {name: np.asarray(values, float) for name, values in metrics.items()}
    codes = np.asarray(status, int) if len(status) else np.zeros(len(arrays["n_trades"]), int)
    returns = float(np.mean(arrays["total_return"]))
    return Score(value_of(objective, arrays, codes), returns, int(arrays["n_trades"].sum()), years)


def value_of(objective: Objective, metrics: Mapping[str, Float[np.ndarray, " datasets"]], status: Int[np.ndarray, " datasets"]) -> float:
    """The first objective without gates, NaN where a dataset has no number."""
    known = [np.isfinite(metrics[name]) for name in objective.terms[0].weights]
    if status.any() or not np.all(known):
        return math.nan
    values = replace(objective, gates=()).judge(metrics, status).values
    return math.nan if values is None else float(values[0])


def years_of(span_ms: float) -> float:
    """Of 365 days."""
    return span_ms / (MS_PER_DAY * DAYS_PER_YEAR)


def is_comparable(objective: Objective) -> bool:
    """Whether values of windows of different length can be put into a ratio: more is better, and they do not grow with time."""
    term = objective.terms[0]
    return term.direction == "maximize" and set(term.weights) <= PER_TIME and all(weight > 0 for weight in term.weights.values())


def finite(value: float) -> float | None:
    """None for what is no number."""
    return float(value) if math.isfinite(value) else None
