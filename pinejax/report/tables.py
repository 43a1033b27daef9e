"""A study as Polars tables: one row per trial, one row per trial and dataset. Files and formats are `folder`'s business."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import polars as pl

from pinejax.core.inputs import Value
from pinejax.metrics import METRICS
from pinejax.report.rows import StudyRows, TrialRow

RESULTS: Mapping[str, Any] = {
    "number": pl.Int64, "state": pl.String, "n_steps": pl.Int64, "dataset": pl.String, "symbol": pl.String, "timeframe": pl.String,
    "synthetic": pl.Boolean, "status": pl.Int64,
}  # fmt: skip
"""The columns of `datasets_table` before those of the metrics."""


def trials_table(study: StudyRows) -> pl.DataFrame:
    """One row per trial, by number.

    Columns: number, state, value (or for several objectives value_<objective> and pareto, true on the front), violation, n_steps,
    duplicate_of, then params_<name>, null where inactive. The column `synthetic` is there, and true, where any bar was made up.
    """
    columns: dict[str, Any] = {
        "number": [trial.number for trial in study.trials],
        "state": [trial.state for trial in study.trials],
    }
    several = len(study.objectives) > 1
    for i, objective in enumerate(study.objectives):
        values = [float(trial.values[i]) if i < len(trial.values) else None for trial in study.trials]
        columns[f"value_{objective}" if several else "value"] = pl.Series(values, dtype=pl.Float64)
    if several:
        front = {trial.number for trial in study.front}
        columns["pareto"] = pl.Series([trial.number in front for trial in study.trials], dtype=pl.Boolean)
    columns["violation"] = pl.Series([float(trial.violation) for trial in study.trials], dtype=pl.Float64)
    columns["n_steps"] = pl.Series([trial.n_steps for trial in study.trials], dtype=pl.Int64)
    columns["duplicate_of"] = pl.Series([trial.duplicate_of for trial in study.trials], dtype=pl.Int64)
    names = dict.fromkeys(name for trial in study.trials for name in trial.params)
    for name in names:
        columns[f"params_{name}"] = column([trial.params.get(name) for trial in study.trials])
    if study.synthetic:
        columns["synthetic"] = [True] * len(study.trials)
    return pl.DataFrame(columns)


def datasets_table(study: StudyRows) -> pl.DataFrame:
    """One row per trial with results and dataset: number, state, n_steps, dataset, symbol, timeframe, synthetic, status, every metric.

    The metrics of a PRUNED trial are those of its first n_steps segments, not of the whole range.
    A trial that took over another's results has no rows of its own.
    """
    kept = [trial for trial in study.trials if trial.metrics and trial.duplicate_of is None]
    rows = [(trial, i, dataset) for trial in kept for i, dataset in enumerate(study.datasets)]
    columns: dict[str, Any] = {
        "number": pl.Series([trial.number for trial, _, _ in rows], dtype=pl.Int64),
        "state": pl.Series([trial.state for trial, _, _ in rows], dtype=pl.String),
        "n_steps": pl.Series([trial.n_steps for trial, _, _ in rows], dtype=pl.Int64),
        "dataset": pl.Series([dataset.name for _, _, dataset in rows], dtype=pl.String),
        "symbol": pl.Series([dataset.symbol for _, _, dataset in rows], dtype=pl.String),
        "timeframe": pl.Series([trial.timeframe or dataset.timeframe for trial, _, dataset in rows], dtype=pl.String),
        "synthetic": pl.Series([dataset.synthetic for _, _, dataset in rows], dtype=pl.Boolean),
        "status": pl.Series([trial.status[i] if trial.status else 0 for trial, i, _ in rows], dtype=pl.Int64),
    }
    for name in metric_names(kept):
        columns[name] = pl.Series([_metric(trial, name, i) for trial, i, _ in rows], dtype=pl.Float64)
    return pl.DataFrame(columns)


def metric_names(trials: Sequence[TrialRow]) -> list[str]:
    """Metrics that any of the trials has, in the catalogue's order, unknown ones last."""
    found = dict.fromkeys(name for trial in trials for name in trial.metrics)
    return [name for name in METRICS if name in found] + [name for name in found if name not in METRICS]


def _metric(trial: TrialRow, name: str, dataset: int) -> float | None:
    values = trial.metrics.get(name)
    return None if values is None else float(values[dataset])


def column(values: Sequence[Value | datetime | None]) -> pl.Series:
    """Whole numbers stay whole; a column of mixed kinds (a choice of numbers and words) becomes text."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {datetime}:
        return pl.Series(values, dtype=pl.Datetime("us"))
    if kinds <= {bool}:
        return pl.Series(values, dtype=pl.Boolean)
    if kinds <= {int}:
        return pl.Series(values, dtype=pl.Int64)
    if kinds <= {int, float}:
        return pl.Series([None if value is None else float(value) for value in values], dtype=pl.Float64)  # type: ignore[arg-type]
    return pl.Series([None if value is None else str(value) for value in values], dtype=pl.String)
