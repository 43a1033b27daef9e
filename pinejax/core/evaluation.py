"""What a search and an engine agree on: a batch of parameter sets in, metrics per dataset out. Neither of the two."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from pinejax.core.inputs import Params

KeepFn = Callable[[int, np.ndarray, Mapping[str, np.ndarray]], np.ndarray]
"""keep(step, trials, metrics) -> bool [n_running]: which of the still running trials go on.

step: the segment that just ended, from 0; not called after the last one. trials: their indices in the batch, int
[n_running]. metrics: name -> [n_running, datasets], measured from the first bar to the end of the segment.
"""


@dataclass(frozen=True)
class Evaluation:
    """One parameter set on every dataset.

    metrics: name -> float [datasets], NaN allowed. status: int [datasets], 0 is fine, anything else is a lane that failed.
    pruned_at: the segment after which `keep` dropped it, None if it ran to the end.
    """

    metrics: Mapping[str, np.ndarray]
    status: np.ndarray
    pruned_at: int | None = None


@runtime_checkable
class Evaluator(Protocol):
    """Runs a batch of complete parameter sets; results in the order of the batch."""

    @property
    def datasets(self) -> Sequence[str]:
        """Names of the datasets, in the order of every metric's values."""
        ...

    @property
    def n_segments(self) -> int:
        """Pieces of time a run is cut into; `keep` is asked after each but the last."""
        ...

    def evaluate(self, batch: Sequence[Params], keep: KeepFn | None = None) -> list[Evaluation]:
        """One Evaluation per parameter set of the batch."""
        ...
