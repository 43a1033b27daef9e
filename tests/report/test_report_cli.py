from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from report_folder import make_run

from pinejax.report.cli import main


def test_build_writes_the_page_into_the_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    folder = make_run(tmp_path / "run")
    assert main(["build", str(folder)]) == 0
    assert (folder / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert f"{folder / 'report.html'} (" in capsys.readouterr().out


def test_the_page_of_a_folder_loads_neither_optuna_nor_jax(tmp_path: Path):
    code = f"import sys\nfrom pinejax.report.cli import main\nmain(['build', {str(make_run(tmp_path / 'run'))!r}])\n"
    code += "print([name for name in ('optuna', 'jax', 'matplotlib', 'sqlalchemy') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_build_writes_elsewhere_where_told(tmp_path: Path):
    folder = make_run(tmp_path / "run")
    assert main(["build", str(folder), "--out", str(tmp_path / "x.html")]) == 0
    assert (tmp_path / "x.html").is_file() and not (folder / "report.html").exists()


def test_open_makes_the_page_and_shows_it(tmp_path: Path):
    folder, shown = make_run(tmp_path / "run"), []
    assert main(["open", str(folder)], show=lambda url: shown.append(url) or True) == 0
    assert shown == [(folder / "report.html").resolve().as_uri()]


def test_open_without_a_name_shows_the_run_that_wrote_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    shown: list[str] = []
    for name, written_s in (("newer", 2_000), ("older", 1_000)):
        os.utime(make_run(tmp_path / "outputs" / name) / "manifest.json", (written_s, written_s))
    assert main(["open"], show=lambda url: shown.append(url) or True) == 0
    assert shown == [(tmp_path / "outputs" / "newer" / "report.html").resolve().as_uri()]


def test_open_without_a_name_says_where_it_looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.chdir(tmp_path)
    assert main(["open"]) == 2
    assert "in outputs, found none" in capsys.readouterr().err
    assert main(["open", "--sqlite", "some.db"]) == 2
    assert "the name of a study beside" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["build", "nowhere"], "expected a run's folder"), (["build", "a", "b", "--out", "x"], "--out: expected one folder")],
)
def test_mistakes_are_told_in_a_line(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]):
    assert main(arguments) == 2
    assert said in capsys.readouterr().err


def test_no_browser_is_told_with_the_path(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["open", str(make_run(tmp_path / "run"))], show=lambda url: False) == 2
    assert "Open the file by hand" in capsys.readouterr().err
