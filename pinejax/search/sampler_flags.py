"""The samplers' flags and their defaults, as `conf/sampler/<name>.yaml` holds them, and the flags of Optuna's that are left out. No code.

A flag that is None is Optuna's own choice. A test holds this to the constructors of the installed Optuna.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_GENETIC: Mapping[str, Any] = {
    "crossover": "uniform",
    "crossover_prob": 0.9,
    "swapping_prob": 0.5,
    "crossover_alpha": None,
    "crossover_epsilon": None,
    "crossover_eta": None,
    "crossover_uniform_prob": None,
    "crossover_child_gene_prob": None,
    "crossover_sigma_xi": None,
    "crossover_sigma_eta": None,
    "mutation": None,
    "mutation_prob": None,
    "mutation_eta": 20.0,
}

FLAGS: Mapping[str, Mapping[str, Any]] = {
    "tpe": {
        "batch_size": 16,
        "n_startup_trials": 10,
        "n_ei_candidates": 24,
        "multivariate": True,
        "group": False,
        "constant_liar": True,
        "max_history": None,
        "gamma": None,
        "weights": None,
        "prior_weight": None,
        "consider_magic_clip": None,
        "consider_endpoints": None,
        "warn_independent_sampling": None,
    },
    "nsga2": {"batch_size": 32, "population_size": None, **_GENETIC},
    "nsga3": {"batch_size": 64, "population_size": 50, **_GENETIC, "dividing_parameter": 3, "reference_points": None},
    "cmaes": {
        "batch_size": 32,
        "n_startup_trials": 0,
        "popsize": None,
        "with_margin": True,
        "use_separable_cma": False,
        "lr_adapt": False,
        "consider_pruned_trials": False,
        "independent_sampler": "elite",
        "warn_independent_sampling": False,
        "warm_start": None,
        "x0": None,
        "sigma0": None,
    },
    "qmc": {"batch_size": 64, "qmc_type": "sobol", "scramble": True, "warn_independent_sampling": True},
    "random": {"batch_size": 64},
    "grid": {"batch_size": 64, "max_size": 100_000, "shuffle": True},
}

LATER = frozenset(
    {
        "max_history", "gamma", "weights", "prior_weight", "consider_magic_clip", "consider_endpoints", "crossover_alpha",
        "crossover_epsilon", "crossover_eta", "crossover_uniform_prob", "crossover_child_gene_prob", "crossover_sigma_xi",
        "crossover_sigma_eta", "reference_points", "warm_start", "x0", "sigma0", "warn_independent_sampling",
    }
)  # fmt: skip
"""Flags that came later: while they are None they do not count in a study's default name, so that studies keep their names."""

_CONSTRAINTS = "deprecated: constraints go through Trial.set_constraint (objective.gate_mode=constraint)"
_STRATEGY = "a function; Optuna's own is used"

LEFT_OUT: Mapping[str, Mapping[str, str]] = {
    "tpe": {"consider_prior": "always true since Optuna 4.3", "constraints_func": _CONSTRAINTS},
    "nsga2": {
        "constraints_func": _CONSTRAINTS,
        "elite_population_selection_strategy": _STRATEGY,
        "child_generation_strategy": _STRATEGY,
        "after_trial_strategy": _STRATEGY,
    },
    "nsga3": {
        "constraints_func": _CONSTRAINTS,
        "elite_population_selection_strategy": _STRATEGY,
        "child_generation_strategy": _STRATEGY,
        "after_trial_strategy": _STRATEGY,
    },
    "cmaes": {
        "restart_strategy": "without effect since Optuna 4.4",
        "inc_popsize": "without effect since Optuna 4.4",
    },
    "qmc": {},
    "random": {},
    "grid": {"search_space": "the space of the search; the grid is pinejax's own, which knows conditions"},
}
"""Flags of Optuna's constructors that have no key, with the reason."""
