"""A look at the holdout is in the study before its result is known, wherever the study is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from pinejax.errors import StudyError
from pinejax.search.openings import KEY, Opening, described, n_sets, record_opening, said
from pinejax.search.storage import open_store

DATES = ("2024-03-01 00:00", "2024-03-31 23:00")


def look(url: str | None, trial: int, study: str = "s", bars: tuple[int, int] = (100, 200), **params: object) -> list[Opening]:
    """One opening."""
    opening = Opening.now("holdout", {trial: {"fast": trial, **params}}, DATES, {"A 1h": bars})  # type: ignore[dict-item]
    return record_opening(url, study, ["maximize"], opening)


@pytest.fixture(params=["sqlite:///{}/studies.db", "journal:///{}/studies.log"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Places for studies."""
    return request.param.format(tmp_path)


def trials(openings: list[Opening]) -> list[list[str]]:
    """Of each."""
    return [list(opening.sets) for opening in openings]


def test_every_look_is_counted_and_the_same_set_is_one(url: str) -> None:
    assert trials(look(url, 7, mode="deep", on=True)) == [["7"]]
    again = look(url, 7, on=True, mode="deep")
    assert (len(again), n_sets(again)) == (2, 1) and said(again) == "opened 2 times, for this set alone"
    other = look(url, 9)
    assert trials(other) == [["7"], ["7"], ["9"]] and n_sets(other) == 2
    assert said(other) == "opened 3 times for 2 different sets: no longer untouched"
    assert (other[0].first, other[0].last) == DATES and other[0].bars == {"A 1h": [100, 200]}
    assert [o.time for o in other] == sorted(o.time for o in other)


def test_looks_of_other_studies_of_the_storage_count_where_dates_and_datasets_are_the_same(url: str) -> None:
    """Another seed makes another study: its look at the same bars is the second."""
    look(url, 7, study="seed 1")
    second = look(url, 9, study="seed 2", bars=(0, 100))  # from other first bars on
    assert [(o.study, list(o.sets)) for o in second] == [("seed 1", ["7"]), ("", ["9"])] and n_sets(second) == 2
    told = described(second)
    assert not told["untouched"] and [row.get("study") for row in told["list"]] == ["seed 1", None]
    later = Opening.now("holdout", {1: {"fast": 1}}, ("2024-04-01 00:00", "2024-04-30 23:00"), {"A 1h": (100, 200)})
    assert len(record_opening(url, "later", ["maximize"], later)) == 1
    elsewhere = Opening.now("holdout", {1: {"fast": 1}}, DATES, {"B 1h": (100, 200)})
    assert len(record_opening(url, "another symbol", ["maximize"], elsewhere)) == 1


def test_only_looks_at_some_of_the_same_bars_count(url: str) -> None:
    look(url, 1, bars=(0, 100))
    look(url, 2, bars=(50, 101))
    ranked = Opening.now("rerank", {n: {"fast": n} for n in (3, 4, 5)}, DATES, {"A 1h": (150, 300), "B 1h": (0, 9)})
    assert [o.by for o in record_opening(url, "s", ["maximize"], ranked)] == ["rerank"]
    found = look(url, 4)
    assert trials(found) == [["2"], ["3", "4", "5"], ["4"]] and n_sets(found) == 4
    told = described(found)
    assert (told["n"], told["n_sets"], told["untouched"]) == (3, 4, False)
    assert told["list"][1] | {"time": ""} == {
        "time": "", "by": "rerank", "trials": [3, 4, 5], "dates": list(DATES), "bars": {"A 1h": [150, 300], "B 1h": [0, 9]},
    }  # fmt: skip


def test_in_sqlite_each_is_an_attribute_of_its_study(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/studies.db"
    for trial in (3, 3, 5):
        look(url, trial)
    rows = sa.create_engine(url).connect().execute(sa.text("select key from study_user_attributes")).scalars().all()
    assert sum(key.startswith(KEY) for key in rows) == 3


def test_two_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/studies.db"
    first, second = (open_store(url, "s", ["maximize"]) for _ in range(2))
    assert first.study_attrs() == second.study_attrs()
    look(url, 1)
    assert len(look(url, 2)) == 2
    first.close()
    second.close()


def test_memory_keeps_nothing() -> None:
    assert len(look(None, 1)) == len(look(None, 2)) == 1


def test_nobody_looks_where_it_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "studies.db").write_text("no database")
    with pytest.raises(StudyError):
        look(f"sqlite:///{tmp_path}/studies.db", 1)
