import json
import sqlite3
from datetime import datetime

import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState, create_trial
from quadratic import SHARPE, Bowl, Quadratic

from pinejax.errors import StudyError
from pinejax.search import ObjectiveConfig, SearchConfig, StudyStore, build_objective, build_space, open_store, run_search
from pinejax.search.database import Database, hide_password, parse_url, scrub
from pinejax.search.rdb import BulkStore
from pinejax.search.schema import unsupported

X = optuna.distributions.FloatDistribution(0.0, 1.0)
KIND = optuna.distributions.CategoricalDistribution((None, True, "a", 3))


def odd_trials() -> list[FrozenTrial]:
    """Every state and every number that is awkward to store."""
    reports = {0: float("nan"), 1: float("inf"), 5: float("-inf"), 7: 0.1}
    params, spaces = {"x": 0.1 + 0.2, "kind": None}, {"x": X, "kind": KIND}
    trials = [
        create_trial(value=float("inf"), params=params, distributions=spaces, constraints={"gate": 0.25}),
        create_trial(value=float("-inf"), user_attrs={"text": "ü", "list": [1, None, {"a": 2.5}]}, system_attrs={"key": "v" * 5000}),
        create_trial(state=TrialState.PRUNED, value=0.1, intermediate_values=reports),
        create_trial(state=TrialState.PRUNED),
        create_trial(state=TrialState.FAIL, params={"x": 1.0}, distributions={"x": X}),
    ]
    for i, trial in enumerate(trials):
        trial._trial_id, trial.number = -1 - i, i
    return trials


def append(store: StudyStore, trials: list[FrozenTrial]) -> None:
    """Reserves and finishes; the trials get their ids and numbers."""
    places = store.reserve(trials, 10**6, {"counter": 3})
    for trial in trials:
        trial._trial_id, trial.number = places[trial._trial_id]
    assert store.finish(trials, {}) == frozenset()


def stored(url: str, trials: list[FrozenTrial], bulk: bool = True) -> None:
    store = open_store(url, "study", ["maximize"], bulk=bulk)
    try:
        append(store, trials)
    finally:
        store.close()


def reserve(store: StudyStore, trials: list[FrozenTrial], n_trials: int = 10**6) -> list[FrozenTrial]:
    """Those that found room, with their ids and numbers, their results as they were."""
    places = store.reserve(trials, n_trials, {})
    reserved = [trial for trial in trials if trial._trial_id in places]
    for trial in reserved:
        trial._trial_id, trial.number = places[trial._trial_id]
    return reserved


def same(a: FrozenTrial, b: FrozenTrial) -> bool:
    """Equal, NaN being equal to NaN."""

    def plain(trial: FrozenTrial) -> dict[str, object]:
        reports = {step: repr(value) for step, value in trial.intermediate_values.items()}
        return vars(trial) | {"intermediate_values": reports}

    return plain(a) == plain(b)


@pytest.mark.parametrize("bulk", [True, False])
def test_stock_optuna_reads_back_exactly_what_was_written(url, bulk):
    trials = odd_trials()
    stored(url, trials, bulk)
    study = optuna.load_study(study_name="study", storage=url)
    assert [t.number for t in study.trials] == list(range(5))
    assert all(same(mine, theirs) for mine, theirs in zip(trials, study.trials, strict=True))
    assert study.trials[0].constraints == {"gate": 0.25}
    assert study._storage.get_study_system_attrs(study._study_id)["counter"] == 3


@pytest.mark.parametrize("writer", [True, False])
@pytest.mark.parametrize("reader", [True, False])
def test_the_store_reads_what_either_writer_wrote(url, writer, reader):
    stored(url, odd_trials(), writer)
    store = open_store(url, "study", ["maximize"], bulk=reader)
    theirs = optuna.load_study(study_name="study", storage=url).trials
    mine = store.read()
    assert all(same(a, b) for a, b in zip(mine, theirs, strict=True))
    assert store.read() == []
    store.close()


@pytest.mark.parametrize("bulk", [True, False])
def test_a_store_reads_others_trials_once_and_its_own_never(url, bulk):
    mine, other = (open_store(url, "study", ["maximize"], bulk=bulk) for _ in range(2))
    append(mine, odd_trials()[:2])
    assert mine.read() == []
    append(other, odd_trials()[2:4])
    assert [t.number for t in mine.read()] == [2, 3]
    assert [t.number for t in other.read()] == [0, 1]
    assert mine.read() == other.read() == []
    mine.close()
    other.close()


