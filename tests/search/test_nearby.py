"""Sets around a set: pinejax.search.nearby, scale and coordinates."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pinejax.core.inputs import Strategy, input
from pinejax.search.coordinates import coordinates
from pinejax.search.nearby import drawn_around, movable, one_step_away
from pinejax.search.scale import unit_of, value_at
from pinejax.search.space import build_space


class Mixed(Strategy):
    length = input.int(20, low=10, high=110)
    slow = input.int(100, low=1, high=1_000, log=True)
    even = input.int(4, low=2, high=20, step=2)
    mult = input.float(2.0, low=0.5, high=5.0, step=0.1)
    rate = input.float(0.01, low=0.001, high=0.1, log=True)
    stop = input.bool(False)
    width = input.float(1.0, low=0.0, high=2.0, active_if="stop")
    far = input.int(5, low=1, high=9, active_if=lambda v: v.length > 20)
    kind = input.choice("a", ["a", "b"])


SPACE = build_space(Mixed)
CENTRE = SPACE.complete({})


def test_neighbours_move_active_numbers_within_the_radius_and_nothing_else():
    found = drawn_around(SPACE, CENTRE, 300, 0.05, np.random.default_rng(0))
    assert len({SPACE.key(p) for p in found}) == len(found) == 300
    assert SPACE.key(CENTRE) not in {SPACE.key(p) for p in found}
    column = lambda name: np.array([p[name] for p in found])  # noqa: E731
    assert set(column("length")) == set(range(15, 26))
    assert set(column("even")) == {2, 4, 6}  # one step is more than the radius
    assert set(np.round(column("mult"), 9)) == {1.8, 1.9, 2.0, 2.1, 2.2}
    rate = np.log(column("rate") / 0.01) / math.log(100)
    assert -0.05 <= rate.min() < -0.04 and 0.04 < rate.max() <= 0.05
    slow = np.log(column("slow") / 100) / math.log(1_000)
    assert -0.055 <= slow.min() < -0.04 and 0.04 < slow.max() <= 0.055
    assert not column("stop").any() and set(column("kind")) == {"a"}
    assert set(column("width")) == {1.0}
    assert set(column("far")) == {5}  # inactive in the centre, at its default where the move makes it active
    assert all(SPACE.contains(p) and SPACE.complete(p) == p for p in found)


def test_neighbours_stay_in_the_narrowed_range():
    space = build_space(Mixed, {"length": "interval(17, 20)", "mult": 2.0, "rate": 0.01, "even": 4, "slow": 100})
    found = drawn_around(space, space.complete({}), 50, 0.7, np.random.default_rng(0))
    assert sorted(p["length"] for p in found) == [18, 19]  # there are no more than these


def test_the_same_seed_draws_the_same():
    draws = [drawn_around(SPACE, CENTRE, 20, 0.05, np.random.default_rng(7)) for _ in range(2)]
    assert draws[0] == draws[1] != drawn_around(SPACE, CENTRE, 20, 0.05, np.random.default_rng(8))


def test_a_set_without_numbers_has_no_neighbours():
    space = build_space(Mixed, {name: CENTRE[name] for name in ("length", "slow", "even", "mult", "rate")})
    assert movable(space, space.complete({})) == []
    assert drawn_around(space, space.complete({}), 5, 0.05, np.random.default_rng(0)) == []
    assert one_step_away(space, space.complete({}), 0.05) == {}


def test_one_step_is_a_step_or_the_radius_and_ends_with_the_range():
    at_the_end = SPACE.complete({"even": 20, "length": 21})
    found = one_step_away(SPACE, at_the_end, 0.05)
    value = lambda name: tuple(None if p is None else p[name] for p in found[name])  # noqa: E731
    assert list(found) == ["length", "slow", "even", "mult", "rate", "far"]
    assert value("length") == (20, 22) and value("even") == (18, None) and value("mult") == (1.9, 2.1) and value("far") == (4, 6)
    assert value("rate") == pytest.approx((0.01 * 100**-0.05, 0.01 * 100**0.05))
    assert found["length"][0]["far"] == 5  # inactive there


@pytest.mark.parametrize("name", ["length", "slow", "even", "mult", "rate"])
def test_a_place_in_the_range_gives_the_number_back(name: str):
    domain = SPACE.domains[name]
    assert unit_of(domain, domain.input.low) == 0.0 and unit_of(domain, domain.input.high) == 1.0
    for value in (domain.input.low, CENTRE[name], domain.input.high):
        assert value_at(domain, unit_of(domain, value)) == pytest.approx(value)


def test_coordinates_know_what_is_inactive_and_what_is_a_label():
    place = coordinates(SPACE, [CENTRE, SPACE.complete({"stop": True, "width": 2.0, "kind": "b", "length": 110, "far": 9})])
    assert place.names == tuple(SPACE.domains) and place.points.shape == (2, 9)
    known = dict(zip(place.names, place.points.T, strict=True))
    assert np.isnan(known["width"][0]) and known["width"][1] == 1.0 and np.isnan(known["far"][0]) and known["far"][1] == 1.0
    assert known["length"].tolist() == [0.1, 1.0] and known["kind"].tolist() == [0.0, 1.0]
    assert [n for n, label in zip(place.names, place.is_label, strict=True) if label] == ["stop", "kind"]


def test_a_choice_of_numbers_has_places_and_a_pin_none():
    place = coordinates(build_space(Mixed, {"length": "choice(10, 20, 50)", "kind": "a"}), [CENTRE])
    assert "kind" not in place.names
    assert place.points[0, place.names.index("length")] == 0.25 and not place.is_label[place.names.index("length")]
