"""The main job, on the bundled sample with a user's own strategy."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from small_run import MINE, SMALL

from pinejax.cli import main
from pinejax.engine.engine import Engine
from pinejax.run import run


def manifest(folder: Path) -> dict:
    return json.loads((folder / "manifest.json").read_text())


def test_a_search_leaves_all_its_files_and_says_its_best(finished):
    folder, said = finished.folder, finished.said
    names = {path.name for path in folder.iterdir()}
    trades = {f"{what}_SYNTH_{x}_1h_4h.csv" for what in ("trades", "performance_summary") for x in "ABC"}
    curves = {"equity.parquet", "bars.parquet", "run.log", "report.html"}
    tables = {"trials.jsonl", "trials.parquet", "trials_final.csv", "results_datasets.csv", "results_datasets.parquet"}
    best_set = {"best.json", "best.yaml", "bank.json", "inputs.txt", "trades.csv", "trades.parquet"}
    assert names == {"manifest.json"} | tables | best_set | trades | curves

    trials = pl.read_parquet(folder / "trials.parquet")
    assert trials["number"].to_list() == list(range(8))
    n_evaluated = trials["duplicate_of"].null_count()
    assert pl.read_csv(folder / "results_datasets.csv").height == 3 * n_evaluated

    best = json.loads((folder / "best.json").read_text())
    top = trials.sort("value", descending=True)
    assert best["values"] == {"sharpe": top["value"][0]}
    assert f"Best set: trial {best['trial']}, sharpe = " in said
    assert "Best re-run in detail equals the trial: 22 metrics on 3 datasets" in said
    assert manifest(folder)["best_rerun_in_detail"]["equal"] is True


def test_everything_shown_says_that_the_sample_is_synthetic(finished):
    folder, said = finished.folder, finished.said
    assert said.count("SYNTHETIC") == 2
    assert "SYNTH_A 1h@4h (synthetic)" in said
    assert manifest(folder)["synthetic"]
    assert json.loads((folder / "best.json").read_text())["synthetic"]


def test_manifest_tells_how_to_repeat_the_run_and_where_time_went(finished):
    told = manifest(finished.folder)
    assert (told["search"]["seed"], told["search"]["sampler"], told["search"]["batch_size"]) == (1, "random", 4)
    assert told["broker"]["commission"] == 0.0005
    assert [dataset["name"] for dataset in told["datasets"]] == ["SYNTH_A 1h@4h", "SYNTH_B 1h@4h", "SYNTH_C 1h@4h"]
    assert all(len(dataset["content_hash"]) >= 16 for dataset in told["datasets"])
    assert {"import", "load", "trace", "compile", "ask", "evaluate", "tell", "flush", "report"} <= set(told["timings_s"])
    parts = {name: spent for name, spent in told["timings_s"].items() if name != "total"}
    assert sum(parts.values()) == pytest.approx(told["timings_s"]["total"], abs=0.01)
    assert min(parts.values()) >= 0
    assert set(told["timings_share"]) == set(parts)
    assert f"Time: {told['timings_s']['total']:.1f} s, {told['seconds_to_first_trial']:.1f} s to the first trial: " in finished.said
    assert told["trials_per_s"] > 0
    assert told["lane_bars_per_s"] > 0
    assert told["peak_memory_bytes"] > 1e8
    assert told["versions"]["optuna"].startswith("5.")


def test_trades_of_the_best_add_up_to_its_net_profit(finished):
    folder = finished.folder
    best = json.loads((folder / "best.json").read_text())
    with (folder / "trades_SYNTH_B_1h_4h.csv").open() as file:
        rows = list(csv.DictReader(file))
    exits = [row for row in rows if row["Type"].startswith("Exit") and row["Signal"] != "Open"]
    metrics = best["datasets"]["SYNTH_B 1h@4h"]
    assert len(exits) == metrics["n_trades"]
    assert sum(float(row["Net P&L"]) for row in exits) == pytest.approx(metrics["net_profit"], abs=0.01 * len(exits))


def test_the_same_command_again_adds_nothing_and_says_so(search_again, finished, capsys):
    first, second = finished.folder, search_again()
    assert "Nothing to do: the study already has its 8 trials" in capsys.readouterr().out
    assert manifest(second)["n_new"] == 0
    assert (second / "trials_final.csv").read_text() == (first / "trials_final.csv").read_text()
    assert (second / "best.json").read_text() == (first / "best.json").read_text()


@pytest.mark.slow
def test_the_same_command_in_another_process_compiles_nothing(place):
    environment = {**os.environ, "JAX_COMPILATION_CACHE_DIR": str(place / "programs")}
    programs = []
    for study in ("one", "two"):
        words = [*SMALL, "search.sampler=cmaes", f"storage.sqlite={study}.db"]
        subprocess.run([sys.executable, "-m", "pinejax.run", *words], cwd=place, env=environment, check=True, capture_output=True)
        programs.append({path.name for path in (place / "programs").iterdir() if not path.name.endswith("-atime")})
    assert programs[0]
    assert programs[1] == programs[0]


def test_a_run_that_ends_by_an_exception_says_so_in_its_manifest(place, monkeypatch):
    evaluate, n_calls = Engine.evaluate, []

    def breaks(self, batch, keep=None):
        n_calls.append(len(batch))
        if len(n_calls) > 1:
            raise RuntimeError("the device is gone")
        return evaluate(self, batch, keep)

    monkeypatch.setattr(Engine, "evaluate", breaks)
    assert main(run, list(SMALL)) == 1
    (folder,) = (place / "outputs").glob("*/")
    told = manifest(folder)
    assert (told["state"], told["error"]) == ("failed", "RuntimeError: the device is gone")
    assert told["n_new"] == 4
    assert "This run failed: RuntimeError: the device is gone" in (folder / "report.html").read_text()


def test_with_n_trials_raised_it_goes_on(search_again):
    told = manifest(search_again("search.n_trials=12"))
    assert (told["n_trials"], told["n_new"]) == (12, 4)


def test_a_named_study_refuses_another_space(search_again, place, finished, capsys):
    name = manifest(finished.folder)["study"]["name"]
    files = sorted((place / "outputs").rglob("*"))
    assert main(run, [*SMALL, f"search.study_name={name}", "params.fast=interval(5,10)"]) == 2
    said = capsys.readouterr().err
    assert f"study {name!r}" in said
    assert "fast" in said
    assert "Traceback" not in said
    assert sorted((place / "outputs").rglob("*")) == files


def test_pins_narrowings_and_switches_reach_the_trials(search):
    folder = search("params.fast=7", "params.slow=choice(30,40)", "disable=[both_sides]")
    bank = json.loads((folder / "bank.json").read_text())
    assert {entry["params"]["fast"] for entry in bank} == {7}
    assert {entry["params"]["slow"] for entry in bank} <= {30, 40}
    assert {entry["params"]["both_sides"] for entry in bank} == {False}
    assert pl.read_csv(folder / "trials_final.csv").columns[-2:] == ["params_slow", "synthetic"]


def test_a_bank_is_tried_first_by_the_next_search(search, finished):
    bank = finished.folder / "bank.json"
    winners = [entry["params"] for entry in json.loads(bank.read_text())][:4]
    first = pl.read_csv(search("search.seed=4", f"search.resume_from={bank}") / "trials_final.csv").head(len(winners))
    assert first["params_fast"].to_list() == [winner["fast"] for winner in winners]
    assert first["params_slow"].to_list() == [winner["slow"] for winner in winners]


def test_several_objectives_end_in_a_front_that_is_stored_and_shown(search, capsys):
    folder = search("objective=return_drawdown", "search.sampler=nsga2", "search.batch_size=8", "search.top_k=1")
    said = capsys.readouterr().out
    front = json.loads((folder / "pareto.json").read_text())
    n_shown = f"the first 1 of {len(front)} sets (pareto.json has all)" if len(front) > 1 else "1 set"
    assert f"Pareto front, {n_shown}:\ntrial  total_return  max_drawdown\n" in said
    assert set(front[0]["values"]) == {"total_return", "max_drawdown"}
    assert front[0]["directions"] == {"total_return": "maximize", "max_drawdown": "minimize"}
    assert json.loads((folder / "bank.json").read_text()) == front[:1]
    assert json.loads((folder / "best.json").read_text()) == front[0]
    trials = pl.read_parquet(folder / "trials.parquet")
    assert trials.filter("pareto")["number"].to_list() == [entry["trial"] for entry in front]


def test_a_search_ends_at_its_target_and_says_so(search, capsys):
    folder = search("search.target=-900", "search.n_trials=64")
    assert "search.target is reached: 4 trials, 4 of them new." in capsys.readouterr().out
    told = manifest(folder)
    assert (told["stopped"], told["search"]["target"]) == ("target", -900.0)


def test_a_best_set_that_breaks_a_gate_is_said_with_its_penalty(search, capsys):
    search("search.n_trials=1", "objective.gates.min_trades=100000", "verdict=none")
    said = capsys.readouterr().out
    assert "The study has its 1 trial, 1 of them new." in said and "Best set: trial 0, breaks a gate, " in said
    assert "is the penalty for it, not a result." in said and "ask for trades" not in said


def test_cmaes_starts_from_a_runs_folder_and_says_so(search, capsys):
    first = search("search.n_trials=16")
    folder = search("search.sampler=cmaes", f"sampler.cmaes.warm_start={first}")
    n = pl.read_csv(first / "trials_final.csv")["duplicate_of"].null_count()
    said = f"CMA-ES starts from the best tenth of {n} trials of {first}."
    assert said in capsys.readouterr().out
    assert manifest(folder)["warm_start"] == said
    assert manifest(folder)["search"]["sampler_flags"]["warm_start"] == str(first)


def test_a_pruner_looks_after_each_segment(search):
    trials = pl.read_csv(search("search.pruner=median", "pruner.median.n_startup_trials=2", "search.n_trials=24") / "trials_final.csv")
    assert set(trials["state"]) == {"COMPLETE", "PRUNED"}
    assert trials.filter(pl.col("state") == "PRUNED")["n_steps"].max() < 8


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["symbol=SYNTH_X"], "Did you mean SYNTH_"),
        (["timeframe=7m@1h"], "7m"),
        (["data.start=2031-01-01"], "2024-01-01"),
        (["data.start=2024-03-01", "data.end=2024-02-01"], "before the end"),
        (["data.end=2024-01-02"], "longest indicator"),
        (["params.fats=3"], "Did you mean fast?"),
        (["params.fast=99"], "3..20"),
        (["params.fast=interval(1,9)"], "inside the declared range"),
        (["enable=[both_side]"], "both_sides"),
        (["disable=[fast]"], "expected a bool input"),
        (["search.sampler=tpee"], "Did you mean tpe"),
        (["search.pruner=medium"], "median"),
        (["sampler.random.frequency=2"], "frequency"),
        (["objective.metric=sharp"], "Did you mean sharpe"),
        (["objective.gates.min_sharp=2"], "min_sharp"),
        (["objective.metric=[sharpe,max_drawdown]", "search.pruner=median"], "prune"),
        (["search.resume_from=no.json"], "no.json"),
        (["data.root=nowhere"], "nowhere"),
        (["storage.url=mysterydb://host/x"], "mysterydb"),
        (["strategy=ema_crosss"], "there is no 'ema_crosss'"),
    ],
)
def test_a_mistake_is_one_message_and_writes_nothing(typed, said, place, capsys):
    assert main(run, [*SMALL, *typed]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error
    assert not (place / "outputs").exists()


def test_a_strategy_that_raises_while_traced_is_blamed_on_its_line(place, capsys):
    (place / "mine.py").write_text(MINE.replace("fast, slow = ", "fast, slow, third = "))
    assert main(run, list(SMALL)) == 2
    error = capsys.readouterr().err
    assert "mine.py" in error
    assert "fast, slow, third = " in error
    assert "Traceback" not in error
    assert not (place / "outputs").exists()


def test_an_unreadable_parquet_is_named(place, capsys):
    from pinejax.data import open_store

    stored = open_store(None).root
    for name in ("5m.parquet", "5m.json"):
        target = place / "store" / "SYNTH_A" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((stored / "SYNTH_A" / name).read_bytes()[: 2000 if name.endswith("parquet") else None])
    assert main(run, [*SMALL, "data.root=store"]) == 2
    assert "5m.parquet" in capsys.readouterr().err
    assert not (place / "outputs").exists()


def test_url_from_the_environment_is_used_and_its_password_kept(place, monkeypatch, capfd):
    monkeypatch.setenv("MY_STORE", f"sqlite:///{place}/mine.db?password=secret")
    monkeypatch.setenv("OPTUNA_STORAGE_URL", f"sqlite:///{place}/theirs.db")
    main(run, [*SMALL, "storage.url_env=MY_STORE"])
    shown = capfd.readouterr()
    assert "secret" not in shown.out + shown.err
    texts = [path.read_text() for path in place.rglob("*") if path.suffix in (".json", ".csv")]
    assert not any("secret" in text for text in texts)
    assert not (place / "theirs.db").exists()


@pytest.mark.slow
def test_as_a_module_from_any_folder_without_a_terminal(place):
    """What the README's first command does, in a process of its own: exit code, plain lines, folder."""
    repository = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(repository)}
    command = [sys.executable, "-m", "pinejax.run", *SMALL]
    done = subprocess.run(
        command, cwd=place, env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "8/8 trials" in done.stderr
    assert "\x1b[" not in done.stderr + done.stdout
    assert len(list((place / "outputs").glob("*_all_1h_4h"))) == 1