@pytest.mark.parametrize("bulk", [True, False])
def test_a_trial_that_others_are_still_running_is_read_again_when_it_ends(url, bulk):
    store = open_store(url, "study", ["maximize"], bulk=bulk)
    study = optuna.load_study(study_name="study", storage=url)
    running = study.ask()
    assert [t.state for t in store.read()] == [TrialState.RUNNING]
    append(store, odd_trials()[:1])
    study.tell(running, 1.0)
    assert [(t.number, t.state) for t in store.read()] == [(0, TrialState.COMPLETE)]
    assert store.read() == []
    store.close()


@pytest.mark.parametrize("bulk", [True, False])
def test_a_waiting_trial_is_claimed_once(url, bulk):
    stores = [open_store(url, "study", ["maximize"], bulk=bulk) for _ in range(2)]
    optuna.load_study(study_name="study", storage=url).enqueue_trial({"x": 0.5})
    (waiting,) = stores[0].read()
    assert waiting.state == TrialState.WAITING
    waiting.datetime_start = datetime.now()
    assert [len(store.reserve([waiting], 1, {})) for store in stores] == [1, 0]
    assert [t.state for t in stores[1].read()] == [TrialState.RUNNING]
    for store in stores:
        store.close()


def test_a_batch_is_stored_whole_or_not_at_all(url, monkeypatch):
    store = open_store(url, "study", ["maximize"])
    broken = odd_trials()
    broken[-1].user_attrs["not json"] = object()
    with pytest.raises(TypeError):
        append(store, broken)
    trials = optuna.load_study(study_name="study", storage=url).trials
    assert [trial.state for trial in trials] == [TrialState.RUNNING] * len(broken)
    assert all(trial.values is None and not trial.user_attrs for trial in trials)
    store.close()


@pytest.mark.parametrize("lost_call", [1, 2])
def test_a_lost_answer_to_a_commit_does_not_store_the_batch_twice(url, monkeypatch, lost_call):
    from sqlalchemy import exc

    database = Database(url, retry_delays_s=(0.0, 0.0))
    optuna.create_study(study_name="study", storage=url, direction="maximize")
    store = BulkStore(database, 1)
    upsert, calls = BulkStore._upsert, []

    def lose_the_answer(self, connection, table, attrs):
        upsert(self, connection, table, attrs)
        calls.append(1)
        if len(calls) == lost_call:
            connection.commit()
            raise exc.OperationalError("COMMIT", None, Exception("server closed the connection"))

    monkeypatch.setattr(BulkStore, "_upsert", lose_the_answer)
    trials = odd_trials()
    append(store, trials)
    assert len(calls) >= 2
    assert [trial.number for trial in trials] == list(range(5))
    theirs = optuna.load_study(study_name="study", storage=url).trials
    assert all(same(mine, other) for mine, other in zip(trials, theirs, strict=True))
    store.close()


def test_results_that_a_restarted_server_forgot_are_stored_again(url):
    """As after a crash of a server that does not wait for its disk: the reservation is there, what was told is not."""
    from sqlalchemy import text

    database = Database(url)
    optuna.create_study(study_name="study", storage=url, direction="maximize")
    store, trials = BulkStore(database, 1), odd_trials()
    append(store, trials)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE trials SET state = 'RUNNING', datetime_complete = NULL WHERE number < 3"))
        for table in ("trial_values", "trial_intermediate_values", "trial_user_attributes"):
            connection.execute(text(f"DELETE FROM {table} WHERE trial_id IN (SELECT trial_id FROM trials WHERE number < 3)"))
        connection.execute(text("DELETE FROM trial_system_attributes WHERE key != 'pinejax:lease'"))
    states = lambda: [t.state for t in optuna.load_study(study_name="study", storage=url).trials]  # noqa: E731
    assert store.read() == []
    assert states()[:3] == [TrialState.RUNNING] * 3
    database.n_losses += 1
    assert store.read() == []
    theirs = optuna.load_study(study_name="study", storage=url).trials
    assert all(same(mine, other) for mine, other in zip(trials[:3], theirs[:3], strict=True))
    assert states() == [trial.state for trial in trials]
    store.close()


def test_a_lock_is_waited_for(url):
    from sqlalchemy import exc

    database = Database(url, retry_delays_s=(0.0, 0.0, 0.0))
    attempts = []

    def locked(n: int) -> str:
        attempts.append(n)
        if n < 2:
            raise exc.OperationalError("INSERT", None, sqlite3.OperationalError("database is locked"))
        return "done"

    assert database.retried(locked) == "done"
    assert attempts == [0, 1, 2]
    database.close()


