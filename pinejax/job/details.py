"""The best trial run again with recording on: its trades, and whether its numbers are the ones the trial was told."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from pinejax.core.feed import Feed
from pinejax.core.inputs import Params
from pinejax.engine.detail import Detail
from pinejax.report.rows import TrialRow

CLOSE_ENOUGH = 1e-9
"""Relative. Two compilations of one program may round the last bits differently (fused multiply-add); trades do not move by so little."""


@runtime_checkable
class Recorder(Protocol):
    """Whatever can run one parameter set on one dataset with recording on: the engine."""

    def detail(self, params: Params, dataset: int) -> Any:
        """An object with `metrics` (name -> float) and `trades`."""
        ...


@runtime_checkable
class OfParts(Recorder, Protocol):
    """One whose datasets are parts of histories."""

    def detail_of_whole(self, params: Params, dataset: int) -> Any:
        """As `detail`, on a whole history."""
        ...


@dataclass(frozen=True)
class Check:
    """How a detail run compares with its trial. n_metrics, n_datasets: compared. worst: largest relative difference; where: its place."""

    n_metrics: int
    n_datasets: int
    worst: float
    where: str

    @property
    def equal(self) -> bool:
        """Whether every number is the trial's."""
        return self.worst <= CLOSE_ENOUGH

    def __str__(self) -> str:
        extent = f"{self.n_metrics} metrics on {self.n_datasets} dataset{'s' if self.n_datasets != 1 else ''}"
        if self.worst == 0.0:
            return f"Best re-run in detail equals the trial: {extent}, to the last bit."
        if self.equal:
            return f"Best re-run in detail equals the trial: {extent}, within {self.worst:.1e} (last bits)."
        return f"Best re-run in detail DIFFERS from the trial: {self.where} by {self.worst:.3g} (relative). Please report this."


def run_details(recorder: Recorder, trial: TrialRow, feeds: Sequence[Feed], datasets: Sequence[str]) -> tuple[Check, list[Detail]]:
    """Every feed's detail run of a trial, and the comparison. datasets: names of what the trial's metrics are of, the feeds or their
    parts, each of which is run again by itself; what is returned is always of the whole feed.
    """
    found = [recorder.detail(trial.complete, i) for i in range(len(datasets))]
    check = compare(trial, [detail.metrics for detail in found], datasets)
    if len(datasets) != len(feeds):
        assert isinstance(recorder, OfParts), "datasets that are parts of feeds"
        found = [recorder.detail_of_whole(trial.complete, i) for i in range(len(feeds))]
    return check, found


def compare(trial: TrialRow, details: Sequence[Mapping[str, float]], datasets: Sequence[str]) -> Check:
    """All the trial's metrics on all datasets against the detail runs'."""
    worst, where = 0.0, ""
    for name, values in trial.metrics.items():
        for dataset, value, metrics in zip(datasets, values, details, strict=True):
            gap = difference(value, float(metrics[name]))
            if gap > worst:
                worst, where = gap, f"{name} on {dataset} ({value!r} against {metrics[name]!r})"
    return Check(len(trial.metrics), len(datasets), worst, where)


def difference(a: float, b: float) -> float:
    """Relative to the larger, 0 for equal values and for NaN against NaN, infinite for NaN against a number."""
    if a == b or (math.isnan(a) and math.isnan(b)):
        return 0.0
    if not (math.isfinite(a) and math.isfinite(b)):
        return math.inf
    return abs(a - b) / max(abs(a), abs(b))
