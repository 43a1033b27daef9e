"""A database that holds studies: its URL, engine, schema and retries. What is read and written is in `rdb` and `fallback`."""

from __future__ import annotations

import logging
import random
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, quote_plus

import optuna
import sqlalchemy as sa
from optuna.exceptions import OptunaError
from optuna.storages import RDBStorage
from sqlalchemy import event, exc
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.pool import NullPool

from pinejax.errors import StudyError

T = TypeVar("T")

logger = logging.getLogger(__name__)

SCHEMA = "v3.2.0.a"
"""Revision of Optuna 5's tables."""
SQLITE_TIMEOUT_S = 60.0
READING_TIMEOUT_S, CONNECT_TIMEOUT_S = 5.0, 10
"""Of those who only look on."""
RETRY_DELAYS_S = (0.1, 0.3, 1.0, 3.0, 10.0, 15.0, 30.0)
"""A server that is restarted is back in a minute."""
SAID_FROM = 2
"""The first attempts are not worth a word."""


class Database:
    """An engine on an Optuna schema. Error messages and `name` never contain the password."""

    def __init__(self, url: str, retry_delays_s: tuple[float, ...] = RETRY_DELAYS_S, *, make_tables: bool = True, reads_only: bool = False):
        """reads_only: nothing can be written through the engine, no file or table is made, and a locked file is waited for briefly."""
        self.url = parse_url(url)
        self._delays = retry_delays_s
        self.n_losses = 0
        """How often a connection was lost, or the database was locked."""
        self.engine = self.guarded(lambda: _reading_engine(self.url) if reads_only else _engine(self.url))
        # Optuna's own check and the migration tools that it loads take a third of a second.
        if make_tables and not reads_only and not self._has_schema():
            self._create_schema()

    @property
    def name(self) -> str:
        """The URL with its password hidden."""
        return hide_password(self.url)

    def optuna_storage(self) -> RDBStorage:
        """Optuna's own storage on the same URL, for what is done once per run."""
        return RDBStorage(self.url.render_as_string(hide_password=False).replace("{", "{{").replace("}", "}}"))

    def guarded(self, action: Callable[[], T]) -> T:
        """Runs an action; a database's error becomes a StudyError without the password and without the original's text around it."""
        try:
            return action()
        except (exc.SQLAlchemyError, sqlite3.Error, OptunaError, ImportError, OSError, RuntimeError) as error:
            message = self._explained(error)
        raise StudyError(message) from None

    def retried(self, action: Callable[[int], T]) -> T:
        """Runs an action, again after a pause while the connection is lost or the database locked; then StudyError.

        The action gets the number of the attempt, from 0. Waits about a minute in all.
        """
        for attempt, delay in enumerate((*self._delays, None)):
            try:
                return action(attempt)
            except exc.DBAPIError as error:
                self.n_losses += 1
                if delay is None or not _is_passing(error):
                    message = self._explained(error)
                    break
                if attempt == SAID_FROM:
                    logger.warning("%s Trying again for a minute; nothing is lost.", self._explained(error))
                time.sleep(delay * (0.5 + random.random()))
            except exc.SQLAlchemyError as error:
                message = self._explained(error)
                break
        raise StudyError(message) from None

    def close(self) -> None:
        """Gives all connections back."""
        self.engine.dispose()

    def revision(self) -> str | None:
        """Of Optuna's tables; None where there are none. Errors: those of SQLAlchemy."""
        with self.engine.connect() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return None
            return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()

    def _has_schema(self) -> bool:
        try:
            return optuna.__version__.startswith("5.") and self.revision() == SCHEMA
        except (exc.SQLAlchemyError, sqlite3.Error, ImportError, OSError, RuntimeError):
            return False  # what is wrong is said by the one who needs the tables

    def _create_schema(self) -> None:
        def attempt(n: int) -> None:
            try:
                storage = self.optuna_storage()
            except (exc.ProgrammingError, exc.IntegrityError, exc.OperationalError) as error:
                # Another worker creates the tables at this moment; on the next attempt they are there.
                if n < 5 and ("exist" in str(error).lower() or "unique" in str(error).lower() or "locked" in str(error).lower()):
                    time.sleep(0.2 * (n + 1) * (0.5 + random.random()))
                    return attempt(n + 1)
                raise
            storage.remove_session()
            storage.engine.dispose()

        self.guarded(lambda: attempt(0))

    def _explained(self, error: BaseException) -> str:
        text = str(getattr(error, "orig", None) or error).strip()
        advice = "Check storage.url and that the database is reachable."
        if isinstance(error, ImportError):
            advice = "Install the driver (pip install psycopg[binary]), or use sqlite:///path/to/file.db."
        elif "table schema" in text and "-U optuna" in text:
            advice = "The tables are those of a newer Optuna than this one: update it, or use another storage.url."
        elif "table schema" in text:
            advice = "Upgrade the storage with `optuna storage upgrade`, or use another storage.url."
        elif "not a database" in text:
            advice = "The file is no SQLite database: use another storage.url."
        elif any(said in text.lower() for said in _FULL):
            advice = "Make room there; the same command then goes on, with what was stored before."
        elif "readonly" in text or "read-only" in text:
            advice = "The file or its folder cannot be written to: use another storage.sqlite or storage.url."
        return f"storage {self.name}: {scrub(text, self.url)} {advice}"


