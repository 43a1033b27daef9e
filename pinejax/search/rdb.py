"""Reads and writes a study in bulk on Optuna's relational schema: one transaction per batch. Not a general storage.

It uses the tables of Optuna 5 (`optuna.storages._rdb.models`, private) through SQLAlchemy Core, after `schema.unsupported` has
checked them; `fallback` does the same through Optuna's public interface, about fifty times slower.
"""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from optuna.distributions import BaseDistribution, distribution_to_json, json_to_distribution
from optuna.storages._rdb import models
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.engine import Connection, Row

from pinejax.errors import StudyError
from pinejax.search.database import Database
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
    to_local,
    to_utc,
    trial_row,
    value_rows,
    write,
)
from pinejax.search.store import Stored, settled_attrs

BATCH_KEY = "pinejax:batch"
CHUNK = 500


class BulkStore:
    """One study in an RDB, read incrementally and written batch by batch."""

    def __init__(self, database: Database, study_id: int):
        self._db = database
        self._study_id = study_id
        self._last_id = 0
        self._own: set[int] = set()
        self._unfinished: set[int] = set()
        self._distributions: dict[str, BaseDistribution] = {}
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

    def claim(self, trial_id: int) -> bool:
        """Starts a stored WAITING trial; false when another worker was faster."""

        def attempt(_: int) -> bool:
            waiting = (TRIALS.c.trial_id == trial_id) & (TRIALS.c.state == TrialState.WAITING)
            with self._db.engine.begin() as connection:
                started = sa.update(TRIALS).where(waiting).values(state=TrialState.RUNNING, datetime_start=to_utc(datetime.now()))
                return connection.execute(started).rowcount == 1

        claimed = self._db.retried(attempt)
        if claimed:
            self._unfinished.discard(trial_id)
        return claimed

    def read(self) -> list[FrozenTrial]:
        """Trials that are new or changed since the last call and were not written here.

        Ids grow in the order of commits, because every writer locks the study before it inserts: what is above the last id
        read is new.
        """

        def attempt(_: int) -> list[FrozenTrial]:
            with self._db.engine.connect() as connection:
                rows = self._changed(connection)
                return self._frozen(connection, rows) if rows else []

        trials = self._db.retried(attempt)
        for trial in trials:
            if trial.state.is_finished():
                self._unfinished.discard(trial._trial_id)
            else:
                self._unfinished.add(trial._trial_id)
        self._last_id = max([self._last_id, *(trial._trial_id for trial in trials), *self._own])
        self._own.clear()
        return trials

    def append(self, trials: Sequence[FrozenTrial], system_attrs: Mapping[str, Any]) -> Stored:
        """Stores finished trials and study attributes in one transaction; tried again when the connection is lost.

        The first new trial carries the batch's mark, so that a commit whose answer was lost is not repeated.
        """
        fresh = [trial for trial in trials if trial._trial_id < 0]
        mark = uuid.uuid4().hex
        if fresh:
            fresh[0].system_attrs[BATCH_KEY] = mark

        def attempt(n: int) -> Stored:
            with self._db.engine.begin() as connection:
                self._lock(connection)
                stored = self._find_batch(connection, mark, fresh) if n > 0 and fresh else {}
                if not stored:
                    stored = self._insert(connection, fresh)
                    self._update(connection, [trial for trial in trials if trial._trial_id >= 0])
                self._upsert(connection, STUDY_SYSTEM, system_attrs)
                return stored

        stored = self._db.retried(attempt)
        self._own.update(trial_id for trial_id, _ in stored.values())
        return stored

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

    def _insert(self, connection: Connection, trials: Sequence[FrozenTrial]) -> Stored:
        if not trials:
            return {}
        count = sa.select(sa.func.count()).select_from(TRIALS).where(TRIALS.c.study_id == self._study_id)
        first = connection.execute(count).scalar_one()
        rows = [trial_row(trial) | {"study_id": self._study_id, "number": first + i} for i, trial in enumerate(trials)]
        insert = sa.insert(TRIALS).returning(TRIALS.c.trial_id, sort_by_parameter_order=True)
        ids = list(connection.execute(insert, rows).scalars())
        numbers = {trial.number: first + i for i, trial in enumerate(trials)}
        self._insert_parts(connection, list(zip(ids, trials, strict=True)), numbers)
        return {trial._trial_id: (ids[i], first + i) for i, trial in enumerate(trials)}

    def _update(self, connection: Connection, trials: Sequence[FrozenTrial]) -> None:
        """Finishes trials whose rows exist: they were waiting in the database."""
        for trial in trials:
            for table in (PARAMS, VALUES, STEPS, USER, SYSTEM):
                connection.execute(sa.delete(table).where(table.c.trial_id == trial._trial_id))
            connection.execute(sa.update(TRIALS).where(TRIALS.c.trial_id == trial._trial_id).values(**trial_row(trial)))
        self._insert_parts(connection, [(trial._trial_id, trial) for trial in trials], {})

    def _insert_parts(self, connection: Connection, trials: Sequence[tuple[int, FrozenTrial]], numbers: Mapping[int, int]) -> None:
        for table, rows in (
            (PARAMS, [row for i, trial in trials for row in self._param_rows(i, trial)]),
            (VALUES, [row for i, trial in trials for row in value_rows(i, trial)]),
            (STEPS, [row for i, trial in trials for row in step_rows(i, trial)]),
            (USER, [row for i, trial in trials for row in attr_rows(i, settled_attrs(trial.user_attrs, numbers))]),
            (SYSTEM, [row for i, trial in trials for row in attr_rows(i, trial.system_attrs)]),
        ):
            write(connection, table, rows)

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

    def _find_batch(self, connection: Connection, mark: str, trials: Sequence[FrozenTrial]) -> Stored:
        """The ids of a batch whose commit succeeded although its answer was lost; empty if it did not."""
        marked = (SYSTEM.c.key == BATCH_KEY) & (SYSTEM.c.value_json == json.dumps(mark))
        first = connection.execute(sa.select(TRIALS.c.number).join(SYSTEM, SYSTEM.c.trial_id == TRIALS.c.trial_id).where(marked)).scalar()
        if first is None:
            return {}
        batch = TRIALS.c.number.between(first, first + len(trials) - 1) & (TRIALS.c.study_id == self._study_id)
        rows = connection.execute(sa.select(TRIALS.c.trial_id, TRIALS.c.number).where(batch).order_by(TRIALS.c.number)).all()
        return {trial._trial_id: (row.trial_id, row.number) for trial, row in zip(trials, rows, strict=True)}

    def _upsert(self, connection: Connection, table: sa.Table, attrs: Mapping[str, Any]) -> None:
        if not attrs:
            return
        mine = (table.c.study_id == self._study_id) & table.c.key.in_(list(attrs))
        connection.execute(sa.delete(table).where(mine))
        rows = [{"study_id": self._study_id, "key": key, "value_json": json.dumps(value)} for key, value in attrs.items()]
        connection.execute(sa.insert(table), rows)

    def _changed(self, connection: Connection) -> list[Row[Any]]:
        columns = [TRIALS.c[name] for name in ("trial_id", "number", "state", "datetime_start", "datetime_complete")]
        newer = sa.select(*columns).where(TRIALS.c.study_id == self._study_id, TRIALS.c.trial_id > self._last_id)
        rows = [row for row in connection.execute(newer) if row.trial_id not in self._own]
        pending = sorted(self._unfinished)
        for start in range(0, len(pending), CHUNK):
            rows += connection.execute(sa.select(*columns).where(TRIALS.c.trial_id.in_(pending[start : start + CHUNK]))).all()
        return sorted(rows, key=lambda row: row.number)

    def _frozen(self, connection: Connection, rows: Sequence[Row[Any]]) -> list[FrozenTrial]:
        trials: list[FrozenTrial] = []
        for start in range(0, len(rows), CHUNK):
            chunk = rows[start : start + CHUNK]
            parts = self._parts(connection, [row.trial_id for row in chunk])
            trials += [self._build(row, parts) for row in chunk]
        return trials

    def _parts(self, connection: Connection, ids: Sequence[int]) -> dict[str, dict[int, list[Row[Any]]]]:
        parts: dict[str, dict[int, list[Row[Any]]]] = {}
        for table in (PARAMS, VALUES, STEPS, USER, SYSTEM):
            key = next(iter(table.primary_key.columns))
            found = parts[table.name] = defaultdict(list)
            for row in connection.execute(sa.select(table).where(table.c.trial_id.in_(ids)).order_by(key)):
                found[row.trial_id].append(row)
        return parts

    def _build(self, row: Row[Any], parts: Mapping[str, Mapping[int, list[Row[Any]]]]) -> FrozenTrial:
        def of(table: sa.Table) -> list[Row[Any]]:
            return parts[table.name].get(row.trial_id, [])

        params = {p.param_name: (self._distribution(p.distribution_json), p.param_value) for p in of(PARAMS)}
        values = sorted(of(VALUES), key=lambda v: v.objective)
        return FrozenTrial(
            number=row.number,
            state=row.state,
            value=None,
            values=[models.TrialValueModel.stored_repr_to_value(v.value, v.value_type) for v in values] or None,
            datetime_start=to_local(row.datetime_start),
            datetime_complete=to_local(row.datetime_complete),
            params={name: d.to_external_repr(value) for name, (d, value) in params.items()},
            distributions={name: d for name, (d, _) in params.items()},
            user_attrs={a.key: json.loads(a.value_json) for a in of(USER)},
            system_attrs={a.key: json.loads(a.value_json) for a in of(SYSTEM)},
            intermediate_values={
                s.step: models.TrialIntermediateValueModel.stored_repr_to_intermediate_value(
                    s.intermediate_value, s.intermediate_value_type
                )
                for s in of(STEPS)
            },
            trial_id=row.trial_id,
        )

    def _distribution(self, text: str) -> BaseDistribution:
        found = self._distributions.get(text)
        if found is None:
            found = self._distributions[text] = json_to_distribution(text)
        return found
