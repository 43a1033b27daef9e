from __future__ import annotations

from pathlib import Path

import polars as pl

from pinejax.core.timeframe import TimeframePair
from pinejax.report.sweep_datasets import sweep_datasets_table, write_sweep_datasets
from pinejax.report.sweep_rows import SweepRow


def row(index: int, **more: object) -> SweepRow:
    return SweepRow(index, "A+1", TimeframePair.parse("5m@1h"), **more)  # type: ignore[arg-type]


def test_each_dataset_of_each_best_set_has_a_row():
    rows = [
        row(0, datasets={"A 5m@1h": {"sharpe": 1.0, "net_profit": None}, "=B 5m@1h": {"sharpe": 2.0, "net_profit": 3.0}}, synthetic=True),
        row(1, state="failed"),
        row(2, swept={"broker.size": "0.5"}, datasets={"A 5m@1h": {"sharpe": -1.0}}),
    ]
    table = sweep_datasets_table(rows)
    assert table.columns == ["index", "dataset", "timeframe", "broker.size", "net_profit", "sharpe", "synthetic"]
    assert table.select("index", "dataset", "net_profit", "sharpe", "synthetic").rows() == [
        (0, "A 5m@1h", None, 1.0, True),
        (0, "=B 5m@1h", 3.0, 2.0, True),
        (2, "A 5m@1h", None, -1.0, False),
    ]


def test_the_files_come_with_the_first_best_set(tmp_path: Path):
    write_sweep_datasets(tmp_path, [row(0)])
    assert not list(tmp_path.iterdir())
    write_sweep_datasets(tmp_path, [row(0, datasets={"=A 5m": {"sharpe": 1.0}})])
    assert pl.read_csv(tmp_path / "results_datasets.csv")["dataset"].to_list() == ["'=A 5m"]
    assert pl.read_parquet(tmp_path / "results_datasets.parquet")["dataset"].to_list() == ["=A 5m"]
