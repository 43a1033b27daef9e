"""Every indicator of the engine against the slow reference's direct formula (the bodies are in `bodies`)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.ta import bodies

nan = float("nan")
BODIES = (bodies.with_na_on_bars, bodies.with_na_on_lanes, bodies.under_a_bar_mask, bodies.under_a_lane_mask)


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.__name__)
def test_every_indicator_equals_the_reference(body: Any, recorded: Any) -> None:
    got, expected = recorded(body)
    ran = expected.get("mask", np.ones(1, bool)).astype(bool)
    wrong = {}
    for name in expected.keys() - {"mask"}:
        ours, wanted = np.where(ran, got[name], nan), np.where(ran, expected[name], nan)
        near = np.isclose(ours, wanted, rtol=1e-9, atol=1e-8, equal_nan=True)
        if not near.all():
            bar, lane = np.argwhere(~near)[0]
            wrong[name] = f"{(~near).sum()} values, first at bar {bar} of lane {lane}: {ours[bar, lane]} instead of {wanted[bar, lane]}"
        assert np.isfinite(wanted).any(), f"{name} is na throughout: nothing was compared"
    assert not wrong, "\n".join(f"{name}: {said}" for name, said in wrong.items())
