"""What is searched for: metrics, how datasets are aggregated, gates, and the penalties. Pure functions of metric values.

A trial's value, per objective: the score of each dataset (a metric, or a weighted sum of metrics), turned so that more is
better; a dataset whose score is NaN or infinite, or whose lane ended with a status other than 0, scores `-penalty`, and no
score is worse than that; the datasets are aggregated; gates act on the aggregate; the sign is turned back.

Gates: `min_<metric>` and `max_<metric>` must hold on every dataset. A dataset's relative violation is its distance
from the limit over |limit| (over 1 where the limit is 0; 1 where the metric is NaN); the gate's is the mean over datasets.
- gate_mode=penalty: with v the sum of the gates' violations times `gate_weight`, a value x (more is better) becomes
  x (1 - min(v, 1)) - v if x > 0, and x (1 + v) - v otherwise: worse in proportion to the violation, in the order of x.
- gate_mode=constraint: the violations become Optuna constraints (0 where the gate holds); values stay as they are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Int

from pinejax.errors import ConfigError, did_you_mean
from pinejax.metrics import METRICS

Direction = Literal["maximize", "minimize"]
AGGREGATES = ("mean", "median", "worst", "quantile")
GATE_ALIASES: Mapping[str, str] = {"min_trades": "n_trades", "max_trades": "n_trades", "min_hold_bars": "avg_hold_bars"}

# Ratios and fractions do not reach -1e3; amounts of money and counts may, but not -1e9.
PENALTY_OF_RATIOS = 1e3
PENALTY_OF_AMOUNTS = 1e9
# So that an aggregate of finite scores is finite.
LARGEST = 1e300


@dataclass(frozen=True)
class ObjectiveConfig:
    """The objective as configured.

    metric: a name, a mapping name -> weight (their weighted sum, maximised unless told otherwise), or a list of names (several
    objectives). direction: one per objective; None: each metric's own. quantile: counted from the bad side, 0.25 is the lower
    quartile when maximising. gates: e.g. {"min_trades": 20, "max_drawdown": 0.3}; a limit of None is no gate. penalty: None: 1e3
    if every metric is a ratio or a fraction, else 1e9. on_status: `penalty` or `fail` for a lane that ended with a status.
    """

    metric: str | Mapping[str, float] | Sequence[str] = "sharpe"
    direction: Direction | Sequence[Direction] | None = None
    aggregate: str = "mean"
    quantile: float = 0.25
    gates: Mapping[str, float | None] = field(default_factory=dict)
    gate_mode: Literal["penalty", "constraint"] = "penalty"
    gate_weight: float = 1.0
    penalty: float | None = None
    on_status: Literal["penalty", "fail"] = "penalty"

    def describe(self) -> dict[str, Any]:
        """As plain JSON, for the study's fingerprint."""
        text = asdict(self)
        text["metric"] = dict(self.metric) if isinstance(self.metric, Mapping) else self.metric
        if isinstance(self.metric, (list, tuple)):
            text["metric"] = list(self.metric)
        if self.direction is not None and not isinstance(self.direction, str):
            text["direction"] = list(self.direction)
        text["gates"] = {name: limit for name, limit in self.gates.items() if limit is not None}
        return text


@dataclass(frozen=True)
class Gate:
    """A bound on one metric. sense: +1 for an upper bound, -1 for a lower one."""

    name: str
    metric: str
    sense: Literal[1, -1]
    limit: float

    def violation(self, values: Float[np.ndarray, " datasets"]) -> float:
        """Mean relative violation over the datasets, 0 where it holds."""
        return float(self.violations(values))

    def violations(self, values: Float[np.ndarray, "*trials datasets"]) -> Float[np.ndarray, "*trials"]:
        """The same of many trials."""
        scale = abs(self.limit) or 1.0
        excess = np.maximum(self.sense * (np.asarray(values, float) - self.limit) / scale, 0.0)
        return np.asarray(np.mean(np.where(np.isfinite(excess), excess, 1.0), axis=-1))


