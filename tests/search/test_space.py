import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from quadratic import Bowl, Steps

from pinejax.core.inputs import Strategy, input
from pinejax.errors import SpaceError
from pinejax.search import Interval, build_space


def test_inactive_parameters_are_not_asked_for_and_stay_at_their_default():
    space = build_space(Bowl, disable=["use_offset"])
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for _ in range(20):
        trial = study.ask()
        params = space.suggest(trial)
        assert list(params) == list(Bowl.inputs)
        assert params["offset"] == 0.5
        assert "offset" not in trial.params
        assert "use_offset" not in trial.params
        assert ("depth" in trial.params) == (params["mode"] == "deep")


def test_pins_collapse_the_bounds_and_switched_off_inputs_too():
    space = build_space(Bowl, {"length": 12, "mode": "deep"}, disable=["use_offset"])
    assert (space.inputs["length"].low, space.inputs["length"].high, space.inputs["length"].default) == (12, 12, 12)
    assert space.inputs["use_offset"].options == (False,)
    assert space.inputs["mode"].options == ("deep",)
    assert (space.inputs["offset"].low, space.inputs["offset"].high) == (0.5, 0.5)
    assert set(space.distributions) == {"mult", "depth"}


def test_narrowing_moves_bounds_onto_the_grid_and_the_default_inside():
    space = build_space(Bowl, {"depth": "interval(4,8)", "mult": Interval(1.55, 2.04), "length": "choice(30,35)"})
    depth, mult, length = (space.inputs[n] for n in ("depth", "mult", "length"))
    assert (depth.low, depth.high, depth.default) == (5, 7, 5)
    assert (mult.low, mult.high, mult.default) == (1.6, 2.0, 1.6)
    assert (length.low, length.high, length.default) == (30, 35, 30)
    assert space.distributions["length"] == optuna.distributions.CategoricalDistribution((30, 35))


def test_an_interval_of_one_point_is_a_pin():
    assert build_space(Bowl, {"length": "interval(7,7)"}).domains["length"].fixed


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"lenght": 3}, r"no such parameter\. Did you mean length"),
        ({"length": "interval(1,20)"}, r"inside the declared range 3..40"),
        ({"length": "interval(20,10)"}, "low <= high"),
        ({"length": 99}, r"params\.length: expected a value in 3..40, got 99"),
        ({"length": 3.5}, "whole number"),
        ({"depth": "interval(3.5,4.5)"}, "no multiple of the step"),
        ({"mode": "interval(1,2)"}, "choice input"),
        ({"mode": "choice(flat,odd)"}, "one of flat, deep"),
        ({"use_offset": 3}, "true or false"),
    ],
)
def test_wrong_settings_are_refused(params, message):
    with pytest.raises(SpaceError, match=message):
        build_space(Bowl, params)


def test_enable_takes_switches_only_and_contradictions_are_refused():
    with pytest.raises(SpaceError, match="expected a bool input"):
        build_space(Bowl, enable=["length"])
    with pytest.raises(SpaceError, match="Did you mean use_offset"):
        build_space(Bowl, disable=["use_ofset"])
    with pytest.raises(SpaceError, match="Say it once"):
        build_space(Bowl, {"use_offset": True}, disable=["use_offset"])


def test_values_have_one_spelling():
    space = build_space(Bowl)
    assert space.complete({"mult": 0.1 + 0.2})["mult"] == 0.3
    assert space.key(space.complete({"mult": 1.4000000000000001})) == space.key(space.complete({"mult": 1.4}))
    assert space.complete({"use_offset": False, "offset": 0.9})["offset"] == 0.5


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_complete_is_idempotent_and_active_sets_rebuild_it(data):
    space = build_space(Bowl)
    trial = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=data.draw(st.integers(0, 2**31)))).ask()
    params = space.suggest(trial)
    assert space.complete(params) == params
    assert space.complete(trial.params) == params
    assert space.complete(space.active(params)) == params
    assert space.contains(params)


def test_a_set_outside_the_narrowing_is_noticed():
    space = build_space(Bowl, {"length": "interval(5,9)"}, enable=["use_offset"])
    assert not space.contains({"length": 20})
    assert not space.contains({"length": 6, "use_offset": False})
    assert space.contains({"length": 6, "use_offset": True})


def test_the_fingerprint_depends_on_the_space_and_on_nothing_else():
    same = [build_space(Bowl, {"length": given}).fingerprint for given in ("interval(5,20)", Interval(5.0, 20.0))]
    assert same[0] == same[1]
    others = {build_space(Bowl).fingerprint, build_space(Bowl, {"length": 5}).fingerprint, build_space(Steps).fingerprint, same[0]}
    assert len(others) == 4


def test_the_grid_holds_every_active_combination_once():
    space = build_space(Steps)
    grid = space.grid(1000)
    assert len(grid) == 3 * 2 * (1 + 2)
    assert len({space.key(values) for values in grid}) == len(grid)


def test_an_endless_or_huge_grid_is_refused():
    with pytest.raises(SpaceError, match="offset has no step"):
        build_space(Bowl).grid(1000)
    with pytest.raises(SpaceError, match="more than 10 combinations"):
        build_space(Steps).grid(10)
    narrow = {"offset": "choice(0.1,0.2)", "length": "interval(3,5)"}
    assert len(build_space(Bowl, narrow).grid(100_000)) == 3 * 41 * 3 * 6


def test_a_log_scale_from_zero_is_refused():
    class Log(Strategy):
        rate = input.float(0.1, low=0.0, high=1.0, log=True)

    with pytest.raises(SpaceError, match="low > 0"):
        build_space(Log)


def test_a_range_that_is_no_multiple_of_the_step_asks_optuna_without_a_warning():
    class Odd(Strategy):
        n = input.int(3, low=3, high=10, step=5)
        x = input.float(0.0, low=0.0, high=1.0, step=0.3)

    space = build_space(Odd)
    assert (space.inputs["n"].high, space.inputs["x"].high) == (8, 0.9)
    trial = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0)).ask()
    assert space.suggest(trial)["n"] in (3, 8)