def test_a_study_in_a_known_database_is_made_without_optunas_storage(url, monkeypatch):
    stored(url, [])

    def refuse(self):
        raise AssertionError("making Optuna's storage takes long")

    monkeypatch.setattr(Database, "optuna_storage", refuse)
    for _ in range(2):
        open_store(url, "another", ["maximize", "minimize"]).close()
    with pytest.raises(StudyError, match="has the directions maximize, minimize"):
        open_store(url, "another", ["minimize", "minimize"])
    monkeypatch.undo()
    theirs = optuna.load_study(study_name="another", storage=url)
    assert [d.name for d in theirs.directions] == ["MAXIMIZE", "MINIMIZE"]
    theirs.add_trial(optuna.create_trial(values=[1.0, 2.0]))
    assert theirs.best_trials[0].values == [1.0, 2.0]


def test_sqlite_files_are_in_wal_mode(url):
    stored(url, [])
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_another_optuna_or_schema_falls_back_to_the_public_interface(url, monkeypatch):
    stored(url, odd_trials())
    database = Database(url)
    assert unsupported(database) is None
    monkeypatch.setattr(optuna, "__version__", "6.0.0")
    assert "6.0.0" in str(unsupported(database))
    result = run_search(SearchConfig("new", 8, sampler="random"), build_space(Bowl), SHARPE, Quadratic(), url)
    monkeypatch.undo()
    assert list(optuna.load_study(study_name="new", storage=url).trials) == list(result.trials)
    database.close()


def test_an_old_schema_is_refused_with_advice(url):
    stored(url, [])
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    connection.execute("UPDATE alembic_version SET version_num = 'v3.0.0.d'")
    connection.commit()
    connection.close()
    with pytest.raises(StudyError, match="optuna storage upgrade"):
        open_store(url, "study", ["maximize"])


def test_a_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("not a database at all, but long enough to be looked at" * 10)
    with pytest.raises(StudyError, match="no SQLite database"):
        open_store(f"sqlite:///{path}", "study", ["maximize"])


@pytest.mark.parametrize("url", ["nonsense", "sqlite://", "sqlite:///:memory:"])
def test_unusable_urls_are_refused(url):
    with pytest.raises(StudyError, match="sqlite:///path"):
        open_store(url, "study", ["maximize"])


SECRET = "p@ss/wörd%1"


@pytest.mark.parametrize(
    "address",
    ["postgresql+psycopg://user:p%40ss%2Fw%C3%B6rd%251@localhost:1/db", "postgresql://user@localhost:1/db?password=p%40ss%2Fw%C3%B6rd%251"],
)
def test_a_password_never_shows(address):
    url = parse_url(address)
    assert url.drivername == "postgresql+psycopg"
    shown = hide_password(url) + scrub(f"no entry for {SECRET} nor p%40ss%2Fw%C3%B6rd%251", url)
    with pytest.raises(StudyError) as caught:
        open_store(address, "study", ["maximize"])
    shown += str(caught.value) + repr(caught.value.__cause__)
    assert "***" in shown
    assert not any(part in shown for part in (SECRET, "p%40ss", "rd%251"))


def test_an_url_that_cannot_be_parsed_is_not_repeated():
    with pytest.raises(StudyError) as caught:
        open_store("postgresql//user:secret@host/db", "study", ["maximize"])
    assert "secret" not in str(caught.value)


def test_metrics_survive_a_restart(url):
    config = SearchConfig("study", 16, sampler="random")
    first = run_search(config, build_space(Bowl), SHARPE, Quadratic(), url)
    again = run_search(config, build_space(Bowl), SHARPE, Quadratic(), url)
    assert again.best is not None
    assert again.metrics(again.best)["sharpe"].tolist() == first.metrics(first.best)["sharpe"].tolist()
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    texts = [row[0] for row in connection.execute("SELECT value_json FROM trial_user_attributes WHERE key = 'metrics'")]
    connection.close()
    assert len(texts) == 16
    assert all("NaN" not in text and "Infinity" not in text and json.loads(text) for text in texts)


def test_several_objectives_and_constraints_are_stored(url):
    config = ObjectiveConfig(["sharpe", "max_drawdown"], gates={"min_trades": 30}, gate_mode="constraint")
    result = run_search(SearchConfig("study", 24), build_space(Bowl), build_objective(config), Quadratic(), url)
    study = optuna.load_study(study_name="study", storage=url)
    assert list(study.trials) == list(result.trials)
    assert all(t.constraints == {"min_trades": pytest.approx(1 / 6)} for t in study.trials)
