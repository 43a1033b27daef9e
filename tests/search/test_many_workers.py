import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState
from quadratic import SHARPE, Bowl, Quadratic

from pinejax.search import SearchConfig, build_space, run_search
from pinejax.search.lease import LEASE_KEY
from pinejax.search.records import counts

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]


@contextmanager
def worker(
    url: str, n_trials: int, sampler: str = "random", number: int = 0, seconds: float = 0.02, wait: tuple[str, ...] = ()
) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, str(HERE / "worker.py"), url, str(n_trials), sampler, str(number), str(seconds), *wait]
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(HERE)])}
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    process = subprocess.Popen(command, env=env, text=True, **pipes)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


@contextmanager
def workers(
    url: str, n_trials: int, n_workers: int, sampler: str = "random", seconds: float = 0.02, meet: bool = False
) -> Iterator[list[subprocess.Popen[str]]]:
    """Several that begin at the same moment. meet: none goes on with its first batch before every one has one."""
    wait = ("wait", "meet") if meet else ("wait",)
    with ExitStack() as stack:
        started = [stack.enter_context(worker(url, n_trials, sampler, number, seconds, wait)) for number in range(n_workers)]
        for said in ("ready\n", "holding\n") if meet else ("ready\n",):
            for process in started:
                assert process.stdout is not None and process.stdout.readline() == said
            for process in started:
                assert process.stdin is not None
                process.stdin.write("\n")
                process.stdin.flush()
        yield started


def check_shared_study(url: str, n_trials: int, n_workers: int, sampler: str) -> None:
    """Runs workers at once on one study; afterwards it is complete, whole and readable by stock Optuna."""
    with workers(url, n_trials, n_workers, sampler, meet=True) as processes:
        outputs = [process.communicate(timeout=120) for process in processes]
    assert all(process.returncode == 0 for process in processes), [err for _, err in outputs]
    shares = [int(out.split()[-1]) for out, _ in outputs]
    trials = optuna.load_study(study_name="study", storage=url).trials
    assert [t.number for t in trials] == list(range(n_trials))
    assert sum(shares) == n_trials
    assert all(t.state in (TrialState.COMPLETE, TrialState.PRUNED) for t in trials)
    assert {t.system_attrs[LEASE_KEY]["worker"] for t in trials} == set(range(n_workers))
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


def check_whole(trials: list[FrozenTrial], n_trials: int) -> None:
    """Numbers without a gap, the total exact, what was given up evaluated by a later trial, nothing left over."""
    assert [t.number for t in trials] == list(range(len(trials)))
    assert sum(counts(t) for t in trials) == n_trials
    given_up = [t for t in trials if t.state == TrialState.FAIL]
    assert {t.state for t in trials} <= {TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL}
    retries = {t.system_attrs["retry_history"][-1]: t for t in trials if "retry_history" in t.system_attrs}
    assert retries.keys() == {t.number for t in given_up}
    for trial in given_up:
        assert "given up by worker" in trial.user_attrs["error"]
        assert retries[trial.number].params == trial.params


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
    done = [t for t in trials if t.state in (TrialState.COMPLETE, TrialState.PRUNED)]
    assert len(done) >= counted
    assert trials[: len(done)] == done
    assert {t.state for t in trials[len(done) :]} <= {TrialState.RUNNING}
    assert len(trials) - len(done) <= 8
    with worker(url, len(done) + 64, "cmaes", seconds=0.0) as process:
        out, err = process.communicate(timeout=120)
    assert out.split()[-2] == "done", err
    after = optuna.load_study(study_name="study", storage=url).trials
    assert after[: len(done)] == done
    check_whole(after, len(done) + 64)
    judged = [t for t in after if counts(t)]
    assert judged[-1].system_attrs["cmawm:generation"] > done[-1].system_attrs["cmawm:generation"] >= 1


def kill_one_of_three(url: str, seed: int, n_trials: int = 160) -> None:
    """Three workers; one is killed at a random moment, the others complete the study by themselves."""
    moment = random.Random(seed)
    with workers(url, n_trials, 3, seconds=0.03) as processes:
        time.sleep(moment.uniform(0.1, 0.5))
        victim = processes[moment.randrange(3)]
        victim.kill()
        victim.wait()
        outputs = [process.communicate(timeout=120) for process in processes if process is not victim]
    assert all(process.returncode == 0 for process in processes if process is not victim), outputs
    check_whole(optuna.load_study(study_name="study", storage=url).trials, n_trials)


@pytest.mark.kill
@pytest.mark.parametrize("seed", range(3))
def test_the_others_complete_the_study_of_a_worker_that_was_killed(url, seed):
    kill_one_of_three(url, seed)


@pytest.mark.kill
def test_any_signal_at_any_moment_leaves_a_study_that_the_same_command_completes(url):
    moment = random.Random(1)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL, signal.SIGINT):
        with worker(url, 4000, seconds=0.02) as process:
            assert process.stdout is not None and process.stdout.readline().strip() == "ready"
            time.sleep(moment.uniform(0.0, 0.8))
            process.send_signal(number)
            if number == signal.SIGINT:
                process.send_signal(number)  # a second one: at once, in the middle of a batch
            process.communicate(timeout=60)
        assert process.returncode is not None
    n_trials = sum(counts(t) for t in optuna.load_study(study_name="study", storage=url).trials) + 20
    with worker(url, n_trials, seconds=0.0) as process:
        out, err = process.communicate(timeout=120)
    assert out.split()[-2] == "done", err
    check_whole(optuna.load_study(study_name="study", storage=url).trials, n_trials)


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
