"""Studies of a storage while they are searched: each look reads what is new or changed since the last one. Nothing is written or locked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.engine import Connection, Row

from pinejax.errors import StudyError, did_you_mean
from pinejax.search import leasing
from pinejax.search.fallback import silence_s
from pinejax.search.fingerprint import KEY
from pinejax.search.keepsake import AIM
from pinejax.search.lease import LEASE_KEY, is_gone
from pinejax.search.library import Library
from pinejax.search.reading import CHUNK, COLUMNS, outlines
from pinejax.search.schema import DIRECTION, STUDIES, STUDY_USER, TRIALS

MOST_STUDIES = 100
"""In one statement."""
PAUSE_S = 15.0
"""A worker has no trial between two batches; so long after its last one it is taken to be there."""


@dataclass(frozen=True)
class Sign:
    """The running trials of one run of a worker; 0 of them between two batches. lease: empty for another program's. age_s: since its last
    sign of life, or its start.

    is_gone: it ran on this machine, and does not any more.
    """

    lease: Mapping[str, Any]
    n_trials: int
    age_s: float
    is_gone: bool


@dataclass(frozen=True)
class News:
    """One study at one look. trials: those that are new or in another state than before, with values, violations and times, by number;
    parameters and metrics may be missing. attrs: KEY and AIM. is_new: seen for the first time, or made again under its name.
    """

    name: str
    directions: tuple[str, ...]
    attrs: Mapping[str, Any]
    trials: tuple[FrozenTrial, ...]
    running: tuple[Sign, ...]
    is_new: bool


@dataclass
class _Known:
    """What has been read of a study. unfinished: trial id -> state; finished: ids, where tables do not tell what is new; last: (id, number)
    of the trial with the highest id; runs: run of a worker -> its last lease and when a trial under it ended, local time.
    """

    name: str
    attrs: dict[str, Any] = field(default_factory=dict)
    unfinished: dict[int, TrialState] = field(default_factory=dict)
    finished: set[int] = field(default_factory=set)
    last: tuple[int, int] = (0, -1)
    runs: dict[str, tuple[Mapping[str, Any], datetime]] = field(default_factory=dict)


Found = tuple[int, str, tuple[str, ...]]
"""A study's id, name and directions."""


class Follower:
    """Looks at some studies of a library, or at all of them, those included that are made later."""

    def __init__(self, library: Library, names: Sequence[str] = ()):
        """Errors: StudyError naming the nearest studies where one of the names is none."""
        self._library = library
        self._names = tuple(names)
        self._known: dict[int, _Known] = {}
        known = library.names() if names else []
        for name in names:
            if name not in known:
                raise StudyError(f"storage {library.name}: there is no study {name!r}. {did_you_mean(name, known, most=5)}")

    def look(self) -> list[News]:
        """Every study, in the order of their making. Errors: StudyError where the storage is away; the next look goes on from here."""
        if self._library.has_tables:
            return self._library.database.retried(lambda _: self._by_tables())
        return self._library.opened.guarded(self._by_optuna)

    def _by_tables(self) -> list[News]:
        with self._library.database.engine.connect() as connection:
            studies = self._studies(connection)
            self._forget(connection, [study[0] for study in studies])
            fresh = {study_id for study_id, *_ in studies if study_id not in self._known}
            known = {study_id: self._known.get(study_id) or _Known(name) for study_id, name, _ in studies}
            attrs = _attrs(connection, known)
            rows = _changed(connection, known)
            trials: dict[int, list[FrozenTrial]] = {study_id: [] for study_id in known}
            for row, trial in zip(rows, outlines(connection, rows), strict=True):
                trials[row.study_id].append(trial)
            running = _running(known, trials)
            signs = {sign.trial_id: sign for sign in leasing.signs(connection, [i for ids in running.values() for i in ids])}
        found = []
        for study_id, name, directions in studies:  # nothing is taken as read before all of it was
            one = known[study_id]
            one.attrs |= attrs.get(study_id, {})
            _note(one, trials[study_id])
            mine = [(signs[i].lease, signs[i].age_s) for i in running[study_id] if i in signs]
            found.append(News(name, directions, dict(one.attrs), tuple(trials[study_id]), _by_run(mine, one.runs), study_id in fresh))
        self._known = known
        return found

    def _studies(self, connection: Connection) -> list[Found]:
        query = sa.select(STUDIES.c.study_id, STUDIES.c.study_name, DIRECTION.c.direction).join(
            DIRECTION, DIRECTION.c.study_id == STUDIES.c.study_id
        )
        if self._names:
            query = query.where(STUDIES.c.study_name.in_(self._names))
        found: dict[int, Found] = {}
        for row in connection.execute(query.order_by(STUDIES.c.study_id, DIRECTION.c.objective)):
            before = found.get(row.study_id, (row.study_id, row.study_name, ()))
            found[row.study_id] = (*before[:2], (*before[2], row.direction.name.lower()))
        return list(found.values())

    def _forget(self, connection: Connection, study_ids: Sequence[int]) -> None:
        """Studies that are gone, or whose last trial is: somebody has deleted them, and may have made others of the same id."""
        ids = [one.last[0] for one in self._known.values() if one.last[0]]
        there: set[tuple[int, int, int]] = set()
        for start in range(0, len(ids), CHUNK):
            query = sa.select(TRIALS.c.study_id, TRIALS.c.trial_id, TRIALS.c.number)
            rows = connection.execute(query.where(TRIALS.c.trial_id.in_(ids[start : start + CHUNK])))
            there.update((row.study_id, row.trial_id, row.number) for row in rows)
        for study_id, one in list(self._known.items()):
            if study_id not in study_ids or (one.last[0] and (study_id, *one.last) not in there):
                del self._known[study_id]

    def _by_optuna(self) -> list[News]:
        storage = self._library.opened.storage
        studies = [study for study in storage.get_all_studies() if not self._names or study.study_name in self._names]
        known, found = {}, []
        for study in studies:
            study_id = study._study_id
            trials = storage.get_all_trials(study_id, deepcopy=False)
            before = self._known.get(study_id)
            is_new = before is None or before.name != study.study_name or len(trials) < len(before.finished) + len(before.unfinished)
            one = _Known(study.study_name) if before is None or is_new else before
            changed = [t for t in trials if t._trial_id not in one.finished and one.unfinished.get(t._trial_id) != t.state]
            beats = study.system_attrs
            alive = [(t.system_attrs.get(LEASE_KEY) or {}, silence_s(t, beats)) for t in trials if t.state == TrialState.RUNNING]
            one.attrs = {key: study.user_attrs[key] for key in (KEY, AIM) if key in study.user_attrs}
            _note(one, changed)
            one.finished.update(trial._trial_id for trial in changed if trial.state.is_finished())
            known[study_id] = one
            directions = tuple(direction.name.lower() for direction in study.directions)
            changed.sort(key=lambda trial: trial.number)
            found.append(News(one.name, directions, dict(one.attrs), tuple(changed), _by_run(alive, one.runs), is_new))
        self._known = known
        return found


