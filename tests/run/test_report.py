"""report.html as the end of a run: always there, never in the way."""

from __future__ import annotations

import html
import json
import re
import signal
from pathlib import Path

import polars as pl
import pytest
from small_run import SMALL

from pinejax.backtest import backtest
from pinejax.cli import main
from pinejax.engine.engine import Engine
from pinejax.job import run_page
from pinejax.report.page.words import WORDS
from pinejax.report.trial_log import read_trials
from pinejax.run import run

ONE = ("strategy=mine.py:Mine", "timeframe=1h@4h", "symbol=SYNTH_A")


def text_of(folder: Path) -> str:
    """The page's words, without its scripts and marks."""
    page = (folder / "report.html").read_text(encoding="utf-8")
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page[: page.index("<script")])).split())


def test_a_search_ends_with_its_report_beside_its_files(finished):
    said = finished.said.splitlines()
    assert [line.partition(":")[0] for line in said[-2:]] == ["Files", "Report"]
    assert said[-1].endswith(f"{finished.folder.name}/report.html")
    assert "This search has not been judged" in text_of(finished.folder)
    assert "The best set was run again in detail: its numbers are the trial's." in text_of(finished.folder)


def test_it_is_left_out_where_that_is_wanted(search, capsys):
    folder = search("report=none", "symbol=SYNTH_A")
    assert not (folder / "report.html").exists()
    assert "Report:" not in capsys.readouterr().out


def test_one_that_cannot_be_written_costs_a_line_and_nothing_else(place, capsys):
    (place / "outputs" / "mine" / "report.html").mkdir(parents=True)
    assert main(run, [*SMALL, "symbol=SYNTH_A", "hydra.run.dir=outputs/mine"]) == 0
    shown = capsys.readouterr()
    lines = [line for line in shown.err.splitlines() if "report" in line]
    assert len(lines) == 1 and lines[0].startswith("pinejax: no report was written (")
    assert lines[0].endswith("To try again: python -m pinejax.report build outputs/mine")
    assert lines[0] in (place / "outputs" / "mine" / "run.log").read_text()
    assert "Files: outputs/mine\n" in shown.out and "Report:" not in shown.out
    assert (place / "outputs" / "mine" / "best.json").is_file()


def test_a_bug_in_a_section_is_a_line_too(place, monkeypatch, capsys):
    def breaks(saved: object) -> None:
        raise ZeroDivisionError("of\nnothing")

    monkeypatch.setattr("pinejax.report.page.sections.months.section", breaks)
    assert main(backtest, list(ONE)) == 0
    assert "no report was written (ZeroDivisionError: of nothing)" in capsys.readouterr().err


def test_ctrl_c_in_the_search_leaves_one_that_says_so(place, monkeypatch, capsys):
    evaluate = Engine.evaluate

    def asked_to_end(self, batch, keep=None):
        signal.raise_signal(signal.SIGINT)
        return evaluate(self, batch, keep)

    monkeypatch.setattr(Engine, "evaluate", asked_to_end)
    assert main(run, [*SMALL, "symbol=SYNTH_A"]) == 130
    (folder,) = (place / "outputs").glob("*/")
    assert WORDS["state.interrupted"] in text_of(folder)
    assert "4 trials: 4 complete." in text_of(folder)
    assert "Report: " in capsys.readouterr().out


def test_a_search_whose_trials_all_failed_has_one_and_its_files(place, capsys):
    ruinous = ("broker.leverage=1000", "broker.size_type=cash", "broker.size=9000000", "broker.liquidation=false")
    assert main(run, [*SMALL[:-1], "symbol=SYNTH_A", *ruinous, "objective.on_status=fail"]) == 0
    (folder,) = (place / "outputs").glob("*/")
    assert "all 8 trials failed" in text_of(folder) and "8 trials: 8 failed." in text_of(folder)
    lines = read_trials(folder / "trials.jsonl")
    assert [(line["state"], line["status"], line["values"]) for line in lines] == [("FAIL", [1], {"sharpe": None})] * 8
    table = pl.read_csv(folder / "trials_final.csv")
    assert table["state"].to_list() == ["FAIL"] * 8 == pl.read_parquet(folder / "trials.parquet")["state"].to_list()
    assert not {"best.json", "best.yaml", "inputs.txt", "equity.parquet"} & {path.name for path in folder.iterdir()}
    verdict = json.loads((folder / "verdict.json").read_text())
    assert verdict["level"] == "not_enough" and json.loads((folder / "manifest.json").read_text())["state"] == "done"


