"""What docs/clusters.md shows beside SLURM, Ray and Dask: run as it stands, against Debian's PostgreSQL."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from debian_postgres import PASSWORD, Server
from pinejax_process import environment, n_stored, run, trials_of, until

from tests.docs.pages import REPOSITORY, blocks

PAGE = REPOSITORY / "docs" / "clusters.md"
N_TRIALS = 256
SMALL = "strategy=mine.py:Mine symbol=SYNTH_A timeframe=1h@4h search.sampler=random verdict=none"


def shown(kind: str, word: str) -> str:
    """The one block of the page that has the word."""
    (text,) = [block.text for block in blocks(PAGE) if block.kind == kind and word in block.text]
    return text


def shell(place: Path, text: str, storage: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Runs a block in the folder, searching mine.py, which is quicker than the default."""
    text = text.replace("python -m pinejax.run", f"python -m pinejax.run {SMALL}")
    env = environment({"OPTUNA_STORAGE_URL": storage, **more})
    return subprocess.run(["bash", "-c", text], cwd=place, env=env, capture_output=True, text=True, check=False, timeout=200)


def check(place: Path, storage: str) -> None:
    trials = trials_of(storage)
    assert [trial.number for trial in trials] == list(range(N_TRIALS))
    assert {trial.state.name for trial in trials} == {"COMPLETE"}
    assert len(list((place / "outputs").glob("worker_*"))) == 3


@pytest.mark.postgres
@pytest.mark.parametrize("word", ["done\nwait", "parallel"])
def test_workers_of_a_shell_share_one_study(place: Path, postgres: str, word: str):
    if word == "parallel" and shutil.which("parallel") is None:
        pytest.skip("no GNU parallel: apt-get install parallel")
    done = shell(place, shown("bash", word), postgres)
    assert done.returncode == 0, done.stderr
    check(place, postgres)


@pytest.mark.postgres
def test_workers_in_tmux_share_one_study(place: Path, postgres: str):
    if shutil.which("tmux") is None:
        pytest.skip("no tmux: apt-get install tmux")
    own = {"TMUX_TMPDIR": str(place)}
    try:
        done = shell(place, shown("bash", "tmux"), postgres, **own)
        assert done.returncode == 0, done.stderr
        until(lambda: n_stored(postgres) >= N_TRIALS and len(list(place.glob("outputs/worker_*/best.json"))) == 3, "the workers' files")
    finally:
        subprocess.run(["tmux", "kill-session", "-t", "pinejax"], env=os.environ | own, check=False, capture_output=True)
    check(place, postgres)


@pytest.mark.postgres
def test_the_page_sets_a_database_up_and_a_search_uses_it(place: Path, postgres_server: Server):
    with psycopg.connect(postgres_server.url.replace("+psycopg", ""), autocommit=True) as connection:
        for statement in shown("sql", "CREATE ROLE").split(";"):
            if statement.strip():
                connection.execute(statement.encode())
    postgres_server.stop()
    postgres_server.start()  # max_connections needs it
    url = postgres_server.url.replace(f"postgres:{PASSWORD}@", "pinejax:choose-one@").replace("/postgres", "/studies")
    done = run(place, [*SMALL.split(), "search.n_trials=32"], {"OPTUNA_STORAGE_URL": url})
    assert done.returncode == 0, done.stderr
    assert "choose-one" not in done.stdout + done.stderr
    assert len(trials_of(url)) == 32


def manifest() -> dict[str, Any]:
    return yaml.safe_load(shown("yaml", "kind: Job"))


def test_the_manifest_is_an_indexed_job_that_starts_again_what_was_interrupted():
    spec = manifest()["spec"]
    assert (spec["completionMode"], spec["completions"]) == ("Indexed", spec["parallelism"])
    assert spec["template"]["spec"]["restartPolicy"] == "Never"  # a podFailurePolicy asks for it
    rules = {rule["action"]: rule for rule in spec["podFailurePolicy"]["rules"] if "onExitCodes" in rule}
    assert rules["Ignore"]["onExitCodes"] == {"operator": "In", "values": [130]}
    assert rules["FailIndex"]["onExitCodes"] == {"operator": "In", "values": [2]}
    (container,) = spec["template"]["spec"]["containers"]
    (variable,) = container["env"]
    assert variable["name"] == "OPTUNA_STORAGE_URL"
    assert set(variable["valueFrom"]["secretKeyRef"]) == {"name", "key"}


@pytest.mark.slow
def test_the_manifests_command_searches(place: Path):
    (container,) = manifest()["spec"]["template"]["spec"]["containers"]
    command = [*container["command"], *(arg.replace("pinejax.run", f"pinejax.run {SMALL}") for arg in container["args"])]
    env = environment({"JOB_COMPLETION_INDEX": "3", "OPTUNA_STORAGE_URL": f"sqlite:///{place}/studies.db"})
    done = subprocess.run(command, cwd=place, env=env, capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode == 0, done.stderr
    assert (place / "outputs/worker_3/best.json").is_file()
    assert len(trials_of(f"sqlite:///{place}/studies.db")) == N_TRIALS
