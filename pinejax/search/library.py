"""The studies of one storage, pinejax's or another tool's, to be looked at or deleted. Nothing here makes or searches one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution
from optuna.study import get_all_study_summaries
from optuna.trial import FrozenTrial, TrialState

from pinejax.errors import StudyError, did_you_mean
from pinejax.search import shelf
from pinejax.search.database import Database, parse_url
from pinejax.search.fallback import silence_s
from pinejax.search.fingerprint import KEY
from pinejax.search.others import JOURNAL, Opened, is_other, open_other, opened_database
from pinejax.search.ranking import pareto_front, ranked
from pinejax.search.schema import unsupported

StoredTrial = FrozenTrial
RETRY_DELAYS_S = (0.1, 0.3, 1.0)
"""Shorter than a search's: somebody waits for the answer."""


@dataclass(frozen=True)
class StoredStudy:
    """One study with all its trials, by number. attrs: the study's user attributes. n_silent: as `Overview` has it."""

    name: str
    directions: tuple[str, ...]
    attrs: Mapping[str, Any]
    trials: tuple[FrozenTrial, ...]
    n_silent: int = 0

    @property
    def fingerprint(self) -> Mapping[str, Any] | None:
        """What the search that made it was; None for a study of another tool."""
        return self.attrs.get(KEY)

    @property
    def objectives(self) -> tuple[str, ...]:
        """A name for each value: the metrics, or `value`, `value_0`, `value_1`, ... where nobody has said."""
        metric = (self.fingerprint or {}).get("objective", {}).get("metric")
        if isinstance(metric, Mapping):
            metric = " + ".join(f"{weight:g} {name}" for name, weight in metric.items())
        names = [metric] if isinstance(metric, str) else metric
        if isinstance(names, list) and len(names) == len(self.directions):
            return tuple(map(str, names))
        return ("value",) if len(self.directions) == 1 else tuple(f"value_{i}" for i in range(len(self.directions)))

    @property
    def space(self) -> dict[str, dict[str, Any]]:
        """Name -> what is known of its domain: `value` of a pin, else `kind` with `values`, or with low, high, step and log.

        Of another tool's study: what its trials were asked for.
        """
        if self.fingerprint is not None:
            return {name: dict(domain) for name, domain in self.fingerprint["space"].items()}
        found: dict[str, dict[str, Any]] = {}
        for trial in self.trials:
            for name, distribution in trial.distributions.items():
                found.setdefault(name, _described(distribution))
        return found

    def top(self, k: int) -> list[FrozenTrial]:
        """The best k trials, best first; of several objectives the first k of the Pareto front, by number."""
        several = len(self.directions) > 1
        found = pareto_front(self.trials, self.directions) if several else ranked(self.trials, *self.directions)
        return found[:k]

    def n_by_state(self) -> dict[str, int]:
        """How many trials are in each state that occurs, in Optuna's order of states."""
        counts = {state: sum(trial.state == state for trial in self.trials) for state in TrialState}
        return {state.name: n for state, n in counts.items() if n}


@dataclass(frozen=True)
class Overview:
    """One line of a list of studies.

    n_by_state: such as {"COMPLETE": 12}. best: of one objective, None where there is none yet and with several objectives. last: of the
    last trial that started or ended, local time. n_silent: RUNNING trials that gave no sign of life for shelf.SILENT_S.
    """

    name: str
    directions: tuple[str, ...]
    n_by_state: Mapping[str, int]
    best: float | None
    last: datetime | None
    n_silent: int


