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
from pinejax.search.fingerprint import KEY
from pinejax.search.ranking import pareto_front, ranked
from pinejax.search.schema import unsupported
from pinejax.search.storage import open_store

StoredTrial = FrozenTrial
RETRY_DELAYS_S = (0.1, 0.3, 1.0)
"""Shorter than a search's: somebody waits for the answer."""


@dataclass(frozen=True)
class StoredStudy:
    """One study with all its trials, by number. attrs: the study's user attributes."""

    name: str
    directions: tuple[str, ...]
    attrs: Mapping[str, Any]
    trials: tuple[FrozenTrial, ...]

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
    """A storage's studies. A context manager. Errors of all: StudyError, without passwords."""

    def __init__(self, url: str):
        parsed = parse_url(url)
        if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").expanduser().is_file():
            raise StudyError(f"storage {url}: there is no such file. Check the path, or name another storage (--sqlite, --storage).")
        self._url = url
        self._db = Database(url, RETRY_DELAYS_S, make_tables=False)
        try:
            if self._db.retried(lambda _: self._db.revision()) is None:
                raise StudyError(f"storage {self._db.name}: it holds no studies: it has none of Optuna's tables.")
            self._is_known = unsupported(self._db) is None
        except BaseException:
            self._db.close()
            raise

    @property
    def name(self) -> str:
        """The storage's URL without its password."""
        return self._db.name

    def __enter__(self) -> Library:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._db.close()

    def overview(self) -> list[Overview]:
        """All studies, in the order of their making."""
        if self._is_known:
            return [self._overview_of(study) for study in self._db.retried(lambda _: shelf.studies(self._db.engine))]
        return [self._counted(self._through_optuna(name)) for name in self._names()]

    def read(self, name: str) -> StoredStudy:
        """One study. Errors: StudyError naming the nearest studies where there is none of that name."""
        if not self._is_known:
            self._check(name, self._names())
            return self._through_optuna(name)
        study = self._found(name)
        store = open_store(self._url, name, study.directions)
        try:
            trials, attrs = store.read(), store.study_attrs()[0]
        finally:
            store.close()
        return StoredStudy(name, study.directions, attrs, tuple(sorted(trials, key=lambda trial: trial.number)))

    def n_running(self, name: str) -> int:
        """Trials of a study that are being computed, or whose worker died."""
        if not self._is_known:
            return self.read(name).n_by_state().get("RUNNING", 0)
        return self._found(name).n_by_state.get("RUNNING", 0)

    def delete(self, name: str) -> None:
        """Deletes a study with all its trials, in one transaction."""
        if self._is_known:
            study = self._found(name)
            self._db.retried(lambda _: shelf.delete(self._db.engine, study.study_id))
            return
        self._check(name, self._names())
        storage = self._db.guarded(self._db.optuna_storage)
        self._db.guarded(lambda: storage.delete_study(storage.get_study_id_from_name(name)))
        storage.remove_session()
        storage.engine.dispose()

    def _found(self, name: str) -> shelf.Shelved:
        studies = {study.name: study for study in self._db.retried(lambda _: shelf.studies(self._db.engine))}
        self._check(name, list(studies))
        return studies[name]

    def _check(self, name: str, known: Sequence[str]) -> None:
        if name not in known:
            raise StudyError(f"storage {self.name}: there is no study {name!r}. {did_you_mean(name, known)}")

    def _overview_of(self, study: shelf.Shelved) -> Overview:
        best = None
        if len(study.directions) == 1 and study.n_by_state.get("COMPLETE"):
            best = self._db.retried(lambda _: shelf.best_value(self._db.engine, study.study_id, study.directions[0]))
            if best is None:  # none of the first is feasible and evaluated: look at all
                best = _value(self.read(study.name))
        return Overview(study.name, study.directions, study.n_by_state, best, study.last, study.n_silent)

    def _names(self) -> list[str]:
        storage = self._db.guarded(self._db.optuna_storage)
        try:
            return self._db.guarded(lambda: [s.study_name for s in get_all_study_summaries(storage, include_best_trial=False)])
        finally:
            storage.remove_session()
            storage.engine.dispose()

    def _through_optuna(self, name: str) -> StoredStudy:
        storage = self._db.guarded(self._db.optuna_storage)
        try:
            study_id = self._db.guarded(lambda: storage.get_study_id_from_name(name))
            directions = tuple(direction.name.lower() for direction in storage.get_study_directions(study_id))
            trials = self._db.guarded(lambda: storage.get_all_trials(study_id, deepcopy=False))
            return StoredStudy(name, directions, storage.get_study_user_attrs(study_id), tuple(trials))
        finally:
            storage.remove_session()
            storage.engine.dispose()

    def _counted(self, study: StoredStudy) -> Overview:
        moments = [moment for t in study.trials for moment in (t.datetime_start, t.datetime_complete) if moment is not None]
        return Overview(study.name, study.directions, study.n_by_state(), _value(study), max(moments, default=None), 0)


def _described(distribution: BaseDistribution) -> dict[str, Any]:
    if isinstance(distribution, CategoricalDistribution):
        return {"kind": "choice", "values": list(distribution.choices)}
    kind = "int" if isinstance(distribution, IntDistribution) else "float"
    return {"kind": kind, **{key: getattr(distribution, key) for key in ("low", "high", "step", "log")}}


def _value(study: StoredStudy) -> float | None:
    best = study.top(1) if len(study.directions) == 1 else []
    return best[0].values[0] if best and best[0].values else None
