"""The study's own sets on histories without an edge. Optimistic: they were found on the real one, where a search on another history would
have looked for sets of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import gcd
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from pinejax.core.feed import Feed
from pinejax.core.inputs import Params
from pinejax.null.best import Best, best_of
from pinejax.null.ground import Ground
from pinejax.search import Objective
from pinejax.search.many import judge_many
from pinejax.search.parts import PartsObjective


@dataclass(frozen=True)
class Replayed:
    """One history. best: of all sets; own: the first set's, dataset by dataset."""

    best: Best
    own: tuple[Best, ...]


def at_once(ground: Ground) -> int:
    """Histories that give every thread whole datasets, which are faster than parts of one; fewer where memory is short."""
    threads = ground.engine.config.threads
    return ground.engine.histories_that_fit(threads // gcd(threads, ground.n_datasets * max(1, len(ground.parts))))


def replay(ground: Ground, objective: Objective, sets: Sequence[Params], histories: Sequence[Sequence[Feed]]) -> list[Replayed]:
    """Every set on every history, in one call of the engine. objective: the search's, of which the first term counts."""
    found = ground.on(*histories).evaluate(sets)
    metrics = {name: np.stack([e.metrics[name] for e in found]) for name in objective.needed}
    status = np.stack([e.status for e in found])
    n = status.shape[1] // len(histories)
    out = []
    for first in range(0, status.shape[1], n):
        cut = slice(first, first + n)
        out.append(_replayed(objective, {name: values[:, cut] for name, values in metrics.items()}, status[:, cut], ground.n_datasets))
    return out


def _replayed(
    objective: Objective, metrics: dict[str, Float[np.ndarray, "sets columns"]], status: Int[np.ndarray, "sets columns"], n_datasets: int
) -> Replayed:
    best = best_of(judge_many(objective, metrics, status), objective)
    alone: Any = replace(objective, n_datasets=1) if isinstance(objective, PartsObjective) else objective
    width = status.shape[1] // n_datasets
    own = []
    for d in range(n_datasets):
        cut = slice(d * width, (d + 1) * width)
        first = {name: values[:1, cut] for name, values in metrics.items()}
        own.append(best_of(judge_many(alone, first, status[:1, cut]), objective))
    return Replayed(best, tuple(own))
