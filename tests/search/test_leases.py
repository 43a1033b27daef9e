import dataclasses
import logging
import os
import sqlite3
import subprocess
import sys
import threading
import time
from datetime import datetime
from pathlib import Path

import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState, create_trial
from quadratic import SHARPE, Bowl, Quadratic, Steps
from test_storage import X, append, odd_trials, reserve

from pinejax.search import SearchConfig, StopRequest, StudyStore, build_space, open_store, run_search
from pinejax.search.heartbeat import heartbeat
from pinejax.search.lease import LEASE_KEY, MOST_RETRIES, Owner, is_gone, retry_attrs
from pinejax.search.records import counts

BOTH = pytest.mark.parametrize("bulk", [True, False], ids=["bulk", "public"])


def asked(n: int, first: int = 0) -> list[FrozenTrial]:
    """New trials as a search asks for them: running, with parameters."""
    trials = []
    for i in range(first, first + n):
        trial = create_trial(state=TrialState.RUNNING, params={"x": i / 1000}, distributions={"x": X})
        trial._trial_id, trial.number = -1 - i, i
        trials.append(trial)
    return trials


def told(trials: list[FrozenTrial]) -> list[FrozenTrial]:
    for trial in trials:
        trial.state, trial.values, trial.datetime_complete = TrialState.COMPLETE, [1.0], datetime.now()
    return trials


def opened(url: str, bulk: bool = True, grace_s: float = 120.0, worker: int = 0) -> StudyStore:
    return open_store(url, "study", ["maximize"], bulk=bulk, grace_s=grace_s, worker=worker)


def theirs(url: str) -> list[FrozenTrial]:
    return optuna.load_study(study_name="study", storage=url).trials


def sql(url: str, statement: str) -> None:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    connection.execute(statement)
    connection.commit()
    connection.close()


@BOTH
def test_what_does_not_fit_the_total_is_left_out(url, bulk):
    one, two = opened(url, bulk), opened(url, bulk)
    mine = reserve(one, asked(6), 10)
    others = reserve(two, asked(6), 10)
    assert (len(mine), len(others)) == (6, 4)
    assert [t.number for t in others] == [6, 7, 8, 9]
    assert reserve(one, asked(1), 10) == []
    assert one.finish(told(mine), {}) == two.finish(told(others), {}) == frozenset()
    assert [t.state for t in theirs(url)] == [TrialState.COMPLETE] * 10
    one.close()
    two.close()


@BOTH
def test_a_failed_trial_makes_room_only_where_it_does_not_count(url, bulk):
    store = opened(url, bulk)
    lost, judged = reserve(store, asked(2), 2)
    for trial, attrs in ((lost, {"error": "gone"}), (judged, {"status": [3]})):
        trial.state, trial.user_attrs, trial.datetime_complete = TrialState.FAIL, attrs, datetime.now()
    store.finish([lost, judged], {})
    again = opened(url, bulk)
    assert len(reserve(again, asked(3), 2)) == 1
    store.close()
    again.close()


@BOTH
def test_others_see_running_trials_with_their_parameters(url, bulk):
    one, two = opened(url, bulk), opened(url, bulk)
    (mine,) = reserve(one, asked(1, 7))
    (seen,) = two.read()
    assert (seen.state, seen.params) == (TrialState.RUNNING, {"x": 0.007})
    assert two.read() == []
    one.finish(told([mine]), {})
    assert [t.state for t in two.read()] == [TrialState.COMPLETE]
    one.close()
    two.close()


@BOTH
def test_a_result_that_comes_too_late_is_not_stored(url, bulk):
    slow, other = opened(url, bulk), opened(url, bulk, grace_s=0.0)
    late, kept = reserve(slow, asked(2))
    slow.finish(told([kept]), {})
    time.sleep(0.05)
    assert other.recover() == 1
    late.user_attrs = {"metrics": {}}
    assert slow.finish(told([late]), {}) == {late._trial_id}
    failed, complete, waiting = theirs(url)
    assert (failed.state, complete.state, waiting.state) == (TrialState.FAIL, TrialState.COMPLETE, TrialState.WAITING)
    assert failed.user_attrs["error"].startswith("given up by worker 0 (process ")
    assert "metrics" not in failed.user_attrs
    assert waiting.system_attrs["fixed_params"] == late.params
    assert [t.number for t in slow.read()] == [0, 2]
    slow.close()
    other.close()


