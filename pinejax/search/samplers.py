"""Samplers by name, each from the flags of `conf/sampler/<name>.yaml`, every Optuna flag explicit. No sampler logic of ours."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from optuna.exceptions import ExperimentalWarning
from optuna.samplers import BaseSampler, CmaEsSampler, RandomSampler, TPESampler

from pinejax.errors import ConfigError, did_you_mean
from pinejax.search.flags import chosen, merged
from pinejax.search.genetic import reference_points, take_operators
from pinejax.search.grid import ConditionalGridSampler
from pinejax.search.hybrid import EliteSampler, SpaceCmaEsSampler, SpaceNSGAIIISampler, SpaceNSGAIISampler, SpaceQMCSampler
from pinejax.search.light import import_cmaes
from pinejax.search.recent import RecentTPESampler
from pinejax.search.sampler_flags import FLAGS
from pinejax.search.space import Space
from pinejax.search.warm import WarmStart, cma_start


@dataclass(frozen=True)
class SamplerContext:
    """What a factory may know besides its flags.

    seed: of the user. stream: the seed mixed with what is already in the study and the worker's number, so that a resumed
    or a second worker does not draw the first one's points again; equal to `seed` in a fresh study's first worker. warm: what
    sampler.cmaes.warm_start names, read.
    """

    space: Space
    seed: int
    stream: int
    batch_size: int
    n_objectives: int
    warm: WarmStart | None = None


Factory = Callable[[dict[str, Any], SamplerContext], BaseSampler]


def stream_seed(seed: int, n_trials: int, worker: int) -> int:
    """The seed of one worker's run on a study that already holds `n_trials` trials; `seed` itself for (0, 0)."""
    if n_trials == 0 and worker == 0:
        return seed
    return int(np.random.SeedSequence([seed, n_trials, worker]).generate_state(1, np.uint32)[0])


def make_sampler(name: str, flags: Mapping[str, Any] | None, context: SamplerContext) -> BaseSampler:
    """The sampler of that name. `batch_size` among the flags is the search's business and ignored here.

    Optuna's notices that a flag is experimental or goes away are not shown: every flag is in the YAML, with its remark there.
    Errors: ConfigError for an unknown name, flag or combination.
    """
    chosen("sampler", name, SAMPLERS)
    settings = merged("sampler", name, flags, FLAGS[name])
    settings.pop("batch_size")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        warnings.simplefilter("ignore", FutureWarning)
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


GAMMAS: Mapping[str, Callable[[int], int]] = {"hyperopt": lambda n: min(math.ceil(0.25 * math.sqrt(n)), 25)}
"""How many of n trials TPE calls good. Optuna's own rule is a tenth, at most 25; Hyperopt's is stricter."""
WEIGHTS: Mapping[str, Callable[[int], np.ndarray]] = {"equal": np.ones}
"""How much each of n trials weighs, oldest first. Optuna's own rule lets all but the last 25 fade."""


def _tpe(flags: dict[str, Any], context: SamplerContext) -> BaseSampler:
    settings = dict(flags)
    for flag, known in (("gamma", GAMMAS), ("weights", WEIGHTS)):
        name = settings[flag]
        if name is not None and name not in known:
            raise ConfigError(f"sampler.tpe.{flag}: got {name!r}. {did_you_mean(str(name), known)}")
        settings[flag] = None if name is None else known[name]
    return RecentTPESampler(seed=context.stream, **settings)


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
    start = cma_start(flags, context.space, context.warm)
    settings = flags | {"independent_sampler": helpers[independent](), "seed": context.stream, **start}
    del settings["warm_start"]
    if settings["popsize"] is None:
        settings["popsize"] = max(default_popsize(len(context.space.distributions)), context.batch_size)
    if flags["with_margin"]:
        return SpaceCmaEsSampler(context.space, **settings)
    return CmaEsSampler(**settings)


def default_popsize(n_parameters: int) -> int:
    """CMA-ES's population by dimension (Hansen, The CMA Evolution Strategy: A Tutorial, eq. 48)."""
    return 4 + int(3 * np.log(max(1, n_parameters)))


POPULATION, POPULATION_OF_FRONTS = 32, 50
"""Of one objective and of several: docs/search.md has what was measured."""


def _genetic(name: str, kind: type[SpaceNSGAIISampler] | type[SpaceNSGAIIISampler]) -> Factory:
    def make(flags: dict[str, Any], context: SamplerContext) -> BaseSampler:
        settings = dict(flags)
        take_operators(name, settings)
        if settings["population_size"] is None:
            settings["population_size"] = POPULATION if context.n_objectives == 1 else POPULATION_OF_FRONTS
        if "reference_points" in settings:
            settings["reference_points"] = reference_points(settings["reference_points"], context.n_objectives)
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
