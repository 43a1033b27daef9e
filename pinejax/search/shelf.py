"""The studies of a database, by SQL on Optuna 5's tables: counts without trials, one whole, deleting in bulk. Searching one: `rdb`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from optuna.storages._rdb import models
from optuna.trial import FrozenTrial
from sqlalchemy.engine import Engine

from pinejax.search.reading import COLUMNS, TrialReader
from pinejax.search.records import VIOLATIONS_KEY
from pinejax.search.schema import DIRECTION, STUDIES, STUDY_USER, SYSTEM, TRIALS, USER, VALUES, to_local
from pinejax.search.store import DUPLICATE_OF

HEARTBEATS: sa.Table = models.TrialHeartbeatModel.__table__
SILENT_S = 120.0
"""A RUNNING trial without a heartbeat for so long has lost its worker, or its worker gives none."""
LOOKED_AT = 200
"""Of the best values, when the best that holds every gate is looked for."""
_CONSTRAINTS = "constraints"


@dataclass(frozen=True)
class Shelved:
    """A study's row with its counts. last: local time; n_silent: RUNNING trials without a sign of life for SILENT_S."""

    study_id: int
    name: str
    directions: tuple[str, ...]
    n_by_state: Mapping[str, int]
    last: datetime | None
    n_silent: int


def studies(engine: Engine) -> list[Shelved]:
    """All studies, in the order of their making. Three statements, however many trials there are."""
    with engine.connect() as connection:
        rows = connection.execute(
            sa.select(STUDIES.c.study_id, STUDIES.c.study_name, DIRECTION.c.direction)
            .join(DIRECTION, DIRECTION.c.study_id == STUDIES.c.study_id)
            .order_by(STUDIES.c.study_id, DIRECTION.c.objective)
        ).all()
        counted = connection.execute(
            sa.select(
                TRIALS.c.study_id,
                TRIALS.c.state,
                sa.func.count().label("n"),
                sa.func.max(TRIALS.c.datetime_start).label("started"),
                sa.func.max(TRIALS.c.datetime_complete).label("ended"),
            ).group_by(TRIALS.c.study_id, TRIALS.c.state)
        ).all()
        running = sa.select(TRIALS.c.study_id, TRIALS.c.datetime_start, HEARTBEATS.c.heartbeat).where(TRIALS.c.state == "RUNNING")
        alive = connection.execute(running.outerjoin_from(TRIALS, HEARTBEATS, HEARTBEATS.c.trial_id == TRIALS.c.trial_id)).all()
        moment = connection.execute(sa.select(sa.type_coerce(sa.func.current_timestamp(), sa.DateTime))).scalar_one()
    names = {row.study_id: row.study_name for row in rows}
    # Heartbeats are on the server's clock, in the session's zone; starts are in UTC.
    beat_limit = moment.replace(tzinfo=None) - timedelta(seconds=SILENT_S)
    start_limit = datetime.now(UTC).replace(tzinfo=None) - timedelta(seconds=SILENT_S)
    found = []
    for study_id, name in names.items():
        mine = [row for row in counted if row.study_id == study_id]
        moments = [moment for row in mine for moment in (row.started, row.ended) if moment is not None]
        silent = [_is_silent(row.heartbeat, beat_limit, row.datetime_start, start_limit) for row in alive if row.study_id == study_id]
        found.append(
            Shelved(
                study_id,
                name,
                tuple(row.direction.name.lower() for row in rows if row.study_id == study_id),
                {row.state.name: row.n for row in sorted(mine, key=lambda row: row.state)},
                to_local(max(moments, default=None)),
                sum(silent),
            )
        )
    return found


def names(engine: Engine) -> list[str]:
    """Of all studies, in the order of their making."""
    with engine.connect() as connection:
        return list(connection.execute(sa.select(STUDIES.c.study_name).order_by(STUDIES.c.study_id)).scalars())


def best_value(engine: Engine, study_id: int, direction: str) -> float | None:
    """The best value of the evaluated trials that hold every gate and constraint; None where the first LOOKED_AT hold none."""
    # Infinities are stored as a kind beside no value: they are the ends of the order.
    kind = sa.case((VALUES.c.value_type == "INF_POS", 1), (VALUES.c.value_type == "INF_NEG", -1), else_=0)
    order = [kind, VALUES.c.value] if direction == "minimize" else [kind.desc(), VALUES.c.value.desc()]
    ranked = (
        sa.select(TRIALS.c.trial_id, VALUES.c.value, VALUES.c.value_type)
        .join(VALUES, VALUES.c.trial_id == TRIALS.c.trial_id)
        .where(TRIALS.c.study_id == study_id, TRIALS.c.state == "COMPLETE")
        .order_by(*order, TRIALS.c.number)
        .limit(LOOKED_AT)
    )
    with engine.connect() as connection:
        rows = connection.execute(ranked).all()
        ids = [row.trial_id for row in rows]
        user = sa.select(USER.c.trial_id, USER.c.key, USER.c.value_json).where(
            USER.c.trial_id.in_(ids), USER.c.key.in_([VIOLATIONS_KEY, DUPLICATE_OF])
        )
        system = sa.select(SYSTEM.c.trial_id, SYSTEM.c.key, SYSTEM.c.value_json).where(
            SYSTEM.c.trial_id.in_(ids), SYSTEM.c.key.startswith(_CONSTRAINTS)
        )
        said = [*connection.execute(user).all(), *connection.execute(system).all()]
    out = {row.trial_id for row in said if row.key == DUPLICATE_OF or _violated(json.loads(row.value_json))}
    for row in rows:
        if row.trial_id not in out:
            return float(models.TrialValueModel.stored_repr_to_value(row.value, row.value_type))
    return None


def whole(engine: Engine, study_id: int) -> tuple[list[FrozenTrial], dict[str, Any]]:
    """All trials of a study by number, and its user attributes."""
    with engine.connect() as connection:
        said = connection.execute(sa.select(STUDY_USER.c.key, STUDY_USER.c.value_json).where(STUDY_USER.c.study_id == study_id)).all()
        rows = connection.execute(sa.select(*COLUMNS).where(TRIALS.c.study_id == study_id).order_by(TRIALS.c.number)).all()
        return TrialReader().frozen(connection, rows), {row.key: json.loads(row.value_json) for row in said}


def delete(engine: Engine, study_id: int) -> None:
    """Deletes a study's rows in every table, in one transaction. Optuna's own way loads every row first."""
    tables = models.BaseModel.metadata.sorted_tables
    mine = sa.select(TRIALS.c.trial_id).where(TRIALS.c.study_id == study_id)
    with engine.begin() as connection:
        for table in reversed(tables):
            if "trial_id" in table.c and table is not TRIALS:
                connection.execute(sa.delete(table).where(table.c.trial_id.in_(mine)))
        for table in reversed(tables):
            if "study_id" in table.c and table is not STUDIES:
                connection.execute(sa.delete(table).where(table.c.study_id == study_id))
        connection.execute(sa.delete(STUDIES).where(STUDIES.c.study_id == study_id))


def _is_silent(beat: datetime | None, beat_limit: datetime, started: datetime | None, start_limit: datetime) -> bool:
    if beat is not None:
        return beat < beat_limit
    return started is None or started < start_limit


def _violated(value: object) -> bool:
    if isinstance(value, dict):
        return any(_violated(item) for item in value.values())
    if isinstance(value, list):
        return any(_violated(item) for item in value)
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0
