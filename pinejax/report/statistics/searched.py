"""A search's trials as its charts need them: scores, parameters, and which of these matter. Not what a chart shows of them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from jaxtyping import Bool, Float

from pinejax.metrics import METRICS
from pinejax.report.saved import Saved
from pinejax.report.statistics.importance import epsilon_squared
from pinejax.report.statistics.surface import LEAST as LEAST_SURFACE
from pinejax.report.statistics.surface import scaled, smoothed

MOST_PARAMETERS = 12
"""Shown by importance; the table of importances has all."""
LEAST_VALUES = 4
"""Different values that make a number a scale to draw a surface over."""


@dataclass(frozen=True)
class Objective:
    """direction: maximize or minimize."""

    name: str
    direction: str = "maximize"

    @property
    def unit(self) -> str:
        """Of a metric of the catalogue; a ratio otherwise."""
        return METRICS[self.name].unit if self.name in METRICS else "ratio"

    @property
    def maximised(self) -> bool:
        """Whether more is better."""
        return self.direction != "minimize"


@dataclass(frozen=True, eq=False)
class Surface:
    """A score over two parameters: rows of z over y, both from the low to the high end of their ranges; NaN where no trial is near."""

    x: str
    y: str
    z: Float[np.ndarray, "grid grid"]


@dataclass(frozen=True, eq=False)
class Searched:
    """Trials in the order of their numbers.

    scores: one array per objective, NaN for a trial that is not complete. names: of the parameters; lists: each one's values, None where
    it was inactive; space: their domains as the manifest says them. importance: per objective in the order of names, NaN where unknown.
    chosen: the names that matter most. front: numbers of the Pareto front. best: the number of the best trial. violated: which trials
    broke a gate, so that their score is a penalty (`violated`). acting: the parameters that the best trial uses.
    """

    number: np.ndarray
    states: Sequence[str] = ()
    objectives: Sequence[Objective] = ()
    scores: Sequence[np.ndarray] = ()
    names: Sequence[str] = ()
    lists: Mapping[str, list[Any]] = field(default_factory=dict)
    space: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    importance: Sequence[Sequence[float]] = ()
    chosen: Sequence[str] = ()
    front: Sequence[int] = ()
    best: int | None = None
    violated: Bool[np.ndarray, " trials"] = field(default_factory=lambda: np.zeros(0, bool))
    acting: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self.number)

    @property
    def n_finite(self) -> int:
        """Complete trials with a number."""
        return int(np.isfinite(self.scores[0]).sum()) if self.scores else 0

    def ranked(self, i: int = 0) -> list[tuple[str, float]]:
        """Parameters with their importance for an objective, the largest first; those without one are left out."""
        known = [(name, value) for name, value in zip(self.names, self.importance[i], strict=True) if math.isfinite(value)]
        return sorted(known, key=lambda item: -item[1])

    def array(self, name: str) -> Float[np.ndarray, " trials"]:
        """A number's values, NaN where it was inactive."""
        return np.array([np.nan if v is None else v for v in self.lists[name]], float)

    def domain(self, name: str) -> Mapping[str, Any]:
        """As the manifest says it; {} where it does not."""
        return self.space.get(name, {})

    def is_scale(self, name: str) -> bool:
        """A number of which four or more values were tried."""
        return is_number(self.lists[name], self.domain(name)) and len({v for v in self.lists[name] if v is not None}) >= LEAST_VALUES

    def axis(self, name: str) -> tuple[float, float, bool]:
        """A number's lowest and highest value, as searched or as tried, and whether its scale is logarithmic."""
        values, domain = self.array(name), self.domain(name)
        low, high = domain.get("low", np.nanmin(values)), domain.get("high", np.nanmax(values))
        return float(low), float(high), bool(domain.get("log"))

    def surface(self, i: int = 0) -> Surface | None:
        """Of an objective over the two most important numbers that were active together often enough, those that act in the best set
        first. Trials that broke a gate are left out.
        """
        numbers = [name for name in self.chosen if self.is_scale(name)]
        share = dict(zip(self.names, self.importance[i], strict=True))
        numbers.sort(key=lambda name: (name not in self.acting, -share[name] if math.isfinite(share[name]) else 1.0))
        score, sign = np.where(self.violated, np.nan, self.scores[i]), 1.0 if self.objectives[i].maximised else -1.0
        for first, second in itertools.combinations(numbers, 2):
            x, y = self.array(first), self.array(second)
            used = np.isfinite(score) & np.isfinite(x) & np.isfinite(y)
            if used.sum() < LEAST_SURFACE or float(np.std(score[used])) == 0:
                continue
            a, b = scaled(x[used], *self.axis(first)), scaled(y[used], *self.axis(second))
            return Surface(first, second, sign * smoothed(a, b, sign * score[used]))
        return None


