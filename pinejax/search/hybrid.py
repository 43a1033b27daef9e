"""Optuna's QMC, CMA-ES and genetic samplers made to work on a conditional space. Only public methods are overridden."""

from __future__ import annotations

import copy
import heapq
from typing import Any

import numpy as np
from jaxtyping import Float
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.samplers import BaseGASampler, BaseSampler, CmaEsSampler, NSGAIIISampler, NSGAIISampler, QMCSampler, RandomSampler
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from pinejax.search.space import Space
from pinejax.search.view import StudyView


class SpaceQMCSampler(QMCSampler):
    """QMC over all searched parameters of the space, active or not.

    Optuna's own takes the space of the first trial, which on a conditional space leaves out whatever was inactive there; and
    it samples that first trial at random.
    """

    def __init__(self, space: Space, **flags: Any):
        super().__init__(**flags)
        self._all = dict(space.distributions)

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Every searched parameter, so that the sequence's dimensions never change."""
        return dict(self._all)


GENERATION_KEY = "cmawm:generation"
OPTIMIZER_KEY = "cmawm:optimizer:"


class SpaceCmaEsSampler(CmaEsSampler):
    """CMA-ES with margin over all numeric parameters of the space, active or not.

    With margin, CMA-ES is told the points it asked for (kept in a trial attribute), not the trial's parameters, so a
    coordinate may be inactive in a trial and the dimension stays constant. Categorical parameters go to the independent sampler.

    Optuna's own looks through the whole study for its last state at every ask, and steps from one generation to the next anew
    for every trial of a batch. Here it is shown the running generation alone, and the state that the batch's first trial made.
    """

    def __init__(self, space: Space, *, n_startup_trials: int, **flags: Any):
        super().__init__(n_startup_trials=0, **flags)
        self._numeric = {name: d for name, d in space.distributions.items() if not isinstance(d, CategoricalDistribution)}
        self._n_first, self._counts_pruned = n_startup_trials, bool(flags.get("consider_pruned_trials"))
        self._n_finished, self._n_complete = -1, 0
        self._is_restored = False
        self._shown: list[FrozenTrial] = []

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Every searched numeric parameter."""
        return dict(sorted(self._numeric.items()))

    def sample_relative(self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]) -> dict[str, Any]:
        """A point of the running generation; nothing before `n_startup_trials` trials are complete."""
        finished = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))
        if len(finished) != self._n_finished:
            self._n_finished, self._shown = len(finished), _running_generation(finished)
            # Until a state is stored every ask draws the seed of its own: the first one is not handed on, or points would change.
            self._is_restored = self._shown is not finished
            self._n_complete = len(finished) if self._counts_pruned else sum(t.state == TrialState.COMPLETE for t in finished)
        if self._n_complete < self._n_first:
            return {}
        point = super().sample_relative(StudyView(study, self._shown), trial, search_space)  # type: ignore[arg-type]
        attrs = study._storage.get_trial_system_attrs(trial._trial_id)
        state = {key: value for key, value in attrs.items() if key.startswith(OPTIMIZER_KEY)}
        if state and self._is_restored:
            self._shown = [_bearer(trial, state)]
        return point


def _running_generation(finished: list[FrozenTrial]) -> list[FrozenTrial]:
    """The last trial that bears CMA-ES's state, and the trials that were asked from that state; all, where none bears it."""
    bearers = (t for t in reversed(finished) if t.state == TrialState.COMPLETE and any(k.startswith(OPTIMIZER_KEY) for k in t.system_attrs))
    bearer = next(bearers, None)
    if bearer is None:
        return finished
    generation = bearer.system_attrs[GENERATION_KEY]
    return [t for t in finished if t is bearer or t.system_attrs.get(GENERATION_KEY) == generation]


def _bearer(trial: FrozenTrial, state: dict[str, Any]) -> FrozenTrial:
    """A trial of which Optuna's sampler reads the state and nothing else: it is of no generation."""
    made = copy.copy(trial)
    made.state, made.values, made.system_attrs = TrialState.COMPLETE, [0.0], state
    return made


class _Inheritance:
    """What a genetic sampler does with a conditional parameter: take it from a parent, or mutate it.

    Optuna's genetic samplers cross over only the parameters common to all trials; the others they draw at random, so a
    conditional parameter would never be learned.
    """

    def __init__(self, seed: int, rate: float | None):
        self._rng = np.random.default_rng(seed)
        self._mutation_rate = rate
        self._trial_id: int | None = None
        self._crossed: frozenset[str] = frozenset()
        self._parents: list[FrozenTrial] = []
        self._donors: dict[str, tuple[BaseDistribution, list[FrozenTrial]]] = {}

    def crossed(self, sampler: SpaceNSGAIISampler | SpaceNSGAIIISampler, study: Study, trial: FrozenTrial) -> frozenset[str]:
        """Names that crossover handles in this trial; looks the trial's parents up once."""
        if trial._trial_id != self._trial_id:
            self._trial_id = trial._trial_id
            self._crossed = frozenset(sampler.infer_relative_search_space(study, trial))
            parents = sampler.get_parent_population(study, sampler.get_trial_generation(study, trial))
            if [t._trial_id for t in parents] != [t._trial_id for t in self._parents]:
                self._donors.clear()
            self._parents = parents
        return self._crossed

    def pick(self, name: str, distribution: BaseDistribution) -> Any | None:
        """A value from a random parent that has the parameter; None where it should be drawn anew."""
        known, donors = self._donors.get(name, (None, []))
        if known is not distribution:
            donors = [p for p in self._parents if p.distributions.get(name) == distribution]
            self._donors[name] = distribution, donors
        if not donors:
            return None
        donor = donors[int(self._rng.integers(len(donors)))]
        rate = 1.0 / max(1, len(donor.params)) if self._mutation_rate is None else self._mutation_rate
        return None if self._rng.random() < rate else donor.params[name]


