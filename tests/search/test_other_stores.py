"""A journal file and Dask's scheduler, through Optuna's public interface."""

import importlib.util
import os
import signal
import sys
import time

import optuna
import pytest
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock, JournalStorage
from optuna.trial import FrozenTrial, TrialState
from quadratic import SHARPE, Bowl, Quadratic
from test_many_workers import check_whole, worker, workers
from test_storage import odd_trials, same, stored

from pinejax.errors import StudyError
from pinejax.search import SearchConfig, build_space, open_store, run_search
from pinejax.search.lease import LEASE_KEY


@pytest.fixture
def journal(tmp_path):
    return f"journal:///{tmp_path / 'shared' / 'study.log'}"


def trials_of(journal: str) -> list[FrozenTrial]:
    path = journal.removeprefix("journal:///")
    storage = JournalStorage(JournalFileBackend(path, JournalFileOpenLock(path)))
    return optuna.load_study(study_name="study", storage=storage).trials


def test_stock_optuna_reads_a_journal_as_it_was_written(journal):
    trials = odd_trials()
    stored(journal, trials)
    assert all(same(mine, other) for mine, other in zip(trials, trials_of(journal), strict=True))


def test_a_search_in_a_journal_goes_on_where_it_stopped(journal):
    def run(n_trials):
        config = SearchConfig("study", n_trials, sampler="tpe", batch_size=4, pruner="median")
        return run_search(config, build_space(Bowl), SHARPE, Quadratic(), journal)

    first, second = run(12), run(20)
    assert (first.n_new, second.n_new, second.storage) == (12, 8, journal)
    assert list(second.trials) == trials_of(journal)
    assert run(20).stopped == "nothing_to_do"


@pytest.mark.slow
def test_two_workers_share_a_journal_exactly(journal):
    with workers(journal, 60, 2, meet=True) as processes:
        outputs = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    trials = trials_of(journal)
    judged = [t for t in trials if t.state in (TrialState.COMPLETE, TrialState.PRUNED)]
    assert len(judged) == 60
    assert [t.number for t in trials] == list(range(len(trials)))
    assert {t.system_attrs[LEASE_KEY]["worker"] for t in judged} == {0, 1}
    others = [t for t in trials if t not in judged]  # of two that reserved at once, one gave way
    assert all(t.state == TrialState.FAIL and t.user_attrs["error"] == "the study has its trials" for t in others)


@pytest.mark.kill
def test_a_killed_workers_trials_in_a_journal_are_evaluated_by_the_next(journal):
    with worker(journal, 400, seconds=0.1) as process:
        assert process.stdout is not None
        while process.stdout.readline().strip() != "16":
            pass
        time.sleep(0.15)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    with worker(journal, 60, seconds=0.0) as process:
        out, err = process.communicate(timeout=120)
    assert out.split()[-2] == "done", err
    check_whole(trials_of(journal), 60)


def test_a_journal_that_cannot_be_written_is_one_clear_message(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StudyError, match=r"journal .*storage\.journal"):
        open_store(f"journal:///{tmp_path / 'file' / 'study.log'}", "study", ["maximize"])


def test_other_directions_are_refused_in_a_journal_too(journal):
    open_store(journal, "study", ["maximize"]).close()
    with pytest.raises(StudyError, match="has the directions maximize, this search minimize"):
        open_store(journal, "study", ["minimize"])


def test_without_the_extra_dask_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(StudyError, match=r"pip install 'pinejax\[dask\]'"):
        open_store("dask+tcp://127.0.0.1:1", "study", ["maximize"])


@pytest.mark.dask
@pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="needs the extra `dask`")
@pytest.mark.filterwarnings("ignore")
def test_two_workers_share_a_study_in_a_dask_scheduler():
    from distributed import LocalCluster
    from optuna_integration.dask import DaskStorage

    with LocalCluster(n_workers=0, processes=False, dashboard_address=None, protocol="tcp", host="127.0.0.1") as cluster:
        url = f"dask+{cluster.scheduler_address}"
        with workers(url, 40, 2, meet=True) as processes:
            outputs = [process.communicate(timeout=120) for process in processes]
        assert [process.returncode for process in processes] == [0, 0], outputs
        with cluster.get_client() as client:
            trials = optuna.load_study(study_name="study", storage=DaskStorage(name="pinejax", client=client)).trials
    assert sum(t.state in (TrialState.COMPLETE, TrialState.PRUNED) for t in trials) == 40
    assert [t.number for t in trials] == list(range(len(trials)))
