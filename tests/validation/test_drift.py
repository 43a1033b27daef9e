"""Steps of chosen parameters in the searched range, in logs where the range is, and of switches as changed or not."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from pinejax.core.inputs import Strategy, input
from pinejax.search import build_space
from pinejax.search.coordinates import coordinates
from pinejax.validation.drift import by_chance, drifts, mean_drift


class Ways(Strategy):
    """One of each kind."""

    length = input.int(10, low=5, high=25, step=5)
    size = input.float(1.0, low=0.1, high=10.0, log=True)
    mult = input.float(1.0, low=0.0, high=4.0)
    use_stop = input.bool(True)
    stop = input.float(1.0, low=0.0, high=2.0, active_if="use_stop")
    mode = input.choice("a", ["a", "b", "c"])
    window = input.choice(5, [5, 10, 40])


SPACE = build_space(Ways)


def chosen(**params: object) -> dict[str, object]:
    """A complete set."""
    return SPACE.complete(params)  # type: ignore[arg-type]


def test_steps_are_of_the_searched_range() -> None:
    sets = [
        chosen(length=5, size=0.1, mult=1.0, mode="a", stop=0.5),
        chosen(length=25, size=1.0, mult=2.0, mode="b", stop=1.5),
        chosen(length=20, size=10.0, mult=2.0, mode="b", stop=1.5),
    ]
    found = {drift.name: drift for drift in drifts(SPACE, sets)}
    np.testing.assert_allclose(found["length"].steps, [1.0, 0.25])
    np.testing.assert_allclose(found["size"].steps, [0.5, 0.5])
    np.testing.assert_allclose(found["mult"].steps, [0.25, 0.0])
    np.testing.assert_allclose(found["mode"].steps, [1.0, 0.0])
    np.testing.assert_allclose(found["stop"].steps, [0.5, 0.0])
    assert found["length"].values == (5, 25, 20) and found["length"].mean == pytest.approx(0.625)


def test_a_narrowed_range_is_the_range_and_a_pin_does_not_drift() -> None:
    space = build_space(Ways, {"length": "interval(10,20)", "mult": 2.0})
    found = {drift.name: drift for drift in drifts(space, [space.complete({"length": n}) for n in (10, 20)])}
    assert "mult" not in found and found["length"].steps.tolist() == [1.0]


def test_what_is_inactive_or_not_chosen_takes_no_step() -> None:
    found = {d.name: d for d in drifts(SPACE, [chosen(stop=0.5), chosen(use_stop=False), chosen(stop=1.0), None])}
    assert found["stop"].values == (0.5, None, 1.0, None) and np.isnan(found["stop"].steps).all()
    np.testing.assert_array_equal(found["use_stop"].steps, [1.0, 1.0, np.nan])
    assert np.isnan(found["stop"].mean) and found["use_stop"].mean == 1.0


def test_the_mean_is_over_parameters_that_moved_or_stayed() -> None:
    found = drifts(SPACE, [chosen(use_stop=False), chosen(use_stop=False, length=15)])
    mean, chance = mean_drift(found)
    assert mean == pytest.approx(0.25 / 6)  # of 6 active ones the length took one step of 4
    assert 0.3 < chance < 0.6
    assert np.isnan(mean_drift(drifts(SPACE, [chosen()]))).all()


@pytest.mark.parametrize(("name", "is_label"), [("length", False), ("mode", True), ("use_stop", True), ("window", False)])
def test_chance_is_the_mean_step_of_all_pairs(name: str, is_label: bool) -> None:
    found = coordinates(SPACE, [chosen(**{name: value}) for value in SPACE.domains[name].grid() or ()])
    at = found.points[:, found.names.index(name)]
    steps = [abs(a - b) if not is_label else float(a != b) for a, b in product(at, at)]
    assert by_chance(SPACE, name, is_label) == pytest.approx(np.mean(steps))


def test_chance_on_a_continuous_range_is_a_third() -> None:
    draws = np.random.default_rng(0).uniform(size=(2, 200_000))
    assert by_chance(SPACE, "mult", False) == pytest.approx(np.abs(draws[0] - draws[1]).mean(), abs=2e-3)
    assert by_chance(SPACE, "size", False) == by_chance(SPACE, "mult", False)
