"""An Optuna study of which a sampler is shown some trials only, so that asking does not grow with the study. It changes nothing."""

from __future__ import annotations

import copy
from collections.abc import Container, Sequence
from typing import Any

from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState


class StudyView:
    """Delegates to a study, but for its trials: `shown`, in the order of their numbers."""

    def __init__(self, study: Study, shown: Sequence[FrozenTrial]):
        self._viewed = study
        self._shown = shown

    def __getattr__(self, name: str) -> Any:
        return getattr(self._viewed, name)

    @property
    def trials(self) -> list[FrozenTrial]:
        """What is shown."""
        return self.get_trials()

    def get_trials(self, deepcopy: bool = True, states: Container[TrialState] | None = None) -> list[FrozenTrial]:
        """What is shown of these states."""
        found = [trial for trial in self._shown if states is None or trial.state in states]
        return copy.deepcopy(found) if deepcopy else found

    def _get_trials(
        self, deepcopy: bool = True, states: Container[TrialState] | None = None, use_cache: bool = False
    ) -> list[FrozenTrial]:  # what Optuna's own samplers call
        return self.get_trials(deepcopy, states)
