"""Hydra finds the sweeper, wherever pinejax is installed from; launchers run it in other processes. Real processes, real installs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import venv
from importlib import metadata
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
SMALL = ("timeframe=2h@4h,4h", "symbol=SYNTH_A", "search.n_trials=6", "search.sampler=random", "verdict=none", "hydra.sweep.dir=sweep")


def start(place: Path, *words: str, python: str = sys.executable, **more: str) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | more
    command = [python, "-m", "pinejax.run", "-m", *words]
    return subprocess.Popen(
        command, cwd=place, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )


def states(place: Path) -> list[str]:
    return [one["state"] for one in json.loads((place / "sweep/sweep.json").read_text())["combinations"]]


def test_hydra_finds_the_sweeper_and_its_options_by_the_config_name():
    from hydra.core.config_store import ConfigStore
    from hydra.core.plugins import Plugins
    from hydra.plugins.sweeper import Sweeper

    found = {cls.__module__ for cls in Plugins.instance().discover(Sweeper)}
    assert "hydra_plugins.hydra_pinejax_sweeper.pinejax_sweeper" in found
    assert "pinejax.yaml" in ConfigStore.instance().list("hydra/sweeper")


def test_the_entry_point_that_later_versions_of_hydra_use_leads_to_the_sweeper():
    named = {point.name: point for point in metadata.entry_points(group="hydra.plugins")}
    assert named["pinejax_sweeper"].load().PinejaxSweeper.__name__ == "PinejaxSweeper"


def test_the_plugin_loads_nothing_heavy():
    code = (
        "import sys, hydra_plugins.hydra_pinejax_sweeper.pinejax_sweeper; "
        "print([name for name in ('jax', 'optuna', 'polars', 'pinejax') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
def test_an_installed_wheel_sweeps(tmp_path):
    wheels = tmp_path / "wheels"
    build = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(wheels), str(REPOSITORY)]
    subprocess.run(build, check=True, capture_output=True, timeout=120)
    (wheel,) = wheels.glob("*.whl")
    venv.create(tmp_path / "fresh", with_pip=True)
    python = tmp_path / "fresh" / "bin" / "python"
    # The dependencies are this environment's; pinejax itself is the wheel, which comes first on the path.
    subprocess.run([python, "-m", "pip", "install", "-q", "--no-deps", "--no-index", wheel], check=True, capture_output=True, timeout=120)
    own = subprocess.run([python, "-c", "import site; print(site.getsitepackages()[0])"], capture_output=True, text=True, check=True)
    theirs = next(path for path in sys.path if path.endswith("site-packages"))
    Path(own.stdout.strip(), "dependencies.pth").write_text(theirs + "\n")
    running = start(tmp_path, *SMALL, python=str(python))
    said, _ = running.communicate(timeout=180)
    assert running.returncode == 0, said
    assert states(tmp_path) == ["done", "done"]
    asked = [python, "-c", "import pinejax; print(pinejax.__file__)"]
    where = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert str(tmp_path / "fresh") in where.stdout


@pytest.mark.slow
class TestJoblib:
    @pytest.fixture(autouse=True)
    def _installed(self) -> None:
        pytest.importorskip("hydra_plugins.hydra_joblib_launcher", reason="needs the extra `slurm`")

    def test_combinations_run_side_by_side_and_the_failing_one_is_named(self, tmp_path):
        running = start(tmp_path, *SMALL, "symbol=SYNTH_A,NOPE", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2")
        said, _ = running.communicate(timeout=180)
        assert running.returncode == 2, said
        assert states(tmp_path) == ["done", "failed", "done", "failed"]
        assert "symbol=NOPE timeframe=4h: symbol: no bars of 'NOPE'" in said or "timeframe=4h symbol=NOPE: symbol: no bars" in said

    def test_several_workers_share_a_combinations_study(self, tmp_path):
        words = ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2", "hydra.sweeper.n_jobs=2", "search.n_trials=40", "search.batch_size=4"]
        running = start(tmp_path, *SMALL, *words)
        said, _ = running.communicate(timeout=180)
        assert running.returncode == 0, said
        assert states(tmp_path) == ["done", "done"]
        for folder in ("0_SYNTH_A_2h_4h", "1_SYNTH_A_4h"):
            both = [json.loads((tmp_path / "sweep" / folder / who / "manifest.json").read_text()) for who in (".", "worker_1")]
            assert both[0]["study"]["name"] == both[1]["study"]["name"]
            assert [manifest["search"]["worker"] for manifest in both] == [0, 1]
            assert both[0]["n_new"] + both[1]["n_new"] >= 40

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_a_signal_ends_it_after_the_batches_in_flight_and_the_same_command_goes_on(self, tmp_path, number):
        words = [*SMALL, "timeframe=2h@4h,4h,3h", "search.n_trials=4000", "search.sampler=tpe"]
        launcher = ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2"]
        running = start(tmp_path, *words, *launcher)
        begun = [tmp_path / "sweep" / name / "trials.jsonl" for name in ("0_SYNTH_A_2h_4h", "1_SYNTH_A_4h")]
        limit = time.monotonic() + 90
        while not all(path.exists() for path in begun) and time.monotonic() < limit:
            time.sleep(0.2)
        if number == signal.SIGINT:
            os.killpg(running.pid, number)  # as a terminal does
        else:
            running.send_signal(number)
        said, _ = running.communicate(timeout=60)
        assert running.returncode == 130, said
        assert "Not run: timeframe=3h" in said
        assert states(tmp_path) == ["interrupted", "interrupted", "not run"]
        told = json.loads((tmp_path / "sweep/0_SYNTH_A_2h_4h/manifest.json").read_text())
        total = told["n_trials"] + 16
        again = start(tmp_path, *words, f"search.n_trials={total}", "timeframe=2h@4h")
        said, _ = again.communicate(timeout=120)
        assert f"The study has its {total} trials, 16 of them new." in said
