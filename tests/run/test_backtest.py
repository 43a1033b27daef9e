from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from small_run import MINE

from pinejax.backtest import backtest
from pinejax.cli import main

ONE = ("strategy=mine.py:Mine", "timeframe=15m@1h", "symbol=SYNTH_A", "data.end=2024-01-15")


def test_prints_every_metric_and_writes_the_trades(place: Path, capsys):
    assert main(backtest, [*ONE, "params.fast=9", "params.slow=40"]) == 0
    said = capsys.readouterr().out
    assert "Mine: params.fast=9 params.slow=40 params.both_sides=true" in said
    assert "SYNTHETIC" in said
    (folder,) = (place / "outputs").glob("*_SYNTH_A_15m_1h")
    metrics = json.loads((folder / "manifest.json").read_text())["metrics"]
    with (folder / "trades.csv").open() as file:
        rows = list(csv.DictReader(file))
    closed = [row for row in rows if row["Type"].startswith("Exit") and row["Signal"] != "Open"]
    assert len(closed) == metrics["n_trades"][0] > 0
    assert all(name in said for name in metrics)
    assert rows[0]["Date and time"] > rows[1]["Date and time"], "the exit comes first"


def test_the_same_set_gives_the_same_numbers_as_its_trial(finished, place: Path):
    best = json.loads((finished.folder / "best.json").read_text())
    typed = [f"params.{name}={str(value).lower()}" for name, value in best["params"].items()]
    assert main(backtest, ["strategy=mine.py:Mine", "timeframe=1h@4h", "symbol=SYNTH_B", *typed]) == 0
    (manifest,) = (place / "outputs").glob("*/manifest.json")
    metrics = json.loads(manifest.read_text())["metrics"]
    told = best["datasets"]["SYNTH_B 1h@4h"]
    assert set(metrics) == set(told)
    for name, (value,) in metrics.items():
        assert value == pytest.approx(told[name], rel=1e-9), name


def test_several_symbols_have_a_file_each(place: Path):
    assert main(backtest, [*ONE, "symbol=[SYNTH_A,SYNTH_B]"]) == 0
    (folder,) = (place / "outputs").glob("*/")
    assert {path.name for path in folder.glob("*.csv")} == {"trades_SYNTH_A_15m_1h.csv", "trades_SYNTH_B_15m_1h.csv"}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("params.fast=interval(3,9)", "A backtest searches nothing"),
        ("params.fast=choice(3,9)", "A backtest searches nothing"),
        ("params.fsat=9", "Did you mean fast?"),
        ("params.fast=2", "3..20"),
        ("data.end=2024-01-01T05:00", "longest indicator"),
    ],
)
def test_a_mistake_is_one_message_and_writes_nothing(typed, said, place: Path, capsys):
    assert main(backtest, [*ONE, typed]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error
    assert not (place / "outputs").exists()


def test_a_strategy_that_branches_on_traced_values_is_told_what_to_do(place: Path, capsys):
    (place / "mine.py").write_text(MINE.replace("        broker.close", "        if fast > slow:\n            pass\n        broker.close"))
    assert main(backtest, list(ONE)) == 2
    error = capsys.readouterr().err
    assert "if fast > slow:" in error
    assert "ctx.when" in error or "where" in error
