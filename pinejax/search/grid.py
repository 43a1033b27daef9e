"""An Optuna sampler that walks the finite grid of a conditional space once. It learns nothing from results."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from pinejax.core.inputs import Value
from pinejax.errors import SpaceError
from pinejax.search.lease import FIXED_KEY
from pinejax.search.records import counts
from pinejax.search.space import Key, Space


class ConditionalGridSampler(BaseSampler):
    """Every distinct active combination once, in an order shuffled by the seed.

    Optuna's GridSampler multiplies inactive parameters in and so evaluates the same backtest many times. What was visited is
    read from the study, so a resumed search goes on where it stopped, and visits again what was lost to an error.
    """

    def __init__(self, space: Space, *, max_size: int, shuffle: bool, seed: int):
        combinations = space.grid(max_size)
        order = np.random.default_rng(seed).permutation(len(combinations)) if shuffle else np.arange(len(combinations))
        self._space = space
        self._left: dict[Key, dict[str, Value]] = {space.key(combinations[i]): combinations[i] for i in order}
        self._out: dict[Key, dict[str, Value]] = {}
        self._seen: set[int] = set()
        self._random = RandomSampler(seed=seed)

    def n_left(self, study: Study) -> int:
        """Combinations that no trial of the study has visited or is visiting. Asked between batches: what was given out then and
        is neither is left again.
        """
        running = self._forget_visited(study)
        self._left.update({key: params for key, params in self._out.items() if key not in running})
        self._out = {key: params for key, params in self._out.items() if key in running}
        self._out.update({key: self._left.pop(key) for key in running if key in self._left})
        return len(self._left)

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """All searched parameters: a combination is one point."""
        return dict(self._space.distributions)

    def sample_relative(self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]) -> dict[str, Any]:
        """The next combination; nothing once all are visited, or where the trial has its parameters already."""
        if not self._left or FIXED_KEY in trial.system_attrs:
            return {}
        key = next(iter(self._left))
        combination = self._out[key] = self._left.pop(key)
        return self._space.active(combination)

    def sample_independent(self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution) -> Any:
        """Only asked for when the grid is used up."""
        return self._random.sample_independent(study, trial, param_name, param_distribution)

    def _forget_visited(self, study: Study) -> set[Key]:
        """What is being visited, or waits to be."""
        running: set[Key] = set()
        for trial in study.get_trials(deepcopy=False):
            if trial._trial_id in self._seen:
                continue
            with suppress(SpaceError):  # another tool's trial may lie outside the space
                waits = trial.state == TrialState.WAITING
                params = trial.system_attrs.get(FIXED_KEY, {}) if waits else trial.params
                key = self._space.key(self._space.complete(params))
                if trial.state == TrialState.RUNNING or (waits and params):
                    running.add(key)
                elif counts(trial):
                    self._left.pop(key, None)
                    self._out.pop(key, None)
            if trial.state.is_finished():
                self._seen.add(trial._trial_id)
        return running
