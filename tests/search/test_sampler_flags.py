"""Every flag of Optuna's samplers and pruners is passed explicitly or listed as left out: a new one makes these tests fail."""

import inspect
import warnings

import numpy as np
import optuna
import pytest
from optuna import pruners, samplers
from optuna.samplers import nsgaii
from quadratic import Bowl

from pinejax.errors import ConfigError
from pinejax.search import build_space
from pinejax.search.genetic import CROSSOVERS
from pinejax.search.pruners import FLAGS as PRUNER_FLAGS
from pinejax.search.pruners import make_pruner
from pinejax.search.sampler_flags import FLAGS, LATER, LEFT_OUT
from pinejax.search.samplers import SamplerContext, make_sampler

SAMPLERS = {
    "tpe": samplers.TPESampler,
    "nsga2": samplers.NSGAIISampler,
    "nsga3": samplers.NSGAIIISampler,
    "cmaes": samplers.CmaEsSampler,
    "qmc": samplers.QMCSampler,
    "random": samplers.RandomSampler,
}
PRUNERS = {
    "median": pruners.MedianPruner,
    "percentile": pruners.PercentilePruner,
    "hyperband": pruners.HyperbandPruner,
    "asha": pruners.SuccessiveHalvingPruner,
    "patient": pruners.PatientPruner,
    "wilcoxon": pruners.WilcoxonPruner,
    "threshold": pruners.ThresholdPruner,
}
USED = {"threshold": {"lower": -2.0}}


def context(n_objectives=1):
    return SamplerContext(build_space(Bowl), 1, 1, batch_size=16, n_objectives=n_objectives)


def parameters(cls):
    return set(inspect.signature(cls.__init__).parameters) - {"self"}


def recorded(monkeypatch, cls):
    """The keywords that reach a class's constructor."""
    seen, init = [], cls.__init__
    monkeypatch.setattr(cls, "__init__", lambda self, *args, **more: seen.append((args, more)) or init(self, *args, **more))
    return seen


@pytest.mark.parametrize("name", SAMPLERS)
def test_every_flag_of_optunas_sampler_is_passed_or_listed_as_left_out(name, monkeypatch):
    expected = parameters(SAMPLERS[name])
    seen = recorded(monkeypatch, SAMPLERS[name])
    made = make_sampler(name, {}, context())
    args, passed = next((args, more) for args, more in seen if name != "random" or more)
    assert isinstance(made, SAMPLERS[name])
    assert not args
    assert set(passed) | set(LEFT_OUT[name]) == expected
    assert not set(passed) & set(LEFT_OUT[name])


def test_optunas_grid_sampler_has_no_flag_that_ours_lacks():
    assert parameters(samplers.GridSampler) == {"seed", *LEFT_OUT["grid"]}


@pytest.mark.parametrize("name", PRUNERS)
def test_every_flag_of_optunas_pruner_is_passed(name, monkeypatch):
    expected = parameters(PRUNERS[name])
    seen = recorded(monkeypatch, PRUNERS[name])
    make_pruner(name, USED.get(name), n_segments=8, n_objectives=1)
    args, passed = next((args, more) for args, more in reversed(seen) if name not in ("median",) or more)
    assert set(passed) | ({"wrapped_pruner"} if args else set()) == expected
    assert set(PRUNER_FLAGS[name]) == expected


def test_every_pruner_and_crossover_of_optuna_is_offered():
    theirs = {cls for _, cls in inspect.getmembers(pruners, inspect.isclass) if cls not in (pruners.BasePruner, pruners.NopPruner)}
    assert theirs == set(PRUNERS.values())
    crossovers = {cls for _, cls in inspect.getmembers(nsgaii, inspect.isclass) if issubclass(cls, nsgaii.BaseCrossover)}
    assert crossovers - {nsgaii.BaseCrossover} == {cls for cls, _ in CROSSOVERS.values()}
    mutations = {cls for _, cls in inspect.getmembers(nsgaii, inspect.isclass) if issubclass(cls, nsgaii.BaseMutation)}
    assert mutations - {nsgaii.BaseMutation} == {nsgaii.PolynomialMutation}


