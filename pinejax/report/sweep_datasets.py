"""The best sets of a sweep dataset by dataset: results_datasets.csv and .parquet of its folder. Not of a run's, which has all trials."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from pinejax.metrics import METRICS
from pinejax.report.atomic import write_atomically
from pinejax.report.csv_file import write_csv
from pinejax.report.sweep_rows import SweepRow


def write_sweep_datasets(folder: Path, rows: Sequence[SweepRow]) -> None:
    """Both files, once there is a best set."""
    if any(row.datasets for row in rows):
        table = sweep_datasets_table(rows)
        write_csv(folder / "results_datasets.csv", table)
        write_atomically(folder / "results_datasets.parquet", table.write_parquet)


def sweep_datasets_table(rows: Sequence[SweepRow]) -> pl.DataFrame:
    """One row per best set and dataset: index (as in results.csv), dataset, timeframe, the other swept keys, every metric.

    Null where a metric is not defined; `synthetic` where any bar was made up.
    """
    listed = [(row, name, metrics) for row in rows for name, metrics in row.datasets.items()]
    found = dict.fromkeys(name for _, _, metrics in listed for name in metrics)
    names = [name for name in METRICS if name in found] + [name for name in found if name not in METRICS]
    columns = {
        "index": pl.Series([row.index for row, _, _ in listed], dtype=pl.Int64),
        "dataset": pl.Series([name for _, name, _ in listed], dtype=pl.String),
        "timeframe": pl.Series([str(row.timeframe) for row, _, _ in listed], dtype=pl.String),
    }
    for key in dict.fromkeys(key for row in rows for key in row.swept):
        columns.setdefault(key, pl.Series([row.swept.get(key) for row, _, _ in listed], dtype=pl.String))
    columns |= {name: pl.Series([metrics.get(name) for _, _, metrics in listed], dtype=pl.Float64) for name in names}
    if any(row.synthetic for row in rows):
        columns["synthetic"] = pl.Series([row.synthetic for row, _, _ in listed], dtype=pl.Boolean)
    return pl.DataFrame(columns)
