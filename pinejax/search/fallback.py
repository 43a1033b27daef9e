"""Reads and writes a study through Optuna's public interface alone, where `rdb` cannot: correct with any storage, and slow.

Here no transaction holds several steps together. Exact totals come from an order that all workers share: a trial may be evaluated if
those that count, and those before it (by number) that run or wait, are fewer than n_trials; whoever finds that its own may not, fails it.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import FrozenTrial, TrialState, create_trial

from pinejax.search.lease import GRACE_S, LEASE_KEY, Owner, is_gone, retry_attrs, said, split_attrs
from pinejax.search.others import Opened
from pinejax.search.store import ERROR_KEY, Stored, counts

BEAT_KEY = "pinejax:beat:"
"""System attribute of the study: the last sign of life of a run, seconds since 1970 on that worker's clock."""


class PublicStore:
    """One study through an Optuna storage: several steps per trial. Leases are renewed by a time in the study's attributes."""

    def __init__(self, opened: Opened, study_name: str, owner: Owner | None = None, grace_s: float = GRACE_S):
        self._opened = opened
        self._storage = opened.storage
        self._study = opened.guarded(lambda: optuna.load_study(study_name=study_name, storage=opened.storage))
        self._study_id = self._study._study_id
        self._owner = owner or Owner.here(0)
        self._grace_s = grace_s
        self._n_batches = 0
        self._seen: dict[int, TrialState] = {}

    @property
    def name(self) -> str:
        """Where the study is, without passwords."""
        return self._opened.name

    def close(self) -> None:
        """Gives the connections back."""
        self._opened.close()

    def study_attrs(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The study's user and system attributes."""
        return self._opened.guarded(lambda: (self._study.user_attrs, dict(self._storage.get_study_system_attrs(self._study_id))))

    def set_user_attrs(self, attrs: Mapping[str, Any]) -> None:
        """Sets user attributes of the study."""
        for key, value in attrs.items():
            self._opened.guarded(lambda key=key, value=value: self._study.set_user_attr(key, value))

    def read(self) -> list[FrozenTrial]:
        """Trials that are new or changed since the last call."""
        changed = [trial for trial in self._all() if self._seen.get(trial._trial_id) != trial.state]
        self._seen.update({trial._trial_id: trial.state for trial in changed})
        return changed

    def reserve(self, trials: Sequence[FrozenTrial], n_trials: int, system_attrs: Mapping[str, Any]) -> Stored:
        """One by one; what was reserved before a failure stays RUNNING until its lease runs out."""
        self._n_batches += 1
        lease = self._owner.lease(self._n_batches)
        self.beat()
        for trial in trials:
            trial.system_attrs = {**trial.system_attrs, LEASE_KEY: lease}
        now = self._all()
        stored: Stored = {}
        for trial in trials:
            fits = trial.state.is_finished() or _is_before(trial.number, now, n_trials)
            if trial._trial_id >= 0 and fits and self._opened.guarded(lambda t=trial: self._claim(t)):
                stored[trial._trial_id] = (trial._trial_id, trial.number)
        n_free = n_trials - _n_taken(None, now)
        for trial in [trial for trial in trials if trial._trial_id < 0][: max(0, n_free)]:
            stored[trial._trial_id] = self._opened.guarded(lambda t=trial: self._create(t))
        self._seen.update({trial_id: TrialState.RUNNING for trial_id, _ in stored.values()})
        self._withdraw(stored, {t._trial_id for t in trials if t.state.is_finished()}, n_trials)
        self._set_system_attrs(system_attrs)
        return stored

    def _withdraw(self, stored: Stored, unfit: set[int], n_trials: int) -> None:
        """Ends what turns out to be too much, because other workers reserved at the same moment."""
        now = self._all() if stored else []
        by_id = {trial._trial_id: trial for trial in now}
        for asked_id, (trial_id, number) in list(stored.items()):
            if asked_id in unfit or _is_before(number, now, n_trials):
                continue
            del stored[asked_id]
            self._opened.guarded(lambda i=trial_id, asked=asked_id: self._give_up(by_id[i], "the study has its trials", retry=asked >= 0))

    def finish(self, trials: Sequence[FrozenTrial], system_attrs: Mapping[str, Any]) -> frozenset[int]:
        """One by one; what was finished before a failure stays."""
        lost = {trial._trial_id for trial in trials if not self._opened.guarded(lambda t=trial: self._finish(t))}
        self._set_system_attrs(system_attrs)
        for trial in trials:
            self._seen[trial._trial_id] = TrialState.RUNNING if trial._trial_id in lost else trial.state
        return frozenset(lost)

    def beat(self) -> None:
        """A time in the study's attributes."""
        key = BEAT_KEY + self._owner.run
        self._opened.guarded(lambda: self._storage.set_study_system_attr(self._study_id, key, round(time.time(), 1)))

    def recover(self, mine: bool = False) -> int:
        """Fails first, then queues: of two workers one fails a trial, and that one queues its parameters."""
        beats = self.study_attrs()[1]
        n = 0
        for trial in self._all():
            lease = trial.system_attrs.get(LEASE_KEY)
            if trial.state != TrialState.RUNNING or lease is None:
                continue
            taken = self._owner.is_mine(lease) if mine else not self._owner.is_mine(lease) and self._is_stale(trial, lease, beats)
            if taken and self._opened.guarded(lambda t=trial, lease=lease: self._give_up(t, f"given up by {said(lease)}")):
                n += 1
        return n

    def _is_stale(self, trial: FrozenTrial, lease: Mapping[str, Any], beats: Mapping[str, Any]) -> bool:
        return silence_s(trial, beats) > self._grace_s or is_gone(lease)

    def _all(self) -> list[FrozenTrial]:
        return self._opened.guarded(lambda: self._study.get_trials(deepcopy=False))

    def _claim(self, trial: FrozenTrial) -> bool:
        trial_id = trial._trial_id
        try:
            if not self._storage.set_trial_state_values(trial_id, state=TrialState.RUNNING):
                return False
            for key, value in split_attrs(trial.system_attrs)[0].items():
                self._storage.set_trial_system_attr(trial_id, key, value)
            started = self._storage.get_trial(trial_id)
            for name, value in trial.params.items():
                if name not in started.params:
                    distribution = trial.distributions[name]
                    self._storage.set_trial_param(trial_id, name, distribution.to_internal_repr(value), distribution)
        except UpdateFinishedTrialError:
            return False
        trial.datetime_start = started.datetime_start
        return True

    def _create(self, trial: FrozenTrial) -> tuple[int, int]:
        template = copy.copy(trial)
        template.state, template.values, template.datetime_complete = TrialState.RUNNING, None, None
        template.user_attrs, template.system_attrs, template.intermediate_values = {}, split_attrs(trial.system_attrs)[0], {}
        trial_id = self._storage.create_new_trial(self._study_id, template_trial=template)
        return trial_id, self._storage.get_trial_number_from_id(trial_id)

    def _finish(self, trial: FrozenTrial) -> bool:
        """Completes a reserved trial, field by field, its state last."""
        storage, trial_id = self._storage, trial._trial_id
        try:
            for key, value in trial.user_attrs.items():
                storage.set_trial_user_attr(trial_id, key, value)
            for key, value in split_attrs(trial.system_attrs)[1].items():
                storage.set_trial_system_attr(trial_id, key, value)
            for step, value in trial.intermediate_values.items():
                storage.set_trial_intermediate_value(trial_id, step, value)
            storage.set_trial_state_values(trial_id, trial.state, trial.values)
        except UpdateFinishedTrialError:
            return False
        trial.datetime_complete = storage.get_trial(trial_id).datetime_complete
        return True

    def _give_up(self, trial: FrozenTrial, why: str, retry: bool = True) -> bool:
        """Fails a running trial and, with `retry`, queues its parameters; false where somebody else ended it."""
        try:
            self._storage.set_trial_user_attr(trial._trial_id, ERROR_KEY, why)
            self._storage.set_trial_state_values(trial._trial_id, TrialState.FAIL)
        except UpdateFinishedTrialError:
            return False
        attrs = retry_attrs(trial.number, trial.params, trial.system_attrs) if retry else None
        if attrs is not None:
            self._storage.create_new_trial(self._study_id, template_trial=create_trial(state=TrialState.WAITING, system_attrs=attrs))
        return True

    def _set_system_attrs(self, attrs: Mapping[str, Any]) -> None:
        for key, value in attrs.items():
            self._opened.guarded(lambda key=key, value=value: self._storage.set_study_system_attr(self._study_id, key, value))


def silence_s(trial: FrozenTrial, beats: Mapping[str, Any]) -> float:
    """Seconds since a running trial began or its worker gave a sign of life. beats: the study's system attributes."""
    started = trial.datetime_start or datetime.now()
    run = trial.system_attrs.get(LEASE_KEY, {}).get("run")
    return time.time() - max(started.timestamp(), float(beats.get(f"{BEAT_KEY}{run}", 0.0)))


def _n_taken(number: int | None, trials: Sequence[FrozenTrial]) -> int:
    """Trials that count, and those that run or wait before the trial of that number (None: all of them)."""
    pending = (TrialState.RUNNING, TrialState.WAITING)
    return sum(counts(t) or (t.state in pending and (number is None or t.number < number)) for t in trials)


def _is_before(number: int, trials: Sequence[FrozenTrial], n_trials: int) -> bool:
    """Whether the trial of that number may be evaluated."""
    return _n_taken(number, trials) < n_trials
