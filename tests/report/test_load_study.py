"""`pinejax.load_study`: a study from its storage as the object that a run's folder is."""

from __future__ import annotations

from pathlib import Path

import pytest
from page_reader import Reader
from stored_studies import end, search, storage

import pinejax
from pinejax.errors import StudyError
from pinejax.report.tables import RESULTS


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A study of 24 trials at its end."""
    url = storage("sqlite", tmp_path_factory.mktemp("stored"))
    search(url)
    end(url)
    return url


def test_a_stored_study_has_what_its_database_has(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    run = pinejax.load_study("bowl", url)
    assert (run.study, run.verdict.level, run.best is not None) == ("bowl", "luck", True)
    assert len(run.trials) == 24 and len(run.results) and run.results.columns[: len(RESULTS)] == list(RESULTS)
    for name in ("trades", "equity", "bars", "summary", "walk_forward", "null", "stress"):
        assert not len(getattr(run, name))
    assert run.figures.history().axes[0].get_xlabel() == "Trial" and len(run.figures.all()) == 12
    assert "Not distinguishable from search luck." in Reader(run._repr_html_()).text
    assert run.report() == Path("outputs/report_bowl.html") and run.report().stat().st_size > 100_000


def test_the_storage_is_where_a_search_would_keep_it(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StudyError, match=r"outputs/studies\.db"):
        pinejax.load_study("bowl")
    monkeypatch.setenv("OPTUNA_STORAGE_URL", url)
    assert pinejax.load_study("bowl").study == "bowl"
    with pytest.raises(StudyError, match="bowll"):
        pinejax.load_study("bowll")


def test_a_search_that_was_killed_is_not_done(tmp_path: Path):
    url = storage("sqlite", tmp_path)
    with pytest.raises(RuntimeError):
        search(url, n_trials=16, raise_at=2)
    assert pinejax.load_study("bowl", url).state == "running"
    assert pinejax.load_study("bowl", url).strategy == "Bowl"
    search(url, n_trials=16)
    assert pinejax.load_study("bowl", url).state == "done"
