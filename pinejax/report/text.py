"""Results as text for a terminal or a log: the best set, its table per dataset. Fixed width, no colours, no markup."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from pinejax.metrics import METRICS
from pinejax.report.rows import DatasetRow, StudyRows, TrialRow

SHOWN = ("net_profit", "total_return", "max_drawdown", "sharpe", "profit_factor", "win_rate", "n_trades", "exposure")
"""Metrics a first look needs; the files have all."""


def number(name: str, value: float) -> str:
    """A metric's value as read: fractions in percent, money with two decimals, counts whole, `-` for NaN."""
    if math.isnan(value):
        return "-"
    unit = METRICS[name].unit if name in METRICS else ""
    if unit == "fraction":
        return f"{100 * value:.2f}%"
    if unit == "count" and value == int(value):
        return f"{int(value)}"
    return f"{value:,.2f}" if unit == "currency" else f"{value:.4g}"


def grid(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns under their headers: the first to the left, the others to the right."""
    lines = [list(header), *map(list, rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    text = [
        "  ".join(cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(line, widths, strict=True)))
        for line in lines
    ]
    return "\n".join(line.rstrip() for line in text)


def per_dataset(datasets: Sequence[DatasetRow], metrics: Mapping[str, Sequence[float]], names: Sequence[str] = SHOWN) -> str:
    """One line per dataset; synthetic bars are marked."""
    shown = [name for name in names if name in metrics]
    rows = [
        [dataset.name + (" (synthetic)" if dataset.synthetic else ""), *(number(name, float(metrics[name][i])) for name in shown)]
        for i, dataset in enumerate(datasets)
    ]
    return grid(["dataset", *shown], rows)


def all_metrics(datasets: Sequence[DatasetRow], metrics: Mapping[str, Sequence[float]]) -> str:
    """One line per metric, one column per dataset."""
    header = ["metric", *(dataset.name + (" (synthetic)" if dataset.synthetic else "") for dataset in datasets)]
    return grid(header, [[name, *(number(name, float(value)) for value in values)] for name, values in metrics.items()])


def parameters(trial: TrialRow, strategy_defaults: Mapping[str, object]) -> str:
    """`name = value`, one a line: the searched ones first, then pins that are not defaults."""
    searched = list(trial.params)
    pinned = [name for name, value in trial.complete.items() if name not in trial.params and strategy_defaults.get(name) != value]
    width = max(map(len, [*searched, *pinned]), default=0)
    lines = [f"  {name:<{width}} = {_value(trial.complete[name])}" for name in searched]
    lines += [f"  {name:<{width}} = {_value(trial.complete[name])}  (pinned)" for name in pinned]
    return "\n".join(lines) or "  (nothing was searched)"


def overrides(trial: TrialRow, defaults: Mapping[str, object]) -> str:
    """What a command line needs to run exactly this trial: the searched parameters, and every pin that is no default."""
    return overrides_of({name: value for name, value in trial.complete.items() if name in trial.params or value != defaults.get(name)})


def overrides_of(params: Mapping[str, object]) -> str:
    """Any parameters as they are typed on a command line."""
    return " ".join(f"params.{name}={typed(value)}" for name, value in params.items())


def typed(value: object) -> str:
    """A value as it is typed on a command line: a number so that it is read back as it was, but for the last bit of one on a grid."""
    if not isinstance(value, float):
        return _value(value)
    short = f"{value:.12g}"
    return short if abs(float(short) - value) <= 4e-16 * abs(value) else repr(value)


def short_path(path: Path) -> str:
    """Relative to the working folder where it lies in it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def objective_values(study: StudyRows, trial: TrialRow) -> str:
    """`sharpe = 1.42, max_drawdown = 0.11`."""
    return ", ".join(f"{name} = {value:.6g}" for name, value in zip(study.objectives, trial.values, strict=True))


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.10g}" if isinstance(value, float) else str(value)
