from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from pinejax.core.timeframe import TimeframePair
from pinejax.report.sweep_folder import write_sweep
from pinejax.report.sweep_rows import SweepRow, filled, run_folder
from pinejax.report.sweep_tables import rankings_table, results_table, summary_table, sweep_text


def row(index: int, symbol: str, pair: str, value: float | None, **more) -> SweepRow:
    state = "done" if value is not None else "failed"
    known = {"objective": "sharpe" if value is not None else "", "values": {"sharpe": value}, "params": {"fast": 3}, **more}
    return SweepRow(index, symbol, TimeframePair.parse(pair), "ema", state=state, value=value, **known)


@pytest.fixture
def rows() -> list[SweepRow]:
    return [
        row(0, "A", "5m@1h", 1.0, metrics={"sharpe": 1.0, "n_trades": 12.0}, n_trials=8, seconds=1.5, folder="0"),
        row(1, "A", "15m@1h", 3.0),
        row(2, "B", "5m@1h", 2.0, synthetic=True),
        row(3, "B", "15m@1h", None, error="no bars"),
        row(4, "B", "15m", -1.0),
    ]


def test_every_combination_has_a_row_in_the_results(rows):
    table = results_table(rows)
    assert table["index"].to_list() == [0, 1, 2, 3, 4]
    assert table["best_value"].to_list() == [1.0, 3.0, 2.0, None, -1.0]
    assert table["htf"].to_list() == ["1h", "1h", "1h", "1h", "15m"]
    assert table["error"].to_list() == [None, None, None, "no bars", None]
    assert table["params_fast"].dtype == pl.Int64 and table["n_trades"].to_list()[0] == 12.0
    assert table["synthetic"].to_list() == [False, False, True, False, False]


def test_swept_keys_are_columns_and_the_strategy_is_named_once(rows):
    table = results_table([replace(r, swept={"strategy": "x", "search.seed": str(i)}) for i, r in enumerate(rows)])
    assert table["search.seed"].to_list() == ["0", "1", "2", "3", "4"]
    assert set(table["strategy"].to_list()) == {"ema"}


def test_the_summary_has_mean_median_and_best_by_timeframe_and_symbol(rows):
    table = summary_table(rows)
    of = {(by, key): more for _, by, key, *more in table.rows()}
    assert of["ltf", "5m"] == [2, 1.5, 1.5, 2.0, 2]
    assert of["ltf", "15m"] == [2, 1.0, 1.0, 3.0, 1]
    assert of["htf", "1h"] == [3, 2.0, 2.0, 3.0, 1]
    assert of["symbol", "B"] == [2, 0.5, 0.5, 2.0, 2]
    assert [key for by, key in of if by == "pair"] == ["5m@1h", "15m", "15m@1h"]


def test_rankings_go_from_best_to_worst_and_within_each_symbol(rows):
    table = rankings_table(rows)
    assert table["index"].to_list() == [1, 2, 0, 4]
    assert table["rank"].to_list() == [1, 2, 3, 4]
    assert table["rank_in_symbol"].to_list() == [1, 1, 2, 2]


def test_the_smallest_value_is_best_where_the_objective_is_minimized(rows):
    assert rankings_table([replace(r, better="minimize") for r in rows])["index"].to_list() == [4, 0, 2, 1]


def test_values_of_different_objectives_are_never_compared(rows):
    mixed = [*rows, row(5, "A", "5m@1h", 900.0, objective="net_profit")]
    table = rankings_table(mixed)
    assert dict(zip(table["index"].to_list(), table["rank"].to_list(), strict=True)) == {1: 1, 2: 2, 0: 3, 4: 4, 5: 1}
    assert summary_table(mixed).filter((pl.col("by") == "ltf") & (pl.col("key") == "5m"))["n"].to_list() == [2, 1]


def test_the_printed_table_has_all_and_the_summary_by_pair(rows):
    said = sweep_text(rows)
    lines = said.splitlines()
    assert lines[1].startswith("A") and "15m@1h" in lines[1]
    assert "failed" in lines[5]
    assert "B (synthetic)" in said and "median" in said


def test_a_sweep_in_which_nothing_has_a_value_has_results_only(tmp_path, rows):
    write_sweep(tmp_path, [r for r in rows if r.value is None])
    assert {path.name for path in tmp_path.iterdir()} == {"results.csv", "results.parquet"}


