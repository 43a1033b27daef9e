"""pinejax.data.cli"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pinejax.core.timeframe import Timeframe
from pinejax.data.cli import main
from pinejax.data.store import Store


@pytest.fixture
def root(tmp_path: Path) -> str:
    return str(tmp_path / "store")


def test_import_then_list_then_check(root: str, csv_file, make_bars, capsys) -> None:
    file = str(csv_file("BTCUSDT_5m.csv", make_bars(skip=[5])))
    assert main(["import", file, "--root", root]) == 0
    assert "new       BTCUSDT" in capsys.readouterr().out
    assert main(["import", file, "--root", root]) == 0
    assert "unchanged BTCUSDT" in capsys.readouterr().out
    assert main(["list", "--root", root]) == 0
    listed = capsys.readouterr().out
    assert "47 bars  2024-01-01 00:00 .. 2024-01-01 03:55  1 gap (1 bar missing), tick 0.01" in listed
    assert main(["check", "--root", root]) == 0
    assert "warning  BTCUSDT 5m: gaps: 1" in capsys.readouterr().out


def test_options_reach_the_import(root: str, csv_file, make_bars) -> None:
    file = str(csv_file("whatever.csv", make_bars()))
    flags = ["--symbol", "X:Y", "--timeframe", "5", "--tick-size", "0.05", "--lot-step", "2"]
    assert main(["import", file, "--root", root, *flags]) == 0
    manifest = Store(Path(root)).manifest("X:Y", Timeframe.parse("5m"))
    assert (manifest.tick_size, manifest.lot_step) == (0.05, 2.0)


def test_a_users_mistake_is_one_message_on_stderr_and_exit_code_2(root: str, csv_file, make_bars, capsys) -> None:
    bad = str(csv_file("BTCUSDT_5m.csv", make_bars(3).write_csv().replace("100.", "x", 1)))
    for argv in (["import", bad, "--root", root], ["import", bad, "--root", root, "--timeframe", "soon"], ["list", "--root", root]):
        assert main(argv) == 2
        captured = capsys.readouterr()
        assert captured.err.startswith("error: ")
        assert captured.out == ""
    assert not Path(root).exists()


def test_check_answers_1_where_data_are_broken(root: str, csv_file, make_bars, capsys) -> None:
    main(["import", str(csv_file("BTCUSDT_5m.csv", make_bars())), "--root", root])
    Store(Path(root)).parquet_path("BTCUSDT", Timeframe.parse("5m")).write_bytes(b"broken")
    assert main(["check", "--root", root]) == 1
    assert "error    BTCUSDT/5m: " in capsys.readouterr().out


def test_synth_writes_one_symbol_labelled_synthetic(root: str, capsys) -> None:
    assert main(["synth", "--root", root, "--symbol", "TOY", "--timeframe", "1h", "--bars", "100", "--seed", "7"]) == 0
    assert "SYNTHETIC" in capsys.readouterr().out
    assert Store(Path(root)).manifest("TOY", Timeframe.parse("1h")).n_rows == 100


def test_synth_without_a_symbol_writes_the_bundled_sample(root: str) -> None:
    assert main(["synth", "--root", root]) == 0
    assert Store(Path(root)).symbols() == ["SYNTH_A", "SYNTH_B", "SYNTH_C"]


def test_the_module_runs_as_a_command_from_any_folder(tmp_path: Path) -> None:
    repository = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "pinejax.data", "list"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(repository), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("SYNTHETIC") == 3


def test_an_interrupt_is_one_word_and_exit_code_130(monkeypatch, capsys) -> None:
    def interrupt(store: Store) -> list:
        raise KeyboardInterrupt

    monkeypatch.setattr(Store, "datasets", interrupt)
    assert main(["list"]) == 130
    assert capsys.readouterr().err == "Interrupted.\n"


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_goes_away_ends_it_quietly(unbuffered: str) -> None:
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    words = f"{sys.executable} -m pinejax.data list"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {words} | true"], capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (141, "")


def test_what_an_instrument_is_is_kept_with_its_bars(root: str, csv_file, make_bars, capsys) -> None:
    bars = make_bars(100)
    first, rest = str(csv_file("ES1!_5m.csv", bars[:60])), str(csv_file("ES1!_5m_more.csv", bars[60:]))
    flags = ["--currency", "USD", "--zone", "America/Chicago", "--session", "1700-1600:23456", "--point-value", "50"]
    assert main(["import", first, "--root", root, *flags]) == 0
    assert "USD, America/Chicago, 1700-1600:23456, point value 50" in capsys.readouterr().out
    assert main(["import", rest, "--root", root]) == 0
    instrument = Store(Path(root)).manifest("ES1!", Timeframe.parse("5m")).instrument
    assert (instrument.currency, instrument.zone, instrument.session, instrument.point_value) == (
        "USD", "America/Chicago", "1700-1600:23456", 50.0,
    )  # fmt: skip
    assert main(["check", "--root", root]) == 0


@pytest.mark.parametrize("flags", [["--zone", "Chicago"], ["--session", "9 to 5"], ["--point-value", "0"]])
def test_a_bad_description_of_the_instrument_is_refused(root: str, csv_file, make_bars, capsys, flags: list[str]) -> None:
    assert main(["import", str(csv_file("BTCUSDT_5m.csv", make_bars())), "--root", root, *flags]) == 2
    assert capsys.readouterr().err.startswith(f"error: {flags[0]}: ")
    assert not Path(root).exists()
