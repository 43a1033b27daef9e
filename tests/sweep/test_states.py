"""Failing, stopping and what is told of it, with runs that search nothing."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn

from pinejax.cli import main
from pinejax.config import Config
from pinejax.core.timeframe import TimeframePair
from pinejax.errors import ConfigError, DataError, PinejaxError
from pinejax.report.naming import Names
from pinejax.sweep.combinations import Chosen, Combination
from pinejax.sweep.record import Record, claim_folder
from pinejax.sweep.telling import Teller
from pinejax.sweep.watch import watching

THREE = ["-m", "timeframe=15m,1h,2h", "hydra.sweep.dir=sweep"]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def told(folder: str = "sweep") -> dict:
    return json.loads(Path(folder, "sweep.json").read_text())


def states(folder: str = "sweep") -> list[str]:
    return [one["state"] for one in told(folder)["combinations"]]


def test_a_failing_combination_does_not_take_the_others_down_and_is_named(capsys):
    ran: list[str] = []

    def run(config: Config, folder: Path) -> None:
        ran.append(str(config.timeframe))
        if str(config.timeframe) == "1h":
            raise DataError("no bars of 'X'.\nThe second line.")

    assert main(run, THREE) == 2
    said = capsys.readouterr()
    assert ran == ["15m", "1h", "2h"]
    assert said.err == "pinejax: 1 of 3 combinations failed:\n  timeframe=1h: no bars of 'X'.\n"
    assert "Failed: no bars of 'X'." in said.out
    assert states() == ["done", "failed", "done"] and told()["state"] == "failed"
    results = pl.read_csv("sweep/results.csv")
    assert results["error"].to_list() == [None, "no bars of 'X'.", None]
    assert results["folder"][1] is None  # it left none


def test_a_bug_in_a_combination_shows_its_traceback_and_ends_the_sweep_with_1(capsys):
    def run(config: Config, folder: Path) -> None:
        if str(config.timeframe) == "1h":
            raise ZeroDivisionError("ours")

    assert main(run, THREE) == 1
    said = capsys.readouterr().err
    assert "Traceback" in said and "timeframe=1h: ZeroDivisionError: ours" in said
    assert states() == ["done", "failed", "done"]


def test_an_exit_code_of_a_combination_is_a_failure():
    assert main(lambda config, folder: 1 if str(config.timeframe) == "2h" else 0, THREE) == 2
    assert told()["combinations"][2]["error"] == "exit code 1"


def test_an_interrupted_search_ends_the_sweep_and_says_what_was_not_run(capsys):
    def run(config: Config, folder: Path) -> int:
        (folder / "manifest.json").write_text("{}")
        return 130 if str(config.timeframe) == "1h" else 0

    assert main(run, THREE) == 130
    assert "Not run: timeframe=2h. The same command goes on with the same studies." in capsys.readouterr().out
    assert states() == ["done", "interrupted", "not run"] and told()["state"] == "interrupted"


def test_ctrl_c_before_a_search_has_begun_ends_the_sweep_too():
    def run(config: Config, folder: Path) -> None:
        if str(config.timeframe) == "1h":
            signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    assert main(run, THREE) == 130
    assert states() == ["done", "not run", "not run"]
    assert signal.getsignal(signal.SIGINT) is before
    assert not Path("sweep/.stop").exists()


def test_a_stop_file_keeps_jobs_from_beginning():
    ran: list[str] = []

    def run(config: Config, folder: Path) -> None:
        ran.append(str(config.timeframe))
        Path("sweep/.stop").touch()

    assert main(run, [*THREE, "hydra/sweeper=basic"]) == 0
    assert ran == ["15m"]


def test_a_folder_that_has_a_sweep_is_left_as_it_is():
    for folder in ("sweep", "sweep_2"):
        assert main(lambda config, folder: None, THREE) == 0
        assert states(folder) == ["done"] * 3
    assert told("sweep")["started"] <= told("sweep_2")["started"]


def test_the_sweeps_file_says_what_was_asked_for_and_with_what():
    assert main(lambda config, folder: None, [*THREE, "search.n_trials=3", "symbol=A"]) == 0
    said = told()
    assert (said["mode"], said["launcher"], said["workers_per_combination"]) == ("study", "BasicLauncher", 1)
    assert said["combinations"][1]["swept"] == {"timeframe": "1h"}
    assert "search.n_trials=3" in said["combinations"][1]["overrides"]
    assert said["versions"]["hydra-core"].startswith("1.3")


def test_a_folder_that_cannot_be_made_is_the_users_mistake(capsys):
    Path("file").touch()
    assert main(lambda config, folder: None, [*THREE, "hydra.sweep.dir=file"]) == 2
    said = capsys.readouterr().err
    assert "hydra.sweep.dir:" in said and "cannot be written" in said and "Choose another" in said
    with pytest.raises(ConfigError, match="cannot be written"):
        claim_folder(Path("file", "below"))


def test_files_that_cannot_be_written_do_not_stop_a_sweep_and_are_told_at_its_end(capsys, monkeypatch):
    ran: list[str] = []

    def full(path: Path, content: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pinejax.sweep.record.write_json", full)
    assert main(lambda config, folder: ran.append(str(config.timeframe)), THREE) == 2
    said = capsys.readouterr().err
    assert ran == ["15m", "1h", "2h"]
    assert "cannot be written (No space left on device); it goes on." in said
    assert "own folders and studies" in said.splitlines()[-1] and "Traceback" not in said


class Breaking:
    """A launcher of jobs elsewhere that raises. manifests: what each combination's says by then, None for no manifest."""

    def __init__(self, error: Exception, manifests: Sequence[str | None] = ()):
        self.error, self.manifests = error, manifests

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> list[JobReturn]:
        for words, state in zip(job_overrides, self.manifests, strict=False):
            name = next(word.partition("=")[2].strip("'") for word in words if word.startswith("hydra.sweep.subdir="))
            if state is not None:
                Path("sweep", name).mkdir()
                Path("sweep", name, "manifest.json").write_text(json.dumps({"state": state}))
        raise self.error