def leave(folder: Path, value: float, **more) -> None:
    folder.mkdir(parents=True)
    told = {"study": {"name": "s"}, "strategy": {"name": "ema"}, "n_trials": 8, "timings_s": {"total": 2.0}, "synthetic": False, **more}
    (folder / "manifest.json").write_text(json.dumps(told))
    best = {
        "values": {"sharpe": value}, "directions": {"sharpe": "maximize"}, "params": {"fast": 3, "slow": 9}, "searched": ["fast"],
        "datasets": {"A": {"sharpe": 1.0, "calmar": None}, "B": {"sharpe": 2.0, "calmar": 4.0}},
    }  # fmt: skip
    (folder / "best.json").write_text(json.dumps(best))


def test_a_row_is_filled_from_the_runs_folder(tmp_path):
    leave(tmp_path / "run", 1.5)
    (found,) = filled(row(0, "A", "5m@1h", None), tmp_path / "run", [TimeframePair.parse("5m@1h")])
    assert (found.value, found.study, found.n_trials, found.seconds) == (1.5, "s", 8, 2.0)
    assert found.params == {"fast": 3}
    assert found.metrics == {"sharpe": 1.5, "calmar": 4.0}


def test_a_joint_study_gives_a_row_for_each_of_its_pairs(tmp_path):
    pairs = {"5m@1h": "5m_1h", "15m@1h": "15m_1h"}
    leave(tmp_path / "run", 2.5, pairs=pairs)
    for place, value in (("5m_1h", 2.5), ("15m_1h", 1.0)):
        leave(tmp_path / "run" / place, value)
    found = filled(replace(row(0, "A", "5m@1h", None), folder="run"), tmp_path / "run", [])
    assert [(str(r.timeframe), r.value, r.folder) for r in found] == [("5m@1h", 2.5, "run/5m_1h"), ("15m@1h", 1.0, "run/15m_1h")]


def test_a_claimed_but_empty_folder_gives_a_row_without_a_value(tmp_path):
    (tmp_path / "manifest.json").touch()
    assert filled(row(0, "A", "5m@1h", None), tmp_path, [TimeframePair.parse("5m@1h")])[0].value is None


def test_the_folder_of_a_repeated_job_is_the_last_one(tmp_path):
    for name in ("run", "run_2", "run_3"):
        (tmp_path / name).mkdir()
    assert run_folder(tmp_path / "run").name == "run_3"
    assert run_folder(tmp_path / "other").name == "other"


def test_judged_combinations_have_their_verdicts_and_p_values_for_all_of_them(rows):
    judged = [
        replace(rows[0], verdict="hint", null="replay", null_p=0.01, deflated_sharpe=0.97, n_distinct=7),
        replace(rows[1], verdict="luck", null="replay", null_p=0.04, deflated_sharpe=0.2, n_distinct=8),
        replace(rows[2], verdict="differs", null="research", null_p=0.03, deflated_sharpe=0.99, n_distinct=9),
        rows[3],
    ]
    table = results_table(judged)
    assert table["verdict"].to_list() == ["hint", "luck", "differs", None]
    assert table["null_p_adjusted"].to_list()[:3] == pytest.approx([0.03, 0.04, 0.04])
    assert table["null_p_adjusted"][3] is None
    said = sweep_text(judged)
    assert "adjusted" in said.splitlines()[0]
    assert "1 of 3 judged combinations differs from search luck, each judged alone." in said
    assert "verdict" not in results_table(rows).columns


def test_what_broke_a_gate_is_last_in_the_rankings_and_no_part_of_a_summary(rows):
    broken = [*rows, row(5, "A", "5m@1h", 900.0, violation=0.4), row(6, "A", "5m@1h", -2000.0, violation=0.1)]
    ranked = rankings_table(broken)
    assert ranked["index"].to_list() == [1, 2, 0, 4, 6, 5]
    assert ranked["violation"].to_list() == [0.0, 0.0, 0.0, 0.0, 0.1, 0.4]
    assert results_table(broken)["violation"].to_list() == [0.0, 0.0, 0.0, None, 0.0, 0.4, 0.1]
    assert summary_table(broken).equals(summary_table(rows))
    said = sweep_text(broken)
    assert said.count("broke a gate") == 2 and "2000" not in said and "900" not in said
