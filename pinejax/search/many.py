"""Many finished trials judged at once, by the first objective: the numbers that `Objective.judge` gives one by one. Not their ranking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from pinejax.search.objective import Objective


@dataclass(frozen=True, eq=False)
class Judgements:
    """values: as each trial is told, NaN for one that fails; violations: the sum over the gates, as trials are ranked by it."""

    values: Float[np.ndarray, " trials"]
    violations: Float[np.ndarray, " trials"]


def judge_many(
    objective: Objective, metrics: Mapping[str, Float[np.ndarray, "trials datasets"]], status: Int[np.ndarray, "trials datasets"]
) -> Judgements:
    """metrics: what `objective.needed` names."""
    term, config, failed = objective.terms[0], objective.config, status != 0
    violations = [gate.violations(objective.gated(gate, metrics)) for gate in objective.gates]
    total = sum(violations, np.zeros(len(status)))
    values = objective.combined(np.where(failed, -objective.penalty, objective.scores(term, metrics)))
    if config.gate_mode == "penalty":
        values = _worsened(values, config.gate_weight * total)
    values = term.sign * values
    if config.on_status == "fail":
        values = np.where(failed.any(axis=-1), np.nan, values)
    return Judgements(values, total)


def _worsened(values: Float[np.ndarray, " trials"], violations: Float[np.ndarray, " trials"]) -> Float[np.ndarray, " trials"]:
    """`pinejax.search.objective.worsened` of each."""
    kept = np.where(values > 0, values * (1.0 - np.minimum(violations, 1.0)), values * (1.0 + violations))
    return np.where(violations <= 0.0, values, kept - violations)
