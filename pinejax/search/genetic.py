"""Crossover and mutation of the genetic samplers, from their flags. The samplers themselves are in `hybrid`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float
from optuna.samplers import nsgaii

from pinejax.errors import ConfigError, did_you_mean

CROSSOVERS: Mapping[str, tuple[type[nsgaii.BaseCrossover], Mapping[str, str]]] = {
    "uniform": (nsgaii.UniformCrossover, {"swapping_prob": "swapping_prob"}),
    "blxalpha": (nsgaii.BLXAlphaCrossover, {"crossover_alpha": "alpha"}),
    "spx": (nsgaii.SPXCrossover, {"crossover_epsilon": "epsilon"}),
    "sbx": (
        nsgaii.SBXCrossover,
        {
            "crossover_eta": "eta",
            "crossover_uniform_prob": "uniform_crossover_prob",
            "crossover_child_gene_prob": "use_child_gene_prob",
        },
    ),
    "vsbx": (
        nsgaii.VSBXCrossover,
        {
            "crossover_eta": "eta",
            "crossover_uniform_prob": "uniform_crossover_prob",
            "crossover_child_gene_prob": "use_child_gene_prob",
        },
    ),
    "undx": (nsgaii.UNDXCrossover, {"crossover_sigma_xi": "sigma_xi", "crossover_sigma_eta": "sigma_eta"}),
}
"""Name -> (Optuna's class, our flag -> its argument)."""


def take_operators(name: str, settings: dict[str, Any]) -> None:
    """Replaces the crossover's and mutation's flags by the objects that Optuna takes, in place.

    Errors: ConfigError for an unknown name, or for a flag of a crossover that was not chosen.
    """
    chosen, mutation, eta = settings.pop("crossover"), settings.pop("mutation"), settings.pop("mutation_eta")
    if chosen not in CROSSOVERS:
        raise ConfigError(f"sampler.{name}.crossover: got {chosen!r}. {did_you_mean(str(chosen), CROSSOVERS)}")
    if mutation is not None and mutation != "polynomial":
        raise ConfigError(f"sampler.{name}.mutation: expected null or polynomial, got {mutation!r}.")
    kind, arguments = CROSSOVERS[chosen]
    own = {flag: settings.pop(flag) for flag in [*settings] if flag.startswith("crossover_") and flag != "crossover_prob"}
    for flag, value in own.items():
        if value is not None and flag not in arguments:
            users = [other for other, (_, known) in CROSSOVERS.items() if flag in known]
            raise ConfigError(f"sampler.{name}.{flag}: crossover={chosen} has no such number; {' and '.join(users)} has.")
    given = {argument: settings["swapping_prob"] if flag == "swapping_prob" else own[flag] for flag, argument in arguments.items()}
    settings["crossover"] = kind(**{argument: value for argument, value in given.items() if value is not None})
    settings["mutation"] = nsgaii.PolynomialMutation(eta) if mutation else None


def reference_points(given: Any, n_objectives: int) -> Float[np.ndarray, "points objectives"] | None:
    """NSGA-III's reference points from a list of lists. Errors: ConfigError."""
    if given is None:
        return None
    try:
        points = np.array(given, dtype=float)
    except (TypeError, ValueError):
        points = np.empty((0, 0))
    if points.ndim != 2 or not len(points) or len(points[0]) != n_objectives:
        raise ConfigError(f"sampler.nsga3.reference_points: expected a list of points of {n_objectives} numbers each, got {given!r}.")
    return points
