import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState
from quadratic import SHARPE, Bowl, Quadratic

from pinejax.search import SearchConfig, build_space, run_search

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]


@contextmanager
def worker(url: str, n_trials: int, sampler: str = "random", number: int = 0, seconds: float = 0.02) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, str(HERE / "worker.py"), url, str(n_trials), sampler, str(number), str(seconds)]
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(HERE)])}
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def check_shared_study(url: str, n_trials: int, n_workers: int, sampler: str) -> None:
    """Runs workers at once on one study; afterwards it is complete, whole and readable by stock Optuna."""
    managers = [worker(url, n_trials, sampler, number) for number in range(n_workers)]
    processes = [manager.__enter__() for manager in managers]
    try:
        outputs = [process.communicate(timeout=120) for process in processes]
    finally:
        for manager in managers:
            manager.__exit__(None, None, None)
    assert all(process.returncode == 0 for process in processes), [err for _, err in outputs]
    shares = [int(out.split()[-1]) for out, _ in outputs]
    trials = optuna.load_study(study_name="study", storage=url).trials
    assert [t.number for t in trials] == list(range(len(trials)))
    assert sum(shares) == len(trials)
    # Without leases, every other worker may have one batch in flight when the total is reached.
    assert n_trials <= len(trials) <= n_trials + 8 * (n_workers - 1)
    for trial in trials:
        source = trial.user_attrs.get("duplicate_of")
        assert source is None or trials[source].params == trial.params
    result = run_search(SearchConfig("study", n_trials, pruner="median"), build_space(Bowl), SHARPE, Quadratic(), url)
    assert result.stopped == "nothing_to_do"
    assert list(result.trials) == list(trials)


@pytest.mark.parametrize("sampler", ["random", pytest.param("cmaes", marks=pytest.mark.slow)])
def test_three_workers_on_one_sqlite_study_share_it_without_collisions(url, sampler):
    check_shared_study(url, 96, 3, sampler)


def test_a_worker_learns_from_the_others_trials(url):
    """Two searches take turns in one process; each sees the other's trials before it asks."""
    seen: list[int] = []

    def other_worker(progress) -> None:
        inner = SearchConfig("study", progress.n_counted + 8, sampler="tpe", batch_size=8, worker=1)
        result = run_search(inner, build_space(Bowl), SHARPE, Quadratic(), url)
        seen.append(len(result.trials))

    config = SearchConfig("study", 64, sampler="tpe", batch_size=8)
    result = run_search(config, build_space(Bowl), SHARPE, Quadratic(), url, [other_worker])
    assert seen == [16, 32, 48, 64]
    assert result.n_new == 32
    assert result.n_counted == 64
    assert list(result.trials) == optuna.load_study(study_name="study", storage=url).trials


@pytest.mark.kill
def test_a_killed_worker_loses_at_most_one_batch_and_the_same_command_completes(url):
    with worker(url, 400, "cmaes", seconds=0.05) as process:
        assert process.stdout is not None
        counted = 0
        while counted < 80:
            line = process.stdout.readline().strip()
            counted = int(line) if line.isdigit() else counted
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    trials = optuna.load_study(study_name="study", storage=url).trials
    assert len(trials) % 8 == 0
    assert len(trials) >= counted
    assert all(t.state in (TrialState.COMPLETE, TrialState.PRUNED) for t in trials)
    with worker(url, len(trials) + 64, "cmaes", seconds=0.0) as process:
        out, err = process.communicate(timeout=120)
    assert out.split()[-2:] == ["done", "64"], err
    after = optuna.load_study(study_name="study", storage=url).trials
    assert after[: len(trials)] == trials
    assert after[-1].system_attrs["cmawm:generation"] > trials[-1].system_attrs["cmawm:generation"] >= 1


@pytest.mark.kill
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_worker_after_its_batch(url, number):
    with worker(url, 4000, seconds=0.05) as process:
        assert process.stdout is not None
        while process.stdout.readline().strip() != "16":
            pass
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    stopped, n_new = out.split()[-2:]
    assert stopped == "interrupted"
    assert int(n_new) == len(optuna.load_study(study_name="study", storage=url).trials)
