"""Opens the place where a study is kept: a database by its URL, or memory. How it is read and written is in `rdb`."""

from __future__ import annotations

from collections.abc import Sequence

import optuna
from optuna.exceptions import DuplicatedStudyError
from optuna.study import StudyDirection

from pinejax.errors import StudyError
from pinejax.search.database import Database
from pinejax.search.fallback import PublicStore
from pinejax.search.rdb import BulkStore
from pinejax.search.schema import unsupported
from pinejax.search.store import MemoryStore, StudyStore

DIRECTIONS = {"maximize": StudyDirection.MAXIMIZE, "minimize": StudyDirection.MINIMIZE}


def open_store(url: str | None, study_name: str, directions: Sequence[str], *, bulk: bool = True) -> StudyStore:
    """The study of that name, made if it does not exist. url: sqlite:///..., postgresql+psycopg://..., None: memory only.

    bulk: false forces Optuna's public interface, which is also used by itself where the bulk writer does not know the
    database or the Optuna version. Errors: StudyError (unreachable, another schema, other directions), without passwords.
    """
    if not url:
        return MemoryStore()
    if not study_name:
        raise StudyError("search.study_name: expected a name, got an empty one.")
    database = Database(url)
    try:
        study_id = database.guarded(lambda: _study_id(database, study_name, directions))
        if bulk and unsupported(database) is None:
            return BulkStore(database, study_id)
        return PublicStore(database, study_name)
    except BaseException:
        database.close()
        raise


def _study_id(database: Database, study_name: str, directions: Sequence[str]) -> int:
    storage = database.optuna_storage()
    try:
        try:
            study_id = storage.get_study_id_from_name(study_name)
        except KeyError:
            study_id = _created(storage, study_name, directions)
        found = [d.name.lower() for d in storage.get_study_directions(study_id)]
    finally:
        storage.remove_session()
        storage.engine.dispose()
    if found != list(directions):
        raise StudyError(
            f"study {study_name!r} in {database.name} has the directions {', '.join(found)}, this search {', '.join(directions)}. "
            "Use another search.study_name."
        )
    return study_id


def _created(storage: optuna.storages.RDBStorage, study_name: str, directions: Sequence[str]) -> int:
    try:
        return storage.create_new_study([DIRECTIONS[d] for d in directions], study_name)
    except DuplicatedStudyError:  # another worker was faster
        return storage.get_study_id_from_name(study_name)
