"""An Optuna sampler that walks the finite grid of a conditional space once. It learns nothing from results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from pinejax.core.inputs import Value
from pinejax.errors import SpaceError
from pinejax.search.space import Key, Space


class ConditionalGridSampler(BaseSampler):
    """Every distinct active combination once, in an order shuffled by the seed.

    Optuna's GridSampler multiplies inactive parameters in and so evaluates the same backtest many times. What was visited is
    read from the study, so a resumed search goes on where it stopped. A failed combination is visited again.
    """

    def __init__(self, space: Space, *, max_size: int, shuffle: bool, seed: int):
        combinations = space.grid(max_size)
        order = np.random.default_rng(seed).permutation(len(combinations)) if shuffle else np.arange(len(combinations))
        self._space = space
        self._left: dict[Key, dict[str, Value]] = {space.key(combinations[i]): combinations[i] for i in order}
        self._n_seen = 0
        self._random = RandomSampler(seed=seed)

    def n_left(self, study: Study) -> int:
        """Combinations that no trial of the study has visited."""
        self._forget_visited(study)
        return len(self._left)

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """All searched parameters: a combination is one point."""
        return dict(self._space.distributions)

    def sample_relative(self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]) -> dict[str, Any]:
        """The next combination; nothing once all are visited."""
        if not self._left:
            return {}
        key = next(iter(self._left))
        combination = self._left.pop(key)
        return self._space.active(combination)

    def sample_independent(self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution) -> Any:
        """Only asked for when the grid is used up."""
        return self._random.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None) -> None:
        """A failed combination goes back to the end of the queue."""
        if state == TrialState.FAIL:
            complete = self._space.complete(trial.params)
            self._left.setdefault(self._space.key(complete), complete)

    def _forget_visited(self, study: Study) -> None:
        trials = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))
        for trial in trials[self._n_seen :]:
            try:
                self._left.pop(self._space.key(self._space.complete(trial.params)), None)
            except SpaceError:
                continue
        self._n_seen = len(trials)
