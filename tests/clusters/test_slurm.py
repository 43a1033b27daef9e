"""A real SLURM on this machine: submitit's launcher and plain batch scripts, interrupted by the signals that SLURM sends."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from one_machine_slurm import Slurm
from pinejax_process import SLOW_SEARCH, environment, n_stored, run, start, trials_of, until
from small_run import SMALL

from tests.docs.pages import REPOSITORY, blocks

pytestmark = pytest.mark.slurm

N_TRIALS = 320
LAUNCHER = ("-m", "hydra/launcher=submitit_slurm", "hydra.launcher.partition=debug", "hydra.sweep.dir=outputs/sweep")


@pytest.fixture(autouse=True)
def _launcher() -> None:
    pytest.importorskip("hydra_plugins.hydra_submitit_launcher.submitit_launcher", reason="needs the extra `slurm`")


def _jobs(slurm: Slurm) -> list[str]:
    """What is queued or runs."""
    return slurm.command("squeue", "-h", "-o", "%A").split()


def _states(folder: Path) -> list[str]:
    """How the runs below a folder ended, by the names of their folders."""
    return [json.loads(path.read_text())["state"] for path in sorted(folder.glob("*/manifest.json"))]


def _submit(place: Path, slurm: Slurm, words: list[str], storage: str, *options: str) -> str:
    """Submits the script of the page, as a user does from a folder of theirs; the job's number."""
    (script,) = [block.text for block in blocks(REPOSITORY / "docs" / "clusters.md") if block.kind == "bash" and "SBATCH" in block.text]
    path = place / "search.sh"
    path.write_text(script)
    command = ["sbatch", "--parsable", *options, str(path), *words]
    env = environment(slurm.env | {"OPTUNA_STORAGE_URL": storage})
    done = subprocess.run(command, cwd=place, env=env, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _until_stored(n: int, storage: str, slurm: Slurm, place: Path) -> None:
    def stored() -> bool:
        assert _jobs(slurm), _said(place)
        return n_stored(storage) >= n

    until(stored, f"{n} trials")


def _said(place: Path) -> str:
    """What the jobs of a batch script printed."""
    return "".join(path.read_text() for path in place.glob("slurm-*.out"))


def _check(trials: list, n: int) -> None:
    assert [trial.number for trial in trials] == list(range(n))
    assert all(trial.state.name == "COMPLETE" for trial in trials)


def test_a_sweep_is_submitted_and_each_job_completes_its_study(place: Path, slurm: Slurm):
    done = run(place, [*LAUNCHER, *SMALL, "timeframe=1h@4h,2h@4h"], slurm.env)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (place / "outputs/sweep").glob("*_all_*")) == ["0_all_1h_4h", "1_all_2h_4h"]
    assert len(trials_of(f"sqlite:///{place}/outputs/studies.db")) == 16


def test_usr2_stores_the_batch_and_submitit_queues_the_job_again_until_the_study_is_complete(place: Path, slurm: Slurm):
    storage = f"sqlite:///{place}/outputs/studies.db"
    with start(place, [*LAUNCHER, *SLOW_SEARCH, f"search.n_trials={N_TRIALS}"], slurm.env) as process:
        until(lambda: n_stored(storage) >= 48, "the first trials")
        (job,) = _jobs(slurm)
        slurm.command("scancel", "--signal=USR2", job)
        _, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert slurm.restarts(job) == 1
    assert _states(place / "outputs/sweep") == ["interrupted", "done"]
    _check(trials_of(storage), N_TRIALS)


def test_a_batch_script_goes_on_after_usr2_and_its_array_shares_one_study(place: Path, slurm: Slurm, postgres: str):
    """The script of docs/clusters.md: three workers on one PostgreSQL study, all warned once."""
    job = _submit(place, slurm, [*SLOW_SEARCH, f"search.n_trials={N_TRIALS}", "search.study_name=shared"], postgres)
    _until_stored(48, postgres, slurm, place)
    slurm.command("scancel", "--signal=USR2", job)
    until(lambda: not _jobs(slurm), "the end of the jobs", 300)
    assert "Interrupted after" in _said(place)
    _check(trials_of(postgres), N_TRIALS)


def test_a_preempted_job_goes_on_when_the_other_has_ended(place: Path, slurm: Slurm):
    """A job of a partition with precedence takes all CPUs: SLURM sends CONT and TERM, and queues the first one again."""
    storage = f"sqlite:///{place}/outputs/studies.db"
    job = _submit(place, slurm, [*SLOW_SEARCH, f"search.n_trials={N_TRIALS}"], storage, "--array=0", "--exclusive")
    _until_stored(48, storage, slurm, place)
    other = place / "other.sh"
    other.write_text("#!/bin/bash\nsleep 5\n")
    slurm.sbatch(other, "--partition=urgent", "--exclusive", f"--output={place}/other.out")
    until(lambda: not _jobs(slurm), "the end of the jobs", 300)
    said = _said(place)
    assert f"{N_TRIALS} of them new" not in said, said
    assert slurm.restarts(f"{job}_0") == 1, said
    _check(trials_of(storage), N_TRIALS)