@dataclass(frozen=True)
class Term:
    """One objective: weights of metrics and which way is better."""

    name: str
    weights: Mapping[str, float]
    direction: Direction

    @property
    def sign(self) -> float:
        """+1 where more is better."""
        return 1.0 if self.direction == "maximize" else -1.0


@dataclass(frozen=True)
class Verdict:
    """What a trial is told. values: one per objective, always finite; None: FAIL. violations: by gate, in constraint mode or not."""

    values: tuple[float, ...] | None
    violations: Mapping[str, float]


@dataclass(frozen=True)
class Objective:
    """A checked ObjectiveConfig, ready to judge."""

    config: ObjectiveConfig
    terms: tuple[Term, ...]
    gates: tuple[Gate, ...]
    penalty: float

    @property
    def directions(self) -> tuple[Direction, ...]:
        """One per objective."""
        return tuple(term.direction for term in self.terms)

    @property
    def is_multi(self) -> bool:
        """Whether there are several objectives."""
        return len(self.terms) > 1

    @property
    def needed(self) -> tuple[str, ...]:
        """Metrics an evaluation must contain."""
        names = [name for term in self.terms for name in term.weights] + [gate.metric for gate in self.gates]
        return tuple(dict.fromkeys(names))

    def running(self, metrics: Mapping[str, np.ndarray]) -> Float[np.ndarray, " trials"]:
        """The first objective of unfinished trials, for the pruner, without gates. metrics: name -> [trials, datasets]."""
        term = self.terms[0]
        return term.sign * self.combined(self.scores(term, metrics))

    def judge(self, metrics: Mapping[str, np.ndarray], status: Int[np.ndarray, " datasets"]) -> Verdict:
        """The values a finished trial is told, and its gates' violations. metrics: name -> [datasets]."""
        failed = np.asarray(status) != 0
        if self.config.on_status == "fail" and failed.any():
            return Verdict(None, {})
        violations = {gate.name: gate.violation(self.gated(gate, metrics)) for gate in self.gates}
        total = self.config.gate_weight * sum(violations.values()) if self.config.gate_mode == "penalty" else 0.0
        values = []
        for term in self.terms:
            scores = np.where(failed, -self.penalty, self.scores(term, metrics))
            values.append(term.sign * worsened(float(self.combined(scores)), total))
        return Verdict(tuple(values), violations)

    def gated(self, gate: Gate, metrics: Mapping[str, np.ndarray]) -> Float[np.ndarray, "*trials datasets"]:
        """What a gate looks at."""
        return np.asarray(metrics[gate.metric], float)

    def scores(self, term: Term, metrics: Mapping[str, np.ndarray]) -> Float[np.ndarray, "*trials datasets"]:
        """An objective's of each dataset, turned so that more is better, finite. metrics: name -> [..., datasets]."""
        with np.errstate(invalid="ignore", over="ignore"):
            total = sum((weight * np.asarray(metrics[name], float) for name, weight in term.weights.items()), np.zeros(()))
        scores = term.sign * np.asarray(total)
        return np.clip(np.where(np.isfinite(scores), scores, -self.penalty), -self.penalty, LARGEST)

    def combined(self, scores: Float[np.ndarray, "*trials datasets"]) -> Float[np.ndarray, "*trials"]:
        """One score from those of the datasets."""
        if self.config.aggregate == "quantile":
            return np.asarray(np.quantile(scores, self.config.quantile, axis=-1))
        reduce = {"mean": np.mean, "median": np.median, "worst": np.min}[self.config.aggregate]
        return np.asarray(reduce(scores, axis=-1))


def worsened(value: float, violation: float) -> float:
    """A value (more is better) under a total relative violation; the module's docstring has the rule."""
    if violation <= 0.0:
        return value
    kept = value * (1.0 - min(violation, 1.0)) if value > 0 else value * (1.0 + violation)
    return kept - violation


