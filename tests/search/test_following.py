"""Looking on: only what is new is read, nothing is written, in databases and journals."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import optuna
import pytest
import sqlalchemy as sa
from sqlalchemy import event, exc
from stored_studies import database, search, stock, storage

from pinejax.errors import StudyError
from pinejax.search.following import Follower
from pinejax.search.keepsake import AIM
from pinejax.search.library import Library
from pinejax.search.ranking import ranked, violation
from pinejax.search.records import counts, duplicate_of


@pytest.fixture(params=["sqlite", "journal"])
def url(request, tmp_path):
    return storage(request.param, tmp_path)


@pytest.fixture(scope="module")
def stock_file(tmp_path_factory):
    """A study of stock Optuna. To be copied."""
    file = tmp_path_factory.mktemp("stock") / "a.db"
    stock(f"sqlite:///{file}")
    return file


def test_each_look_brings_what_is_new(url):
    search(url, n_trials=16)
    with Library(url) as library:
        follower = Follower(library)
        (first,) = follower.look()
        assert (first.name, first.directions, first.is_new, first.attrs[AIM]) == ("bowl", ("maximize",), True, 16)
        assert [trial.number for trial in first.trials] == list(range(16))
        (second,) = follower.look()
        assert (second.trials, second.is_new) == ((), False)
        search(url, n_trials=24)
        search(url, "other", 8)
        bowl, other = follower.look()
        assert [trial.number for trial in bowl.trials] == list(range(16, 24))
        assert (bowl.attrs[AIM], bowl.is_new, other.is_new, len(other.trials)) == (24, False, True, 8)


def test_what_is_read_ranks_and_counts_as_the_whole_trials(url):
    search(url, n_trials=40)
    with Library(url) as library:
        (news,) = Follower(library).look()
        whole = library.read("bowl").trials
    assert [t.number for t in ranked(news.trials, "maximize")] == [t.number for t in ranked(whole, "maximize")]
    said = [(t.number, t.state, t.values, t.datetime_complete, counts(t), violation(t), duplicate_of(t)) for t in whole]
    assert [(t.number, t.state, t.values, t.datetime_complete, counts(t), violation(t), duplicate_of(t)) for t in news.trials] == said


def test_a_running_trial_is_told_again_when_it_ends(tmp_path, stock_file):
    url = f"sqlite:///{shutil.copy(stock_file, tmp_path / 'a.db')}"
    with Library(url) as library:
        follower = Follower(library, ["stock"])
        (news,) = follower.look()
        (sign,) = news.running
        assert (sign.lease, sign.n_trials, sign.is_gone) == ({}, 1, False)
        assert sign.age_s < 60
        optuna.load_study(study_name="stock", storage=url).tell(12, 1.0)
        (news,) = follower.look()
        assert [(trial.number, trial.state.name) for trial in news.trials] == [(12, "COMPLETE")]
        assert news.running == ()


def test_a_study_made_again_under_its_name_is_a_new_one(tmp_path):
    url = database(tmp_path)
    search(url, n_trials=16)
    with Library(url) as library:
        follower = Follower(library)
        follower.look()
        library.delete("bowl")
        assert follower.look() == []
        search(url, n_trials=8)
        (news,) = follower.look()
        assert news.is_new and len(news.trials) == 8


def test_a_look_at_a_long_study_costs_a_few_small_statements(tmp_path):
    url = database(tmp_path)
    search(url, n_trials=160)
    with Library(url) as library:
        follower, said = Follower(library), []
        follower.look()
        event.listen(library.database.engine, "before_cursor_execute", lambda *a: said.append((a[2], a[3])))
        follower.look()
    assert len(said) <= 8
    assert all("SELECT" in statement and len(str(given)) < 200 for statement, given in said), said


def test_a_name_that_is_none_is_told_with_the_nearest(url):
    search(url, n_trials=8)
    with Library(url) as library, pytest.raises(StudyError, match=r"no study 'bow'\. Did you mean bowl"):
        Follower(library, ["bow"])


@pytest.mark.parametrize("kind", ["sqlite", "journal"])
def test_nothing_is_made_where_nothing_is(tmp_path, kind):
    file = tmp_path / "x" / "a.db"
    with pytest.raises(StudyError, match="there is no such file"):
        Library(f"{kind}:///{file}")
    assert not file.parent.exists()


def test_a_database_is_left_as_it_is(tmp_path, stock_file):
    file = Path(shutil.copy(stock_file, tmp_path / "a.db"))  # in SQLite's own mode, not in that which a search sets
    before, names = file.read_bytes(), set(tmp_path.iterdir())
    with Library(f"sqlite:///{file}") as library:
        Follower(library).look()
        library.overview()
        library.read("stock")
        with pytest.raises(exc.OperationalError, match="readonly"), library.database.engine.begin() as connection:
            connection.execute(sa.text("DELETE FROM trials"))
    assert (file.read_bytes(), set(tmp_path.iterdir())) == (before, names)


def test_looking_holds_no_lock(tmp_path):
    file = tmp_path / "a.db"
    search(database(tmp_path), n_trials=8)
    with Library(f"sqlite:///{file}") as library:
        follower = Follower(library)
        follower.look()
        writer = sqlite3.connect(file, timeout=0)
        writer.execute("BEGIN EXCLUSIVE")  # at once, although somebody looks on
        follower.look()  # and nobody who looks on waits for a writer
        writer.execute("UPDATE studies SET study_name = study_name")
        writer.commit()
        writer.close()


def test_a_file_that_went_away_is_an_error_and_comes_back(tmp_path):
    file = tmp_path / "a.db"
    search(database(tmp_path), n_trials=8)
    with Library(f"sqlite:///{file}") as library:
        follower = Follower(library)
        follower.look()
        file.rename(tmp_path / "b.db")
        with pytest.raises(StudyError, match="unable to open"):
            follower.look()
        assert not file.exists()
        Path(tmp_path / "b.db").rename(file)
        assert [news.trials for news in follower.look()] == [()]


def test_a_library_lists_reads_and_deletes_in_a_journal(tmp_path):
    url = f"journal:///{tmp_path}/a.log"
    search(url, n_trials=16)
    search(url, "other", 8)
    with Library(url) as library:
        assert library.name == url
        assert [(study.name, dict(study.n_by_state)) for study in library.overview()] == [
            ("bowl", {"COMPLETE": 16}),
            ("other", {"COMPLETE": 8}),
        ]
        assert library.read("bowl").top(1)[0].values == [library.overview()[0].best]
        library.delete("other")
        assert library.names() == ["bowl"]
