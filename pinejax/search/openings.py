"""How often kept-back bars were looked at: each look is in its study before its result is known. What was seen is not kept here.

Looks of all studies of one storage count: another seed, space or objective makes another study, of the same bars.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from pinejax.core.inputs import Params
from pinejax.search.database import Database
from pinejax.search.others import Opened, is_other, open_other, opened_database
from pinejax.search.schema import STUDIES, STUDY_USER, unsupported
from pinejax.search.storage import open_store

KEY = "pinejax:opened:"
"""An attribute of its own for each opening, so that two workers at once lose none."""


@dataclass(frozen=True)
class Opening:
    """One look. time: ISO, UTC; by: what looked, such as `holdout`; sets: digests of the complete sets that were judged, by trial number;
    first, last: opens of the first and last bar, ISO, UTC; bars: by dataset the first bar and the first behind. study: whose it is, empty
    where that is the study that is asked about.
    """

    time: str
    by: str
    sets: Mapping[str, str]
    first: str
    last: str
    bars: Mapping[str, Sequence[int]]
    study: str = ""

    @classmethod
    def now(cls, by: str, sets: Mapping[int, Params], dates: tuple[str, str], bars: Mapping[str, Sequence[int]]) -> Opening:
        """At this moment. sets: complete ones by trial number."""
        moment = datetime.now(UTC).isoformat(timespec="milliseconds")
        digests = {str(trial): digest_of(params) for trial, params in sets.items()}
        return cls(moment, by, digests, *dates, {name: [int(b) for b in span] for name, span in bars.items()})

    def overlaps(self, other: Opening) -> bool:
        """Whether both looked at a bar of some dataset: by dates where they are of two studies, which may have begun at different bars."""
        common = self.bars.keys() & other.bars.keys()
        if self.study != other.study:
            return bool(common) and max(self.first, other.first) <= min(self.last, other.last)
        return any(max(self.bars[n][0], other.bars[n][0]) < min(self.bars[n][1], other.bars[n][1]) for n in common)


def digest_of(params: Params) -> str:
    """Equal for equal sets."""
    return hashlib.sha256(json.dumps(dict(params), sort_keys=True, default=str).encode()).hexdigest()[:16]


def record_opening(url: str | None, study_name: str, directions: Sequence[str], opening: Opening) -> list[Opening]:
    """Writes an opening into the study's attributes; all in the storage that looked at some of its bars, by time, this one the last.

    url: None keeps nothing. Errors: StudyError where the storage cannot be written to: then nobody may look.
    """
    store = open_store(url, study_name, directions)
    try:
        key = f"{KEY}{opening.time}:{uuid.uuid4().hex[:8]}"
        store.set_user_attrs({key: asdict(opening)})
        found = store.study_attrs()[0]
    finally:
        store.close()
    others = openings_in({name: value for name, value in found.items() if name != key})
    if url:
        others += [replace(o, study=name) for name, attrs in _of_other_studies(url, study_name) for o in openings_in(attrs)]
    return [*sorted((other for other in others if other.overlaps(opening)), key=lambda o: o.time), opening]


def _of_other_studies(url: str, study_name: str) -> list[tuple[str, dict[str, Any]]]:
    """Names and user attributes of the other studies of a storage, openings among them. Errors: StudyError."""
    if is_other(url):
        return _through_optuna(open_other(url), study_name)
    database = Database(url)
    if unsupported(database) is not None:
        return _through_optuna(opened_database(database), study_name)
    try:
        rows = database.guarded(lambda: _rows(database, study_name))
    finally:
        database.close()
    return [(name, {key: json.loads(value)}) for name, key, value in rows]


def _through_optuna(opened: Opened, study_name: str) -> list[tuple[str, dict[str, Any]]]:
    try:
        studies = opened.guarded(opened.storage.get_all_studies)
    finally:
        opened.close()
    return [(study.study_name, dict(study.user_attrs)) for study in studies if study.study_name != study_name]


def _rows(database: Database, study_name: str) -> list[tuple[str, str, str]]:
    named = sa.select(STUDIES.c.study_name, STUDY_USER.c.key, STUDY_USER.c.value_json)
    wanted = named.join(STUDY_USER, STUDY_USER.c.study_id == STUDIES.c.study_id).where(
        STUDY_USER.c.key.startswith(KEY, autoescape=True), STUDIES.c.study_name != study_name
    )
    with database.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(wanted).all()]  # type: ignore[misc]


def openings_in(attrs: Mapping[str, Any]) -> list[Opening]:
    """Those in a study's user attributes, by time."""
    return sorted((Opening(**value) for name, value in attrs.items() if name.startswith(KEY)), key=lambda opening: opening.time)


def n_sets(openings: Sequence[Opening]) -> int:
    """How many different sets were looked at."""
    return len({digest for opening in openings for digest in opening.sets.values()})


def described(openings: Sequence[Opening]) -> dict[str, Any]:
    """As plain JSON. untouched: nothing but one set was ever looked at there."""
    return {
        "n": len(openings),
        "n_sets": n_sets(openings),
        "untouched": n_sets(openings) == 1,
        "list": [
            {"time": o.time, "by": o.by, "trials": [int(t) for t in o.sets], "dates": [o.first, o.last], "bars": dict(o.bars)}
            | ({"study": o.study} if o.study else {})
            for o in openings
        ],
    }


def said(openings: Sequence[Opening]) -> str:
    """`opened 3 times for 2 different sets: no longer untouched`."""
    times = "once" if len(openings) == 1 else f"{len(openings)} times"
    different = n_sets(openings)
    return (
        f"opened {times}, for this set alone" if different == 1 else f"opened {times} for {different} different sets: no longer untouched"
    )