@BOTH
def test_a_stale_trial_is_failed_and_queued_once(url, bulk):
    slow, *others = (opened(url, bulk, grace_s=0.0) for _ in range(3))
    reserve(slow, asked(3))
    time.sleep(0.05)
    assert slow.recover() == 0
    assert sum(store.recover() for store in others) == 3
    assert [t.state for t in theirs(url)] == [TrialState.FAIL] * 3 + [TrialState.WAITING] * 3
    assert [t.system_attrs["retry_history"] for t in theirs(url)[3:]] == [[0], [1], [2]]
    for store in (slow, *others):
        store.close()


@pytest.mark.slow
@BOTH
def test_a_heartbeat_keeps_the_lease(url, bulk):
    slow, other = opened(url, bulk), opened(url, bulk, grace_s=4.0)
    reserve(slow, asked(2))
    with heartbeat(slow, 0.2):
        time.sleep(5.1)  # SQLite's clock has seconds
        assert other.recover() == 0
    assert not any(thread.name == "pinejax-heartbeat" for thread in threading.enumerate())
    slow.close()
    other.close()


def test_without_a_heartbeat_the_start_counts(url):
    slow, other = opened(url), opened(url, grace_s=60.0)
    reserve(slow, asked(1))
    sql(url, "DELETE FROM trial_heartbeats")
    assert other.recover() == 0
    sql(url, "UPDATE trials SET datetime_start = datetime('now', '-100 seconds')")
    assert other.recover() == 1
    slow.close()
    other.close()


def test_a_heartbeat_is_one_row_a_trial_on_the_servers_clock_that_stock_optuna_understands(url):
    store = opened(url)
    first, _second = reserve(store, asked(2))
    sql(url, "UPDATE trial_heartbeats SET heartbeat = datetime('now', '-100 seconds')")
    store.beat()
    with pytest.warns(optuna.exceptions.ExperimentalWarning):
        storage = optuna.storages.RDBStorage(url, heartbeat_interval=1, grace_period=50)
    study = optuna.load_study(study_name="study", storage=storage)
    assert storage._get_stale_trial_ids(study._study_id) == []
    sql(url, f"UPDATE trial_heartbeats SET heartbeat = datetime('now', '-100 seconds') WHERE trial_id = {first._trial_id}")
    assert storage._get_stale_trial_ids(study._study_id) == [first._trial_id]
    store.close()


RESERVES = """
import sys, time
sys.path[:0] = {paths}
from test_leases import asked, opened, reserve
store = opened(sys.argv[1], sys.argv[2] == "bulk", worker=2)
reserve(store, asked(3))
print("reserved", flush=True)
time.sleep(60)
"""


@BOTH
def test_the_trials_of_a_process_that_is_gone_from_this_machine_are_taken_at_once(url, bulk):
    here = Path(__file__).parent
    code = RESERVES.format(paths=[str(here), str(here.parents[1])])
    command = [sys.executable, "-c", code, url, "bulk" if bulk else "public"]
    store = opened(url, bulk)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "reserved\n"
        assert store.recover() == 0
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # until it is a zombie, which it stays
        assert store.recover() == 3
    assert [t.number for t in theirs(url) if t.state == TrialState.WAITING] == [3, 4, 5]
    store.close()


def test_a_process_is_known_by_its_start_and_its_machine():
    lease = Owner.here(0).lease(1)
    assert not is_gone(lease)
    assert is_gone({**lease, "started": lease["started"] - 1})
    assert not is_gone({**lease, "host": "elsewhere", "started": 0})
    assert not is_gone({**lease, "pid": 1, "started": None})
    assert not is_gone({})
    with subprocess.Popen(["true"]) as process:
        pass
    assert is_gone({**lease, "pid": process.pid})


def test_a_set_that_takes_its_worker_down_again_and_again_is_not_queued_for_ever():
    attrs: dict = {}
    for number in range(MOST_RETRIES):
        retried = retry_attrs(number, {"x": 1}, attrs)
        assert retried is not None
        attrs = retried
    assert attrs == {"fixed_params": {"x": 1}, "failed_trial": 0, "retry_history": [0, 1, 2]}
    assert retry_attrs(MOST_RETRIES, {"x": 1}, attrs) is None