@pytest.mark.parametrize("crossover", CROSSOVERS)
def test_every_number_of_a_crossover_has_a_flag(crossover):
    cls, arguments = CROSSOVERS[crossover]
    assert parameters(cls) - {"args", "kwargs"} == set(arguments.values())
    assert set(arguments) <= set(FLAGS["nsga2"])


def test_a_flag_without_effect_on_the_name_of_a_study_is_off_by_default():
    older = {"popsize", "population_size", "mutation", "mutation_prob"}
    for name, flags in FLAGS.items():
        assert {flag for flag, value in flags.items() if value is None} <= LATER | older, name


def test_tpes_deprecated_flags_reach_it_without_a_warning():
    flags = {"gamma": "hyperopt", "weights": "equal", "prior_weight": 2.0, "consider_magic_clip": False, "consider_endpoints": True}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = make_sampler("tpe", {**flags, "warn_independent_sampling": True}, context())
    inner = made._parzen_estimator_parameters
    assert (inner.prior_weight, inner.consider_magic_clip, inner.consider_endpoints) == (2.0, False, True)
    assert inner.weights(3).tolist() == [1.0, 1.0, 1.0]
    assert [made._gamma(n) for n in (1, 100, 40_000)] == [1, 3, 25]
    assert made._warn_independent_sampling is True


def test_a_crossovers_numbers_reach_it():
    made = make_sampler("nsga2", {"crossover": "sbx", "crossover_eta": 5.0, "crossover_uniform_prob": 0.2}, context())
    crossover = made._child_generation_strategy._crossover
    assert (crossover._eta, crossover._uniform_crossover_prob) == (5.0, 0.2)
    assert (
        make_sampler("nsga2", {"crossover": "blxalpha", "crossover_alpha": 0.3}, context())._child_generation_strategy._crossover._alpha
        == 0.3
    )


def test_nsga2s_population_follows_the_number_of_objectives_unless_given():
    assert [make_sampler("nsga2", {}, context(n_objectives=n)).population_size for n in (1, 2, 3)] == [32, 50, 50]
    assert make_sampler("nsga2", {"population_size": 20}, context()).population_size == 20


def test_reference_points_reach_nsga3():
    made = make_sampler("nsga3", {"reference_points": [[0, 1], [0.5, 0.5], [1, 0]]}, context(n_objectives=2))
    np.testing.assert_array_equal(made._elite_population_selection_strategy._reference_points, [[0, 1], [0.5, 0.5], [1, 0]])


@pytest.mark.parametrize(
    ("name", "flags", "message"),
    [
        ("tpe", {"gamma": "hyperop"}, r"sampler\.tpe\.gamma: got 'hyperop'\. Did you mean hyperopt"),
        ("tpe", {"weights": "even"}, r"sampler\.tpe\.weights"),
        ("nsga2", {"crossover_eta": 3.0}, "crossover=uniform has no such number; sbx and vsbx has"),
        ("nsga3", {"reference_points": [[1, 2, 3]]}, "a list of points of 1 numbers each"),
        ("nsga3", {"reference_points": "corner"}, "a list of points"),
        ("cmaes", {"sigma0": 0.0}, r"sampler\.cmaes\.sigma0: expected null or a number > 0"),
        ("cmaes", {"x0": 3}, r"sampler\.cmaes\.x0: expected parameters"),
        ("cmaes", {"x0": {"mult": 9.0}}, "mult"),
    ],
)
def test_a_flag_that_cannot_be_meant_is_refused(name, flags, message):
    with pytest.raises(Exception, match=message) as raised:
        make_sampler(name, flags, context())
    assert type(raised.value).__module__ == "pinejax.errors"


def test_a_seed_of_every_sampler_is_the_contexts(monkeypatch):
    for name, cls in SAMPLERS.items():
        seen = recorded(monkeypatch, cls)
        make_sampler(name, {}, SamplerContext(build_space(Bowl), 7, 7, batch_size=16, n_objectives=1))
        assert {more["seed"] for _, more in seen if "seed" in more} == {7}, name


def test_the_installed_optuna_is_the_one_that_was_read():
    assert optuna.__version__.startswith("5.")
    with pytest.raises(ConfigError, match="no such flag"):
        make_sampler("tpe", {"consider_prior": True}, context())
