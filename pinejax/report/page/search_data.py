"""What the charts of the search need of its trials: values, the parameters that matter most, a surface. No pictures."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from pinejax.metrics import METRICS
from pinejax.report.page.importance import epsilon_squared
from pinejax.report.page.surface import LEAST as LEAST_SURFACE
from pinejax.report.page.surface import rounded, scaled, smoothed
from pinejax.report.saved import Saved

MOST_TRIALS = 10_000
MOST_PARAMETERS = 12
"""Shown by importance; the table of importances has all."""
LEAST_VALUES = 4
STATES = ("COMPLETE", "PRUNED", "FAIL")


@dataclass(frozen=True)
class SearchData:
    """objectives: (name, direction). plain: for the page's JSON. n_shown: trials in it; n_finite: complete ones with a number."""

    objectives: list[tuple[str, str]] = field(default_factory=list)
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


@dataclass(frozen=True)
class _Parameters:
    """names: all; lists: each one's values, trial by trial; importance: per objective in the order of names; chosen: the shown ones;
    acting: those that the best set uses.
    """

    names: list[str]
    lists: Mapping[str, list[Any]]
    space: Mapping[str, Any]
    importance: list[list[float]]
    chosen: list[str]
    acting: frozenset[str] = frozenset()

    def is_scale(self, name: str) -> bool:
        """A number of which four or more values were tried."""
        return is_number(self.lists[name], self.space.get(name, {})) and len({v for v in self.lists[name] if v is not None}) >= LEAST_VALUES

    def array(self, name: str) -> np.ndarray:
        """NaN where it was inactive."""
        return np.array([np.nan if v is None else v for v in self.lists[name]], float)


def search_data(saved: Saved) -> SearchData:
    """Of a run's trials; empty where there are none."""
    trials, space = saved.trials, saved.manifest.get("strategy", {}).get("space", {})
    if trials is None or not len(trials):
        return SearchData()
    columns = [name for name in trials.columns if name == "value" or name.startswith("value_")]
    directions = (saved.best or {}).get("directions") or {}
    names = list(directions) or [_objective(saved, column) for column in columns]
    objectives = list(zip(names, [directions.get(name, "maximize") for name in names], strict=True))
    complete = (trials["state"] == "COMPLETE").to_numpy()
    values = [np.where(complete, trials[c].fill_null(np.nan).to_numpy().astype(float), np.nan) for c in columns]
    n_finite = int(np.isfinite(values[0]).sum()) if values else 0
    parameters = [name.removeprefix("params_") for name in trials.columns if name.startswith("params_")]
    lists = {name: trials[f"params_{name}"].to_list() for name in parameters}
    judged = judged_importance(saved) if len(columns) == 1 else {}
    importance = [[judged.get(n, math.nan) if judged else epsilon_squared(lists[n], score) for n in parameters] for score in values]
    broken = violated(trials)
    front = trials["number"].filter(trials["pareto"]).to_list() if "pareto" in trials.columns else []
    keep = sampled(trials, values[0], objectives[0][1]) if values else np.arange(len(trials))
    chosen = _most_important(parameters, importance)
    best = saved.best or {}
    acting = frozenset(best.get("searched", ()))
    return SearchData(
        objectives,
        {
            "objectives": [{"name": name, "direction": direction, "unit": unit_of(name)} for name, direction in objectives],
            "best": best.get("trial"),
            "front": front,
            "number": trials["number"].to_numpy()[keep].tolist(),
            "state": [STATES.index(s) if s in STATES else len(STATES) for s in trials["state"].gather(keep).to_list()],
            "values": [_digits(score[keep]) for score in values],
            "violated": broken[keep].tolist(),
            "parameters": [_parameter(name, [lists[name][i] for i in keep], space.get(name, {})) for name in chosen],
            "importance": [[[n, round(v, 4)] for n, v in _ranked(parameters, row)] for row in importance],
            "surfaces": [
                _surface(i, direction, np.where(broken, np.nan, score), _Parameters(parameters, lists, space, importance, chosen, acting))
                for i, (score, (_, direction)) in enumerate(zip(values, objectives, strict=True))
            ],
        },
        len(keep),
        n_finite,
    )  # fmt: skip


