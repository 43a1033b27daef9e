"""When a search has found enough, or nothing better for too long. Trials, time and signals are the loop's own business."""

from __future__ import annotations

import math
from collections.abc import Sequence

from optuna.trial import FrozenTrial

from pinejax.errors import ConfigError
from pinejax.search.objective import Objective
from pinejax.search.ranking import pareto_front, ranked, violation


def check_stops(target: float | None, patience_min_delta: float, objective: Objective) -> None:
    """Errors: ConfigError for a number that cannot be meant, or for one objective's rule with several."""
    if target is not None and (isinstance(target, bool) or not isinstance(target, (int, float)) or not math.isfinite(target)):
        raise ConfigError(f"search.target: expected null or a number, got {target!r}.")
    good = isinstance(patience_min_delta, (int, float)) and 0 <= patience_min_delta < math.inf
    if isinstance(patience_min_delta, bool) or not good:
        raise ConfigError(f"search.patience_min_delta: expected a number >= 0, got {patience_min_delta!r}.")
    if objective.is_multi and (target is not None or patience_min_delta > 0):
        key = "target" if target is not None else "patience_min_delta"
        raise ConfigError(f"search.{key}: is for one objective, this search has {len(objective.directions)}. Leave it out.")


class Improvement:
    """The best trial so far, and for how many batches nothing was better by more than `min_delta`.

    With several objectives there is no best, and a batch is better when one of its trials is on the Pareto front. n_front: how many sets
    were on it at the last batch.
    """

    def __init__(self, objective: Objective, min_delta: float = 0.0):
        self._objective, self._min_delta = objective, min_delta
        self._reference: FrozenTrial | None = None
        self.best: FrozenTrial | None = None
        self.n_stale_batches = 0
        self.n_front: int | None = None

    def note(self, batch: Sequence[FrozenTrial], trials: Sequence[FrozenTrial]) -> None:
        """A batch was told. trials: all of the study."""
        self.n_stale_batches += 1
        if self._objective.is_multi:
            front = {trial.number for trial in pareto_front(trials, self._objective.directions)}
            self.n_front = len(front)
            if any(trial.number in front for trial in batch):
                self.n_stale_batches = 0
        self.look(batch)

    def look(self, trials: Sequence[FrozenTrial]) -> None:
        """Takes a better best from trials that are not a batch of this run: what was there before, what other workers found."""
        if self._objective.is_multi:
            return
        direction = self._objective.directions[0]
        for trial in ranked(trials, direction)[:1]:
            if self.best is None or ranked([self.best, trial], direction)[0] is not self.best:
                self.best = trial
                if self._is_worth(trial):
                    self._reference, self.n_stale_batches = trial, 0

    def has_reached(self, target: float | None) -> bool:
        """Whether the best trial holds every gate and its value is the target or better."""
        if target is None or self.best is None or violation(self.best) > 0:
            return False
        return self._gain(self.best, target) >= 0

    def _is_worth(self, trial: FrozenTrial) -> bool:
        """Slow gains add up: what counts is the distance from the last best that counted. Less violation always does."""
        if self._min_delta == 0 or self._reference is None or violation(trial) < violation(self._reference):
            return True
        return self._gain(trial, self._reference.values[0]) > self._min_delta

    def _gain(self, trial: FrozenTrial, value: float) -> float:
        gain = trial.values[0] - value
        return gain if self._objective.directions[0] == "maximize" else -gain