def test_a_launcher_that_starts_nothing_leaves_no_sweep_that_says_running(monkeypatch, capsys):
    launcher = Breaking(PinejaxError("no cluster answers.\nStart one."))
    monkeypatch.setattr(Plugins, "instantiate_launcher", lambda self, **known: launcher)
    assert main(lambda config, folder: None, [*THREE, "hydra/launcher=ray", "hydra.sweeper.max_batch_size=1"]) == 2
    assert capsys.readouterr().err == "pinejax: no cluster answers.\nStart one.\n"
    assert states() == ["failed", "not run", "not run"] and told()["state"] == "failed"
    assert told()["combinations"][0]["error"] == "no cluster answers."


def test_one_dead_job_of_a_scheduler_does_not_make_those_that_run_failed(monkeypatch, capsys):
    launcher = Breaking(RuntimeError("job 7 is OUT_OF_MEMORY"), ["done", "running", None])
    monkeypatch.setattr(Plugins, "instantiate_launcher", lambda self, **known: launcher)
    assert main(lambda config, folder: None, [*THREE, "hydra/launcher=ray"]) == 1
    said = capsys.readouterr().err
    assert states() == ["done", "running", "failed"] and told()["state"] == "failed"
    assert "2 of 3 combinations failed or were left alone:" in said
    assert "timeframe=1h: it may still run; RuntimeError: job 7 is OUT_OF_MEMORY" in said
    assert "The same command goes on with the same studies." in said


def test_files_are_written_again_while_a_launcher_is_silent(tmp_path):
    pair = TimeframePair.parse("1h")
    combinations = [
        Combination(i, Chosen((), ()), Config("ema_cross", ("A",), pair), Names.of(("A",), (pair,)), f"run_{i}", None) for i in (0, 1)
    ]
    record = Record(tmp_path, combinations, {})

    def says(i: int, state: str) -> None:
        (tmp_path / f"run_{i}").mkdir(exist_ok=True)
        (tmp_path / f"run_{i}" / "manifest.json").write_text(json.dumps({"state": state}))

    def wait_for(expected: list[str]) -> list[str]:
        limit = time.monotonic() + 60
        while not (Path(tmp_path, "sweep.json").exists() and states(str(tmp_path)) == expected) and time.monotonic() < limit:
            time.sleep(0.005)
        return states(str(tmp_path))

    says(1, "running")
    with watching(record, combinations, Teller(record), every_s=0.01):
        assert wait_for(["waiting", "running"]) == ["waiting", "running"]
        says(0, "running")
        says(1, "done")
        assert wait_for(["running", "done"]) == ["running", "done"]


def test_watching_survives_a_folder_that_cannot_be_written(tmp_path, monkeypatch):
    pair = TimeframePair.parse("1h")
    combinations = [Combination(0, Chosen((), ()), Config("ema_cross", ("A",), pair), Names.of(("A",), (pair,)), "run_0", None)]
    record = Record(tmp_path / "sweep", combinations, {})
    with watching(record, combinations, Teller(record), every_s=0.01):
        time.sleep(0.05)
        (tmp_path / "sweep").mkdir()
        (tmp_path / "sweep/run_0").mkdir()
        (tmp_path / "sweep/run_0/manifest.json").write_text('{"state": "running"}')
        limit = time.monotonic() + 60
        while not (tmp_path / "sweep/sweep.json").exists() and time.monotonic() < limit:
            time.sleep(0.005)
    assert states(str(tmp_path / "sweep")) == ["running"]
