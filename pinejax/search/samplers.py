"""Samplers by name, each from the flags of `conf/sampler/<name>.yaml`, every Optuna flag explicit. No sampler logic of ours."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from optuna.exceptions import ExperimentalWarning
from optuna.samplers import BaseSampler, CmaEsSampler, RandomSampler, TPESampler, nsgaii

from pinejax.errors import ConfigError, did_you_mean
from pinejax.search.flags import chosen, merged
from pinejax.search.grid import ConditionalGridSampler
from pinejax.search.hybrid import EliteSampler, SpaceCmaEsSampler, SpaceNSGAIIISampler, SpaceNSGAIISampler, SpaceQMCSampler
from pinejax.search.light import import_cmaes
from pinejax.search.recent import RecentTPESampler
from pinejax.search.space import Space


@dataclass(frozen=True)
class SamplerContext:
    """What a factory may know besides its flags.

    seed: of the user. stream: the seed mixed with what is already in the study and the worker's number, so that a resumed
    or a second worker does not draw the first one's points again; equal to `seed` in a fresh study's first worker.
    """

    space: Space
    seed: int
    stream: int
    batch_size: int
    n_objectives: int


Factory = Callable[[dict[str, Any], SamplerContext], BaseSampler]


def stream_seed(seed: int, n_trials: int, worker: int) -> int:
    """The seed of one worker's run on a study that already holds `n_trials` trials; `seed` itself for (0, 0)."""
    if n_trials == 0 and worker == 0:
        return seed
    return int(np.random.SeedSequence([seed, n_trials, worker]).generate_state(1, np.uint32)[0])


def make_sampler(name: str, flags: Mapping[str, Any] | None, context: SamplerContext) -> BaseSampler:
    """The sampler of that name. `batch_size` among the flags is the search's business and ignored here.

    Optuna's notices that a flag is experimental are not shown: every flag is written out in the YAML, with its remark there.
    Errors: ConfigError for an unknown name, flag or combination.
    """
    chosen("sampler", name, SAMPLERS)
    settings = merged("sampler", name, flags, FLAGS[name])
    settings.pop("batch_size")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        try:
            return SAMPLERS[name](settings, context)
        except ValueError as error:
            raise ConfigError(f"sampler.{name}: {error}") from error


def batch_size_of(name: str, flags: Mapping[str, Any] | None = None) -> int:
    """The batch size recommended for a sampler. Errors: ConfigError for an unknown name or a size below 1."""
    chosen("sampler", name, SAMPLERS)
    size = merged("sampler", name, flags, FLAGS[name])["batch_size"]
    if not isinstance(size, int) or size < 1:
        raise ConfigError(f"sampler.{name}.batch_size: expected a whole number >= 1, got {size!r}.")
    return size


def _tpe(flags: dict[str, Any], context: SamplerContext) -> BaseSampler:
    return RecentTPESampler(seed=context.stream, **flags)


def _random(flags: dict[str, Any], context: SamplerContext) -> BaseSampler:
    return RandomSampler(seed=context.stream, **flags)


def _qmc(flags: dict[str, Any], context: SamplerContext) -> BaseSampler:
    independent = RandomSampler(seed=context.stream)
    return SpaceQMCSampler(context.space, seed=context.seed, independent_sampler=independent, warn_asynchronous_seeding=False, **flags)


def _grid(flags: dict[str, Any], context: SamplerContext) -> BaseSampler:
    return ConditionalGridSampler(context.space, seed=context.seed, **flags)


def _cmaes(flags: dict[str, Any], context: SamplerContext) -> BaseSampler:
    if context.n_objectives > 1:
        raise ConfigError("search.sampler=cmaes: CMA-ES has one objective only. Use nsga2, nsga3 or tpe for several.")
    import_cmaes()
    independent = flags.pop("independent_sampler")
    helpers: dict[str, Callable[[], BaseSampler]] = {
        "elite": lambda: EliteSampler(seed=context.stream),
        "tpe": lambda: TPESampler(seed=context.stream, multivariate=False, constant_liar=True),
        "random": lambda: RandomSampler(seed=context.stream),
    }
    if independent not in helpers:
        raise ConfigError(f"sampler.cmaes.independent_sampler: got {independent!r}. {did_you_mean(str(independent), helpers)}")
    settings = flags | {"independent_sampler": helpers[independent](), "seed": context.stream}
    if settings["popsize"] is None:
        settings["popsize"] = max(default_popsize(len(context.space.distributions)), context.batch_size)
    if flags["with_margin"]:
        return SpaceCmaEsSampler(context.space, **settings)
    return CmaEsSampler(**settings)


def default_popsize(n_parameters: int) -> int:
    """CMA-ES's population by dimension (Hansen, The CMA Evolution Strategy: A Tutorial, eq. 48)."""
    return 4 + int(3 * np.log(max(1, n_parameters)))


CROSSOVERS: Mapping[str, Callable[[float], nsgaii.BaseCrossover]] = {
    "uniform": nsgaii.UniformCrossover,
    "blxalpha": lambda _: nsgaii.BLXAlphaCrossover(),
    "spx": lambda _: nsgaii.SPXCrossover(),
    "sbx": lambda _: nsgaii.SBXCrossover(),
    "vsbx": lambda _: nsgaii.VSBXCrossover(),
    "undx": lambda _: nsgaii.UNDXCrossover(),
}


def _genetic(name: str, kind: type[SpaceNSGAIISampler] | type[SpaceNSGAIIISampler]) -> Factory:
    def make(flags: dict[str, Any], context: SamplerContext) -> BaseSampler:
        settings = dict(flags)
        crossover, mutation = settings.pop("crossover"), settings.pop("mutation")
        eta = settings.pop("mutation_eta")
        if crossover not in CROSSOVERS:
            raise ConfigError(f"sampler.{name}.crossover: got {crossover!r}. {did_you_mean(str(crossover), CROSSOVERS)}")
        if mutation not in (None, "polynomial"):
            raise ConfigError(f"sampler.{name}.mutation: expected null or polynomial, got {mutation!r}.")
        settings["crossover"] = CROSSOVERS[crossover](settings["swapping_prob"])
        settings["mutation"] = nsgaii.PolynomialMutation(eta) if mutation else None
        return kind(inherit_seed=context.stream, seed=context.stream, **settings)

    return make


SAMPLERS: Mapping[str, Factory] = {
    "tpe": _tpe,
    "nsga2": _genetic("nsga2", SpaceNSGAIISampler),
    "nsga3": _genetic("nsga3", SpaceNSGAIIISampler),
    "cmaes": _cmaes,
    "qmc": _qmc,
    "random": _random,
    "grid": _grid,
}

_GENETIC_FLAGS: Mapping[str, Any] = {
    "batch_size": 64,
    "population_size": 50,
    "crossover": "uniform",
    "crossover_prob": 0.9,
    "swapping_prob": 0.5,
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
    },
    "nsga2": _GENETIC_FLAGS,
    "nsga3": {**_GENETIC_FLAGS, "dividing_parameter": 3},
    "cmaes": {
        "batch_size": 16,
        "n_startup_trials": 0,
        "popsize": None,
        "with_margin": True,
        "use_separable_cma": False,
        "lr_adapt": False,
        "consider_pruned_trials": False,
        "independent_sampler": "elite",
        "warn_independent_sampling": False,
    },
    "qmc": {"batch_size": 64, "qmc_type": "sobol", "scramble": True, "warn_independent_sampling": True},
    "random": {"batch_size": 64},
    "grid": {"batch_size": 64, "max_size": 100_000, "shuffle": True},
}
