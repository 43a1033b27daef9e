"""What a search hands back, and what it says after each batch. Tables and files are made from it elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from optuna.trial import FrozenTrial

from pinejax.core.inputs import Value
from pinejax.search.objective import Objective
from pinejax.search.ranking import pareto_front, ranked
from pinejax.search.records import metrics_of
from pinejax.search.space import Space
from pinejax.search.tally import Tally
from pinejax.search.timings import Timings

Stopped = Literal["done", "nothing_to_do", "interrupted", "exhausted", "timeout", "no_improvement", "target", "left_to_others"]


@dataclass(frozen=True)
class SearchResult:
    """All trials of the study, other runs' and workers' too, and how this run went.

    n_new: trials this run added; n_duplicates: those of them that reused an earlier trial's results. n_counted: trials that
    count towards n_trials. n_bank_outside: parameter sets of resume_from that lie outside the space. stopped: why the run ended
    (left_to_others: what is missing is being run by programs that leave no sign of life). warm_start: where CMA-ES
    started, in words.
    """

    study_name: str
    storage: str
    trials: tuple[FrozenTrial, ...]
    datasets: tuple[str, ...]
    space: Space
    objective: Objective
    sampler: str
    seed: int
    batch_size: int
    n_new: int
    n_duplicates: int
    n_counted: int
    n_bank_outside: int
    stopped: Stopped
    timings: Timings
    warm_start: str | None = None

    def params(self, trial: FrozenTrial) -> dict[str, Value]:
        """The complete parameter set that the trial's backtest ran with: pins and defaults included, canonical."""
        return self.space.complete(trial.params)

    def metrics(self, trial: FrozenTrial) -> Mapping[str, np.ndarray]:
        """name -> float [datasets]; empty where the trial has no results."""
        return metrics_of(trial)

    @property
    def best(self) -> FrozenTrial | None:
        """The best trial: of one objective by value, of several the front's first; None if none completed."""
        first = self.top(1)
        return first[0] if first else None

    def top(self, k: int) -> list[FrozenTrial]:
        """The best k evaluated trials, best first; with several objectives the first k of the Pareto front."""
        if self.objective.is_multi:
            return self.pareto[:k]
        return ranked(self.trials, self.objective.directions[0])[:k]

    @property
    def pareto(self) -> list[FrozenTrial]:
        """The Pareto front by trial number; with one objective the trials that share the best value."""
        return pareto_front(self.trials, self.objective.directions)


@dataclass(frozen=True)
class Progress:
    """The state after a batch was stored. batch: its trials with final numbers; best: so far (None with several objectives).

    Also where others' trials came while this worker waited for them; batch is empty then. trials: all of the study's, earlier runs' and
    other workers' too, by number; tally: how those ended. n_front: sets on the front (None with one objective). n_workers: that are at
    work on the study, this one among them; n_running: trials that the others run. n_reachable: trials that the study can come to, where
    the sampler walks a grid.
    """

    n_counted: int
    n_trials: int
    trials: Sequence[FrozenTrial]
    batch: tuple[FrozenTrial, ...]
    best: FrozenTrial | None
    n_new: int
    n_duplicates: int
    timings: Timings
    tally: Tally = field(default_factory=Tally)
    n_front: int | None = None
    n_workers: int = 1
    n_running: int = 0
    n_reachable: int | None = None


Callback = Callable[[Progress], None]
