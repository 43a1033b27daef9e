from __future__ import annotations

import json
import math
from pathlib import Path

import polars as pl
import pytest

from pinejax.errors import ConfigError
from pinejax.report.folder import RunFolder
from pinejax.report.rows import DatasetRow, StudyRows, TrialRow
from pinejax.report.tables import datasets_table, trials_table
from pinejax.report.text import number, objective_values, overrides, parameters, per_dataset


def dataset(name: str, synthetic: bool = False) -> DatasetRow:
    symbol, timeframe = name.split()
    return DatasetRow(name, symbol, timeframe, 100, "2025-01-01 00:00", "2025-01-02 00:00", "abc", synthetic)


TRIALS = (
    TrialRow(0, "COMPLETE", (1.5,), {"fast": 5, "mult": 1.5}, {"fast": 5, "mult": 1.5, "use": False}, {"sharpe": (1.0, 2.0)}, (0, 0)),
    TrialRow(1, "FAIL", (), {"fast": 7}, {"fast": 7, "mult": 1.0, "use": True}, {}, (1, 0)),
    TrialRow(2, "COMPLETE", (1.5,), {"fast": 5, "mult": 1.5}, {"fast": 5, "mult": 1.5, "use": False}, {"sharpe": (1.0, 2.0)}, (0, 0), 0),
    TrialRow(
        3, "PRUNED", (0.2,), {"fast": 9, "use": True}, {"fast": 9, "mult": 1.0, "use": True}, {"sharpe": (math.nan, 0.4)}, (0, 0), n_steps=2
    ),
)


def study(synthetic: bool = False, trials: tuple[TrialRow, ...] = TRIALS) -> StudyRows:
    datasets = (dataset("A 5m@1h", synthetic), dataset("B 5m@1h"))
    return StudyRows("s", "ema_cross", ("sharpe",), ("maximize",), datasets, trials, trials[:1])


def test_trials_table_has_a_row_per_trial_and_empty_cells_for_inactive_parameters():
    table = trials_table(study())
    assert table.columns == ["number", "state", "value", "violation", "n_steps", "duplicate_of", "params_fast", "params_mult", "params_use"]
    assert table["value"].to_list() == [1.5, None, 1.5, 0.2]
    assert table["duplicate_of"].to_list() == [None, None, 0, None]
    assert table["params_fast"].to_list() == [5, 7, 5, 9]
    assert table["params_mult"].to_list() == [1.5, None, 1.5, None]
    assert table["params_use"].dtype == pl.Boolean


def test_datasets_table_has_every_metric_of_every_evaluated_trial():
    rows = datasets_table(study()).select("number", "dataset", "sharpe").rows()
    assert rows[:3] == [(0, "A 5m@1h", 1.0), (0, "B 5m@1h", 2.0), (3, "A 5m@1h", pytest.approx(math.nan, nan_ok=True))]
    assert len(rows) == 4


def test_synthetic_bars_are_marked_in_every_file(tmp_path: Path):
    folder = RunFolder.claim(tmp_path / "run")
    folder.write_study(study(synthetic=True), final=True)
    assert pl.read_csv(folder.path / "trials_final.csv")["synthetic"].all()
    assert pl.read_csv(folder.path / "results_datasets.csv")["synthetic"].to_list() == [True, False, True, False]
    assert "generator" in json.loads((folder.path / "best.json").read_text())["synthetic"]
    assert "A 5m@1h (synthetic)" in per_dataset(study(synthetic=True).datasets, TRIALS[0].metrics)


def test_parquet_and_csv_hold_the_same_trials(tmp_path: Path):
    folder = RunFolder.claim(tmp_path / "run")
    folder.write_study(study(), final=True)
    parquet = pl.read_parquet(folder.path / "trials.parquet")
    assert parquet.equals(trials_table(study()))
    assert pl.read_csv(folder.path / "trials_final.csv")["params_mult"].to_list() == parquet["params_mult"].to_list()


def test_bank_is_a_list_of_complete_sets(tmp_path: Path):
    folder = RunFolder.claim(tmp_path / "run")
    folder.write_study(study())
    bank = json.loads((folder.path / "bank.json").read_text())
    assert [entry["params"] for entry in bank] == [{"fast": 5, "mult": 1.5, "use": False}]
    assert bank[0]["datasets"]["B 5m@1h"] == {"sharpe": 2.0}
    assert json.loads((folder.path / "best.json").read_text()) == bank[0]


def test_a_study_without_results_has_empty_tables_and_no_best(tmp_path: Path):
    folder = RunFolder.claim(tmp_path / "run")
    folder.write_study(study(trials=()), final=True)
    assert pl.read_csv(folder.path / "trials_final.csv").height == 0
    assert json.loads((folder.path / "bank.json").read_text()) == []
    assert not (folder.path / "best.json").exists()


def test_two_runs_of_the_same_second_get_folders_of_their_own(tmp_path: Path):
    names = [RunFolder.claim(tmp_path / "run").path.name for _ in range(3)]
    assert names == ["run", "run_2", "run_3"]


def test_several_objectives_have_a_column_each():
    rows = StudyRows("s", "x", ("sharpe", "max_drawdown"), ("maximize", "minimize"), (), (TrialRow(0, "COMPLETE", (1.0, 0.2), {}, {}),), ())
    assert trials_table(rows).select("value_sharpe", "value_max_drawdown").rows() == [(1.0, 0.2)]
    assert objective_values(rows, rows.trials[0]) == "sharpe = 1, max_drawdown = 0.2"


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("max_drawdown", 0.12345, "12.35%"),
        ("net_profit", 12345.678, "12,345.68"),
        ("n_trades", 42.0, "42"),
        ("sharpe", 1.23456, "1.235"),
        ("sharpe", math.nan, "-"),
        ("profit_factor", math.inf, "inf"),
    ],
)
def test_numbers_are_shown_in_their_unit(name, value, shown):
    assert number(name, value) == shown


def test_best_set_lists_searched_parameters_then_pins():
    text = parameters(TRIALS[0], {"fast": 5, "mult": 1.0, "use": True})
    assert text.splitlines() == ["  fast = 5", "  mult = 1.5", "  use  = false  (pinned)"]
    assert overrides(TRIALS[0], TRIALS[0].complete) == "params.fast=5 params.mult=1.5"


def test_a_folder_that_cannot_be_claimed_is_the_users_mistake(tmp_path):
    (tmp_path / "file").touch()
    for wanted in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(ConfigError, match=r"hydra\.run\.dir: .* cannot be written"):
            RunFolder.claim(wanted)
