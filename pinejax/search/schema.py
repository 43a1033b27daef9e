"""Optuna 5's relational tables, the check that they are as expected, and a trial's rows in them. No connection is held here."""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import optuna
import sqlalchemy as sa
from optuna.storages._rdb import models
from optuna.trial import FrozenTrial
from sqlalchemy import exc
from sqlalchemy.engine import Connection

from pinejax.search.database import SCHEMA, Database

TRIALS: sa.Table = models.TrialModel.__table__
PARAMS: sa.Table = models.TrialParamModel.__table__
VALUES: sa.Table = models.TrialValueModel.__table__
STEPS: sa.Table = models.TrialIntermediateValueModel.__table__
USER: sa.Table = models.TrialUserAttributeModel.__table__
SYSTEM: sa.Table = models.TrialSystemAttributeModel.__table__
STUDIES: sa.Table = models.StudyModel.__table__
DIRECTION: sa.Table = models.StudyDirectionModel.__table__
STUDY_USER: sa.Table = models.StudyUserAttributeModel.__table__
STUDY_SYSTEM: sa.Table = models.StudySystemAttributeModel.__table__

_COLUMNS: Mapping[str, frozenset[str]] = {
    "trials": frozenset({"trial_id", "number", "study_id", "state", "datetime_start", "datetime_complete"}),
    "trial_params": frozenset({"param_id", "trial_id", "param_name", "param_value", "distribution_json"}),
    "trial_values": frozenset({"trial_value_id", "trial_id", "objective", "value", "value_type"}),
    "trial_intermediate_values": frozenset(
        {"trial_intermediate_value_id", "trial_id", "step", "intermediate_value", "intermediate_value_type"}
    ),
    "trial_user_attributes": frozenset({"trial_user_attribute_id", "trial_id", "key", "value_json"}),
    "trial_system_attributes": frozenset({"trial_system_attribute_id", "trial_id", "key", "value_json"}),
    "trial_heartbeats": frozenset({"trial_heartbeat_id", "trial_id", "heartbeat"}),
    "study_user_attributes": frozenset({"study_user_attribute_id", "study_id", "key", "value_json"}),
    "study_system_attributes": frozenset({"study_system_attribute_id", "study_id", "key", "value_json"}),
}


def unsupported(database: Database) -> str | None:
    """Why bulk access cannot be used with this Optuna and this database; None when it can."""
    if optuna.__version__.split(".")[0] != "5":
        return f"Optuna {optuna.__version__} is not 5.x"
    if database.engine.dialect.name not in ("sqlite", "postgresql"):
        return f"{database.engine.dialect.name} is not SQLite or PostgreSQL"
    tables = models.BaseModel.metadata.tables
    for name, columns in _COLUMNS.items():
        if name not in tables or {column.name for column in tables[name].columns} != columns:
            return f"Optuna {optuna.__version__} declares the table {name} otherwise"

    found = database.retried(lambda _: database.revision())
    return None if found == SCHEMA else f"the schema is {found}, not {SCHEMA}"


def write(connection: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts rows of plain values that all have the same columns; by COPY on PostgreSQL, which is several times faster there."""
    if not rows:
        return
    columns = list(rows[0])
    names = ", ".join(f'"{column}"' for column in columns)
    if connection.dialect.name == "sqlite":  # as the driver takes it: there are some thirty rows a trial
        places = ", ".join("?" for _ in columns)
        values = [tuple(_plain(value) for value in row.values()) for row in rows]
        connection.exec_driver_sql(f'INSERT INTO "{table.name}" ({names}) VALUES ({places})', values)
        return
    statement = f'COPY "{table.name}" ({names}) FROM STDIN'
    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row([_plain(row[column]) for column in columns])
    except connection.dialect.loaded_dbapi.Error as error:
        # Past SQLAlchemy, so its errors have to be made here.
        raise exc.OperationalError(statement, None, error, connection_invalidated=bool(driver.closed)) from error


def _plain(value: Any) -> Any:
    return value.name if isinstance(value, enum.Enum) else value


def value_rows(trial_id: int, trial: FrozenTrial) -> list[dict[str, Any]]:
    """One row per objective; infinities as Optuna stores them."""
    rows = []
    for objective, value in enumerate(trial.values or ()):
        stored, kind = models.TrialValueModel.value_to_stored_repr(value)
        rows.append({"trial_id": trial_id, "objective": objective, "value": stored, "value_type": kind})
    return rows


def step_rows(trial_id: int, trial: FrozenTrial) -> list[dict[str, Any]]:
    """One row per reported value; NaN and infinities as Optuna stores them."""
    rows = []
    for step, value in trial.intermediate_values.items():
        stored, kind = models.TrialIntermediateValueModel.intermediate_value_to_stored_repr(value)
        rows.append({"trial_id": trial_id, "step": step, "intermediate_value": stored, "intermediate_value_type": kind})
    return rows


def attr_rows(trial_id: int, attrs: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row per user or system attribute; constraints are system attributes."""
    return [{"trial_id": trial_id, "key": key, "value_json": json.dumps(value)} for key, value in attrs.items()]


def to_utc(moment: datetime | None) -> datetime | None:
    """Naive local time, as Optuna's trials have it, to naive UTC, as its tables do."""
    return None if moment is None else moment.astimezone(UTC).replace(tzinfo=None)


def to_local(moment: datetime | None) -> datetime | None:
    """The way back."""
    return None if moment is None else moment.replace(tzinfo=UTC).astimezone().replace(tzinfo=None)
