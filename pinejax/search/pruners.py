"""Pruners by name, each from the flags of `conf/pruner/<name>.yaml`, every Optuna flag explicit. Steps are time segments."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

from optuna import pruners
from optuna.exceptions import ExperimentalWarning
from optuna.pruners import BasePruner

from pinejax.errors import ConfigError
from pinejax.search.flags import chosen, merged


def make_pruner(name: str, flags: Mapping[str, Any] | None, *, n_segments: int, n_objectives: int) -> BasePruner:
    """The pruner of that name. Errors: ConfigError for an unknown name or flag, or a pruner with several objectives."""
    chosen("pruner", name, FLAGS)
    if name == "none":
        merged("pruner", name, flags, {})
        return pruners.NopPruner()
    if n_objectives > 1:
        raise ConfigError(
            f"search.pruner={name}: Optuna prunes searches of one objective only, this one has {n_objectives}. "
            "Use search.pruner=none, or one objective (a weighted sum, for example)."
        )
    settings = merged("pruner", name, flags, FLAGS[name])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        try:
            return _build(name, settings, n_segments)
        except (ValueError, TypeError) as error:
            raise ConfigError(f"pruner.{name}: {error}") from error


def _build(name: str, settings: dict[str, Any], n_segments: int) -> BasePruner:
    if name == "hyperband" and settings["max_resource"] == "auto":
        settings["max_resource"] = n_segments
    if name == "patient":
        inner = settings.pop("wrapped_pruner")
        wrapped = make_pruner(inner, None, n_segments=n_segments, n_objectives=1) if inner else None
        return pruners.PatientPruner(wrapped, **settings)
    kinds: dict[str, Callable[..., BasePruner]] = {
        "median": pruners.MedianPruner,
        "percentile": pruners.PercentilePruner,
        "hyperband": pruners.HyperbandPruner,
        "asha": pruners.SuccessiveHalvingPruner,
        "wilcoxon": pruners.WilcoxonPruner,
        "threshold": pruners.ThresholdPruner,
    }
    return kinds[name](**settings)


FLAGS: Mapping[str, Mapping[str, Any]] = {
    "none": {},
    "median": {"n_startup_trials": 5, "n_warmup_steps": 0, "interval_steps": 1, "n_min_trials": 1},
    "percentile": {"percentile": 25.0, "n_startup_trials": 5, "n_warmup_steps": 0, "interval_steps": 1, "n_min_trials": 1},
    "hyperband": {"min_resource": 1, "max_resource": "auto", "reduction_factor": 3, "bootstrap_count": 0},
    "asha": {"min_resource": 1, "reduction_factor": 4, "min_early_stopping_rate": 0, "bootstrap_count": 0},
    "patient": {"wrapped_pruner": "median", "patience": 1, "min_delta": 0.0},
    "wilcoxon": {"p_threshold": 0.1, "n_startup_steps": 2},
    "threshold": {"lower": None, "upper": None, "n_warmup_steps": 0, "interval_steps": 1},
}
