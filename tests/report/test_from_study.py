"""A report made of a storage alone: what a database knows of a study is all on the page, and what it does not know is said."""

from __future__ import annotations

import html
import json
import re
import shlex
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa
from stored_studies import VERDICT, database, end, search, stock, storage

from pinejax.report.cli import main, page_of_study
from pinejax.report.from_study import FROM_STORAGE, StoredRun, read_study
from pinejax.report.page.run_page import page
from pinejax.report.page.words import WORDS
from pinejax.search.fingerprint import KEY
from pinejax.search.library import Library, StoredStudy
from pinejax.search.records import metrics_of

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
KINDS = ("sqlite", pytest.param("journal", marks=pytest.mark.slow))


def read(url: str, name: str = "bowl") -> tuple[StoredRun, StoredStudy]:
    with Library(url) as library:
        study = library.read(name)
        return read_study(study, library.name, NOW), study


def text_of(saved: StoredRun) -> str:
    body = page(saved).partition("<body")[2].partition("<script")[0]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


@pytest.fixture(scope="module", params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A study of 24 trials at its end, and one with two objectives. To be read only."""
    url = storage(request.param, tmp_path_factory.mktemp("stored"))
    search(url)
    end(url)
    search(url, "two", 16, ["sharpe", "max_drawdown"])
    return url


@pytest.fixture(scope="module")
def stock_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of stock Optuna. To be copied."""
    file = tmp_path_factory.mktemp("stock") / "a.db"
    stock(f"sqlite:///{file}")
    return file


def test_what_a_database_has_is_as_in_a_runs_folder(url: str):
    saved, study = read(url)
    top = study.top(1)[0]
    best = saved.best
    assert best is not None and saved.trials is not None
    assert (best["trial"], best["values"]) == (top.number, {"sharpe": top.values[0]})
    assert best["params"] == {**top.params, "mode": "deep"}
    assert set(best["searched"]) == set(top.params)
    assert best["datasets"]["two"]["sharpe"] == metrics_of(top)["sharpe"][1]
    assert saved.trials["number"].to_list() == list(range(24))
    assert saved.trials["value"].to_list() == [t.values[0] for t in study.trials]
    assert saved.verdict == VERDICT
    assert saved.manifest["search"] == {"sampler": "random", "seed": 1}
    assert saved.manifest["strategy"]["space"] == study.space
    assert [(d.name, d.symbol, d.timeframe, d.synthetic) for d in saved.datasets] == [
        ("one", "ONE", "5m@1h", True), ("two", "TWO", "5m@1h", True),
    ]  # fmt: skip


def test_the_page_says_the_verdict_what_is_missing_and_how_to_get_it(url: str):
    saved, _ = read(url)
    said = text_of(saved)
    assert "Not distinguishable from search luck." in said and "Deflated." in said
    assert WORDS["stored.missing"] in said and f"from {url}" in said
    assert "Made up." in said and WORDS["synthetic"] in said
    assert WORDS["stored.judged"].partition("{")[0] not in said
    assert not {"chart", "trades", "months"} & set(re.findall(r'<section id="(\w+)"', page(saved)))


def test_the_command_that_makes_the_rest_has_all_that_decides(url: str):
    saved, _ = read(url)
    assert saved.best is not None
    words = shlex.split(saved.manifest[FROM_STORAGE]["again"])
    assert words[:3] == ["python", "-m", "pinejax.backtest"]
    assert words[3:9] == [
        "strategy=mine.py:Bowl", "symbol=[ONE,TWO]", "timeframe=5m@1h", "data.root=data/re al", "data.start=2024-01-01",
        "broker.commission=0.001",
    ]  # fmt: skip
    assert words[9] == "broker.risk.max_drawdown=0.5"
    assert {word.partition("=")[0] for word in words[10:]} == {f"params.{name}" for name in saved.best["params"]}


def test_several_objectives_have_their_front(url: str):
    saved, study = read(url, "two")
    assert [entry["trial"] for entry in saved.front] == [trial.number for trial in study.top(99)]
    assert saved.trials is not None and saved.trials["pareto"].sum() == len(saved.front)
    assert WORDS["pareto"] in text_of(saved)


def test_a_verdict_that_is_older_than_the_trials_is_said(tmp_path: Path):
    url = database(tmp_path)
    search(url)
    end(url)
    search(url, n_trials=32)
    saved, study = read(url)
    assert "The verdict was given when 24 trials had ended; by now 32 have." in text_of(saved)
    assert saved.manifest["best_rerun_in_detail"] is None
    assert len(study.trials) == 32


def test_a_study_no_run_of_which_has_ended_is_shown_with_what_its_beginning_recorded(tmp_path: Path):
    url = database(tmp_path)
    with pytest.raises(RuntimeError):
        search(url, n_trials=16, raise_at=2)
    saved, _ = read(url)
    said = text_of(saved)
    assert "No run on this study has come to its end by 2026-01-01 12:00:00 UTC" in said
    assert saved.manifest["datasets"][0]["n_bars"] == 100 and saved.manifest["synthetic"]
    assert "This search has not been judged" in said


def test_a_study_of_an_older_pinejax_is_read_by_the_names_it_has(tmp_path: Path):
    url = database(tmp_path)
    search(url, n_trials=8)
    _, study = read(url)
    made = json.loads(json.dumps(study.attrs[KEY]))
    made["context"]["chosen"], made["context"]["data"] = {}, {"BTC 5m@1h": "ab", "ETH 5m@1h": "cd"}
    made["datasets"] = list(made["context"]["data"])
    saved = read_study(StoredStudy(study.name, study.directions, {KEY: made}, study.trials), "x", NOW)
    assert [(d.name, d.symbol, d.timeframe) for d in saved.datasets] == [("BTC 5m@1h", "BTC", "5m@1h"), ("ETH 5m@1h", "ETH", "5m@1h")]
    assert "symbol=[BTC,ETH]" in saved.manifest[FROM_STORAGE]["again"].replace("'", "")
    assert "BTC 5m@1h" in text_of(saved)


def test_running_trials_are_said_with_those_nothing_is_heard_of(stock_file: Path, tmp_path: Path):
    url = f"sqlite:///{shutil.copy(stock_file, tmp_path / 'a.db')}"
    assert "this study had 1 trial running" in text_of(read(url, "stock")[0])
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE trials SET datetime_start = '2020-01-01 00:00:00.000000' WHERE state = 'RUNNING'"))
    engine.dispose()
    assert "Of 1 of them nothing has been heard for two minutes" in text_of(read(url, "stock")[0])


def test_a_study_of_stock_optuna_has_its_search(stock_file: Path):
    saved, study = read(f"sqlite:///{stock_file}", "stock")
    found = re.findall(r'<section id="(\w+)"', page(saved))
    assert found == ["verdict", "best", "search", "manifest"]
    assert saved.best is not None and saved.best["trial"] == study.top(1)[0].number
    assert saved.trials is not None and saved.trials.height == 12
    assert f"stock Study stock · started {saved.manifest['started'][:10]}" in text_of(saved)


def test_a_study_without_trials_has_a_page(tmp_path: Path):
    study = StoredStudy("<script>", ("maximize",), {}, ())
    saved = read_study(study, "x", NOW)
    assert WORDS["verdict.no_trials"] in text_of(saved)
    assert "<h1><script>" not in page(saved)


def test_the_command_line_builds_and_opens_a_study(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any):
    monkeypatch.chdir(tmp_path)
    assert main(["build", "bowl", "two", "--storage", url]) == 0
    assert [line.partition(" (")[0] for line in capsys.readouterr().out.splitlines()] == [
        "outputs/report_bowl.html", "outputs/report_two.html",
    ]  # fmt: skip
    assert Path("outputs/report_bowl.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    shown: list[str] = []
    assert main(["open", "bowl", "--storage", url, "--out", "x.html"], show=lambda url: shown.append(url) or True) == 0
    assert shown == [(tmp_path / "x.html").as_uri()]


def test_neither_a_folder_nor_a_study_is_told_with_both(url: str, capsys: Any):
    assert main(["build", "bowling", "--storage", url]) == 2
    said = capsys.readouterr().err
    assert "bowling: expected a run's folder or the name of a study" in said and "Did you mean bowl?" in said


def test_a_page_has_a_name_of_its_own_whatever_the_study_is_called():
    names = ("a", "a/b", "a b", "a" * 100, "a" * 101, "..", "")
    pages = [page_of_study(name) for name in names]
    assert len(set(pages)) == len(names)
    assert all(path.parent == Path("outputs") and len(path.name) < 100 for path in pages)


def test_the_table_of_trials_is_one_of_a_run(url: str):
    saved, _ = read(url)
    assert saved.trials is not None
    assert {"number", "state", "value", "violation", "params_length", "params_mult"} <= set(saved.trials.columns)
    assert saved.trials.schema["params_length"] == pl.Int64
