"""A search's trials as the page's charts read them: short lists for its JSON. What they are is `statistics.searched`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from pinejax.report.saved import Saved
from pinejax.report.statistics.searched import Objective, Searched, is_number, options_of, searched
from pinejax.report.statistics.surface import rounded

MOST_TRIALS = 10_000
STATES = ("COMPLETE", "PRUNED", "FAIL")


@dataclass(frozen=True)
class SearchData:
    """plain: for the page's JSON. n_shown: trials in it; n_finite: complete ones with a number."""

    objectives: Sequence[Objective] = ()
    plain: dict[str, Any] = field(default_factory=dict)
    n_shown: int = 0
    n_finite: int = 0

    @property
    def has_importance(self) -> bool:
        """Whether any parameter explains anything."""
        return any(self.plain.get("importance", ()))

    @property
    def has_surface(self) -> bool:
        """Whether any objective has one."""
        return any(s is not None for s in self.plain.get("surfaces", ()))


def search_data(saved: Saved) -> SearchData:
    """Of a run's trials; empty where there are none."""
    trials, known = saved.trials, searched(saved)
    if trials is None or not len(known):
        return SearchData()
    keep = sampled(trials, known.scores[0], known.objectives[0].direction) if known.scores else np.arange(len(trials))
    return SearchData(
        known.objectives,
        {
            "objectives": [{"name": one.name, "direction": one.direction, "unit": one.unit} for one in known.objectives],
            "best": known.best,
            "front": list(known.front),
            "number": known.number[keep].tolist(),
            "state": [STATES.index(s) if s in STATES else len(STATES) for s in (known.states[i] for i in keep.tolist())],
            "values": [_digits(score[keep]) for score in known.scores],
            "violated": known.violated[keep].tolist(),
            "parameters": [_parameter(name, [known.lists[name][i] for i in keep.tolist()], known.domain(name)) for name in known.chosen],
            "importance": [[[n, round(v, 4)] for n, v in known.ranked(i)] for i in range(len(known.scores))],
            "surfaces": [_surface(known, i) for i in range(len(known.scores))],
        },
        len(keep),
        known.n_finite,
    )


def sampled(trials: pl.DataFrame, score: np.ndarray, direction: str) -> np.ndarray:
    """Indices of at most MOST_TRIALS trials, by number: a fifth of them the best, the others evenly over the rest."""
    n = len(trials)
    if n <= MOST_TRIALS:
        return np.arange(n)
    order = np.argsort(np.where(np.isnan(score), np.inf, score if direction == "minimize" else -score), kind="stable")
    top = MOST_TRIALS // 5
    rest = np.sort(order[top:])
    evenly = rest[np.linspace(0, len(rest) - 1, MOST_TRIALS - top).round().astype(int)]
    return np.unique(np.concatenate([order[:top], evenly]))


def _parameter(name: str, values: list[Any], domain: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers as they are; anything else as the place among its options."""
    if is_number(values, domain):
        known = [v for v in values if v is not None]
        low, high = domain.get("low", min(known, default=0)), domain.get("high", max(known, default=1))
        return {"name": name, "kind": "number", "low": low, "high": high, "log": bool(domain.get("log")), "values": _short(values)}
    options, places = options_of(values, domain)
    return {"name": name, "kind": "choice", "options": options, "values": places}


def _surface(known: Searched, i: int) -> dict[str, Any] | None:
    found = known.surface(i)
    return None if found is None else {"x": found.x, "y": found.y, "z": rounded(found.z)}


def _digits(values: np.ndarray) -> list[float | None]:
    return [None if math.isnan(v) else float(f"{v:.5g}") for v in values.tolist()]


def _short(values: list[Any]) -> list[Any]:
    return [float(f"{v:.6g}") if isinstance(v, float) else v for v in values]
