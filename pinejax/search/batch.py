"""One batch: which of its trials need evaluating, the pruner's word between segments, and what each trial is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from optuna.trial import FrozenTrial, Trial, TrialState

from pinejax.core.evaluation import Evaluation, Evaluator, KeepFn
from pinejax.core.inputs import Value
from pinejax.errors import ConfigError, did_you_mean
from pinejax.search.objective import Objective
from pinejax.search.records import ERROR_KEY, METRICS_KEY, STATUS_KEY, VIOLATIONS_KEY, encode_metrics
from pinejax.search.store import DUPLICATE_OF
from pinejax.search.study import Asked, SearchStudy
from pinejax.search.timings import Stopwatch


@dataclass(frozen=True)
class Split:
    """A batch sorted out. fresh: indices to evaluate; stored: index -> the trial of the study that has its results;
    twins: index -> the index in this batch that is evaluated for it.
    """

    fresh: tuple[int, ...]
    stored: Mapping[int, FrozenTrial]
    twins: Mapping[int, int]


def split(study: SearchStudy, asked: Sequence[Asked]) -> Split:
    """Finds the parameter sets that were evaluated before, in the study or earlier in the batch."""
    fresh: list[int] = []
    stored: dict[int, FrozenTrial] = {}
    twins: dict[int, int] = {}
    first: dict[tuple[Value, ...], int] = {}
    for i, (_, params) in enumerate(asked):
        source = study.evaluated(params)
        key = tuple(params.values())
        if source is not None:
            stored[i] = source
        elif key in first:
            twins[i] = first[key]
        else:
            first[key] = i
            fresh.append(i)
    return Split(tuple(fresh), stored, twins)


def keeper(objective: Objective, trials: Sequence[Trial], watch: Stopwatch) -> KeepFn:
    """Reports the running objective of every trial, then asks the pruner about each."""

    def keep(step: int, running: np.ndarray, metrics: Mapping[str, np.ndarray]) -> np.ndarray:
        with watch.span("prune"):
            values = objective.running(metrics)
            for index, value in zip(running, values, strict=True):
                trials[int(index)].report(float(value), int(step))
            return np.array([not trials[int(index)].should_prune() for index in running], dtype=bool)

    return keep


def evaluate(
    evaluator: Evaluator, objective: Objective, asked: Sequence[Asked], fresh: Sequence[int], pruning: bool, watch: Stopwatch
) -> dict[int, Evaluation]:
    """Runs the batch's new parameter sets; index -> result. Errors: whatever the evaluator raises, ConfigError for a lacking metric."""
    if not fresh:
        return {}
    keep = keeper(objective, [asked[i][0] for i in fresh], watch) if pruning else None
    with watch.span("evaluate"):
        results = evaluator.evaluate([asked[i][1] for i in fresh], keep)
    assert len(results) == len(fresh), "an evaluator returns one Evaluation per parameter set"
    for name in objective.needed:
        if name not in results[0].metrics:
            raise ConfigError(f"objective: the evaluation has no metric {name!r}. {did_you_mean(name, results[0].metrics)}")
    return dict(zip(fresh, results, strict=True))


def tell_evaluated(study: SearchStudy, objective: Objective, trial: Trial, result: Evaluation, last_step: int | None) -> FrozenTrial:
    """Tells one evaluated trial. last_step: the last segment's number if a pruner is at work, else None."""
    attrs: dict[str, Any] = {METRICS_KEY: encode_metrics(result.metrics)}
    if np.any(np.asarray(result.status) != 0):
        attrs[STATUS_KEY] = [int(code) for code in np.atleast_1d(result.status)]
    if result.pruned_at is not None:
        return study.prune(trial, attrs)
    verdict = objective.judge(result.metrics, result.status)
    if verdict.values is None:
        return study.fail(trial, attrs)
    if last_step is not None:
        rows = {name: np.atleast_1d(values)[None] for name, values in result.metrics.items()}
        trial.report(float(objective.running(rows)[0]), last_step)
    if verdict.violations:
        attrs[VIOLATIONS_KEY] = dict(verdict.violations)
    if objective.config.gate_mode == "constraint":
        for name, value in verdict.violations.items():
            trial.set_constraint(name, value)
    return study.complete(trial, verdict.values, attrs)


def tell_duplicate(study: SearchStudy, trial: Trial, source: FrozenTrial) -> FrozenTrial:
    """Tells a trial what an earlier one with the same parameters was told."""
    attrs = {**source.user_attrs, DUPLICATE_OF: source.number}
    for step, value in source.intermediate_values.items():
        trial.report(value, step)
    for name, value in source.constraints.items():
        trial.set_constraint(name, value)
    if source.state == TrialState.PRUNED:
        return study.prune(trial, attrs)
    if source.state == TrialState.FAIL:
        return study.fail(trial, attrs)
    assert source.values is not None, "a COMPLETE trial has values"
    return study.complete(trial, source.values, attrs)


def fail_all(study: SearchStudy, asked: Sequence[Asked], error: BaseException) -> None:
    """Marks a batch whose evaluation raised; such trials do not count towards n_trials."""
    for trial, _ in asked:
        study.fail(trial, {ERROR_KEY: f"{type(error).__name__}: {error}"[:500]})