class _Generations(BaseGASampler):
    """A genetic sampler that finds the running generation and its parents once for all trials of a batch.

    Optuna's own look through the whole study for each trial. They find the same until another trial is complete.
    """

    _generation: tuple[int, int] = (-1, 0)
    _parents: tuple[Any, list[FrozenTrial]] = (None, [])

    def get_trial_generation(self, study: Study, trial: FrozenTrial) -> int:
        """As Optuna's."""
        key = self._get_generation_key()
        if key in trial.system_attrs:
            return trial.system_attrs[key]
        n = _n_complete(study)
        if n != self._generation[0]:
            self._generation = n, super().get_trial_generation(study, trial)
        else:
            study._storage.set_trial_system_attr(trial._trial_id, key, self._generation[1])
        return self._generation[1]

    def get_parent_population(self, study: Study, generation: int) -> list[FrozenTrial]:
        """As Optuna's."""
        if generation == 0:
            return []
        noted = study._storage.get_study_system_attrs(study._study_id).get(self._get_parent_cache_key_prefix() + str(generation))
        if noted is None:  # chosen now, in an order of their own; from the next time on they come by their numbers
            return super().get_parent_population(study, generation)
        asked = generation, _n_complete(study), noted
        if asked != self._parents[0]:
            self._parents = asked, super().get_parent_population(study, generation)
        return list(self._parents[1])


def _n_complete(study: Study) -> int:
    return len(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)))


class SpaceNSGAIISampler(_Generations, NSGAIISampler):
    """NSGA-II whose children inherit conditional parameters too."""

    def __init__(self, *, inherit_seed: int, mutation_prob: float | None, **flags: Any):
        super().__init__(mutation_prob=mutation_prob, **flags)
        self._inherit = _Inheritance(inherit_seed, mutation_prob)

    def sample_independent(self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution) -> Any:
        """From a parent where crossover could not know the parameter, else drawn at random."""
        return _inherited(self, self._inherit, study, trial, param_name, param_distribution)


class SpaceNSGAIIISampler(_Generations, NSGAIIISampler):
    """NSGA-III whose children inherit conditional parameters too."""

    def __init__(self, *, inherit_seed: int, mutation_prob: float | None, **flags: Any):
        super().__init__(mutation_prob=mutation_prob, **flags)
        self._inherit = _Inheritance(inherit_seed, mutation_prob)

    def sample_independent(self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution) -> Any:
        """From a parent where crossover could not know the parameter, else drawn at random."""
        return _inherited(self, self._inherit, study, trial, param_name, param_distribution)


def _inherited(
    sampler: SpaceNSGAIISampler | SpaceNSGAIIISampler,
    inherit: _Inheritance,
    study: Study,
    trial: FrozenTrial,
    name: str,
    distribution: BaseDistribution,
) -> Any:
    if name not in inherit.crossed(sampler, study, trial):
        value = inherit.pick(name, distribution)
        if value is not None:
            return value
    base = NSGAIISampler if isinstance(sampler, NSGAIISampler) else NSGAIIISampler
    return base.sample_independent(sampler, study, trial, name, distribution)  # type: ignore[arg-type]


class EliteSampler(BaseSampler):
    """Draws a switch or a choice as often as the best trials have it: CMA-ES's partner for what has no order.

    With c choices, `n` of the elite having the parameter and `k` of them this choice, its chance is (k + 1) / (n + c), so no choice
    ever dies out. The elite is the best quarter of the COMPLETE trials, at least 10 and at most 50; fewer than 10: uniform.
    Numeric parameters are drawn uniformly.
    """

    def __init__(self, seed: int):
        self._rng = np.random.default_rng(seed)
        self._random = RandomSampler(seed=seed)
        self._n_complete = -1
        self._elite: list[dict[str, Any]] = []
        self._bounds: dict[str, Float[np.ndarray, " choices"]] = {}

    def reseed_rng(self) -> None:
        """From the system's entropy."""
        self._rng = np.random.default_rng()
        self._random.reseed_rng()

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Nothing: every parameter on its own."""
        return {}

    def sample_relative(self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]) -> dict[str, Any]:
        """Nothing."""
        return {}

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Finds the elite anew when trials were completed."""
        complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        if len(complete) == self._n_complete:
            return
        self._n_complete = len(complete)
        sign = -1.0 if study.direction == StudyDirection.MAXIMIZE else 1.0
        n = min(50, max(10, len(complete) // 4)) if len(complete) >= 10 else 0
        elite = heapq.nsmallest(n, complete, key=lambda t: (sign * t.values[0], t.number))
        self._elite = [good.params for good in elite]
        self._bounds.clear()

    def sample_independent(self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution) -> Any:
        """A choice by its share in the elite."""
        if not isinstance(param_distribution, CategoricalDistribution):
            return self._random.sample_independent(study, trial, param_name, param_distribution)
        bounds = self._bounds.get(param_name)
        if bounds is None:
            bounds = self._bounds[param_name] = self._shares(param_name, param_distribution).cumsum()
            bounds /= bounds[-1]
        # What Generator.choice does with `p`, without its checks, which take longer than all the rest.
        return param_distribution.choices[int(bounds.searchsorted(self._rng.random(), side="right"))]

    def _shares(self, name: str, distribution: CategoricalDistribution) -> Float[np.ndarray, " choices"]:
        weights = np.ones(len(distribution.choices))
        for params in self._elite:
            if name in params:
                weights[int(distribution.to_internal_repr(params[name]))] += 1.0
        return weights / weights.sum()
