"""`search.n_workers`, as it is typed: real processes on one study."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState
from small_run import SMALL

pytestmark = [pytest.mark.slow, pytest.mark.kill]

COMMAND = [sys.executable, "-m", "pinejax.run", *SMALL, "search.n_workers=3", "search.study_name=study"]


def trials(place: Path) -> list[FrozenTrial]:
    storage = optuna.storages.RDBStorage(f"sqlite:///{place / 'outputs' / 'studies.db'}")
    try:
        return optuna.load_study(study_name="study", storage=storage).trials
    finally:
        storage.remove_session()
        storage.engine.dispose()


def judged(place: Path) -> list[FrozenTrial]:
    return [t for t in trials(place) if t.state == TrialState.COMPLETE]


def n_begun(place: Path) -> int:
    """Workers that have reserved a trial. Not through Optuna, which would make the tables at the same time."""
    leases = "SELECT DISTINCT json_extract(value_json, '$.worker') FROM trial_system_attributes WHERE key = 'pinejax:lease'"
    connection = sqlite3.connect(f"file:{place / 'outputs' / 'studies.db'}?mode=ro", uri=True)
    try:
        return len(connection.execute(leases).fetchall())
    except sqlite3.OperationalError:  # there are no tables yet
        return 0
    finally:
        connection.close()


def members(pid: int) -> list[int]:
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def started(place: Path, *words: str) -> tuple[subprocess.Popen[str], list[int]]:
    """A run, once all three workers have stored a trial."""
    process = subprocess.Popen([*COMMAND, *words], cwd=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.3)
        if (place / "outputs" / "studies.db").exists() and n_begun(place) == 3:
            return process, members(process.pid)
    process.kill()
    pytest.fail(f"the workers did not begin: {process.communicate()}")


def gone(pids: list[int], within_s: float = 30.0) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if not any(Path(f"/proc/{pid}").exists() for pid in pids):
            return True
        time.sleep(0.1)
    return False


def complete(place: Path) -> None:
    """The same command, for 40 trials more than there are."""
    n = len(judged(place)) + 40
    done = subprocess.run([*COMMAND, f"search.n_trials={n}"], cwd=place, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    found = trials(place)
    assert len(judged(place)) == n
    assert [t.number for t in found] == list(range(len(found)))
    assert {t.state for t in found} <= {TrialState.COMPLETE, TrialState.FAIL}


def test_a_run_with_several_workers_has_exactly_its_trials_and_one_folder(place):
    done = subprocess.run([*COMMAND, "search.n_trials=600"], cwd=place, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "3 workers, " in done.stdout
    assert "The study has its 600 trials, 600 of them new." in done.stdout
    assert [t.number for t in trials(place)] == list(range(600))
    (folder,) = (path for path in (place / "outputs").iterdir() if path.is_dir())
    manifest = json.loads((folder / "manifest.json").read_text())
    assert (manifest["state"], manifest["n_trials"], manifest["n_new"]) == ("done", 600, 600)
    assert [w["exit_code"] for w in manifest["workers"]] == [0, 0]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all_workers_after_their_batch(place, number):
    process, children = started(place, "search.n_trials=1000000")
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "all are stored" in out
    assert gone(children)
    assert {t.state for t in trials(place)} == {TrialState.COMPLETE}
    complete(place)


def test_a_worker_that_is_killed_is_reported_and_the_run_goes_on(place):
    process, children = started(place, "search.n_trials=6000")
    os.kill(children[0], signal.SIGKILL)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "ended with signal 9; the others go on with its trials." in err
    assert len(judged(place)) == 6000


def test_workers_do_not_outlive_a_run_that_is_killed(place):
    process, children = started(place, "search.n_trials=1000000")
    process.kill()
    process.communicate()
    assert gone(children)
    complete(place)
