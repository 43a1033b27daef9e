"""Opens the place where a study is kept: a database by its URL, or memory. How it is read and written is in `rdb`."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from optuna.exceptions import DuplicatedStudyError
from optuna.storages import BaseStorage
from optuna.study import StudyDirection
from sqlalchemy import exc

from pinejax.errors import StudyError
from pinejax.search.database import Database
from pinejax.search.fallback import PublicStore
from pinejax.search.filesystem import warn_of_network
from pinejax.search.lease import GRACE_S, Owner
from pinejax.search.others import is_other, open_other, opened_database
from pinejax.search.rdb import BulkStore
from pinejax.search.schema import DIRECTION, STUDIES, unsupported
from pinejax.search.store import MemoryStore, StudyStore

DIRECTIONS = {"maximize": StudyDirection.MAXIMIZE, "minimize": StudyDirection.MINIMIZE}


def open_store(
    url: str | None, study_name: str, directions: Sequence[str], *, bulk: bool = True, worker: int = 0, grace_s: float = GRACE_S
) -> StudyStore:
    """The study of that name, made if it does not exist.

    url: sqlite:///..., postgresql+psycopg://..., journal:///path/to/file.log, dask+tcp://host:port; None: memory only. bulk: false
    forces Optuna's public interface, which is also used by itself where the bulk writer does not know the database or the Optuna
    version. worker, grace_s: the number in the leases, and when one has run out. Errors: StudyError (unreachable, another schema,
    other directions), without passwords.
    """
    if not url:
        return MemoryStore()
    if not study_name:
        raise StudyError("search.study_name: expected a name, got an empty one.")
    owner = Owner.here(worker)
    if is_other(url):
        opened = open_other(url)
        opened.guarded(lambda: _made_through(opened.storage, opened.name, study_name, directions))
        return PublicStore(opened, study_name, owner, grace_s)
    warn_of_network(url)
    database = Database(url)
    try:
        known_tables = unsupported(database) is None
        study_id = database.guarded(lambda: _study_id(database, study_name, directions, known_tables))
        if bulk and known_tables:
            return BulkStore(database, study_id, owner, grace_s)
        return PublicStore(opened_database(database), study_name, owner, grace_s)
    except BaseException:
        database.close()
        raise


def _study_id(database: Database, study_name: str, directions: Sequence[str], known_tables: bool) -> int:
    if known_tables:
        study_id, found = _known(database, study_name) or _made(database, study_name, directions)
    else:
        study_id, found = _through_optuna(database, study_name, directions)
    _check_directions(found, directions, study_name, database.name)
    return study_id


def _check_directions(found: Sequence[str], wanted: Sequence[str], study_name: str, where: str) -> None:
    if list(found) != list(wanted):
        raise StudyError(
            f"study {study_name!r} in {where} has the directions {', '.join(found)}, this search {', '.join(wanted)}. "
            "Use another search.study_name."
        )


Found = tuple[int, list[str]]
"""A study's id and directions."""


def _known(database: Database, study_name: str) -> Found | None:
    """The study, if it is there. Without Optuna's storage: making one takes a third of a second."""
    rows = sa.select(STUDIES.c.study_id, DIRECTION.c.direction).join(DIRECTION, DIRECTION.c.study_id == STUDIES.c.study_id)
    with database.engine.connect() as connection:
        found = connection.execute(rows.where(STUDIES.c.study_name == study_name).order_by(DIRECTION.c.objective)).all()
    return (found[0].study_id, [row.direction.name.lower() for row in found]) if found else None


def _made(database: Database, study_name: str, directions: Sequence[str]) -> Found:
    """A new study of that name, or the one that another worker has just made."""
    try:
        with database.engine.begin() as connection:
            study_id = connection.execute(sa.insert(STUDIES).values(study_name=study_name).returning(STUDIES.c.study_id)).scalar_one()
            rows = [{"study_id": study_id, "objective": i, "direction": DIRECTIONS[d]} for i, d in enumerate(directions)]
            connection.execute(sa.insert(DIRECTION), rows)
        return study_id, list(directions)
    except exc.IntegrityError:
        found = _known(database, study_name)
        if found is None:
            raise
        return found


def _through_optuna(database: Database, study_name: str, directions: Sequence[str]) -> Found:
    storage = database.optuna_storage()
    try:
        return _through(storage, study_name, directions)
    finally:
        storage.remove_session()
        storage.engine.dispose()


def _made_through(storage: BaseStorage, where: str, study_name: str, directions: Sequence[str]) -> None:
    _check_directions(_through(storage, study_name, directions)[1], directions, study_name, where)


def _through(storage: BaseStorage, study_name: str, directions: Sequence[str]) -> Found:
    try:
        study_id = storage.create_new_study([DIRECTIONS[d] for d in directions], study_name)
    except DuplicatedStudyError:
        study_id = storage.get_study_id_from_name(study_name)
    return study_id, [d.name.lower() for d in storage.get_study_directions(study_id)]