def build_objective(config: ObjectiveConfig) -> Objective:
    """Checks names, directions and numbers. Errors: ConfigError."""
    terms = _terms(config)
    if config.aggregate not in AGGREGATES:
        raise ConfigError(f"objective.aggregate: got {config.aggregate!r}. {did_you_mean(str(config.aggregate), AGGREGATES)}")
    if not 0.0 <= config.quantile <= 1.0:
        raise ConfigError(f"objective.quantile: expected a fraction in 0..1, got {config.quantile}.")
    if config.gate_mode not in ("penalty", "constraint"):
        raise ConfigError(f"objective.gate_mode: expected penalty or constraint, got {config.gate_mode!r}.")
    if config.on_status not in ("penalty", "fail"):
        raise ConfigError(f"objective.on_status: expected penalty or fail, got {config.on_status!r}.")
    if not (math.isfinite(config.gate_weight) and config.gate_weight >= 0):
        raise ConfigError(f"objective.gate_weight: expected a number >= 0, got {config.gate_weight}.")
    gates = tuple(_gate(name, limit) for name, limit in config.gates.items() if limit is not None)
    return Objective(config, terms, gates, _penalty(config, terms))


def _terms(config: ObjectiveConfig) -> tuple[Term, ...]:
    metric = config.metric
    if isinstance(metric, str):
        weights: list[tuple[str, dict[str, float]]] = [(metric, {metric: 1.0})]
    elif isinstance(metric, Mapping):
        weights = [(" + ".join(f"{w:g} {name}" for name, w in metric.items()), {n: float(w) for n, w in metric.items()})]
    else:
        weights = [(name, {name: 1.0}) for name in metric]
    if not weights or not weights[0][1]:
        raise ConfigError("objective.metric: expected a metric's name, weights, or a list of names, got nothing.")
    for _, parts in weights:
        for name in parts:
            if name not in METRICS:
                raise ConfigError(f"objective.metric: there is no metric {name!r}. {did_you_mean(name, METRICS)}")
    own = [METRICS[next(iter(parts))].direction if not isinstance(metric, Mapping) else "maximize" for _, parts in weights]
    if isinstance(config.direction, str):
        given: list[Any] = [config.direction] * len(weights)
    else:
        given = list(config.direction) if config.direction is not None else list(own)
    if len(given) != len(weights):
        raise ConfigError(f"objective.direction: expected {len(weights)} directions, one per metric, got {given}.")
    for direction in given:
        if direction not in ("maximize", "minimize"):
            raise ConfigError(f"objective.direction: expected maximize or minimize, got {direction!r}.")
    return tuple(Term(name, parts, direction) for (name, parts), direction in zip(weights, given, strict=True))


def _gate(name: str, limit: float) -> Gate:
    sense, _, metric = name.partition("_")
    metric = GATE_ALIASES.get(name, name if name in METRICS and sense == "max" else metric)
    if sense not in ("min", "max") or metric not in METRICS:
        known = [*GATE_ALIASES, *(f"{s}_{m}" for s in ("min", "max") for m in METRICS)]
        raise ConfigError(f"objective.gates.{name}: expected min_<metric> or max_<metric>. {did_you_mean(name, known)}")
    if isinstance(limit, bool) or not isinstance(limit, (int, float)) or not math.isfinite(limit):
        raise ConfigError(f"objective.gates.{name}: expected a number, got {limit!r}.")
    return Gate(name, metric, 1 if sense == "max" else -1, float(limit))


def _penalty(config: ObjectiveConfig, terms: Sequence[Term]) -> float:
    if config.penalty is None:
        units = {METRICS[name].unit for term in terms for name in term.weights}
        return PENALTY_OF_RATIOS if units <= {"ratio", "fraction"} else PENALTY_OF_AMOUNTS
    if not (math.isfinite(config.penalty) and config.penalty > 0):
        raise ConfigError(f"objective.penalty: expected a finite number > 0, got {config.penalty}.")
    return float(config.penalty)
