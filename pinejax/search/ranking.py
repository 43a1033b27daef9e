"""Which trials are best: by value, among feasible ones, or the Pareto front. Duplicates never rank."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from optuna.trial import FrozenTrial, TrialState

from pinejax.search.records import VIOLATIONS_KEY, duplicate_of


def violation(trial: FrozenTrial) -> float:
    """Sum of violated gates and constraints; 0 where all hold or none is set. Gates count here in either mode."""
    gates = trial.user_attrs.get(VIOLATIONS_KEY) or trial.constraints
    return float(sum(max(0.0, value) for value in gates.values()))


def ranked(trials: Iterable[FrozenTrial], direction: str) -> list[FrozenTrial]:
    """Evaluated COMPLETE trials of one objective, best first.

    Feasible ones come before infeasible ones, those with less violation before those with more; ties by number.
    """
    sign = -1.0 if direction == "maximize" else 1.0
    judged = [t for t in trials if t.state == TrialState.COMPLETE and t.values and duplicate_of(t) is None]
    return sorted(judged, key=lambda t: (violation(t), sign * t.values[0], t.number))


def pareto_front(trials: Iterable[FrozenTrial], directions: Sequence[str]) -> list[FrozenTrial]:
    """Evaluated COMPLETE trials that no other dominates, by number; only feasible ones if there are any."""
    judged = [t for t in trials if t.state == TrialState.COMPLETE and t.values and duplicate_of(t) is None]
    least = min((violation(t) for t in judged), default=0.0)
    judged = sorted((t for t in judged if violation(t) <= least), key=lambda t: t.number)
    if not judged:
        return []
    signs = np.array([-1.0 if d == "maximize" else 1.0 for d in directions])
    costs = np.array([t.values for t in judged]) * signs
    front = [not _dominated(cost, costs) for cost in costs]
    return [t for t, kept in zip(judged, front, strict=True) if kept]


def _dominated(cost: np.ndarray, costs: np.ndarray) -> bool:
    return bool(np.any(np.all(costs <= cost, axis=1) & np.any(costs < cost, axis=1)))
