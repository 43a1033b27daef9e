"""The Ray launcher on a real Ray, and the experiment with Ray Tune."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from pinejax_process import REPOSITORY, SLOW_SEARCH, environment, n_stored, run, start, trials_of, until
from small_run import SMALL

pytestmark = pytest.mark.ray

LAUNCHER = ("-m", "hydra/launcher=ray", "hydra.sweep.dir=outputs/sweep", "hydra.launcher.local_cpus=2")


@pytest.fixture(autouse=True)
def _ray() -> None:
    pytest.importorskip("ray", reason="needs the extra `ray`")


def test_each_combination_is_a_task_and_the_storage_comes_from_the_environment(place: Path):
    done = run(place, [*LAUNCHER, *SMALL, "timeframe=1h@4h,2h@4h"], {"OPTUNA_STORAGE_URL": f"sqlite:///{place}/elsewhere.db"})
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (place / "outputs/sweep").glob("*_all_*")) == ["0_all_1h_4h", "1_all_2h_4h"]
    assert len(trials_of(f"sqlite:///{place}/elsewhere.db")) == 16


def test_a_failing_job_makes_the_command_fail_and_leaves_the_others(place: Path):
    done = run(place, [*LAUNCHER, *SMALL, "params.fast=99,5"])
    assert done.returncode not in (0, 130)
    assert "fast" in done.stderr, done.stderr
    assert len(trials_of(f"sqlite:///{place}/outputs/studies.db")) == 8


def test_ctrl_c_stores_the_batch_in_flight_and_the_same_command_completes_the_study(place: Path):
    storage = f"sqlite:///{place}/outputs/studies.db"
    words = [*LAUNCHER, *SLOW_SEARCH, "search.n_trials=160"]
    with start(place, words) as process:
        until(lambda: n_stored(storage) >= 16, "the first trials")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    n = n_stored(storage)
    assert 16 <= n < 160
    assert n % 16 == 0
    assert run(place, words).returncode == 0
    assert [trial.number for trial in trials_of(storage)] == list(range(160))


@pytest.mark.kill
def test_a_job_whose_process_is_killed_is_started_again_and_completes_the_study(place: Path):
    storage = f"sqlite:///{place}/outputs/studies.db"
    with start(place, [*LAUNCHER, *SLOW_SEARCH, "search.n_trials=160"]) as process:
        until(lambda: n_stored(storage) >= 16, "the first trials")
        (worker,) = _ray_tasks(process.pid)
        os.kill(worker, signal.SIGKILL)
        _, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    trials = trials_of(storage)
    assert [trial.number for trial in trials] == list(range(len(trials)))
    assert sum(trial.state.name == "COMPLETE" for trial in trials) == 160


def test_no_cluster_at_the_address_is_one_clear_message(place: Path):
    done = run(place, [*LAUNCHER, *SMALL, "hydra.launcher.address=127.0.0.1:9"])
    assert done.returncode == 2
    assert "hydra.launcher.address=127.0.0.1:9: no Ray cluster answers there" in done.stderr
    assert "Traceback" not in done.stderr


def test_ray_tune_finds_a_set_for_every_pair_of_the_grid(place: Path):
    words: Sequence[str] = ("--n-trials", "6", "--n-cpus", "2", "strategy=mine.py:Mine", "symbol=SYNTH_A")
    command = [sys.executable, str(REPOSITORY / "experiments" / "ray_tune.py"), "1h@4h,2h@4h", *words]
    done = subprocess.run(command, cwd=place, env=environment(), capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    rows = [line for line in done.stdout.splitlines() if line.startswith(("1h@4h", "2h@4h"))]
    assert len(rows) == 2, done.stdout
    assert all("fast=" in row for row in rows)


def _ray_tasks(driver: int) -> Iterator[int]:
    """The processes in which the jobs of this driver's own Ray run."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            name = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if name.startswith(b"ray::_run") and driver in _ancestors(int(folder.name)):
            yield int(folder.name)


def _ancestors(process: int) -> set[int]:
    found: set[int] = set()
    while process > 1:
        status = Path(f"/proc/{process}/status").read_text().splitlines()
        process = int(next(line.split()[1] for line in status if line.startswith("PPid:")))
        found.add(process)
    return found
