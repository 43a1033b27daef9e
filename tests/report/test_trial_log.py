from __future__ import annotations

import json
import math
import resource
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from pinejax.errors import ReportError
from pinejax.report.rows import DatasetRow, TrialRow
from pinejax.report.trial_log import TrialLog, read_trials


def log(path: Path, *names: str, synthetic: bool = False) -> TrialLog:
    datasets = [DatasetRow(name, name.split()[0], "5m@1h", 100, "2025-01-01 00:00", "2025-01-02 00:00", "abc", synthetic) for name in names]
    return TrialLog(path / "trials.jsonl", ("sharpe",), datasets)


def trial(number: int, **more: object) -> TrialRow:
    values = {"state": "COMPLETE", "values": (0.5,), "params": {"fast": 5}, "complete": {"fast": 5, "use": True}}
    return TrialRow(number, **(values | more))  # type: ignore[arg-type]


def test_a_line_has_all_that_is_known_of_a_trial(tmp_path: Path):
    made = log(tmp_path, "A 5m@1h", "B 5m@1h", synthetic=True)
    when = datetime(2026, 5, 1, 12, 0, 1, 250_000, UTC)
    made.append([trial(3, metrics={"sharpe": (1.0, math.nan)}, status=(0, 0), n_steps=2, started=when, ended=when, worker=1)])
    assert read_trials(made.path) == [
        {
            "number": 3, "state": "COMPLETE", "values": {"sharpe": 0.5}, "violation": 0.0, "params": {"fast": 5},
            "complete": {"fast": 5, "use": True}, "datasets": {"A 5m@1h": {"sharpe": 1.0}, "B 5m@1h": {"sharpe": None}}, "status": [0, 0],
            "n_steps": 2, "duplicate_of": None, "timeframe": "5m@1h", "started": "2026-05-01T12:00:01.250+00:00",
            "ended": "2026-05-01T12:00:01.250+00:00", "worker": 1, "synthetic": True,
        }
    ]  # fmt: skip


def test_a_trial_without_results_has_nulls_in_its_place(tmp_path: Path):
    made = log(tmp_path, "A 5m@1h")
    made.append([trial(0, metrics={"sharpe": (1.0,)}), trial(1, state="FAIL", values=(), violation=math.inf)])
    failed = read_trials(made.path)[1]
    assert (failed["values"], failed["violation"], failed["datasets"]) == ({"sharpe": None}, None, None)
    assert pl.read_ndjson(made.path)["values"].struct.field("sharpe").to_list() == [0.5, None]


def test_a_line_that_a_killed_writer_left_is_not_read_and_goes_with_the_next_one(tmp_path: Path):
    made = log(tmp_path, "A 5m@1h")
    made.append([trial(0), trial(1)])
    made.path.write_bytes(made.path.read_bytes()[:-20])
    assert [line["number"] for line in read_trials(made.path)] == [0]
    made.append([trial(1), trial(2)])
    assert [json.loads(line)["number"] for line in made.path.read_text().splitlines()] == [0, 1, 2]


def test_a_file_of_nothing_but_half_a_line_begins_anew(tmp_path: Path):
    made = log(tmp_path, "A 5m@1h")
    made.path.write_text('{"number": 0, "sta')
    assert read_trials(made.path) == []
    made.append([trial(0)])
    assert [line["number"] for line in read_trials(made.path)] == [0]


def test_nothing_new_makes_no_file(tmp_path: Path):
    log(tmp_path, "A 5m@1h").append([])
    assert not (tmp_path / "trials.jsonl").exists()


def test_odd_names_and_line_ends_in_texts_stay_one_line(tmp_path: Path):
    made = log(tmp_path, '=X"<b>\u2028\n 5m@1h')
    made.append([trial(0, complete={"mode": "a\nb\u0085"}, metrics={"sharpe": (1.0,)}), trial(1)])
    first, _ = read_trials(made.path)
    assert list(first["datasets"]) == ['=X"<b>\u2028\n 5m@1h']
    assert first["complete"] == {"mode": "a\nb\u0085"}
    assert made.path.read_bytes().count(b"\n") == 2


def test_another_file_is_refused(tmp_path: Path):
    (tmp_path / "trials.jsonl").write_text("number,state\n1,COMPLETE\n")
    with pytest.raises(ReportError, match="expected a line of JSON for each trial"):
        read_trials(tmp_path / "trials.jsonl")


def test_lines_that_do_not_all_fit_are_not_written_at_all(tmp_path: Path):
    made = log(tmp_path, "A 5m@1h")
    made.append([trial(0)])
    before = made.path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(2.5 * len(before)), hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            made.append([trial(1), trial(2)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert made.path.read_bytes() == before
    made.append([trial(1), trial(2)])
    assert [line["number"] for line in read_trials(made.path)] == [0, 1, 2]
