"""The study's working copy in memory, as an Optuna storage. It holds one study, for one thread, and never touches a database.

Trials carry the database's ids and numbers once they are reserved there. A trial asked for here has a provisional number (the next
one) and a negative id until `settle`; with other workers on the study its final number may be higher, or it may find no room.
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

from pinejax.search.store import Stored

STUDY_ID = 0


class WorkingStorage(BaseStorage):
    """One study's trials and attributes, in the order of their numbers."""

    def __init__(self, study_name: str, directions: Sequence[StudyDirection]):
        self._name = study_name
        self._directions = list(directions)
        self._trials: list[FrozenTrial] = []
        self._by_id: dict[int, FrozenTrial] = {}
        self._waiting: set[int] = set()
        self._running: set[int] = set()
        self._n_asked = 0
        self._unstored: dict[int, FrozenTrial | None] = {}  # trials of the batch -> as they were when they waited in the database
        self._aliases: dict[int, int] = {}
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
            self._note(trial)
            if old is None:
                self._trials.append(trial)
            else:
                self._trials[self._place(old)] = trial
            changed = True
        if changed:
            self._of_states.clear()
            self._trials.sort(key=lambda trial: trial.number)

    @property
    def n_waiting(self) -> int:
        """Trials that wait to be asked for."""
        return len(self._waiting)

    @property
    def running(self) -> list[FrozenTrial]:
        """Trials that somebody is evaluating; not to be changed."""
        return [self._by_id[i] for i in sorted(self._running)]

    def batch(self) -> list[FrozenTrial]:
        """Trials that were asked for here and are not finished in the database, in the order of asking."""
        return [self._by_id[i] for i in self._unstored]

    def settle(self, stored: Stored) -> None:
        """The batch is reserved: its trials get their final (id, number); those without one are dropped, or wait again.

        The ids they were asked under stay valid until the next batch: Optuna's trial objects have them.
        """
        self._aliases = {}
        self._dirty_system.clear()
        for asked_id, before in list(self._unstored.items()):
            trial = self._by_id.pop(asked_id)
            del self._unstored[asked_id]
            self._waiting.discard(asked_id)
            self._running.discard(asked_id)
            if asked_id in stored:
                trial._trial_id, trial.number = stored[asked_id]
                self._unstored[trial._trial_id] = before
                self._aliases[asked_id] = trial._trial_id
            elif before is not None:
                self._trials[self._place(trial)] = trial = before
            else:
                del self._trials[self._place(trial)]
                continue
            self._by_id[trial._trial_id] = trial
            self._note(trial)
        self._of_states.clear()
        self._trials.sort(key=lambda trial: trial.number)

    def holds(self, trial_id: int) -> bool:
        """Whether a trial that was asked for is in the batch still."""
        return self._aliases.get(trial_id, trial_id) in self._unstored

    def stored(self) -> None:
        """The batch is finished in the database."""
        self._dirty_system.clear()
        self._unstored.clear()

    def _place(self, trial: FrozenTrial) -> int:
        return next(i for i in range(len(self._trials) - 1, -1, -1) if self._trials[i] is trial)

    def annotate(self, trial_id: int, attrs: Mapping[str, Any]) -> None:
        """Adds user attributes to a trial that is not stored yet, finished or not."""
        self._open(trial_id).user_attrs.update(attrs)

    def drop_system_attrs(self, trial_id: int, unwanted: Callable[[str], bool]) -> None:
        """Removes system attributes from a trial that is not stored yet."""
        trial = self._open(trial_id)
        trial.system_attrs = {key: value for key, value in trial.system_attrs.items() if not unwanted(key)}

    def add_system_attrs(self, trial_id: int, attrs: Mapping[str, Any]) -> None:
        """Adds system attributes to a trial that is not stored yet."""
        trial = self._open(trial_id)
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

    def _open(self, trial_id: int) -> FrozenTrial:
        assert self.holds(trial_id), "a stored trial is not changed any more"
        return self._get(trial_id)

    def _note(self, trial: FrozenTrial) -> None:
        for state, ids in ((TrialState.WAITING, self._waiting), (TrialState.RUNNING, self._running)):
            if trial.state == state:
                ids.add(trial._trial_id)
            else:
                ids.discard(trial._trial_id)

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
        self._note(trial)
        return trial._trial_id

    def set_trial_param(self, trial_id: int, param_name: str, param_value_internal: float, distribution: BaseDistribution) -> None:
        trial = self._updatable(trial_id)
        trial.params[param_name] = distribution.to_external_repr(param_value_internal)
        trial.distributions[param_name] = distribution

    def set_trial_state_values(self, trial_id: int, state: TrialState, values: Sequence[float] | None = None) -> bool:
        trial = self._updatable(trial_id)
        if state == TrialState.RUNNING:
            if trial.state != TrialState.WAITING:
                return False
            if trial._trial_id not in self._unstored:
                self._unstored[trial._trial_id] = _detached(trial)
            trial.datetime_start = datetime.now()
        trial.state = state
        self._of_states.clear()
        self._note(trial)
        if values is not None:
            trial.values = list(values)
        if state.is_finished():
            trial.datetime_complete = datetime.now()
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
        trial_id = self._aliases.get(trial_id, trial_id)
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
