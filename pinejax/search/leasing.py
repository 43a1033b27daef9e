"""Leases in the database: heartbeats on the server's clock, and the running trials whose lease ran out. No transaction begins here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from optuna.storages._rdb import models
from optuna.trial import TrialState
from sqlalchemy.engine import Connection

from pinejax.search.lease import LEASE_KEY, Owner, is_gone
from pinejax.search.reading import CHUNK
from pinejax.search.schema import SYSTEM, TRIALS

BEATS: sa.Table = models.TrialHeartbeatModel.__table__

AGE = {
    # Heartbeats as Optuna writes them (the session's CURRENT_TIMESTAMP), starts in UTC.
    "sqlite": "(julianday('now') - julianday(coalesce(b.heartbeat, t.datetime_start))) * 86400.0",
    "postgresql": "extract(epoch from coalesce(localtimestamp - b.heartbeat, (now() at time zone 'UTC') - t.datetime_start))",
}


@dataclass(frozen=True)
class Running:
    """A trial that is being evaluated under a lease. age_s: since its last sign of life, as the server measures."""

    trial_id: int
    lease: dict[str, Any]
    age_s: float


def beat(connection: Connection, trial_ids: Sequence[int]) -> None:
    """Notes the server's time for those of the trials that still run; one statement for up to CHUNK of them."""
    for start in range(0, len(trial_ids), CHUNK):
        ids = ", ".join(str(int(i)) for i in trial_ids[start : start + CHUNK])
        connection.exec_driver_sql(
            "INSERT INTO trial_heartbeats (trial_id, heartbeat) "
            f"SELECT trial_id, CURRENT_TIMESTAMP FROM trials WHERE trial_id IN ({ids}) AND state = 'RUNNING' "
            "ON CONFLICT (trial_id) DO UPDATE SET heartbeat = excluded.heartbeat"
        )


def running(connection: Connection, study_id: int) -> Iterator[Running]:
    """All running trials of the study that have a lease."""
    query = (
        f"SELECT t.trial_id, s.value_json, {AGE[connection.dialect.name]} AS age_s FROM trials t "
        "JOIN trial_system_attributes s ON s.trial_id = t.trial_id AND s.key = :key "
        "LEFT JOIN trial_heartbeats b ON b.trial_id = t.trial_id "
        "WHERE t.study_id = :study AND t.state = 'RUNNING' ORDER BY t.trial_id"
    )
    for row in connection.execute(sa.text(query), {"key": LEASE_KEY, "study": study_id}).all():
        lease = json.loads(row.value_json)
        yield Running(row.trial_id, lease if isinstance(lease, dict) else {}, float(row.age_s or 0.0))


def signs(connection: Connection, trial_ids: Sequence[int]) -> Iterator[Running]:
    """Those of the trials that are running; another program's have an empty lease."""
    for start in range(0, len(trial_ids), CHUNK):
        ids = ", ".join(str(int(i)) for i in trial_ids[start : start + CHUNK])
        query = (
            f"SELECT t.trial_id, s.value_json, {AGE[connection.dialect.name]} AS age_s FROM trials t "
            "LEFT JOIN trial_system_attributes s ON s.trial_id = t.trial_id AND s.key = :key "
            "LEFT JOIN trial_heartbeats b ON b.trial_id = t.trial_id "
            f"WHERE t.trial_id IN ({ids}) AND t.state = 'RUNNING' ORDER BY t.trial_id"
        )
        for row in connection.execute(sa.text(query), {"key": LEASE_KEY}).all():
            lease = json.loads(row.value_json) if row.value_json else {}
            yield Running(row.trial_id, lease if isinstance(lease, dict) else {}, max(float(row.age_s or 0.0), 0.0))


def stale(connection: Connection, study_id: int, owner: Owner, grace_s: float, mine: bool) -> list[Running]:
    """Those whose owner gave no sign of life for `grace_s`, or is known to be gone; with `mine`, the owner's own instead."""
    found = list(running(connection, study_id))
    if mine:
        return [trial for trial in found if owner.is_mine(trial.lease)]
    return [t for t in found if not owner.is_mine(t.lease) and (t.age_s > grace_s or is_gone(t.lease))]


def leased(connection: Connection, lease: dict[str, Any]) -> dict[int, int]:
    """Trial id -> number of all trials under exactly this lease, in the order of their numbers."""
    same = (SYSTEM.c.key == LEASE_KEY) & (SYSTEM.c.value_json == json.dumps(lease))
    query = sa.select(TRIALS.c.trial_id, TRIALS.c.number).join(SYSTEM, SYSTEM.c.trial_id == TRIALS.c.trial_id).where(same)
    return {row.trial_id: row.number for row in connection.execute(query.order_by(TRIALS.c.number))}


def still_running(connection: Connection, trial_ids: Sequence[int]) -> set[int]:
    """Those of the trials that are RUNNING."""
    found: set[int] = set()
    for start in range(0, len(trial_ids), CHUNK):
        which = TRIALS.c.trial_id.in_(trial_ids[start : start + CHUNK]) & (TRIALS.c.state == TrialState.RUNNING)
        found.update(connection.execute(sa.select(TRIALS.c.trial_id).where(which)).scalars())
    return found


def set_finished(connection: Connection, rows: Sequence[dict[str, Any]]) -> set[int]:
    """Ends those of the trials that still run; their ids. rows: trial_id, state, datetime_complete (UTC)."""
    if connection.dialect.name == "postgresql":
        query = sa.text(
            "UPDATE trials SET state = CAST(d.state AS trialstate), datetime_complete = d.ended "
            "FROM unnest(CAST(:ids AS int[]), CAST(:states AS text[]), CAST(:ends AS timestamp[])) AS d (id, state, ended) "
            "WHERE trials.trial_id = d.id AND trials.state = 'RUNNING' RETURNING trials.trial_id"
        )
        values = {
            "ids": [row["trial_id"] for row in rows],
            "states": [row["state"].name for row in rows],
            "ends": [row["datetime_complete"] for row in rows],
        }
        return set(connection.execute(query, values).scalars())
    alive = still_running(connection, [row["trial_id"] for row in rows])
    values = [{"id": r["trial_id"], "now": r["state"], "ended": r["datetime_complete"]} for r in rows if r["trial_id"] in alive]
    if values:
        update = sa.update(TRIALS).where(TRIALS.c.trial_id == sa.bindparam("id"))
        connection.execute(update.values(state=sa.bindparam("now"), datetime_complete=sa.bindparam("ended")), values)
    return alive
