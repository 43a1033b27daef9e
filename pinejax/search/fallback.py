"""Reads and writes a study through Optuna's public interface alone, where `rdb` cannot: correct with any Optuna, and slow."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from pinejax.search.database import Database
from pinejax.search.store import Stored, settled_attrs


class PublicStore:
    """One study through `Study.add_trials` and `Study.get_trials`: a transaction per trial, not per batch."""

    def __init__(self, database: Database, study_name: str):
        self._db = database
        self._rdb = database.guarded(database.optuna_storage)
        self._study = database.guarded(lambda: optuna.load_study(study_name=study_name, storage=self._rdb))
        self._seen: dict[int, TrialState] = {}

    @property
    def name(self) -> str:
        """The database's URL without its password."""
        return self._db.name

    def close(self) -> None:
        """Gives the connections back."""
        self._rdb.remove_session()
        self._rdb.engine.dispose()
        self._db.close()

    def study_attrs(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The study's user and system attributes."""
        storage, study_id = self._study._storage, self._study._study_id
        return self._db.guarded(lambda: (self._study.user_attrs, dict(storage.get_study_system_attrs(study_id))))

    def set_user_attrs(self, attrs: Mapping[str, Any]) -> None:
        """Sets user attributes of the study."""
        for key, value in attrs.items():
            self._db.guarded(lambda key=key, value=value: self._study.set_user_attr(key, value))

    def claim(self, trial_id: int) -> bool:
        """Starts a stored WAITING trial; false when another worker was faster."""
        storage = self._study._storage
        return self._db.guarded(lambda: storage.set_trial_state_values(trial_id, state=TrialState.RUNNING))

    def read(self) -> list[FrozenTrial]:
        """Trials that are new or changed since the last call."""
        trials = self._db.guarded(lambda: self._study.get_trials(deepcopy=False))
        changed = [trial for trial in trials if self._seen.get(trial._trial_id) != trial.state]
        self._seen.update({trial._trial_id: trial.state for trial in changed})
        return changed

    def append(self, trials: Sequence[FrozenTrial], system_attrs: Mapping[str, Any]) -> Stored:
        """Adds the trials one by one; what was added before a failure stays."""
        storage, study_id = self._study._storage, self._study._study_id
        stored: Stored = {}
        numbers: dict[int, int] = {}
        for trial in trials:
            if trial._trial_id < 0:
                added = copy.copy(trial)
                added.user_attrs = settled_attrs(trial.user_attrs, numbers)
                trial_id = self._db.guarded(lambda added=added: storage.create_new_trial(study_id, template_trial=added))
                numbers[trial.number] = self._db.guarded(lambda i=trial_id: storage.get_trial_number_from_id(i))
                stored[trial._trial_id] = (trial_id, numbers[trial.number])
            else:
                self._db.guarded(lambda trial=trial: self._finish(trial))
            self._seen[stored.get(trial._trial_id, (trial._trial_id, 0))[0]] = trial.state
        for key, value in system_attrs.items():
            self._db.guarded(lambda key=key, value=value: storage.set_study_system_attr(study_id, key, value))
        return stored

    def _finish(self, trial: FrozenTrial) -> None:
        """Completes a claimed trial, whose row exists, field by field."""
        storage, trial_id = self._study._storage, trial._trial_id
        for name, value in trial.params.items():
            distribution = trial.distributions[name]
            storage.set_trial_param(trial_id, name, distribution.to_internal_repr(value), distribution)
        for key, value in trial.user_attrs.items():
            storage.set_trial_user_attr(trial_id, key, value)
        for key, value in trial.system_attrs.items():
            storage.set_trial_system_attr(trial_id, key, value)
        for step, value in trial.intermediate_values.items():
            storage.set_trial_intermediate_value(trial_id, step, value)
        storage.set_trial_state_values(trial_id, trial.state, trial.values)