def judged_importance(saved: Saved) -> Mapping[str, float]:
    """Those that the verdict was given with, so that the page says one thing; empty where there are none."""
    found = ((saved.verdict or {}).get("evidence") or {}).get("importance") or {}
    shares = found.get("ped_anova") if isinstance(found, Mapping) else None
    return {str(k): float(v) for k, v in shares.items() if isinstance(v, (int, float))} if isinstance(shares, Mapping) else {}


def violated(trials: pl.DataFrame) -> np.ndarray:
    """Which trials broke a gate, whose value is a penalty; all of them do not count as such where no other is left to set a scale."""
    if "violation" not in trials.columns:
        return np.zeros(len(trials), bool)
    broken = trials["violation"].fill_null(0.0).to_numpy() > 0
    complete = (trials["state"] == "COMPLETE").to_numpy()
    return broken if (complete & ~broken).any() else np.zeros(len(trials), bool)


def unit_of(name: str) -> str:
    """Of a metric of the catalogue; a ratio otherwise."""
    return METRICS[name].unit if name in METRICS else "ratio"


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


def _objective(saved: Saved, column: str) -> str:
    if column != "value":
        return column.removeprefix("value_")
    metric = saved.manifest.get("objective", {}).get("metric")
    return metric if isinstance(metric, str) else "value"


def _ranked(parameters: list[str], row: list[float]) -> list[tuple[str, float]]:
    known = [(name, value) for name, value in zip(parameters, row, strict=True) if math.isfinite(value)]
    return sorted(known, key=lambda item: -item[1])


def _most_important(parameters: list[str], importance: list[list[float]]) -> list[str]:
    """By the best of their importances over the objectives."""
    best = {name: max((row[i] for row in importance if math.isfinite(row[i])), default=-1.0) for i, name in enumerate(parameters)}
    return [name for name in sorted(parameters, key=lambda name: -best[name]) if best[name] >= 0][:MOST_PARAMETERS]


def _parameter(name: str, values: list[Any], domain: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers as they are; anything else as the place among its options."""
    if is_number(values, domain):
        known = [v for v in values if v is not None]
        low, high = domain.get("low", min(known, default=0)), domain.get("high", max(known, default=1))
        return {"name": name, "kind": "number", "low": low, "high": high, "log": bool(domain.get("log")), "values": _short(values)}
    options = [_word(v) for v in domain.get("values", ())] or sorted({_word(v) for v in values if v is not None})
    places = {option: i for i, option in enumerate(options)}
    for value in values:
        if value is not None:
            places.setdefault(_word(value), len(places))
    return {"name": name, "kind": "choice", "options": list(places), "values": [None if v is None else places[_word(v)] for v in values]}


def is_number(values: list[Any], domain: Mapping[str, Any]) -> bool:
    """Whether a parameter has a scale."""
    return "values" not in domain and all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values if v is not None)


def _surface(i: int, direction: str, score: np.ndarray, known: _Parameters) -> dict[str, Any] | None:
    """Of an objective over the two most important numbers that were active together often enough, those that act in the best set first."""
    numbers = [name for name in known.chosen if known.is_scale(name)]
    share = dict(zip(known.names, known.importance[i], strict=True))
    numbers.sort(key=lambda name: (name not in known.acting, -share[name] if math.isfinite(share[name]) else 1.0))
    sign = -1.0 if direction == "minimize" else 1.0
    for first, second in itertools.combinations(numbers, 2):
        x, y = known.array(first), known.array(second)
        used = np.isfinite(score) & np.isfinite(x) & np.isfinite(y)
        if used.sum() < LEAST_SURFACE or float(np.std(score[used])) == 0:
            continue
        a, b = (scaled(v[used], *_axis(known.space.get(name, {}), v[used])) for name, v in ((first, x), (second, y)))
        return {"x": first, "y": second, "z": rounded(sign * smoothed(a, b, sign * score[used]))}
    return None


def _axis(domain: Mapping[str, Any], values: np.ndarray) -> tuple[float, float, bool]:
    return float(domain.get("low", values.min())), float(domain.get("high", values.max())), bool(domain.get("log"))


def _digits(values: np.ndarray) -> list[float | None]:
    return [None if math.isnan(v) else float(f"{v:.5g}") for v in values.tolist()]


def _short(values: list[Any]) -> list[Any]:
    return [float(f"{v:.6g}") if isinstance(v, float) else v for v in values]


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:.10g}" if isinstance(value, float) else str(value)
