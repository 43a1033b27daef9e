"""The files of a run as other tools read them: each trial as it comes, the best set to go on with, its trades."""

from __future__ import annotations

import json
import signal
import sqlite3
import time
from pathlib import Path

import polars as pl
import pytest
import yaml
from pinejax_process import SLOW_SEARCH, start
from small_run import SMALL

from pinejax.backtest import backtest
from pinejax.cli import main
from pinejax.report.trial_log import read_trials
from pinejax.run import run

SILENT = """
from pinejax.core.inputs import Strategy, input
from pinejax.core.orders import LONG


class Silent(Strategy):
    level = input.float(1e9, low=1e8, high=1e9)

    def on_bar(self, ctx):
        ctx.broker.entry("L", LONG, when=ctx.bar.close > self.level)
"""


def numbers(folder: Path) -> list[int]:
    return [trial["number"] for trial in read_trials(folder / "trials.jsonl")]


def test_trials_jsonl_has_what_the_tables_have(finished):
    trials = read_trials(finished.folder / "trials.jsonl")
    table = pl.read_parquet(finished.folder / "trials.parquet")
    assert sorted(trial["number"] for trial in trials) == table["number"].to_list()
    assert [trial["ended"] for trial in trials] == sorted(trial["ended"] for trial in trials)
    by_number = {trial["number"]: trial for trial in trials}
    assert [by_number[n]["values"]["sharpe"] for n in range(8)] == table["value"].to_list()
    best = json.loads((finished.folder / "best.json").read_text())
    mine = by_number[best["trial"]]
    assert (mine["complete"], mine["datasets"]) == (best["params"], best["datasets"])
    assert all(trial["synthetic"] and trial["timeframe"] == "1h@4h" and trial["worker"] == 0 for trial in trials)
    final = pl.read_csv(finished.folder / "trials_final.csv")
    assert final["value"].to_list() == table["value"].to_list()


def test_a_run_that_goes_on_with_a_study_has_all_its_trials_in_a_new_folder(search_again):
    folder = search_again("search.n_trials=12")
    assert numbers(folder) == list(range(12))
    assert pl.read_csv(folder / "trials_final.csv").height == 12


def test_best_yaml_pins_a_backtest_to_the_best_set(finished, place: Path):
    words = ["strategy=mine.py:Mine", "timeframe=1h@4h", "hydra.run.dir=outputs/mine"]
    assert main(backtest, [*words, f"params={finished.folder}/best.yaml"]) == 0
    told = json.loads((place / "outputs/mine/manifest.json").read_text())
    best = json.loads((finished.folder / "best.json").read_text())
    assert told["strategy"]["params"] == best["params"]
    assert told["metrics"]["sharpe"] == [best["datasets"][f"SYNTH_{x} 1h@4h"]["sharpe"] for x in "ABC"]
    # Its trades are those of the search's folder.
    assert (place / "outputs/mine/trades.csv").read_text() == (finished.folder / "trades.csv").read_text()


def test_a_search_around_the_best_set_takes_its_folder_and_what_is_typed_wins(finished, search):
    folder = search(f"params={finished.folder}", "params.fast=interval(5,8)", "symbol=SYNTH_A")
    space = json.loads((folder / "manifest.json").read_text())["strategy"]["space"]
    best = json.loads((finished.folder / "best.json").read_text())["params"]
    assert {name: domain.get("value") for name, domain in space.items()} == {**best, "fast": None}
    assert 5 <= yaml.safe_load((folder / "best.yaml").read_text())["params"]["fast"] <= 8


def test_a_sweep_takes_a_best_set_to_other_symbols(finished, place: Path):
    words = [*SMALL, "-m", "symbol=SYNTH_A,SYNTH_B", f"params={finished.folder}", "params.fast=choice(5,6)", "hydra.sweep.dir=sweep"]
    assert main(run, words) == 0
    best = json.loads((finished.folder / "best.json").read_text())["params"]
    results = pl.read_csv(place / "sweep/results.csv")
    assert results["n_trials"].to_list() == [8, 8]
    for folder in results["folder"]:
        found = yaml.safe_load((place / "sweep" / folder / "best.yaml").read_text())["params"]
        assert {**found, "fast": best["fast"]} == best
    datasets = pl.read_csv(place / "sweep/results_datasets.csv")
    assert datasets["dataset"].to_list() == ["SYNTH_A 1h@4h", "SYNTH_B 1h@4h"]
    assert datasets["sharpe"].to_list() == results["sharpe"].to_list()


def test_a_copy_of_best_yaml_is_an_experiment(finished, place: Path, capsys):
    (place / "own/experiment").mkdir(parents=True)
    (place / "own/experiment/found.yaml").write_text((finished.folder / "best.yaml").read_text())
    # Hydra's `--config-dir` adds a folder to look for experiments in.
    words = ["--config-dir", "own", "experiment=found", "strategy=mine.py:Mine", "timeframe=1h@4h", "symbol=SYNTH_A"]
    assert main(backtest, words) == 0
    best = json.loads((finished.folder / "best.json").read_text())["params"]
    assert f"Mine: params.fast={best['fast']} params.slow={best['slow']}" in capsys.readouterr().out


