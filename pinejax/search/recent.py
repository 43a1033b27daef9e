"""TPE that looks at a part of a long study: what it costs no longer grows with the trials. Optuna's estimator itself is untouched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.samplers import TPESampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from pinejax.errors import ConfigError
from pinejax.search.ranking import pareto_front, ranked
from pinejax.search.view import StudyView

LEAST = 100
"""TPE calls a tenth of the trials good, up to 25 of them; below this there is nothing to leave out."""
GOOD_SHARE = 4
"""One part in so many of what is seen are the best trials, so that all 25 good ones are among them."""


class RecentTPESampler(TPESampler):
    """Optuna's TPE on the best trials of a study and the most recent others, `max_history` together; None: on all of them.

    TPE compares the density of the good trials (at most 25) with that of the rest, in which older ones weigh less. So the good ones
    stay as they are, and the rest is thinned where it weighs least.
    """

    def __init__(self, *, max_history: Any = None, **flags: Any):
        if max_history is not None and (isinstance(max_history, bool) or not isinstance(max_history, int) or max_history < LEAST):
            raise ConfigError(f"sampler.tpe.max_history: expected null or a whole number >= {LEAST}, got {max_history!r}.")
        super().__init__(**flags)
        self._max_history = max_history
        self._n_finished = -1
        self._seen: list[FrozenTrial] = []
        self._trial_id: int | None = None
        self._view: Any = None

    def sample_relative(self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]) -> dict[str, Any]:
        """As Optuna's, on what is seen."""
        return super().sample_relative(self._viewed(study, trial), trial, search_space)

    def sample_independent(self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution) -> Any:
        """As Optuna's, on what is seen."""
        return super().sample_independent(self._viewed(study, trial), trial, param_name, param_distribution)

    def _viewed(self, study: Study, trial: FrozenTrial) -> Any:
        """The study with at most `max_history` finished trials, and all that are running. Made once for a trial."""
        if self._max_history is None:
            return study
        if trial._trial_id != self._trial_id:
            self._trial_id, self._view = trial._trial_id, study
            trials = study.get_trials(deepcopy=False)
            finished = [t for t in trials if t.state in (TrialState.COMPLETE, TrialState.PRUNED)]
            if len(finished) > self._max_history:
                if len(finished) != self._n_finished:
                    directions = [direction.name.lower() for direction in study.directions]
                    self._n_finished, self._seen = len(finished), seen(finished, directions, self._max_history)
                self._view = StudyView(study, [*self._seen, *(t for t in trials if t.state == TrialState.RUNNING)])
        return self._view


def seen(finished: Sequence[FrozenTrial], directions: Sequence[str], limit: int) -> list[FrozenTrial]:
    """The best trials, a quarter of the limit, and the most recent others, by number. Of several objectives the front is the best."""
    best = ranked(finished, *directions) if len(directions) == 1 else pareto_front(finished, directions)
    kept = {trial.number for trial in best[: limit // GOOD_SHARE]}
    others = [trial.number for trial in finished if trial.number not in kept]
    kept.update(others[len(others) - (limit - len(kept)) :])
    return [trial for trial in finished if trial.number in kept]
