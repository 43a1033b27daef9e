"""A finished search made of daily returns alone, for what is computed from them."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np


def case_of(
    returns: np.ndarray, *, datasets: dict[str, np.ndarray] | None = None, n_all: int | None = None, extra: tuple = (), **changes: Any,
) -> Any:  # fmt: skip
    """returns: `[days, sets]`, the first set is the chosen one. datasets: the chosen set's by name, one of all days if not given.

    extra: further trials of the study; changes: keys of the verdict's configuration, or `n_bootstrap`.
    """
    from pinejax.core.timeframe import TimeframePair
    from pinejax.judge.case import Case, Daily, DatasetDaily, Sets
    from pinejax.report.rows import StudyRows, TrialRow
    from pinejax.search import ObjectiveConfig, build_objective
    from pinejax.selection.config import StressConfig, VerdictConfig

    n, k = returns.shape
    days, hold = np.arange(20_000, 20_000 + n), np.random.default_rng(99).normal(0.0, 0.02, n)
    parts = {"A 1h": returns[:, 0]} if datasets is None else datasets
    of_datasets = tuple(DatasetDaily(name, days[: len(x)], x, hold[: len(x)]) for name, x in parts.items())
    metrics = {"sharpe": [float(i) for i in range(len(parts))]}
    trials = tuple(TrialRow(i, "COMPLETE", (float(-i),), {"x": i}, {"x": i}, metrics) for i in range(k))
    stress = StressConfig(n_bootstrap=changes.pop("n_bootstrap", 400))
    case: Any = Case.__new__(Case)
    case.study = StudyRows("study", "S", ("sharpe",), ("maximize",), (), (*trials, *extra), trials[:1])
    case.session = SimpleNamespace(config=SimpleNamespace(verdict=replace(VerdictConfig(), **changes), stress=stress), n_parts=0)
    timeframe = TimeframePair.parse("1h")
    case.engine = SimpleNamespace(feeds=[SimpleNamespace(name=name, timeframe=timeframe) for name in parts])
    case.objective = build_objective(ObjectiveConfig())
    case.__dict__["sets"] = Sets(np.arange(k), tuple({"x": i} for i in range(k)), -np.arange(float(k)), n_all or k)
    case.__dict__["daily"] = Daily(days, returns, of_datasets, hold)
    return case
