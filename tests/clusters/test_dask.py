"""Workers of a real Dask cluster on one study: in the scheduler's memory, and in a database."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from pinejax_process import REPOSITORY, SLOW_SEARCH, environment, trials_of

pytestmark = pytest.mark.dask

N_TRIALS = 160


@pytest.fixture(autouse=True)
def _dask() -> None:
    pytest.importorskip("distributed", reason="needs the extra `dask`")
    pytest.importorskip("optuna_integration", reason="needs the extra `dask`")


def _workers(place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        str(REPOSITORY / "experiments" / "dask_workers.py"),
        "--n-workers",
        "2",
        *words,
        *SLOW_SEARCH,
        f"search.n_trials={N_TRIALS}",
    ]
    return subprocess.run(command, cwd=place, env=environment(), capture_output=True, text=True, check=False, timeout=200)


def test_two_workers_share_a_study_in_the_schedulers_memory(place: Path):
    done = _workers(place)
    assert done.returncode == 0, done.stderr
    assert "exit codes [0, 0]" in done.stdout
    shares = [int(n) for n in re.findall(rf"The study has its {N_TRIALS} trials, (\d+) of them new", done.stdout)]
    assert sum(shares) == N_TRIALS, done.stdout
    assert min(shares) > 0
    tables = [pl.read_parquet(place / f"outputs/dask_{i}/trials.parquet") for i in range(2)]
    # Without transactions two workers may reserve one trial too many; whoever finds out fails its own, which does not count.
    judged = [table.filter(pl.col("state") != "FAIL") for table in tables]
    assert max(len(table) for table in judged) == N_TRIALS


def test_two_workers_share_a_study_in_a_database(place: Path):
    storage = f"sqlite:///{place}/studies.db"
    done = _workers(place, "--storage", storage)
    assert done.returncode == 0, done.stderr
    assert [trial.number for trial in trials_of(storage)] == list(range(N_TRIALS))
