"""Optuna storages that are no database of ours: a journal file, Dask's scheduler, and a database through Optuna's own storage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from optuna.exceptions import OptunaError
from optuna.storages import BaseStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock, JournalFileSymlinkLock, JournalStorage

from pinejax.errors import StudyError
from pinejax.search.database import Database
from pinejax.search.filesystem import mount_of

T = TypeVar("T")

JOURNAL, DASK = "journal:///", "dask+"


@dataclass(frozen=True)
class Opened:
    """A storage, its name without passwords, how its errors become a StudyError, and how it is closed."""

    storage: BaseStorage
    name: str
    guard: Callable[[Callable[[], object]], object]
    close: Callable[[], object]

    def guarded(self, action: Callable[[], T]) -> T:
        """Runs an action. Errors: StudyError."""
        return self.guard(action)  # type: ignore[return-value]


def is_other(url: str) -> bool:
    """Whether the URL names a journal or Dask's scheduler."""
    return url.startswith((JOURNAL, DASK))


def open_other(url: str) -> Opened:
    """journal:///path/to/file.log (a relative path), journal:////absolute/path; dask+tcp://host:port. Errors: StudyError."""
    return _journal(url) if url.startswith(JOURNAL) else _dask(url)


def opened_database(database: Database) -> Opened:
    """A database through Optuna's own storage."""
    storage = database.guarded(database.optuna_storage)

    def close() -> None:
        storage.remove_session()
        storage.engine.dispose()
        database.close()

    return Opened(storage, database.name, database.guarded, close)


def _journal(url: str) -> Opened:
    path = Path(url.removeprefix(JOURNAL)).expanduser()

    def make() -> JournalStorage:
        path.parent.mkdir(parents=True, exist_ok=True)
        return JournalStorage(JournalFileBackend(str(path), _lock(path)))

    guard = _guard(f"journal {path}", "Check that storage.journal is a journal of Optuna's, and that its folder can be written to.")
    return Opened(guard(make), url, guard, lambda: None)


def _lock(path: Path) -> JournalFileOpenLock | JournalFileSymlinkLock:
    """Creating a file exclusively works from NFS 3 on; a symbolic link also on NFS 2, but not on file systems of Windows."""
    found = mount_of(path)
    is_old = found is not None and found.kind == "nfs" and "vers=2" in found.options
    return JournalFileSymlinkLock(str(path)) if is_old else JournalFileOpenLock(str(path))


def _dask(url: str) -> Opened:
    address = url.removeprefix(DASK)
    try:
        from distributed import Client  # pyright: ignore[reportMissingImports]
        from optuna_integration.dask import DaskStorage  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise StudyError("storage=dask needs packages that are not installed: pip install 'pinejax[dask]'.") from None
    guard = _guard(f"dask {address}", "Check storage.address and that the scheduler runs (dask scheduler).")
    client = guard(lambda: Client(address, set_as_default=False, timeout=10))

    def close() -> None:
        client.close()

    return Opened(guard(lambda: DaskStorage(name="pinejax", client=client)), url, guard, close)


def _guard(where: str, advice: str) -> Callable[[Callable[[], T]], T]:
    def guarded(action: Callable[[], T]) -> T:
        try:
            return action()
        except (OptunaError, OSError, RuntimeError, KeyError, ValueError) as error:
            raise StudyError(f"storage: {where}: {type(error).__name__}: {error}. {advice}") from None

    return guarded
