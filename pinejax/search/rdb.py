"""Reads and writes a study in bulk on Optuna's relational schema: two transactions per batch. Not a general storage.

It uses the tables of Optuna 5 (`optuna.storages._rdb.models`, private) through SQLAlchemy Core, after `schema.unsupported` has
checked them; `fallback` does the same through Optuna's public interface, about fifty times slower.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from optuna.distributions import BaseDistribution, distribution_to_json
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.engine import Connection, Row

from pinejax.errors import StudyError
from pinejax.search import leasing
from pinejax.search.database import Database
from pinejax.search.lease import GRACE_S, LEASE_KEY, Owner, retry_attrs, said, split_attrs
from pinejax.search.reading import CHUNK, COLUMNS, TrialReader
from pinejax.search.schema import (
    PARAMS,
    STEPS,
    STUDIES,
    STUDY_SYSTEM,
    STUDY_USER,
    SYSTEM,
    TRIALS,
    USER,
    VALUES,
    attr_rows,
    step_rows,
    to_utc,
    value_rows,
    write,
)
from pinejax.search.store import ERROR_KEY, STATUS_KEY, Stored, counts

logger = logging.getLogger(__name__)

JUDGED = (TrialState.COMPLETE, TrialState.PRUNED)


class BulkStore:
    """One study in an RDB, read incrementally, reserved and finished batch by batch.

    owner: who holds the leases; None: this process as worker 0. grace_s: after which a lease without a sign of life has run out.
    """

    def __init__(self, database: Database, study_id: int, owner: Owner | None = None, grace_s: float = GRACE_S):
        self._db = database
        self._study_id = study_id
        self._owner = owner or Owner.here(0)
        self._grace_s = grace_s
        self._n_batches = 0
        self._n_counted = 0  # of the trials that are known here to be finished
        self._last_id = 0
        self._own: set[int] = set()  # reserved here since the last read
        self._running: tuple[int, ...] = ()  # reserved here and not finished; the heartbeat's thread reads it
        self._claimed: frozenset[int] = frozenset()  # those of them that waited in the study
        self._unfinished: dict[int, TrialState] = {}  # others' trials, as they were read last
        self._told: list[FrozenTrial] = []  # finished here
        self._n_losses = database.n_losses
        self._reader = TrialReader()
        self._json: dict[str, tuple[BaseDistribution, str]] = {}

    @property
    def name(self) -> str:
        """The database's URL without its password."""
        return self._db.name

    def close(self) -> None:
        """Gives the connections back."""
        self._db.close()

    def study_attrs(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The study's user and system attributes."""

        def attempt(_: int) -> tuple[dict[str, Any], dict[str, Any]]:
            with self._db.engine.connect() as connection:
                user, system = (
                    {
                        row.key: json.loads(row.value_json)
                        for row in connection.execute(sa.select(t.c.key, t.c.value_json).where(t.c.study_id == self._study_id))
                    }
                    for t in (STUDY_USER, STUDY_SYSTEM)
                )
                return user, system

        return self._db.retried(attempt)

    def set_user_attrs(self, attrs: Mapping[str, Any]) -> None:
        """Sets user attributes of the study."""

        def attempt(_: int) -> None:
            with self._db.engine.begin() as connection:
                self._lock(connection)
                self._upsert(connection, STUDY_USER, attrs)

        self._db.retried(attempt)

    def read(self) -> list[FrozenTrial]:
        """Trials that are new or changed since the last call and were not written here.

        Ids grow in the order of commits, because every writer locks the study before it inserts: what is above the last id
        read is new.
        """

        def attempt(_: int) -> list[FrozenTrial]:
            with self._db.engine.connect() as connection:
                rows = self._changed(connection)
                return self._reader.frozen(connection, rows) if rows else []

        trials = self._db.retried(attempt)
        for trial in trials:
            if trial.state.is_finished():
                self._unfinished.pop(trial._trial_id, None)
                self._n_counted += counts(trial)
            else:
                self._unfinished[trial._trial_id] = trial.state
        self._last_id = max([self._last_id, *(trial._trial_id for trial in trials), *self._own])
        self._own.clear()
        self._tell_again()
        return trials

    def reserve(self, trials: Sequence[FrozenTrial], n_trials: int, system_attrs: Mapping[str, Any]) -> Stored:
        """Inserts the trials as RUNNING, or starts WAITING ones, in one transaction; tried again when the connection is lost.

        Every batch has a lease of its own, so that a commit whose answer was lost is not repeated.
        """
        self._n_batches += 1
        lease = self._owner.lease(self._n_batches)
        for trial in trials:
            trial.system_attrs = {**trial.system_attrs, LEASE_KEY: lease}

        def attempt(n: int) -> Stored:
            with self._db.engine.begin() as connection:
                self._lock(connection)
                stored = self._found(connection, lease, trials) if n > 0 else {}
                if not stored:
                    stored = self._start(connection, trials, n_trials)
                self._upsert(connection, STUDY_SYSTEM, system_attrs)
                return stored

        stored = self._db.retried(attempt)
        self._claimed = frozenset(trial_id for trial_id in stored if trial_id >= 0)
        for trial_id in self._claimed:
            self._unfinished.pop(trial_id, None)
        self._running = tuple(trial_id for trial_id, _ in stored.values())
        self._own.update(trial_id for trial_id in self._running if trial_id > self._last_id)
        return stored

    def finish(self, trials: Sequence[FrozenTrial], system_attrs: Mapping[str, Any]) -> frozenset[int]:
        """Stores results in one transaction; tried again when the connection is lost."""

        def attempt(n: int) -> frozenset[int]:
            with self._db.engine.begin() as connection:
                self._lock(connection)
                done = self._committed(connection, trials) if n > 0 else set()
                if not done:
                    done = self._end(connection, trials)
                    self._upsert(connection, STUDY_SYSTEM, system_attrs)
                return frozenset(trial._trial_id for trial in trials) - done

        lost = self._db.retried(attempt)
        finished = {trial._trial_id for trial in trials}
        self._running = tuple(trial_id for trial_id in self._running if trial_id not in finished)
        self._n_counted += sum(counts(trial) for trial in trials if trial._trial_id not in lost)
        self._unfinished.update(dict.fromkeys(lost, TrialState.RUNNING))  # so that the next read tells what became of them
        self._told += [trial for trial in trials if trial._trial_id not in lost]
        self._tell_again()
        return lost

    def _tell_again(self) -> None:
        """After a lost connection: store again what the database had confirmed and does not know any more.

        A server that does not wait for its disk, or a replica that took over and lagged behind, comes back without the last transactions.
        """
        n_losses = self._db.n_losses
        if n_losses == self._n_losses:
            return

        def attempt(_: int) -> int:
            with self._db.engine.begin() as connection:
                self._lock(connection)
                running = leasing.still_running(connection, [trial._trial_id for trial in self._told])
                forgotten = [trial for trial in self._told if trial._trial_id in running]
                if forgotten:
                    self._end(connection, forgotten)
                return len(forgotten)

        n = self._db.retried(attempt)
        if n:
            logger.warning("storage %s: %d results that it had confirmed were gone after a lost connection; stored again", self.name, n)
        self._n_losses = n_losses  # as it was before: what was lost meanwhile is looked at next time

    def beat(self) -> None:
        """One statement for all of the batch."""
        trial_ids = self._running

        def attempt(_: int) -> None:
            with self._db.engine.begin() as connection:
                leasing.beat(connection, trial_ids)

        if trial_ids:
            self._db.retried(attempt)

    def recover(self, mine: bool = False) -> int:
        """In one transaction, so that of two workers one fails a trial, and its parameters are queued once."""

        def attempt(_: int) -> int:
            with self._db.engine.connect() as connection:  # without the lock, which the many that wait would fight for
                if not leasing.stale(connection, self._study_id, self._owner, self._grace_s, mine):
                    return 0
            with self._db.engine.begin() as connection:
                self._lock(connection)
                found = leasing.stale(connection, self._study_id, self._owner, self._grace_s, mine)
                self._give_up(connection, found)
                return len(found)

        n = self._db.retried(attempt)
        if mine:
            self._unfinished.update(dict.fromkeys(self._running, TrialState.RUNNING))
            self._running = ()
        return n

    def _lock(self, connection: Connection) -> None:
        """Holds the study until the transaction ends: the same lock that Optuna takes, and SQLite's write lock."""
        if connection.dialect.name == "sqlite":
            same = sa.update(STUDIES).where(STUDIES.c.study_id == self._study_id).values(study_name=STUDIES.c.study_name)
            found = connection.execute(same).rowcount
        else:
            row = sa.select(STUDIES.c.study_id).where(STUDIES.c.study_id == self._study_id).with_for_update()
            found = len(connection.execute(row).all())
        if not found:
            raise StudyError(f"storage {self.name}: the study was deleted while this search ran. Start it again to make a new one.")

    def _start(self, connection: Connection, trials: Sequence[FrozenTrial], n_trials: int) -> Stored:
        """Waiting trials first, then new ones as far as there is room, one row each in trials and trial_heartbeats."""
        room, waiting = self._room(connection, n_trials)
        stored: Stored = {}
        for trial in trials:
            fits = room > 0 or trial.state.is_finished()
            if trial._trial_id >= 0 and fits and self._claim(connection, trial):
                stored[trial._trial_id] = (trial._trial_id, trial.number)
                waiting.discard(trial._trial_id)
                room -= not trial.state.is_finished()
        fresh = [trial for trial in trials if trial._trial_id < 0][: max(0, room - len(waiting))]
        chosen = [trial for trial in trials if trial._trial_id in stored]
        ids = [trial._trial_id for trial in chosen]
        if fresh:
            first = self._next_number(connection)
            rows = [{**_running_row(t), "study_id": self._study_id, "number": first + i} for i, t in enumerate(fresh)]
            insert = sa.insert(TRIALS).returning(TRIALS.c.trial_id, sort_by_parameter_order=True)
            ids += connection.execute(insert, rows).scalars()
            stored |= {trial._trial_id: (ids[len(chosen) + i], first + i) for i, trial in enumerate(fresh)}
        trials = [*chosen, *fresh]
        write(connection, PARAMS, [row for i, trial in zip(ids, trials, strict=True) for row in self._param_rows(i, trial)])
        write(
            connection,
            SYSTEM,
            [row for i, trial in zip(ids, trials, strict=True) for row in attr_rows(i, split_attrs(trial.system_attrs)[0])],
        )
        leasing.beat(connection, ids)
        return stored

    def _room(self, connection: Connection, n_trials: int) -> tuple[int, set[int]]:
        """How many trials may still be started, and the ids of those that wait."""
        rows = self._changed(connection, everything=True)
        states = {row.trial_id: row.state for row in rows}
        failed = [trial_id for trial_id, state in states.items() if state == TrialState.FAIL]
        judged = (USER.c.key == STATUS_KEY) & USER.c.trial_id.in_(failed)
        n_judged = connection.execute(sa.select(sa.func.count()).select_from(USER).where(judged)).scalar_one() if failed else 0
        taken = self._n_counted + len(self._running) + n_judged
        taken += sum(state in JUDGED or state == TrialState.RUNNING for state in states.values())
        return n_trials - taken, {trial_id for trial_id, state in states.items() if state == TrialState.WAITING}

    def _claim(self, connection: Connection, trial: FrozenTrial) -> bool:
        """Starts a waiting trial, unless somebody else has; what it had is written anew."""
        waiting = (TRIALS.c.trial_id == trial._trial_id) & (TRIALS.c.state == TrialState.WAITING)
        if connection.execute(sa.update(TRIALS).where(waiting).values(**_running_row(trial))).rowcount != 1:
            return False
        for table in (PARAMS, SYSTEM, USER, STEPS):
            connection.execute(sa.delete(table).where(table.c.trial_id == trial._trial_id))
        return True

    def _next_number(self, connection: Connection) -> int:
        last = sa.select(TRIALS.c.number).where(TRIALS.c.study_id == self._study_id).order_by(TRIALS.c.trial_id.desc()).limit(1)
        found = connection.execute(last).scalar()
        return 0 if found is None else found + 1

    def _end(self, connection: Connection, trials: Sequence[FrozenTrial]) -> set[int]:
        ends = [{"trial_id": t._trial_id, "state": t.state, "datetime_complete": to_utc(t.datetime_complete)} for t in trials]
        alive = leasing.set_finished(connection, ends)
        for table, rows in (
            (VALUES, [row for t in trials if t._trial_id in alive for row in value_rows(t._trial_id, t)]),
            (STEPS, [row for t in trials if t._trial_id in alive for row in step_rows(t._trial_id, t)]),
            (USER, [row for t in trials if t._trial_id in alive for row in attr_rows(t._trial_id, t.user_attrs)]),
            (SYSTEM, [row for t in trials if t._trial_id in alive for row in attr_rows(t._trial_id, split_attrs(t.system_attrs)[1])]),
        ):
            write(connection, table, rows)
        return alive

    def _committed(self, connection: Connection, trials: Sequence[FrozenTrial]) -> set[int]:
        """The trials that are as they should become: a commit went through although its answer was lost. Empty where it did not."""
        wanted = {trial._trial_id: trial.state for trial in trials}
        rows = connection.execute(sa.select(TRIALS.c.trial_id, TRIALS.c.state).where(TRIALS.c.trial_id.in_(list(wanted))))
        return {row.trial_id for row in rows if row.state == wanted[row.trial_id]}

    def _found(self, connection: Connection, lease: dict[str, Any], trials: Sequence[FrozenTrial]) -> Stored:
        """What the lost answer to a reservation said; empty where it was not made."""
        numbers = leasing.leased(connection, lease)
        waited = {trial._trial_id for trial in trials if trial._trial_id >= 0} & numbers.keys()
        fresh = [(trial_id, number) for trial_id, number in numbers.items() if trial_id not in waited]
        provisional = [trial._trial_id for trial in trials if trial._trial_id < 0]
        return {i: (i, numbers[i]) for i in waited} | dict(zip(provisional, fresh, strict=False))

    def _give_up(self, connection: Connection, found: Sequence[leasing.Running]) -> None:
        """Fails trials and queues their parameters."""
        if not found:
            return
        now = datetime.now(UTC).replace(tzinfo=None)
        ids = [trial.trial_id for trial in found]
        rows = connection.execute(sa.select(*COLUMNS).where(TRIALS.c.trial_id.in_(ids)).order_by(TRIALS.c.number)).all()
        leasing.set_finished(connection, [{"trial_id": i, "state": TrialState.FAIL, "datetime_complete": now} for i in ids])
        whose = {trial.trial_id: f"given up by {said(trial.lease)}" for trial in found}
        write(connection, USER, [row for i, text in whose.items() for row in attr_rows(i, {ERROR_KEY: text})])
        retried = [retry_attrs(t.number, t.params, t.system_attrs) for t in self._reader.frozen(connection, rows)]
        queued = [attrs for attrs in retried if attrs is not None]
        first = self._next_number(connection)
        waiting = [{"study_id": self._study_id, "number": first + i, "state": TrialState.WAITING} for i in range(len(queued))]
        if waiting:
            insert = sa.insert(TRIALS).returning(TRIALS.c.trial_id, sort_by_parameter_order=True)
            new = connection.execute(insert, waiting).scalars().all()
            write(connection, SYSTEM, [row for i, attrs in zip(new, queued, strict=True) for row in attr_rows(i, attrs)])

    def _param_rows(self, trial_id: int, trial: FrozenTrial) -> list[dict[str, Any]]:
        rows = []
        for name, value in trial.params.items():
            distribution = trial.distributions[name]
            last, text = self._json.get(name, (None, ""))
            if last != distribution:
                text = distribution_to_json(distribution)
                self._json[name] = distribution, text
            internal = float(distribution.to_internal_repr(value))
            rows.append({"trial_id": trial_id, "param_name": name, "param_value": internal, "distribution_json": text})
        return rows

    def _upsert(self, connection: Connection, table: sa.Table, attrs: Mapping[str, Any]) -> None:
        if not attrs:
            return
        mine = (table.c.study_id == self._study_id) & table.c.key.in_(list(attrs))
        connection.execute(sa.delete(table).where(mine))
        rows = [{"study_id": self._study_id, "key": key, "value_json": json.dumps(value)} for key, value in attrs.items()]
        connection.execute(sa.insert(table), rows)

    def _changed(self, connection: Connection, everything: bool = False) -> list[Row[Any]]:
        """Rows of others' trials that are new, or in another state than when they were read; with `everything` all that are not known
        to be finished.
        """
        newer = sa.select(*COLUMNS).where(TRIALS.c.study_id == self._study_id, TRIALS.c.trial_id > self._last_id)
        rows = [row for row in connection.execute(newer) if row.trial_id not in self._own]
        pending = sorted(self._unfinished)
        for start in range(0, len(pending), CHUNK):
            chunk = connection.execute(sa.select(*COLUMNS).where(TRIALS.c.trial_id.in_(pending[start : start + CHUNK])))
            rows += [row for row in chunk if everything or row.state != self._unfinished[row.trial_id]]
        return sorted({row.trial_id: row for row in rows}.values(), key=lambda row: row.number)


def _running_row(trial: FrozenTrial) -> dict[str, Any]:
    return {"state": TrialState.RUNNING, "datetime_start": to_utc(trial.datetime_start)}
