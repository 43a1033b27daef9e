"""Studies that the same search made on other bars, in the same database. Not the comparison with one study (`fingerprint`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from pinejax.search.database import Database
from pinejax.search.fingerprint import CHOSEN, KEY, RULE
from pinejax.search.schema import STUDIES, STUDY_USER, unsupported


def on_other_bars(url: str, prefix: str, mine: Mapping[str, Any]) -> list[str]:
    """Names of the studies that begin with `prefix` and differ from the fingerprint `mine` in nothing but their bars, sorted.

    Of the same range of dates only: other bars are then bars that have changed. Empty where the database is not one that the bulk
    writer knows. Errors: StudyError where it cannot be reached.
    """
    database = Database(url)
    try:
        return database.guarded(lambda: _found(database, prefix, mine))
    finally:
        database.close()


def _found(database: Database, prefix: str, mine: Mapping[str, Any]) -> list[str]:
    if unsupported(database) is not None:
        return []
    named = sa.select(STUDIES.c.study_name, STUDY_USER.c.value_json).join(STUDY_USER, STUDY_USER.c.study_id == STUDIES.c.study_id)
    wanted = named.where(STUDY_USER.c.key == KEY, STUDIES.c.study_name.startswith(prefix, autoescape=True))
    with database.engine.connect() as connection:
        rows = connection.execute(wanted).all()
    stored = [(row.study_name, json.loads(row.value_json)) for row in rows]
    return sorted(name for name, theirs in stored if _changed_bars(theirs, mine))


def _changed_bars(theirs: Mapping[str, Any], mine: Mapping[str, Any]) -> bool:
    ours, other = mine["context"], theirs.get("context", {})
    dates = [{key: context.get(CHOSEN, {}).get(key) for key in ("start", "end")} for context in (ours, other)]
    if dates[0] != dates[1] or other.get("data") == ours.get("data"):
        return False
    return _without_bars(theirs) == _without_bars(mine)


def _without_bars(fingerprint: Mapping[str, Any]) -> dict[str, Any]:
    context = {key: value for key, value in fingerprint.get("context", {}).items() if key not in ("data", CHOSEN, RULE)}
    return {**fingerprint, "context": context}