@pytest.mark.parametrize("good", [1, 0])
def test_what_failed_with_the_evaluation_that_ended_a_search_is_in_its_files(place, monkeypatch, good):
    evaluate, calls = Engine.evaluate, []

    def breaks(self, batch, keep=None):
        calls.append(batch)
        if len(calls) > good:
            raise RuntimeError("the device is gone")
        return evaluate(self, batch, keep)

    monkeypatch.setattr(Engine, "evaluate", breaks)
    assert main(run, [*SMALL, "symbol=SYNTH_A"]) == 1
    (folder,) = (place / "outputs").glob("*/")
    states = ["COMPLETE"] * 4 * good + ["FAIL"] * 4
    assert [line["state"] for line in read_trials(folder / "trials.jsonl")] == states
    assert pl.read_parquet(folder / "trials.parquet")["state"].to_list() == states
    assert json.loads((folder / "manifest.json").read_text())["error"] == "RuntimeError: the device is gone"
    assert "RuntimeError: the device is gone" in (folder / "run.log").read_text()
    assert ("8 trials: 4 complete, 4 failed" if good else "All 4 trials failed") in text_of(folder)


def test_a_long_run_writes_one_now_and_then_so_that_a_killed_one_has_it(place, monkeypatch):
    states = []
    leave = run_page.leave_report

    def watched(folder: Path, tell: object) -> Path | None:
        states.append(json.loads((folder / "manifest.json").read_text())["state"])
        return leave(folder, tell)

    monkeypatch.setattr(run_page, "FIRST_PAGE_S", 0.0)
    monkeypatch.setattr(run_page, "leave_report", watched)
    assert main(run, [*SMALL, "symbol=SYNTH_A"]) == 0
    assert states[0] == "running" and states[-1] == "done"


def test_one_that_failed_on_the_way_is_tried_again_only_at_the_end(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(run_page, "FIRST_PAGE_S", 0.0)
    page = run_page.RunPage(wanted=True)
    page.keep(tmp_path, 1)
    page._pace._next_s = 0.0
    page.keep(tmp_path, 2)
    page.leave(tmp_path)
    assert capsys.readouterr().err.count("no report was written (ReportError: ") == 2


def test_the_same_state_is_not_written_twice(tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr(run_page, "FIRST_PAGE_S", 0.0)
    monkeypatch.setattr(run_page, "leave_report", lambda folder, tell: written.append(folder) or folder)
    page = run_page.RunPage(wanted=True)
    for state in (1, 1, 2, 2):
        page.keep(tmp_path, state)
        page._pace._next_s = 0.0
    assert len(written) == 2


def test_a_worker_of_a_shared_study_says_who_judges(search):
    folder = search("symbol=SYNTH_A", "search.worker=2", "verdict=default")
    assert "This is the folder of worker 2, one of several on the same study." in text_of(folder)


def test_a_backtest_ends_with_one_of_its_set(place, capsys):
    assert main(backtest, [*ONE, "params.fast=7", "hydra.run.dir=outputs/one"]) == 0
    assert capsys.readouterr().out.endswith("Report: outputs/one/report.html\n")
    text = text_of(place / "outputs" / "one")
    assert WORDS["verdict.none_one"] in text
    assert "The set" in text and "Best set" not in text and "The search" not in text
    assert "Mine on SYNTH_A 1h@4h" in text and "params.fast=7" in text and "Monthly returns" in text

    export = str(place / "outputs" / "one" / "trades.csv")
    assert main(backtest, [*ONE, "params.fast=7", f"compare={export}", "compare_zone=UTC", "hydra.run.dir=outputs/again"]) == 0
    assert "agrees with this one, trade for trade (" in text_of(place / "outputs" / "again")

    assert main(backtest, [*ONE, "symbol=[SYNTH_A,SYNTH_B]", "report=none", "hydra.run.dir=outputs/two"]) == 0
    assert {"equity.parquet", "bars.parquet"} <= {path.name for path in (place / "outputs" / "two").iterdir()}
    assert not (place / "outputs" / "two" / "report.html").exists()