@BOTH
def test_waiting_trials_have_room_before_new_ones(url, bulk):
    store = opened(url, bulk)
    study = optuna.load_study(study_name="study", storage=url)
    for x in (0.25, 0.5):
        study.enqueue_trial({"x": x})
    waiting = store.read()
    assert len(reserve(store, asked(5), 4)) == 2
    for trial in waiting:
        trial.datetime_start = datetime.now()
    assert len(reserve(store, [*waiting, *asked(5, 10)], 4)) == 2
    assert [t.state for t in theirs(url)] == [TrialState.RUNNING] * 4
    store.close()


@BOTH
def test_what_a_broken_off_search_has_not_told_is_queued_again_at_once(url, bulk):
    class Broken(Quadratic):
        def evaluate(self, batch, keep=None):
            raise KeyboardInterrupt

    config = SearchConfig("study", 8, sampler="random", batch_size=4)
    store = opened(url, bulk)
    with pytest.raises(KeyboardInterrupt):
        run_search(config, build_space(Bowl), SHARPE, Broken(), store)
    before = theirs(url)
    assert [t.state for t in before] == [TrialState.FAIL] * 4 + [TrialState.WAITING] * 4
    again = Quadratic()
    result = run_search(config, build_space(Bowl), SHARPE, again, store)
    store.close()
    assert (result.stopped, result.n_counted) == ("done", 8)
    after = theirs(url)
    assert [t.params for t in after[4:8]] == [t.params for t in before[:4]]
    assert [t.state for t in after] == [TrialState.FAIL] * 4 + [TrialState.COMPLETE] * 8
    assert list(result.trials) == after


def test_a_search_waits_for_the_others_and_takes_over_what_they_give_up(url):
    """Nested: while the outer search evaluates its first batch, the inner one has no room; the outer one's lease runs out."""
    inner_results = []

    class Stuck(Quadratic):
        def evaluate(self, batch, keep=None):
            if self.n_batches == 0:
                config = SearchConfig("study", 8, sampler="random", batch_size=8, worker=1, heartbeat_s=0.5, grace_s=1.2)
                inner_results.append(run_search(config, build_space(Bowl), SHARPE, Quadratic(), url))
            return super().evaluate(batch, keep)

    config = SearchConfig("study", 8, sampler="random", batch_size=8)
    result = run_search(config, build_space(Bowl), SHARPE, Stuck(), url)
    (inner,) = inner_results
    assert (inner.stopped, inner.n_new, inner.n_counted) == ("done", 8, 8)
    assert inner.timings.wait_s > 0
    assert (result.stopped, result.n_new, result.n_counted) == ("done", 0, 8)
    trials = theirs(url)
    assert [t.state for t in trials] == [TrialState.FAIL] * 8 + [TrialState.COMPLETE] * 8
    assert [t.params for t in trials[:8]] == [t.params for t in trials[8:]]
    assert list(result.trials) == trials


def test_a_late_result_is_said_and_not_counted(url, caplog):
    class Late(Quadratic):
        def evaluate(self, batch, keep=None):
            if self.n_batches == 1:
                time.sleep(0.05)
                other = opened(url, grace_s=0.0)
                assert other.recover() == 4
                other.close()
            return super().evaluate(batch, keep)

    seen = []
    config = SearchConfig("study", 12, sampler="random", batch_size=4)
    with caplog.at_level(logging.WARNING):
        result = run_search(config, build_space(Bowl), SHARPE, Late(), url, [lambda p: seen.append(p.n_counted)])
    assert "trials [4, 5, 6, 7]: the results came too late" in caplog.text
    assert seen == [4, 4, 8, 12]
    assert (result.n_new, result.n_counted) == (12, 12)
    assert list(result.trials) == theirs(url)
    assert [t.state for t in result.trials[4:8]] == [TrialState.FAIL] * 4


def test_running_trials_of_other_programs_are_counted_and_left_alone(url):
    opened(url).close()
    foreign = optuna.load_study(study_name="study", storage=url).ask()
    other = opened(url, grace_s=0.0)
    time.sleep(0.02)
    assert other.recover() == 0
    assert len(reserve(other, asked(5), 4)) == 3
    other.recover(mine=True)
    other.close()
    assert theirs(url)[foreign.number].state == TrialState.RUNNING


def test_a_search_does_not_wait_for_ever_for_another_program(url):
    first = SearchConfig("study", 4, sampler="random", batch_size=4)
    run_search(first, build_space(Bowl), SHARPE, Quadratic(), url)
    optuna.load_study(study_name="study", storage=url).ask()
    config = dataclasses.replace(first, n_trials=8, heartbeat_s=0.1, grace_s=0.3)
    result = run_search(config, build_space(Bowl), SHARPE, Quadratic(), url)
    assert (result.stopped, result.n_counted, result.n_new) == ("left_to_others", 7, 3)