def searched(saved: Saved) -> Searched:
    """Of a run's trials; empty where there are none."""
    trials = saved.trials
    if trials is None or not len(trials):
        return Searched(np.zeros(0, np.int64))
    columns = [name for name in trials.columns if name == "value" or name.startswith("value_")]
    directions = (saved.best or {}).get("directions") or {}
    objectives = [Objective(name, directions.get(name, "maximize")) for name in list(directions) or [_objective(saved, c) for c in columns]]
    complete = (trials["state"] == "COMPLETE").to_numpy()
    scores = [np.where(complete, trials[c].fill_null(np.nan).to_numpy().astype(float), np.nan) for c in columns]
    names = [name.removeprefix("params_") for name in trials.columns if name.startswith("params_")]
    lists = {name: trials[f"params_{name}"].to_list() for name in names}
    judged = judged_importance(saved) if len(columns) == 1 else {}
    importance = [[judged.get(n, math.nan) if judged else epsilon_squared(lists[n], score) for n in names] for score in scores]
    return Searched(
        trials["number"].to_numpy(),
        trials["state"].to_list(),
        objectives,
        scores,
        names,
        lists,
        saved.manifest.get("strategy", {}).get("space", {}),
        importance,
        _most_important(names, importance),
        trials["number"].filter(trials["pareto"]).to_list() if "pareto" in trials.columns else [],
        (saved.best or {}).get("trial"),
        violated(trials),
        frozenset((saved.best or {}).get("searched", ())),
    )


def violated(trials: pl.DataFrame) -> Bool[np.ndarray, " trials"]:
    """Which trials broke a gate, whose value is a penalty; none of them counts as such where no other is left to set a scale."""
    if "violation" not in trials.columns:
        return np.zeros(len(trials), bool)
    broken = trials["violation"].fill_null(0.0).to_numpy() > 0
    complete = (trials["state"] == "COMPLETE").to_numpy()
    return broken if (complete & ~broken).any() else np.zeros(len(trials), bool)


def judged_importance(saved: Saved) -> Mapping[str, float]:
    """Those that the verdict was given with, so that all say one thing; empty where there are none."""
    found = ((saved.verdict or {}).get("evidence") or {}).get("importance") or {}
    shares = found.get("ped_anova") if isinstance(found, Mapping) else None
    return {str(k): float(v) for k, v in shares.items() if isinstance(v, (int, float))} if isinstance(shares, Mapping) else {}


def is_number(values: Sequence[Any], domain: Mapping[str, Any]) -> bool:
    """Whether a parameter has a scale."""
    return "values" not in domain and all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values if v is not None)


def options_of(values: Sequence[Any], domain: Mapping[str, Any]) -> tuple[list[str], list[int | None]]:
    """The options of a parameter without a scale, as words, and each value's place among them; None where it was inactive."""
    options = [word(v) for v in domain.get("values", ())] or sorted({word(v) for v in values if v is not None})
    places = {option: i for i, option in enumerate(options)}
    for value in values:
        if value is not None:
            places.setdefault(word(value), len(places))
    return list(places), [None if v is None else places[word(v)] for v in values]


def word(value: Any) -> str:
    """An option as it is typed."""
    return str(value).lower() if isinstance(value, bool) else f"{value:.10g}" if isinstance(value, float) else str(value)


def _objective(saved: Saved, column: str) -> str:
    if column != "value":
        return column.removeprefix("value_")
    metric = saved.manifest.get("objective", {}).get("metric")
    return metric if isinstance(metric, str) else "value"


def _most_important(names: Sequence[str], importance: Sequence[Sequence[float]]) -> list[str]:
    """By the best of their importances over the objectives."""
    best = {name: max((row[i] for row in importance if math.isfinite(row[i])), default=-1.0) for i, name in enumerate(names)}
    return [name for name in sorted(names, key=lambda name: -best[name]) if best[name] >= 0][:MOST_PARAMETERS]