def test_the_best_set_of_a_joint_study_names_its_pair(place: Path, search, capsys):
    folder = search("sweep.mode=joint", "timeframe=[1h,2h@4h]", "symbol=SYNTH_A", "search.n_trials=20")
    best = json.loads((folder / "best.json").read_text())["params"]
    found = yaml.safe_load((folder / "best.yaml").read_text())
    pair = best.pop("timeframe")
    assert found == {"timeframe": pair, "params": best}
    assert main(backtest, ["strategy=mine.py:Mine", "symbol=SYNTH_A", f"params={folder}", "hydra.run.dir=outputs/mine"]) == 0
    assert json.loads((place / "outputs/mine/manifest.json").read_text())["datasets"][0]["timeframe"] == pair
    trials = read_trials(folder / "trials.jsonl")
    assert {trial["timeframe"] for trial in trials} == {"1h", "2h@4h"}
    assert all(trial["timeframe"] == trial["params"]["timeframe"] for trial in trials)
    assert pl.read_csv(folder / "results_datasets.csv").height > 10, "of all trials, not of the pairs' best sets"
    shown = {"1h": ["60"], "2h@4h": ["120", "240"]}[pair]
    chart = (folder / "inputs.txt").read_text().split("\n\n")[1]
    assert [line.split()[-1] for line in chart.splitlines()[2:]] == shown
    assert yaml.safe_load((folder / "1h/best.yaml").read_text()).keys() == {"params"}


def test_of_several_objectives_the_first_of_the_front_is_written(search):
    folder = search("objective=return_drawdown", "search.sampler=nsga2", "symbol=SYNTH_A")
    best = json.loads((folder / "best.json").read_text())
    text = (folder / "best.yaml").read_text()
    assert yaml.safe_load(text) == {"params": best["params"]}
    assert f"# First of the front of study {best['study']} (Mine): trial {best['trial']}, total_return = " in text
    assert read_trials(folder / "trials.jsonl")[0]["values"].keys() == {"total_return", "max_drawdown"}


def test_a_strategy_that_never_trades_leaves_the_same_files(place: Path, search):
    (place / "mine.py").write_text(SILENT.replace("Silent", "Mine"))
    folder = search("symbol=SYNTH_A", "search.n_trials=2", "search.batch_size=2")
    assert len((folder / "trades.csv").read_text().splitlines()) == 1
    assert pl.read_parquet(folder / "trades.parquet").height == 0
    assert read_trials(folder / "trials.jsonl")[0]["datasets"]["SYNTH_A 1h@4h"]["profit_factor"] is None


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("params=nowhere.yaml", "nowhere.yaml cannot be read"),
        ("params=outputs", "expected a run's folder with best.yaml, found none"),
        ("params=a.yaml,b.yaml", "expected one file or folder"),
        ("params=other.yaml", "Mine has no such parameter. Did you mean fast?"),
    ],
)
def test_what_cannot_be_used_as_parameters_is_refused(place: Path, capsys, word: str, said: str):
    (place / "outputs").mkdir()
    (place / "other.yaml").write_text("params: {fsat: 3}\n")
    assert main(backtest, ["strategy=mine.py:Mine", "symbol=SYNTH_A", word]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.kill
def test_a_killed_run_has_left_every_trial_but_those_of_the_batch_in_flight(tmp_path: Path):
    words = [*SLOW_SEARCH, "search.n_trials=4000", "search.study_name=study", "hydra.run.dir=run"]
    lines, limit = tmp_path / "run/trials.jsonl", time.monotonic() + 120
    with start(tmp_path, words) as process:
        while time.monotonic() < limit and not (lines.is_file() and lines.read_bytes().count(b"\n") >= 64):
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
    connection = sqlite3.connect(tmp_path / "outputs/studies.db")
    stored = [row[0] for row in connection.execute("SELECT number FROM trials WHERE state != 'RUNNING' ORDER BY number")]
    connection.close()
    left = [trial["number"] for trial in read_trials(lines)]
    assert len(left) >= 64
    assert left == stored[: len(left)]
    assert len(stored) - len(left) <= 16, "a batch that was stored and not yet written, at most"
    assert not (tmp_path / "run/trials_final.csv").exists()
    with start(tmp_path, [*words, f"search.n_trials={len(stored) + 16}"]) as again:
        _, error = again.communicate(timeout=120)
    assert again.returncode == 0, error
    whole = [trial["number"] for trial in read_trials(tmp_path / "run_2/trials.jsonl") if trial["state"] != "FAIL"]
    assert len(whole) == len(stored) + 16
