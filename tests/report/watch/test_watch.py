"""`python -m pinejax.report watch` on storages that change, go away and come back."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from report_folder import make_run
from rich.console import Console
from stored_studies import TESTS, database, search, storage

from pinejax.errors import StudyError
from pinejax.report.cli import main
from pinejax.report.watch.loop import Watcher, watch
from pinejax.report.watch.screen import screen
from pinejax.search.library import Library


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def steps(*actions):
    """A sleep that does one thing after the other, and is then interrupted."""
    left = list(actions)

    def sleep(_seconds: float) -> None:
        if not left:
            raise KeyboardInterrupt
        left.pop(0)()

    return sleep


@pytest.fixture(params=["sqlite", pytest.param("journal", marks=pytest.mark.slow)])
def url(request, tmp_path):
    return storage(request.param, tmp_path)


def test_lines_are_said_of_studies_on_which_something_happened(url):
    search(url, n_trials=8)
    out = io.StringIO()
    with Library(url) as library:
        more = steps(lambda: None, lambda: search(url, n_trials=16), lambda: search(url, "other", 8))
        watch(Watcher(library), out, sleep=more)
    said = [line.split("  ")[1] for line in out.getvalue().splitlines()]
    assert said == ["bowl: 8/8 trials", "bowl: 16/16 trials", "other: 8/8 trials"]


def test_a_name_cannot_write_to_the_terminal(tmp_path):
    url, out = database(tmp_path), io.StringIO()
    search(url, "bo\x1b[2Jwl\x07", n_trials=8)
    with Library(url) as library:
        watch(Watcher(library), out, once=True)
        watch(Watcher(library), out, sleep=steps(lambda: None))
    assert out.getvalue().count("bowl") == 2 and not {"\x1b", "\x07"} & set(out.getvalue())


def test_a_storage_that_is_away_for_a_moment_is_said_and_lived_through(tmp_path):
    file, out = tmp_path / "a.db", io.StringIO()
    search(database(tmp_path), n_trials=8)
    away, back = steps(lambda: file.rename(tmp_path / "b"), lambda: None, lambda: (tmp_path / "b").rename(file)), []
    with Library(f"sqlite:///{file}") as library:
        watch(Watcher(library, clock=lambda: datetime(2026, 1, 1, 12)), out, sleep=away)
    first, gone, again, *more = out.getvalue().splitlines()
    assert "bowl: 8/8" in first and not more
    assert gone.startswith("12:00:00  nothing was read since 12:00:00: storage sqlite:")
    assert again == "12:00:00  the storage answers again"
    assert back == []


def test_a_terminal_that_cannot_draw_gets_lines(url, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    search(url, n_trials=16)
    out = Terminal()
    with Library(url) as library:
        watch(Watcher(library, ["bowl"]), out, sleep=steps(lambda: search(url, n_trials=24)))
    first, then = out.getvalue().splitlines()
    assert "bowl: 16/16 trials" in first and "bowl: 24/24 trials" in then and "\x1b" not in out.getvalue()


@pytest.mark.parametrize("no_color", [False, True])
def test_colours_are_left_out_where_nobody_wants_them(url, monkeypatch, no_color):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    search(url, n_trials=8)
    out = Terminal()
    with Library(url) as library:
        watch(Watcher(library, ["bowl"]), out, sleep=steps(lambda: None))
    coloured = re.search(r"\x1b\[(?:\d+;)*(?:3[0-7]|38;\S+|9[0-7])m", out.getvalue())
    assert (coloured is None) is no_color and "8/8: 8 complete" in out.getvalue()


def test_a_terminal_shows_one_study_in_full_and_ends_with_ctrl_c(url, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    search(url, n_trials=16)
    out = Terminal()
    with Library(url) as library:
        watch(Watcher(library, ["bowl"]), out, sleep=steps(lambda: search(url, n_trials=24)))
    assert "24/24: 24 complete" in out.getvalue() and "better and better" in out.getvalue()


def test_the_one_that_was_active_last_comes_first(url):
    for name in ("a", "b", "a"):
        search(url, name, 16 if name == "b" else 8)
    search(url, "a", 16)
    with Library(url) as library:
        watcher = Watcher(library)
        watcher.look()
        views, _ = watcher.views()
    assert [view.name for view in views] == ["a", "b"]


def test_more_studies_than_a_screen_has_lines_are_counted(tmp_path):
    url = database(tmp_path)
    search(url, n_trials=8)
    with Library(url) as library:
        watcher = Watcher(library)
        watcher.look()
        (view,), now = watcher.views()
    out = io.StringIO()
    console = Console(file=out, width=100, height=12)
    console.print(screen("x", [replace(view, name="a" * 200)] * 30, now + timedelta(seconds=3), width=100, height=12, trouble="away"))
    lines = out.getvalue().splitlines()
    assert len(lines) < 12
    assert "8/8" in lines[1] and "aaa…" in lines[1]
    assert "and 23 more" in out.getvalue() and "away" in lines[-2]


def test_once_says_where_a_study_stands(url, capsys):
    search(url, n_trials=16)
    where = ["--storage", url]
    assert main(["watch", "bowl", "--once", *where]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"study bowl in {url}\n  trials       16/16: 16 complete\n")
    search(url, "two", 8, ["sharpe", "max_drawdown"])
    assert main(["watch", "--once", *where]) == 0
    _head, first, second, counted = capsys.readouterr().out.splitlines()
    assert (first.split()[0], second.split()[0], counted) == ("two", "bowl", f"2 studies in {url}.")
    assert "front of" in first


def test_a_runs_folder_stands_for_its_study(tmp_path, capsys):
    url = database(tmp_path)
    search(url, "a study", 8)
    assert main(["watch", str(make_run(tmp_path / "run")), "--once", "--storage", url]) == 0
    assert capsys.readouterr().out.startswith("study a study in")


@pytest.mark.parametrize(
    ("words", "said"),
    [(["--every", "0"], "expected seconds"), (["--every", "soon"], "expected seconds")],
)
def test_a_wrong_pace_is_refused(words, said, capsys):
    with pytest.raises(SystemExit):
        main(["watch", *words])
    assert said in capsys.readouterr().err


def test_mistakes_are_told_in_a_line(tmp_path, capsys):
    assert main(["watch", "--sqlite", str(tmp_path / "no.db")]) == 2
    search(database(tmp_path), "stock", 8)
    assert main(["watch", "sock", "--sqlite", f"{tmp_path}/a.db"]) == 2
    err = capsys.readouterr().err
    assert "there is no such file" in err and "Did you mean stock?" in err


def test_the_first_look_must_see_something(tmp_path):
    file = tmp_path / "a.db"
    search(database(tmp_path), n_trials=8)
    with Library(f"sqlite:///{file}") as library:
        watcher = Watcher(library)
        file.rename(tmp_path / "b")
        with pytest.raises(StudyError, match="unable to open"):
            watch(watcher, io.StringIO(), once=True)


def test_a_worker_at_work_is_seen_with_its_batch(url, capsys):
    worker = [sys.executable, str(TESTS / "search" / "worker.py"), url, "16", "random", "3", "0", "wait", "meet"]
    with subprocess.Popen(worker, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(TESTS).parent) as process:
        assert process.stdin is not None and process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.readline() == "holding\n"
        assert main(["watch", "study", "--once", "--storage", url]) == 0
        said = capsys.readouterr().out
        process.stdin.write("\n")
        process.stdin.flush()
        process.wait(60)
    assert "0/16: 8 running" in said and "workers      1 worker\n" in said
    assert f"worker 3 (process {process.pid} on " in said
    assert main(["watch", "study", "--once", "--storage", url]) == 0
    assert "16/16: " in (done := capsys.readouterr().out) and "workers      none" in done