def test_a_waiting_search_can_be_stopped(url):
    other = opened(url)
    run_search(SearchConfig("study", 1, sampler="random"), build_space(Bowl), SHARPE, Quadratic(), url)
    reserve(other, asked(4), 5)
    stop = StopRequest()
    timer = threading.Timer(0.3, stop.set)
    timer.start()
    result = run_search(SearchConfig("study", 5, sampler="random"), build_space(Bowl), SHARPE, Quadratic(), url, stop=stop)
    timer.join()
    assert (result.stopped, result.n_new) == ("interrupted", 0)
    other.close()


def test_two_workers_on_a_grid_visit_every_combination_once(url):
    seen: list[tuple] = []

    class Noted(Quadratic):
        def evaluate(self, batch, keep=None):
            seen.extend(tuple(sorted(p.items())) for p in batch)
            if self.n_batches == 0:
                inner = SearchConfig("study", 100, sampler="grid", batch_size=2, worker=1, timeout_s=0.0)
                run_search(inner, build_space(Steps), SHARPE, Noted(score=lambda p: 0.0, n_batches=1), url)
            return super().evaluate(batch, keep)

    config = SearchConfig("study", 100, sampler="grid", batch_size=4)
    result = run_search(config, build_space(Steps), SHARPE, Noted(score=lambda p: 0.0), url)
    assert (result.stopped, result.n_counted) == ("exhausted", 18)
    assert len(seen) == len(set(seen)) == 18


@pytest.mark.parametrize("kind", ["full", "space"])
def test_a_study_on_a_full_disk_stays_whole_and_the_same_command_completes_it(url, kind, monkeypatch):
    from pinejax.errors import StudyError
    from pinejax.search.rdb import BulkStore

    config = SearchConfig("study", 200, sampler="random", batch_size=8)
    store = opened(url)
    append(store, odd_trials()[:0])
    if kind == "full":  # SQLite's own limit: the file may not grow beyond some pages
        pages = 80
        limited = store._db.engine  # type: ignore[attr-defined]
        import sqlalchemy as sa

        sa.event.listen(limited, "connect", lambda connection, _: connection.execute(f"PRAGMA max_page_count = {pages}"))
        limited.dispose()
    else:
        end = BulkStore._end

        def no_space(self, connection, trials):
            if trials[0].number >= 40:
                raise OSError(28, "No space left on device")
            return end(self, connection, trials)

        monkeypatch.setattr(BulkStore, "_end", no_space)
    with pytest.raises((StudyError, OSError), match=r"Make room|No space"):
        run_search(config, build_space(Bowl), SHARPE, Quadratic(), store)
    store.close()
    monkeypatch.undo()
    before = theirs(url)
    n_stored = sum(counts(t) for t in before)
    assert 0 < n_stored < 200 and n_stored % 8 == 0
    assert [t.number for t in before] == list(range(len(before)))
    assert all(t.state in (TrialState.COMPLETE, TrialState.RUNNING, TrialState.FAIL, TrialState.WAITING) for t in before)
    sleeping = dataclasses.replace(config, heartbeat_s=0.01, grace_s=0.02)  # this process lives: nobody can tell that it gave up
    time.sleep(0.05)
    result = run_search(sleeping, build_space(Bowl), SHARPE, Quadratic(), url)
    assert (result.stopped, result.n_counted) == ("done", 200)
    assert theirs(url)[:n_stored] == before[:n_stored]
    assert {t.state for t in theirs(url)} <= {TrialState.COMPLETE, TrialState.FAIL}


def test_studies_of_earlier_versions_have_no_leases_and_go_on(url):
    config = SearchConfig("study", 8, sampler="random", batch_size=8)
    run_search(config, build_space(Bowl), SHARPE, Quadratic(), url)
    sql(url, f"DELETE FROM trial_system_attributes WHERE key = '{LEASE_KEY}'")
    sql(url, "DELETE FROM trial_heartbeats")
    result = run_search(dataclasses.replace(config, n_trials=16), build_space(Bowl), SHARPE, Quadratic(), url)
    assert (result.n_new, result.n_counted) == (8, 16)
    assert os.getpid() == result.trials[-1].system_attrs[LEASE_KEY]["pid"]
