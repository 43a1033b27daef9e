"""A walk in processes of its own: killed midway, and done by two at once."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pinejax_process import REPOSITORY, Ending, environment

from pinejax.search import StopRequest, open_store
from pinejax.search.records import counts
from pinejax.validation.walk import walk_forward
from tests.validation.walker import course_of, plan_on


def walker(url: str, seconds: float, worker: int = 0) -> Ending:
    """A process that walks."""
    command = [sys.executable, "-m", "tests.validation.walker", url, str(seconds), str(worker)]
    return Ending(command, cwd=REPOSITORY, env=environment(), text=True, stdout=subprocess.PIPE)


def n_counted(url: str, study: str) -> int:
    """Of a span's study."""
    store = open_store(url, study, ["maximize"])
    try:
        return sum(counts(trial) for trial in store.read())
    finally:
        store.close()


@pytest.mark.kill
def test_a_walk_that_was_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/studies.db"
    with walker(url, 0.2) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "walk-forward 2 of 3" in line and "8 of 24" in line:
                process.send_signal(signal.SIGKILL)
                break
        process.wait(60)
    said: list[str] = []
    legs = walk_forward(course_of(), plan_on(url), StopRequest(), lambda text, *_: said.append(text))
    assert [n_counted(url, leg.study) for leg in legs] == [24] * 3 and all(leg.params for leg in legs)
    assert not any("1 of 3" in text for text in said)  # the first span had all its trials
    kept = next(text for text in said if "2 of 3" in text).rpartition(", ")[2]
    assert kept in ("12 of 24 trials", "16 of 24 trials")  # at most the batch in flight was lost


@pytest.mark.slow
def test_two_that_walk_share_each_span(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/studies.db"
    with walker(url, 0.1) as first, walker(url, 0.1, worker=1) as second:
        ends = [process.communicate(timeout=300)[0].splitlines()[-1] for process in (first, second)]
    assert ends[0] == ends[1] and ends[0].startswith("done")
    legs = walk_forward(course_of(), plan_on(url), StopRequest())
    assert [n_counted(url, leg.study) for leg in legs] == [24] * 3
    assert ends[0] == f"done {[(leg.n_trials, leg.trial) for leg in legs]}"
