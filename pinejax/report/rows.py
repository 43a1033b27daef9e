"""What the result files need to know of a search, in plain values. Where it comes from (Optuna, an engine) is not said here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pinejax.core.inputs import Params


@dataclass(frozen=True)
class DatasetRow:
    """One dataset: how tables call it, its span (opens of the first and last bar, ISO, UTC), and whether its bars are made up."""

    name: str
    symbol: str
    timeframe: str
    n_bars: int
    first: str
    last: str
    content_hash: str
    synthetic: bool


@dataclass(frozen=True)
class TrialRow:
    """One trial. values: one per objective, empty if it has none. params: the active ones; complete: with pins and defaults.

    metrics: name -> one per dataset, NaN allowed. status: one per dataset, 0 is fine; empty if it was not evaluated. duplicate_of:
    the trial whose results it took over. violation: how far it is from its constraints, 0 where all hold. n_steps: segments reported.
    timeframe: the pair it was evaluated on, in a study that searches over pairs. started, ended: UTC; worker: who evaluated it, its number;
    None where that is not known.
    """

    number: int
    state: str
    values: tuple[float, ...]
    params: Params
    complete: Params
    metrics: Mapping[str, Sequence[float]] = field(default_factory=dict)
    status: tuple[int, ...] = ()
    duplicate_of: int | None = None
    violation: float = 0.0
    n_steps: int = 0
    timeframe: str | None = None
    started: datetime | None = None
    ended: datetime | None = None
    worker: int | None = None


@dataclass(frozen=True)
class StudyRows:
    """A study as it stands. objectives, directions: one per value. best: the best trials, best first, or the first of the Pareto front.

    front: the whole Pareto front by number; empty with one objective.
    """

    study_name: str
    strategy: str
    objectives: tuple[str, ...]
    directions: tuple[str, ...]
    datasets: tuple[DatasetRow, ...]
    trials: tuple[TrialRow, ...]
    best: tuple[TrialRow, ...]
    front: tuple[TrialRow, ...] = ()

    @property
    def synthetic(self) -> bool:
        """Whether any bar was made up."""
        return any(dataset.synthetic for dataset in self.datasets)
