"""The study's working copy in memory, as an Optuna storage. It holds one study, for one thread, and never touches a database.

Trials carry the database's ids and numbers once they are stored. A trial asked for here has a provisional number (the next one)
and a negative id until `renumber`; with other workers on the study its final number may be higher.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.storages import BaseStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from pinejax.search.store import settled_attrs

STUDY_ID = 0

Claim = Callable[[int], bool]


class WorkingStorage(BaseStorage):
    """One study's trials and attributes, in the order of their numbers.

    claim: asked before a stored WAITING trial is started; false when another worker has it already.
    """

    def __init__(self, study_name: str, directions: Sequence[StudyDirection], claim: Claim | None = None):
        self._name = study_name
        self._directions = list(directions)
        self._claim = claim
        self._trials: list[FrozenTrial] = []
        self._by_id: dict[int, FrozenTrial] = {}
        self._waiting: set[int] = set()
        self._n_asked = 0
        self._unstored: dict[int, None] = {}
        self._user_attrs: dict[str, Any] = {}
        self._system_attrs: dict[str, Any] = {}
        self._dirty_system: set[str] = set()
        self._gives_stubs = False
        self._of_states: dict[tuple[TrialState, ...], list[FrozenTrial]] = {}

    # What the search adds to Optuna's interface.

    def put(self, trials: Iterable[FrozenTrial]) -> None:
        """Takes trials as they are in the database: new ones, and newer states of known ones."""
        changed = False
        for trial in trials:
            old = self._by_id.get(trial._trial_id)
            trial = trial if trial.state.is_finished() else _detached(trial)
            self._by_id[trial._trial_id] = trial
            self._note_waiting(trial)
            if old is None:
                self._trials.append(trial)
            else:
                self._trials[next(i for i, t in enumerate(self._trials) if t is old)] = trial
            changed = True
        if changed:
            self._of_states.clear()
            self._trials.sort(key=lambda trial: trial.number)

    @property
    def has_waiting(self) -> bool:
        """Whether a trial waits to be asked for."""
        return bool(self._waiting)

    def unstored(self) -> list[FrozenTrial]:
        """Finished trials that the database does not have yet, in the order of asking."""
        return [self._by_id[i] for i in self._unstored if self._by_id[i].state.is_finished()]

    def renumber(self, stored: Mapping[int, tuple[int, int]]) -> None:
        """Everything finished is stored now: trials get their final (id, number). stored: provisional id -> (id, number)."""
        self._dirty_system.clear()
        numbers = {self._by_id[provisional].number: number for provisional, (_, number) in stored.items()}
        for provisional, (trial_id, number) in stored.items():
            trial = self._by_id.pop(provisional)
            trial.user_attrs = settled_attrs(trial.user_attrs, numbers)
            trial._trial_id, trial.number = trial_id, number
            self._by_id[trial_id] = trial
            self._unstored.pop(provisional, None)
        for trial_id in [i for i in self._unstored if i >= 0 and self._by_id[i].state.is_finished()]:
            del self._unstored[trial_id]
        self._of_states.clear()
        self._trials.sort(key=lambda trial: trial.number)

    def annotate(self, trial_id: int, attrs: Mapping[str, Any]) -> None:
        """Adds user attributes to a trial that is not stored yet, finished or not."""
        assert trial_id in self._unstored, "a stored trial is not changed any more"
        self._by_id[trial_id].user_attrs.update(attrs)

    def drop_system_attrs(self, trial_id: int, unwanted: Callable[[str], bool]) -> None:
        """Removes system attributes from a trial that is not stored yet."""
        assert trial_id in self._unstored, "a stored trial is not changed any more"
        trial = self._by_id[trial_id]
        trial.system_attrs = {key: value for key, value in trial.system_attrs.items() if not unwanted(key)}

    def add_system_attrs(self, trial_id: int, attrs: Mapping[str, Any]) -> None:
        """Adds system attributes to a trial that is not stored yet."""
        assert trial_id in self._unstored, "a stored trial is not changed any more"
        trial = self._by_id[trial_id]
        trial.system_attrs = {**trial.system_attrs, **attrs}

    @contextmanager
    def stubs(self) -> Iterator[None]:
        """While inside, `get_trial` gives finished trials without their contents: `Study.tell` copies what it gets, deeply, for a caller
        who does not look at it.
        """
        self._gives_stubs = True
        try:
            yield
        finally:
            self._gives_stubs = False

    def dirty_system_attrs(self) -> dict[str, Any]:
        """Study attributes that samplers set and that are not stored yet."""
        return {key: self._system_attrs[key] for key in sorted(self._dirty_system)}

    def put_study_attrs(self, user: Mapping[str, Any], system: Mapping[str, Any]) -> None:
        """Takes the study's attributes from the database; sequence counters (`qmc:`) only ever grow."""
        self._user_attrs.update(user)
        for key, value in system.items():
            if key.startswith("qmc:"):
                value = max(value, self._system_attrs.get(key, value))
            self._system_attrs[key] = value

    def _note_waiting(self, trial: FrozenTrial) -> None:
        if trial.state == TrialState.WAITING:
            self._waiting.add(trial._trial_id)
        else:
            self._waiting.discard(trial._trial_id)

    # Optuna's storage interface.

    def create_new_study(self, directions: Sequence[StudyDirection], study_name: str | None = None) -> int:
        raise NotImplementedError("a working copy holds the study it was made for")

    def delete_study(self, study_id: int) -> None:
        raise NotImplementedError("a working copy holds the study it was made for")

    def set_study_user_attr(self, study_id: int, key: str, value: Any) -> None:
        self._user_attrs[key] = value

    def set_study_system_attr(self, study_id: int, key: str, value: Any) -> None:
        self._system_attrs = {**self._system_attrs, key: value}
        self._dirty_system.add(key)

    def get_study_id_from_name(self, study_name: str) -> int:
        if study_name != self._name:
            raise KeyError(study_name)
        return STUDY_ID

    def get_study_name_from_id(self, study_id: int) -> str:
        return self._name

    def get_study_directions(self, study_id: int) -> list[StudyDirection]:
        return self._directions

    def get_study_user_attrs(self, study_id: int) -> dict[str, Any]:
        return self._user_attrs

    def get_study_system_attrs(self, study_id: int) -> dict[str, Any]:
        return self._system_attrs

    def get_all_studies(self) -> list[Any]:
        raise NotImplementedError("a working copy holds the study it was made for")

    def create_new_trial(self, study_id: int, template_trial: FrozenTrial | None = None) -> int:
        trial = copy.deepcopy(template_trial) if template_trial is not None else _running()
        self._n_asked += 1
        trial._trial_id = -self._n_asked
        trial.number = self._trials[-1].number + 1 if self._trials else 0
        self._trials.append(trial)
        self._by_id[trial._trial_id] = trial
        self._unstored[trial._trial_id] = None
        self._note_waiting(trial)
        return trial._trial_id

    def set_trial_param(self, trial_id: int, param_name: str, param_value_internal: float, distribution: BaseDistribution) -> None:
        trial = self._updatable(trial_id)
        trial.params[param_name] = distribution.to_external_repr(param_value_internal)
        trial.distributions[param_name] = distribution

    def set_trial_state_values(self, trial_id: int, state: TrialState, values: Sequence[float] | None = None) -> bool:
        trial = self._updatable(trial_id)
        if state == TrialState.RUNNING:
            if trial.state != TrialState.WAITING or not self._started(trial_id):
                return False
            trial.datetime_start = datetime.now()
        trial.state = state
        self._of_states.clear()
        self._note_waiting(trial)
        if values is not None:
            trial.values = list(values)
        if state.is_finished():
            trial.datetime_complete = datetime.now()
        return True

    def _started(self, trial_id: int) -> bool:
        if trial_id in self._unstored or self._claim is None:
            return True
        if not self._claim(trial_id):
            self._waiting.discard(trial_id)
            return False
        self._unstored[trial_id] = None
        return True

    def set_trial_intermediate_value(self, trial_id: int, step: int, intermediate_value: float) -> None:
        self._updatable(trial_id).intermediate_values[step] = intermediate_value

    def set_trial_user_attr(self, trial_id: int, key: str, value: Any) -> None:
        self._updatable(trial_id).user_attrs[key] = value

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        self._updatable(trial_id).system_attrs[key] = value

    def get_trial(self, trial_id: int) -> FrozenTrial:
        trial = self._get(trial_id)
        if not trial.state.is_finished():
            return _detached(trial)
        return _stub(trial) if self._gives_stubs else trial

    def get_all_trials(self, study_id: int, deepcopy: bool = True, states: Container[TrialState] | None = None) -> list[FrozenTrial]:
        if states == (TrialState.WAITING,):
            found = sorted((self._by_id[i] for i in self._waiting), key=lambda trial: trial.number)
        elif states is None:
            found = list(self._trials)
        elif isinstance(states, (tuple, list)) and all(state.is_finished() for state in states):
            key = tuple(states)  # asked for by samplers at every trial, and the same until one finishes
            if key not in self._of_states:
                self._of_states[key] = [trial for trial in self._trials if trial.state in key]
            found = list(self._of_states[key])
        else:
            found = [trial for trial in self._trials if trial.state in states]
        return copy.deepcopy(found) if deepcopy else found

    def get_trial_id_from_study_id_trial_number(self, study_id: int, trial_number: int) -> int:
        for trial in self._trials:
            if trial.number == trial_number:
                return trial._trial_id
        raise KeyError(f"No trial with number {trial_number}.")

    def _get(self, trial_id: int) -> FrozenTrial:
        if trial_id not in self._by_id:
            raise KeyError(f"No trial with id {trial_id}.")
        return self._by_id[trial_id]

    def _updatable(self, trial_id: int) -> FrozenTrial:
        trial = self._get(trial_id)
        self.check_trial_is_updatable(trial_id, trial.state)
        return trial


def _running() -> FrozenTrial:
    return FrozenTrial(
        trial_id=-1,
        number=-1,
        state=TrialState.RUNNING,
        value=None,
        datetime_start=datetime.now(),
        datetime_complete=None,
        params={},
        distributions={},
        user_attrs={},
        system_attrs={},
        intermediate_values={},
    )


def _stub(trial: FrozenTrial) -> FrozenTrial:
    other = copy.copy(trial)
    other.params, other.distributions, other.user_attrs, other.system_attrs, other.intermediate_values = {}, {}, {}, {}, {}
    return other


def _detached(trial: FrozenTrial) -> FrozenTrial:
    """A copy that Optuna's Trial may write into: it keeps its own, uncast view of the parameters."""
    other = copy.copy(trial)
    other.params, other.distributions = dict(trial.params), dict(trial.distributions)
    other.user_attrs, other.system_attrs = dict(trial.user_attrs), dict(trial.system_attrs)
    other.intermediate_values = dict(trial.intermediate_values)
    return other
