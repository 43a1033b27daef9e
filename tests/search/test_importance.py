"""pinejax.search.importance"""

from __future__ import annotations

import numpy as np
import pytest

from pinejax.core.inputs import Strategy, input
from pinejax.search.importance import fanova, ped_anova
from pinejax.search.space import build_space


class Three(Strategy):
    strong = input.float(0.5, low=0.0, high=1.0)
    idle = input.float(0.5, low=0.0, high=1.0)
    switch = input.bool(False)
    inner = input.float(0.5, low=0.0, high=1.0, active_if="switch")


SPACE = build_space(Three)


def trials(n: int) -> tuple[list, list]:
    """The loss is the distance of `strong` from 0.3, and where the switch is on that of `inner` from 0.9 a little."""
    rng = np.random.default_rng(0)
    sets = [
        SPACE.active(SPACE.complete({name: rng.random() for name in ("strong", "idle", "inner")} | {"switch": i % 2})) for i in range(n)
    ]
    return sets, [abs(p["strong"] - 0.3) + 0.3 * abs(p.get("inner", 0.9) - 0.9) for p in sets]


def test_what_decides_has_the_largest_share_and_conditions_are_told():
    found = ped_anova(SPACE, *trials(300))
    assert sum(found.shares.values()) == pytest.approx(1.0)
    assert next(iter(found.shares)) == "strong" and found.shares["strong"] > 0.6
    assert set(found.shares) == {"strong", "idle", "switch", "inner"} and found.left_out == ()
    assert found.shares["inner"] > 0


def test_the_order_of_trials_and_the_scale_of_losses_change_nothing():
    sets, losses = trials(100)
    first = ped_anova(SPACE, sets, losses).shares
    again = ped_anova(SPACE, sets[::-1], [7 * x + 3 for x in losses[::-1]]).shares
    assert again == pytest.approx(first)


def test_fanova_is_of_parameters_that_all_trials_have():
    pytest.importorskip("sklearn")
    found = fanova(SPACE, *trials(150))
    assert found is not None and found.left_out == ("inner",)
    assert next(iter(found.shares)) == "strong" and set(found.shares) == {"strong", "idle", "switch"}


def test_a_forest_of_many_trials_is_made_of_some(monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("sklearn")
    sets, losses = trials(60)
    monkeypatch.setattr("pinejax.search.importance.FOREST_TRIALS", 20)
    some = [round(i * 59 / 19) for i in range(20)]
    assert fanova(SPACE, sets, losses) == fanova(SPACE, [sets[i] for i in some], [losses[i] for i in some])


def test_without_scikit_learn_there_is_no_fanova(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert fanova(SPACE, *trials(40)) is None
