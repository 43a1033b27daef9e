"""A look at the holdout is in the study before its result is known, wherever the study is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from pinejax.errors import StudyError
from pinejax.search.openings import KEY, Opening, n_sets, record_opening
from pinejax.search.storage import open_store

DATES = ("2024-03-01 00:00", "2024-03-31 23:00")


def look(url: str | None, trial: int, study: str = "s", **params: object) -> list[Opening]:
    """One opening."""
    return record_opening(url, study, ["maximize"], trial=trial, params={"fast": trial, **params}, dates=DATES, bars={"A 1h": (100, 200)})  # type: ignore[arg-type]


@pytest.fixture(params=["sqlite:///{}/studies.db", "journal:///{}/studies.log"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Places for studies."""
    return request.param.format(tmp_path)


def test_every_look_is_counted_and_the_same_set_is_one(url: str) -> None:
    assert [o.trial for o in look(url, 7, mode="deep", on=True)] == [7]
    again = look(url, 7, mode="deep", on=True)
    assert (len(again), n_sets(again)) == (2, 1)
    other = look(url, 9)
    assert [o.trial for o in other] == [7, 7, 9] and n_sets(other) == 2
    assert other[0].params == {"fast": 7, "mode": "deep", "on": True}
    assert (other[0].first, other[0].last) == DATES and other[0].bars == {"A 1h": [100, 200]}
    assert [o.time for o in other] == sorted(o.time for o in other)
    assert [o.trial for o in look(url, 1, study="another")] == [1]


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
