"""Hydra's launchers that need no server: joblib, and submitit's jobs on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from pinejax_process import run, trials_of
from small_run import SMALL

pytestmark = pytest.mark.slow

LAUNCHERS = {"joblib": "hydra_joblib_launcher.joblib_launcher", "submitit_local": "hydra_submitit_launcher.submitit_launcher"}


@pytest.fixture(params=LAUNCHERS)
def launcher(request: pytest.FixtureRequest) -> str:
    pytest.importorskip(f"hydra_plugins.{LAUNCHERS[request.param]}", reason="needs the extra `slurm`")
    return request.param


def test_each_combination_is_a_job_with_a_study_and_a_folder(place: Path, launcher: str):
    words = ["-m", f"hydra/launcher={launcher}", "hydra.sweep.dir=outputs/sweep", *SMALL, "timeframe=1h@4h,2h@4h"]
    done = run(place, words)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (place / "outputs/sweep").glob("*_all_*")) == ["0_all_1h_4h", "1_all_2h_4h"]
    assert len(trials_of(f"sqlite:///{place}/outputs/studies.db")) == 16


def test_a_failing_job_makes_the_command_fail_and_leaves_the_others(place: Path, launcher: str):
    words = ["-m", f"hydra/launcher={launcher}", "hydra.sweep.dir=outputs/sweep", *SMALL, "params.fast=99,5"]
    done = run(place, words)
    assert done.returncode not in (0, 130)
    assert "fast" in done.stderr, done.stderr
    assert len(trials_of(f"sqlite:///{place}/outputs/studies.db")) == 8