class Library:
    """A storage's studies: a database's, a journal's or a Dask scheduler's. A context manager.

    Looking on changes nothing: no file and no table is made, no lock is held. Errors of all: StudyError, without passwords.
    """

    def __init__(self, url: str):
        self._url = url
        self._db: Database | None = None
        self._other: Opened | None = None
        if is_other(url):
            _require_file(url, url.removeprefix(JOURNAL) if url.startswith(JOURNAL) else None)
            self._other = open_other(url)
            return
        parsed = parse_url(url)
        _require_file(url, parsed.database or "" if parsed.get_backend_name() == "sqlite" else None)
        self._db = Database(url, RETRY_DELAYS_S, reads_only=True)
        try:
            if self._db.retried(lambda _: self.database.revision()) is None:
                raise StudyError(f"storage {self._db.name}: it holds no studies: it has none of Optuna's tables.")
            self._is_known = unsupported(self._db) is None
        except BaseException:
            self._db.close()
            raise

    @property
    def name(self) -> str:
        """The storage's URL without its password."""
        return self.opened.name if self._db is None else self._db.name

    @property
    def has_tables(self) -> bool:
        """Whether it is a database whose tables are read as they are; else `opened` is there for it."""
        return self._db is not None and self._is_known

    @property
    def database(self) -> Database:
        """The database; only where it is one."""
        assert self._db is not None, "a journal is no database"
        return self._db

    @property
    def opened(self) -> Opened:
        """The storage through Optuna's public interface, opened when it is first needed."""
        if self._other is None:
            self._other = opened_database(self.database)
        return self._other

    def __enter__(self) -> Library:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._other is not None:
            self._other.close()
        if self._db is not None:
            self._db.close()

    def overview(self) -> list[Overview]:
        """All studies, in the order of their making."""
        if self.has_tables:
            return [self._overview_of(study) for study in self.database.retried(lambda _: shelf.studies(self.database.engine))]
        return [self._counted(self._through_optuna(name)) for name in self.names()]

    def names(self) -> list[str]:
        """Of all studies, in the order of their making."""
        if self.has_tables:
            return self.database.retried(lambda _: shelf.names(self.database.engine))
        storage = self.opened.storage
        return self.opened.guarded(lambda: [s.study_name for s in get_all_study_summaries(storage, include_best_trial=False)])

    def read(self, name: str) -> StoredStudy:
        """One study. Errors: StudyError naming the nearest studies where there is none of that name."""
        if not self.has_tables:
            self._check(name, self.names())
            return self._through_optuna(name)
        study = self._found(name)
        trials, attrs = self.database.retried(lambda _: shelf.whole(self.database.engine, study.study_id))
        return StoredStudy(name, study.directions, attrs, tuple(trials), study.n_silent)

    def n_running(self, name: str) -> int:
        """Trials of a study that are being computed, or whose worker died."""
        if not self.has_tables:
            return self.read(name).n_by_state().get("RUNNING", 0)
        return self._found(name).n_by_state.get("RUNNING", 0)

    def delete(self, name: str) -> None:
        """Deletes a study with all its trials, in one transaction."""
        if self.has_tables:
            study = self._found(name)
            database = Database(self._url, RETRY_DELAYS_S, make_tables=False)
            try:
                database.retried(lambda _: shelf.delete(database.engine, study.study_id))
            finally:
                database.close()
            return
        self._check(name, self.names())
        storage = self.opened.storage
        self.opened.guarded(lambda: storage.delete_study(storage.get_study_id_from_name(name)))

    def _found(self, name: str) -> shelf.Shelved:
        studies = {study.name: study for study in self.database.retried(lambda _: shelf.studies(self.database.engine))}
        self._check(name, list(studies))
        return studies[name]

    def _check(self, name: str, known: Sequence[str]) -> None:
        if name not in known:
            raise StudyError(f"storage {self.name}: there is no study {name!r}. {did_you_mean(name, known, most=5)}")

    def _overview_of(self, study: shelf.Shelved) -> Overview:
        best = None
        if len(study.directions) == 1 and study.n_by_state.get("COMPLETE"):
            best = self.database.retried(lambda _: shelf.best_value(self.database.engine, study.study_id, study.directions[0]))
            if best is None:  # none of the first is feasible and evaluated: look at all
                best = _value(self.read(study.name))
        return Overview(study.name, study.directions, study.n_by_state, best, study.last, study.n_silent)

    def _through_optuna(self, name: str) -> StoredStudy:
        def read() -> StoredStudy:
            storage = self.opened.storage
            study_id = storage.get_study_id_from_name(name)
            directions = tuple(direction.name.lower() for direction in storage.get_study_directions(study_id))
            trials = sorted(storage.get_all_trials(study_id, deepcopy=False), key=lambda trial: trial.number)
            attrs, beats = storage.get_study_user_attrs(study_id), storage.get_study_system_attrs(study_id)
            running = [trial for trial in trials if trial.state == TrialState.RUNNING]
            n_silent = sum(silence_s(trial, beats) > shelf.SILENT_S for trial in running)
            return StoredStudy(name, directions, attrs, tuple(trials), n_silent)

        return self.opened.guarded(read)

    def _counted(self, study: StoredStudy) -> Overview:
        moments = [moment for t in study.trials for moment in (t.datetime_start, t.datetime_complete) if moment is not None]
        return Overview(study.name, study.directions, study.n_by_state(), _value(study), max(moments, default=None), study.n_silent)


def _require_file(url: str, path: str | None) -> None:
    """Nothing is made where nothing is. path: of the storage's file, None where it has none."""
    if path is not None and not Path(path).expanduser().is_file():
        raise StudyError(f"storage {url}: there is no such file. Check the path, or name another storage (--sqlite, --storage).")


def _described(distribution: BaseDistribution) -> dict[str, Any]:
    if isinstance(distribution, CategoricalDistribution):
        return {"kind": "choice", "values": list(distribution.choices)}
    kind = "int" if isinstance(distribution, IntDistribution) else "float"
    return {"kind": kind, **{key: getattr(distribution, key) for key in ("low", "high", "step", "log")}}


def _value(study: StoredStudy) -> float | None:
    best = study.top(1) if len(study.directions) == 1 else []
    return best[0].values[0] if best and best[0].values else None