def _attrs(connection: Connection, known: Mapping[int, _Known]) -> dict[int, dict[str, Any]]:
    """The aims, which a later run may change, and the fingerprints that have not been read."""
    found: dict[int, dict[str, Any]] = {}
    unread = [study_id for study_id, one in known.items() if KEY not in one.attrs]
    table = STUDY_USER.c
    for key, ids in ((AIM, list(known)), (KEY, unread)):
        for start in range(0, len(ids), CHUNK):
            query = sa.select(table.study_id, table.value_json).where(table.key == key, table.study_id.in_(ids[start : start + CHUNK]))
            for row in connection.execute(query):
                found.setdefault(row.study_id, {})[key] = json.loads(row.value_json)
    return found


def _changed(connection: Connection, known: Mapping[int, _Known]) -> list[Row[Any]]:
    """Rows of trials that are new, or in another state than before, by study and number.

    Within a study ids grow in the order of commits, because every writer locks the study before it inserts.
    """
    columns = [TRIALS.c.study_id, *COLUMNS]
    rows: list[Row[Any]] = []
    studies = list(known.items())
    for start in range(0, len(studies), MOST_STUDIES):
        newer = [(TRIALS.c.study_id == i) & (TRIALS.c.trial_id > one.last[0]) for i, one in studies[start : start + MOST_STUDIES]]
        rows += connection.execute(sa.select(*columns).where(sa.or_(*newer))).all()
    waited = {trial_id: state for one in known.values() for trial_id, state in one.unfinished.items()}
    pending = sorted(waited)
    for start in range(0, len(pending), CHUNK):
        chunk = connection.execute(sa.select(*columns).where(TRIALS.c.trial_id.in_(pending[start : start + CHUNK])))
        rows += [row for row in chunk if row.state != waited[row.trial_id]]
    return sorted({row.trial_id: row for row in rows}.values(), key=lambda row: (row.study_id, row.number))


def _running(known: Mapping[int, _Known], changed: Mapping[int, Sequence[FrozenTrial]]) -> dict[int, list[int]]:
    """Study id -> ids of its running trials."""
    found = {}
    for study_id, one in known.items():
        states = one.unfinished | {trial._trial_id: trial.state for trial in changed[study_id]}
        found[study_id] = [trial_id for trial_id, state in states.items() if state == TrialState.RUNNING]
    return found


def _note(one: _Known, trials: Iterable[FrozenTrial]) -> None:
    for trial in trials:
        one.last = max(one.last, (trial._trial_id, trial.number))
        if trial.state.is_finished():
            one.unfinished.pop(trial._trial_id, None)
            lease, ended = trial.system_attrs.get(LEASE_KEY), trial.datetime_complete
            run = lease.get("run") if isinstance(lease, dict) else None
            if isinstance(lease, dict) and run and ended is not None and (run not in one.runs or one.runs[run][1] < ended):
                one.runs[run] = lease, ended
        else:
            one.unfinished[trial._trial_id] = trial.state


def _by_run(alive: Iterable[tuple[Mapping[str, Any], float]], known: Mapping[str, tuple[Mapping[str, Any], datetime]]) -> tuple[Sign, ...]:
    """The trials of a run together, with the youngest sign of life of any of them; workers by number."""
    now = datetime.now()
    runs: dict[Any, list[tuple[Mapping[str, Any], float]]] = {}
    for lease, age_s in alive:
        runs.setdefault(lease.get("run"), []).append((lease, age_s))
    signs = [
        Sign(dict(mine[0][0]), len(mine), min(age_s for _, age_s in mine), bool(mine[0][0]) and is_gone(mine[0][0]))
        for mine in runs.values()
    ]
    paused = [(lease, (now - ended).total_seconds()) for run, (lease, ended) in known.items() if run not in runs]
    signs += [Sign(dict(lease), 0, max(age_s, 0.0), False) for lease, age_s in paused if age_s < PAUSE_S and not is_gone(lease)]
    return tuple(sorted(signs, key=lambda sign: (not sign.lease, str(sign.lease.get("host")), int(sign.lease.get("worker") or 0))))
