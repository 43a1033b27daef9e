"""A study while it is searched: Optuna's study on the working copy, and the store it is pulled from and flushed to."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import optuna
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, Trial, TrialState

from pinejax.errors import SpaceError
from pinejax.search.lease import FIXED_KEY, LEASE_KEY
from pinejax.search.records import ERROR_KEY, counts, duplicate_of
from pinejax.search.space import Key, Space
from pinejax.search.storage import DIRECTIONS
from pinejax.search.store import StudyStore
from pinejax.search.tally import Others, Tally
from pinejax.search.working import WorkingStorage

logger = logging.getLogger(__name__)

_OPTIMIZER_KEYS = ("cma:optimizer:", "cmawm:optimizer:", "sepcma:optimizer:")
_RELATIVE_KEY = "tpe:relative_params:"


Asked = tuple[Trial, dict[str, Any]]


class SearchStudy:
    """All trials of a study, this worker's and the others', with what was evaluated by parameter set."""

    def __init__(self, store: StudyStore, space: Space, study_name: str, directions: Sequence[str]):
        self._store = store
        self._space = space
        self._name = study_name
        self._working = WorkingStorage(study_name, [DIRECTIONS[d] for d in directions])
        self._evaluated: dict[Key, FrozenTrial] = {}
        self._study: optuna.Study | None = None
        self._n_counted = 0
        self.tally = Tally()
        self._others = Others()
        self._is_shared = False
        self._fresh: list[FrozenTrial] = []

    @property
    def optuna(self) -> optuna.Study:
        """Optuna's study; there once `start` was called."""
        assert self._study is not None, "start() comes before asking"
        return self._study

    @property
    def trials(self) -> list[FrozenTrial]:
        """All trials by number; not to be changed."""
        return self._working.get_all_trials(0, deepcopy=False)

    @property
    def n_counted(self) -> int:
        """Trials that count towards n_trials."""
        return self._n_counted

    @property
    def n_running(self) -> int:
        """Trials that somebody is evaluating; between batches that is other workers."""
        return len(self._working.running)

    @property
    def n_waiting(self) -> int:
        """Trials that wait to be evaluated."""
        return self._working.n_waiting

    @property
    def n_workers(self) -> int:
        """Workers that are known to be at work on the study, this one among them."""
        return 1 + self._others.n_alive(self._working.running)

    @property
    def only_foreign_run(self) -> bool:
        """Whether nothing is left but what other programs run, which leave no lease: nobody can tell whether they still do."""
        return not self.n_waiting and self.n_running > 0 and all(LEASE_KEY not in t.system_attrs for t in self._working.running)

    def start(self, sampler: BaseSampler, pruner: BasePruner) -> None:
        """Gives the study its sampler and pruner."""
        self._study = optuna.load_study(study_name=self._name, storage=self._working, sampler=sampler, pruner=pruner)

    def pull(self) -> int:
        """Takes the other workers' trials over; how many are new or changed.

        The first time that happens after `start`, the sampler gets a random stream of its own, so that workers started
        with the same seed part.
        """
        trials = self._store.read()
        if trials and self._study is not None:
            self._others.note(trials)  # what was there before does not tell who is there now
            if not self._is_shared:
                self._is_shared = True
                self._study.sampler.reseed_rng()
        if trials:
            self._working.put(trials)
            self._working.put_study_attrs(*self._store.study_attrs())
            self._index(trials)
        return len(trials)

    def ask(self, queue: list[dict[str, Any]], n: int) -> list[Asked]:
        """`n` running trials with their complete parameter sets, in the working copy alone: `reserve` comes next.

        Trials that wait in the database come first, then the queue's active sets, which are taken from it. A waiting trial
        whose parameters do not fit the space fails and does not count.
        """
        asked = []
        while len(asked) < n:
            if queue and not self._working.n_waiting:
                self.optuna.enqueue_trial(queue.pop(0))
            trial = self.optuna.ask()
            enqueued = FIXED_KEY in trial.storage.get_trial_system_attrs(trial._trial_id)
            try:
                params = self._space.suggest(trial)
                if enqueued and not self._space.contains(params):
                    raise SpaceError("the enqueued parameters lie outside the search space")
            except (SpaceError, ValueError) as error:
                if not enqueued:
                    raise
                self.fail(trial, {ERROR_KEY: str(error)})
                continue
            asked.append((trial, params))
        return asked

    def reserve(self, asked: Sequence[Asked], n_trials: int, queue: list[dict[str, Any]]) -> list[Asked]:
        """Those of the asked trials that the study has room for, as RUNNING in the store. The others are forgotten, or go back."""
        batch = self._working.batch()
        ids = [trial._trial_id for trial in batch]
        stored = self._store.reserve(batch, n_trials, self._working.dirty_system_attrs())
        self._others.own(batch)
        queue[:0] = [
            t.system_attrs[FIXED_KEY] for t in batch if t._trial_id < 0 and t._trial_id not in stored and FIXED_KEY in t.system_attrs
        ]
        self._fresh = [trial for trial in self._fresh if trial._trial_id in stored]
        self._working.settle(stored)
        if len(stored) < len(ids):
            logger.info("%d of %d trials asked for found no room: other workers were faster", len(ids) - len(stored), len(ids))
        return [pair for pair in asked if self._working.holds(pair[0]._trial_id)]

    def recover(self) -> int:
        """Frees the trials of workers that ended without telling them; how many."""
        n = self._store.recover()
        if n:
            logger.warning("%d running trials were given up by their workers: failed, and their parameters queued again", n)
        return n

    def release(self) -> None:
        """Gives back what was reserved and not told, at the end of a search that was broken off."""
        if self._working.batch():
            self._store.recover(mine=True)

    def evaluated(self, params: Mapping[str, Any]) -> FrozenTrial | None:
        """The COMPLETE or PRUNED trial that already evaluated this complete set."""
        return self._evaluated.get(self._space.key(params))

    def complete(self, trial: Trial, values: Sequence[float], attrs: Mapping[str, Any]) -> FrozenTrial:
        """Tells the values of a trial."""
        with self._working.stubs():
            self.optuna.tell(trial, list(values))
        return self._told(trial, attrs)

    def prune(self, trial: Trial, attrs: Mapping[str, Any]) -> FrozenTrial:
        """Tells that a trial was pruned; its value is the last one reported."""
        with self._working.stubs():
            self.optuna.tell(trial, state=TrialState.PRUNED)
        return self._told(trial, attrs)

    def fail(self, trial: Trial, attrs: Mapping[str, Any]) -> FrozenTrial:
        """Tells that a trial has no result."""
        with self._working.stubs():
            self.optuna.tell(trial, state=TrialState.FAIL)
        return self._told(trial, attrs)

    def flush(self) -> list[FrozenTrial]:
        """Stores everything told since the last flush in one transaction; the trials that were stored.

        A trial that was given to another worker meanwhile (this one gave no sign of life for too long) is not told twice: its
        result is dropped.
        """
        told = self._fresh
        if not told:
            return []
        self._thin(told)
        lost = self._store.finish(told, self._working.dirty_system_attrs())
        self._working.stored()
        self._fresh = []
        if lost:
            self._drop([trial for trial in told if trial._trial_id in lost])
            self.pull()
        return [trial for trial in told if trial._trial_id not in lost]

    def _drop(self, trials: Sequence[FrozenTrial]) -> None:
        """Forgets results that came too late; a pull brings what the study says of these trials."""
        numbers = [trial.number for trial in trials]
        logger.warning("trials %s: the results came too late, their lease was lost; dropped. search.grace_s can be raised", numbers)
        self._n_counted -= sum(counts(trial) for trial in trials)
        for trial in trials:
            self.tally.add(trial, -1)
        gone = {id(trial) for trial in trials}
        self._evaluated = {key: trial for key, trial in self._evaluated.items() if id(trial) not in gone}

    def _told(self, trial: Trial, attrs: Mapping[str, Any]) -> FrozenTrial:
        # After telling, because tell copies the whole trial, and metrics are its largest part.
        self._working.annotate(trial._trial_id, attrs)
        frozen = self._working.get_trial(trial._trial_id)
        self._fresh.append(frozen)
        self._index([frozen])
        return frozen

    def _index(self, trials: Iterable[FrozenTrial]) -> None:
        for trial in trials:
            self._n_counted += counts(trial)
            if trial.state.is_finished():
                self.tally.add(trial)
            if trial.state not in (TrialState.COMPLETE, TrialState.PRUNED) or duplicate_of(trial) is not None:
                continue
            try:
                self._evaluated.setdefault(self._space.key(self._space.complete(trial.params)), trial)
            except SpaceError:
                continue

    def _thin(self, trials: Sequence[FrozenTrial]) -> None:
        """Drops what samplers leave for unfinished trials, and all but one copy of the CMA-ES state of a batch.

        Every trial of a batch is asked from the same state, and CMA-ES restores it from the last COMPLETE trial that has it.
        """
        states = ({k: v for k, v in trial.system_attrs.items() if k.startswith(_OPTIMIZER_KEYS)} for trial in reversed(trials))
        state = next(filter(None, states), None)
        for trial in trials:
            if any(key.startswith((_RELATIVE_KEY, *_OPTIMIZER_KEYS)) for key in trial.system_attrs):
                self._working.drop_system_attrs(trial._trial_id, lambda key: key.startswith((_RELATIVE_KEY, *_OPTIMIZER_KEYS)))
        bearer = next((trial for trial in reversed(trials) if trial.state == TrialState.COMPLETE), None)
        if state and bearer is not None:
            self._working.add_system_attrs(bearer._trial_id, state)
