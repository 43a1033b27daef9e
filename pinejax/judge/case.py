"""What there is to judge: a finished search, its sets, and the bars it looked at. What is made of it are the other modules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, Int

from pinejax.core.inputs import Params
from pinejax.errors import PinejaxError
from pinejax.job.session import Session
from pinejax.report.rows import StudyRows, TrialRow
from pinejax.search import Objective, SearchConfig, StopRequest

if TYPE_CHECKING:
    from pinejax.engine.engine import Engine

EVALUATED = ("COMPLETE", "PRUNED")


Say = Callable[..., None]
"""`say(text, done=0, of=0)`: what is being done, in a few words for the user who waits, and how many of its steps if they are counted."""


def _silent(text: str, done: int = 0, of: int = 0) -> None:
    """Nobody waits."""


class NotEnough(PinejaxError):
    """There is too little of something for a statistic; the text says what was expected and what there is."""


@dataclass(frozen=True)
class Sets:
    """Distinct parameter sets that a study evaluated, its best first. numbers: of their trials; values: what they were told, NaN for a
    pruned one; n_all: how many there were before some were left out (`verdict.sets`).
    """

    numbers: Int[np.ndarray, " sets"]
    params: tuple[Params, ...]
    values: Float[np.ndarray, " sets"]
    n_all: int

    def __len__(self) -> int:
        return len(self.params)


@dataclass(frozen=True)
class DatasetDaily:
    """Daily returns on one dataset: the chosen set's, and of holding from the first open on, without costs. days: UTC, since 1970."""

    name: str
    days: Int[np.ndarray, " days"]
    returns: Float[np.ndarray, " days"]
    hold: Float[np.ndarray, " days"]


@dataclass(frozen=True)
class Daily:
    """Daily returns of all sets, fractions, equally weighted over the datasets that have the day. days: UTC days since 1970.

    On bars longer than a day: the bars' returns, each on the day of its open. datasets: one by one; hold: of holding all of them.
    """

    days: Int[np.ndarray, " days"]
    returns: Float[np.ndarray, "days sets"]
    datasets: tuple[DatasetDaily, ...]
    hold: Float[np.ndarray, " days"]


@dataclass
class Case:
    """A finished search. engine: over the bars that were searched; study: its rows, `study.best[0]` the chosen set.

    storage: a URL; folder: where the run's files are. say: told what is being done. stop: set where the search was asked to end:
    what takes long ends with it, and a holdout stays closed.
    """

    session: Session
    engine: Engine
    objective: Objective
    settings: SearchConfig
    study: StudyRows
    storage: str
    folder: Path
    say: Say = _silent
    stop: StopRequest = field(default_factory=StopRequest)

    @property
    def config(self) -> Any:
        """The run's."""
        return self.session.config

    @property
    def chosen(self) -> TrialRow:
        """The best trial by the study's own rule, fixed before."""
        return self.study.best[0]

    @property
    def told_by(self) -> str:
        """The setting by which the search began with sets that were found before, in trials that this study does not count; else empty."""
        if self.settings.resume_from is not None:
            return "search.resume_from"
        return "sampler.cmaes.warm_start" if self.settings.sampler_flags.get("warm_start") is not None else ""

    @cached_property
    def sets(self) -> Sets:
        """The chosen set is the first."""
        return sets_of(self.study, self.config.verdict.sets)

    @cached_property
    def daily(self) -> Daily:
        """Of `sets`, in their order. Errors: NotEnough without a set."""
        from pinejax.judge.daily import daily_of

        return daily_of(self)


def sets_of(study: StudyRows, most: int | None) -> Sets:
    """Each set once, best first; of more than `most` the better half of `most`, and as many spread evenly over the others' ranks."""
    rows = [t for t in study.trials if t.state in EVALUATED and t.duplicate_of is None and t.metrics]
    sign = -1.0 if study.directions[0] == "maximize" else 1.0
    told = lambda t: t.values[0] if t.values and t.state == "COMPLETE" else np.nan  # noqa: E731
    rows.sort(key=lambda t: (np.isnan(told(t)), t.violation, sign * told(t) if not np.isnan(told(t)) else 0.0, t.number))
    if study.best:
        first = study.best[0].number
        rows.sort(key=lambda t: t.number != first)  # stable: the chosen one to the front
    n_all = len(rows)
    if most is not None and n_all > most:
        others = np.linspace(most // 2, n_all - 1, most - most // 2).round().astype(int)
        rows = [*rows[: most // 2], *(rows[i] for i in dict.fromkeys(others.tolist()))]
    return Sets(np.array([t.number for t in rows], int), tuple(t.complete for t in rows), np.array([told(t) for t in rows], float), n_all)
