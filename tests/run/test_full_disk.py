"""A folder that takes no files, or a storage that is gone, costs a line: nothing that was finished is lost by it."""

from __future__ import annotations

import errno
import json

import polars as pl

from pinejax.report.folder import RunFolder
from pinejax.report.trial_log import TrialLog, read_trials

FULL = OSError(errno.ENOSPC, "No space left on device")


def full(*_: object, **__: object) -> None:
    raise FULL


def test_files_that_cannot_be_written_on_the_way_are_written_at_the_end(search, monkeypatch, capsys):
    append, write_study = TrialLog.append, RunFolder.write_study

    def at_first_full(self, trials) -> None:
        rows = list(trials)
        if len(rows) < 8:
            raise FULL
        append(self, rows)

    def only_at_the_end(self, study, final=False) -> None:
        if not final:
            raise FULL
        write_study(self, study, final)

    def gone(*_: object, **__: object) -> None:
        raise RuntimeError("of a\nplugin")

    monkeypatch.setattr(TrialLog, "append", at_first_full)
    monkeypatch.setattr(RunFolder, "write_study", only_at_the_end)
    monkeypatch.setattr("pinejax.job.keep.open_store", gone)
    folder = search("symbol=SYNTH_A", "report=none")
    shown = capsys.readouterr().err
    assert shown.count("not all could be written (OSError: [Errno 28] No space left on device); the search goes on and tries again.") == 1
    assert "NOTE: the study was not told the verdict, which is in the run's folder: of a plugin\n" in shown
    assert len(read_trials(folder / "trials.jsonl")) == len(pl.read_parquet(folder / "trials.parquet")) == 8
    assert json.loads((folder / "manifest.json").read_text())["state"] == "done"


def test_a_bug_on_the_way_is_in_the_log_with_its_place(search, monkeypatch, capsys):
    append, n_calls = TrialLog.append, []

    def at_first_broken(self, trials) -> None:
        n_calls.append(1)
        if len(n_calls) == 1:
            raise KeyError("a bug")
        append(self, trials)

    monkeypatch.setattr(TrialLog, "append", at_first_broken)
    folder = search("symbol=SYNTH_A", "report=none")
    assert "not all could be written (KeyError: 'a bug')" in capsys.readouterr().err
    assert "in at_first_broken" in (folder / "run.log").read_text()
    assert len(read_trials(folder / "trials.jsonl")) == 8


def test_results_that_cannot_be_written_are_a_message_and_the_same_command_writes_them(search, place, monkeypatch, capsys):
    with monkeypatch.context() as patched:
        patched.setattr(RunFolder, "write_study", full)
        search("symbol=SYNTH_A", code=2)
    said = capsys.readouterr().err
    assert "the results could not be written (No space left on device)" in said and "Traceback" not in said
    (first,) = place.glob("outputs/*/manifest.json")
    assert json.loads(first.read_text())["state"] == "failed"
    folder = search("symbol=SYNTH_A", "report=none")
    assert (len(pl.read_parquet(folder / "trials.parquet")), json.loads((folder / "manifest.json").read_text())["n_new"]) == (8, 0)


def test_a_verdict_that_cannot_be_written_is_printed_and_a_message(search, monkeypatch, capsys):
    monkeypatch.setattr("pinejax.judge.run.write_verdict", full)
    search("symbol=SYNTH_A", "verdict=default", "null=none", "stress=none", "report=none", code=2)
    shown = capsys.readouterr()
    assert "Verdict: " in shown.out
    assert "the verdict could not be written (No space left on device)" in shown.err and "Traceback" not in shown.err
