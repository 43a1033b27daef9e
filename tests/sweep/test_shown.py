"""When a sweep writes its report and its picture, and that neither ever fails it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sweep_folder import MIXED, make_sweep

from pinejax.cli import main
from pinejax.report.saved_sweep import read_sweep
from pinejax.sweep.shown import FIRST_AFTER_S, SHARE, Shown

TWO = ["-m", "timeframe=15m,1h", "hydra.sweep.dir=sweep"]


class Clock:
    """Goes on by hand, and by a second with each look."""

    now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


def test_the_report_and_the_picture_are_left_at_the_end(tmp_path: Path):
    folder = make_sweep(tmp_path / "sweep", MIXED[:2])
    path = Shown(folder).leave(read_sweep(folder).rows)
    assert path == folder / "report.html" and path.is_file()
    assert (folder / "heatmap.png").is_file() and (folder / "0_AAA_15m_1h/report.html").is_file()


def test_while_a_sweep_runs_its_report_is_written_so_rarely_that_it_costs_little(tmp_path: Path):
    folder = make_sweep(tmp_path / "sweep", MIXED[:1], state="running")
    clock, report = Clock(), folder / "report.html"
    shown = Shown(folder, clock=clock)
    shown.keep()
    assert not report.exists()
    clock.now += FIRST_AFTER_S
    shown.keep()  # takes a second
    assert report.exists() and not (folder / "heatmap.png").exists() and not (folder / "0_AAA_15m_1h/report.html").exists()
    report.unlink()
    clock.now += 0.9 / SHARE
    shown.keep()
    assert not report.exists()
    clock.now += 0.2 / SHARE
    shown.keep()
    assert report.exists()


def test_a_report_that_is_not_wanted_is_not_written(tmp_path: Path):
    folder = make_sweep(tmp_path / "sweep", MIXED[:1])
    shown = Shown(folder, wanted=False, clock=lambda: 1e9)
    shown.keep()
    assert shown.leave(read_sweep(folder).rows) is None
    assert not (folder / "report.html").exists() and (folder / "heatmap.png").is_file()


def test_what_cannot_be_written_is_told_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    folder = make_sweep(tmp_path / "sweep", MIXED[:1])
    rows = read_sweep(folder).rows
    for name in ("report.html", "heatmap.png"):
        (folder / name).mkdir()
    clock = Clock()
    shown = Shown(folder, clock=clock)
    clock.now += FIRST_AFTER_S
    shown.keep()
    assert shown.leave(rows) is None
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 3 and all(line.startswith("pinejax: ") for line in said)
    assert "its report" in said[0] and "heatmap.png" in said[1] and "no report was written" in said[2]


def test_a_sweep_says_where_its_report_is_and_how_it_was_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.chdir(tmp_path)
    url = "storage.url=postgresql://me:secret@host/db"
    assert main(lambda config, folder: None, [*TWO, url]) == 0
    assert "Files: sweep\nReport: sweep/report.html\n" in capsys.readouterr().out
    command = str(read_sweep(Path("sweep")).said["command"])
    assert command.startswith("python -m pinejax.") and " -m timeframe=15m,1h " in command and "hydra.sweep.dir=" in command
    assert "***" in command and "secret" not in Path("sweep/report.html").read_text(encoding="utf-8")


def test_a_report_that_fails_is_not_the_sweeps_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.chdir(tmp_path)

    def broken(*given: object) -> str:
        raise ZeroDivisionError("a bug in a section")

    monkeypatch.setattr("pinejax.report.page.sweep_page.page", broken)
    assert main(lambda config, folder: None, TWO) == 0
    said = capsys.readouterr()
    assert "Report:" not in said.out and "no report was written (ZeroDivisionError: a bug in a section)" in said.err
