"""Optuna's trials as the result files' rows. The only place that knows both; it ranks with the search's own ranking."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from pinejax.errors import SpaceError
from pinejax.report.rows import DatasetRow, StudyRows, TrialRow
from pinejax.search.lease import LEASE_KEY
from pinejax.search.objective import Objective
from pinejax.search.ranking import pareto_front, ranked, violation
from pinejax.search.records import STATUS_KEY, duplicate_of, metrics_of
from pinejax.search.space import Space


class StudyTable:
    """Rows of one study, each trial converted once however often the table is asked for."""

    def __init__(
        self,
        study_name: str,
        strategy: str,
        space: Space,
        objective: Objective,
        datasets: Sequence[DatasetRow],
        top_k: int,
        *,
        timeframe: str | None = None,
        left_out: Sequence[str] = (),
    ):
        """timeframe: the parameter that holds each trial's pair, in a joint study; left_out: parameters that rows do not show."""
        self._name, self._strategy = study_name, strategy
        self._space, self._objective = space, objective
        self._datasets, self._top_k = tuple(datasets), top_k
        self._timeframe, self._left_out = timeframe, frozenset(left_out)
        self._rows: dict[tuple[int, str], TrialRow] = {}

    def of(self, trials: Sequence[FrozenTrial]) -> StudyRows:
        """The study with these trials, of which the unfinished are left out."""
        finished = [trial for trial in trials if trial.state.is_finished()]
        several = len(self._objective.directions) > 1
        front = pareto_front(finished, self._objective.directions) if several else []
        return StudyRows(
            study_name=self._name,
            strategy=self._strategy,
            objectives=tuple(term.name for term in self._objective.terms),
            directions=self._objective.directions,
            datasets=self._datasets,
            trials=tuple(map(self.row, finished)),
            best=tuple(map(self.row, (front or self._ranked(finished))[: self._top_k])),
            front=tuple(map(self.row, front)),
        )

    def _ranked(self, trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
        directions = self._objective.directions
        return ranked(trials, *directions) if len(directions) == 1 else []

    def row(self, trial: FrozenTrial) -> TrialRow:
        """One trial, finished."""
        key = trial.number, trial.state.name  # a result that came too late is not the study's last word on its trial
        if key not in self._rows:
            params = {name: value for name, value in trial.params.items() if name not in self._left_out}
            self._rows[key] = TrialRow(
                number=trial.number,
                state=trial.state.name,
                values=tuple(trial.values or ()),
                params=params,
                complete=self._complete(trial, params),
                metrics={name: tuple(map(float, values)) for name, values in metrics_of(trial).items()},
                status=tuple(int(code) for code in trial.user_attrs.get(STATUS_KEY, ())),
                duplicate_of=duplicate_of(trial),
                violation=violation(trial),
                n_steps=len(trial.intermediate_values),
                timeframe=None if self._timeframe is None else trial.params.get(self._timeframe),
                started=_utc(trial.datetime_start),
                ended=_utc(trial.datetime_complete),
                worker=trial.system_attrs.get(LEASE_KEY, {}).get("worker"),
            )
        return self._rows[key]

    def _complete(self, trial: FrozenTrial, params: dict[str, Any]) -> dict[str, Any]:
        """With the defaults of what is inactive. A failed trial may hold what somebody enqueued from outside the space."""
        try:
            return self._space.complete(params)
        except SpaceError:
            if trial.state != TrialState.FAIL:
                raise
            return params


def _utc(moment: datetime | None) -> datetime | None:
    """Optuna's times are this machine's, without a zone."""
    return None if moment is None else moment.astimezone(UTC)