def parse_url(url: str) -> URL:
    """The URL with the driver pinejax supports. Errors: StudyError, which never repeats the URL."""
    try:
        parsed = make_url(url)
    except exc.ArgumentError:
        parsed = None
    if parsed is None:
        raise StudyError("storage.url: expected sqlite:///path/to/file.db or postgresql+psycopg://user@host/database.")
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise StudyError("storage.url: SQLite in memory keeps nothing. Use sqlite:///path/to/file.db.")
    return parsed


def hide_password(url: URL) -> str:
    """The URL as text with *** for the password, also for one given as a query parameter."""
    if "password" in url.query:
        url = url.update_query_dict({"password": "***"})
    return url.render_as_string(hide_password=True)


def scrub(text: str, url: URL) -> str:
    """`text` without the password of `url`, in any spelling it may have."""
    secrets = [url.password, url.query.get("password")]
    for secret in secrets:
        if isinstance(secret, str) and secret:
            for spelling in {secret, quote(secret), quote(secret, safe=""), quote_plus(secret)}:
                text = text.replace(spelling, "***")
    return text


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        engine = sa.create_engine(url)  # without pings: a connection that was lost is noticed when it is used, and `retried`
        if url.get_backend_name() == "postgresql":
            event.listen(engine, "connect", _in_utc)
        return engine
    assert url.database is not None
    Path(url.database).expanduser().parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url, connect_args={"timeout": SQLITE_TIMEOUT_S})
    event.listen(engine, "connect", _sqlite_pragmas)
    return engine


def _reading_engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        assert url.database is not None
        # Not `ro`: a reader may have to make the file of shared memory.
        file = f"file:{quote(str(Path(url.database).expanduser()))}?mode=rw"

        def connect() -> sqlite3.Connection:
            return sqlite3.connect(file, uri=True, timeout=READING_TIMEOUT_S, check_same_thread=False)

        # A connection of its own each time: a file that was taken away, or replaced, is noticed.
        engine = sa.create_engine(url, creator=connect, poolclass=NullPool)
        event.listen(engine, "connect", _only_queries)
        return engine
    waiting = {} if "connect_timeout" in url.query else {"connect_timeout": CONNECT_TIMEOUT_S}
    is_postgres = url.get_backend_name() == "postgresql"
    engine = sa.create_engine(url, connect_args=waiting if is_postgres else {})
    if is_postgres:
        event.listen(engine, "connect", _in_utc)
        event.listen(engine, "connect", _only_reads)
    return engine


def _only_queries(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA query_only=ON")
    cursor.close()


def _only_reads(connection: Any, _record: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
    connection.commit()


def _in_utc(connection: Any, _record: Any) -> None:
    """Optuna's heartbeats are the session's time without a zone: sessions of several zones would not agree on what is stale."""
    with connection.cursor() as cursor:
        cursor.execute("SET TIME ZONE 'UTC'")
    connection.commit()


def _sqlite_pragmas(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    # In WAL mode NORMAL loses at most the last transactions on a power cut, never consistency.
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()


_FULL = ("disk is full", "no space left", "disk full", "quota exceeded")


def _is_passing(error: exc.DBAPIError) -> bool:
    """Whether trying again can help: a lost connection, a lock, a deadlock, a server starting up. Not a full or read-only disk."""
    if isinstance(error.orig, sqlite3.Error):
        return any(word in str(error.orig) for word in ("locked", "busy"))
    if any(said in str(error.orig).lower() for said in _FULL):
        return False
    return error.connection_invalidated or isinstance(error, (exc.OperationalError, exc.InterfaceError))
