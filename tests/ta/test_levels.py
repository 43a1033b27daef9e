"""Pivot point levels by hand, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from unchecked import unchecked

from pinejax.core.feed import Bars
from pinejax.errors import StrategyError
from pinejax.testing.record import Lengths, record, record_reference

# One day of three bars, then one bar of the next: open 100, high 110, low 90, close 105; the new day opens at 104.
DAY = {"open": [100.0, 101, 99, 104], "high": [104.0, 110, 106, 107], "low": [98.0, 97, 90, 103], "close": [101.0, 99, 105, 106]}
BY_HAND = {
    "Traditional": [305 / 3, 340 / 3, 280 / 3, 365 / 3, 245 / 3, 400 / 3, 220 / 3, 145, 65, 470 / 3, 170 / 3],
    "Fibonacci": [305 / 3, 305 / 3 + 7.64, 305 / 3 - 7.64, 305 / 3 + 12.36, 305 / 3 - 12.36, 365 / 3, 245 / 3],
    "Woodie": [102.0, 114.0, 94.0, 122.0, 82.0, 134.0, 74.0, 154.0, 54.0],
    "Classic": [305 / 3, 340 / 3, 280 / 3, 365 / 3, 245 / 3, 425 / 3, 185 / 3, 485 / 3, 125 / 3],
    "DM": [103.75, 117.5, 97.5],
    "Camarilla": [305 / 3, 105 + 22 / 12, 105 - 22 / 12, 105 + 22 / 6, 105 - 22 / 6, 110.5, 99.5, 116, 94, 385 / 3, 245 / 3],
}
ONE_LANE = {"n": Lengths((1,), 1, 1)}


def day() -> Bars:
    columns = [np.array(DAY[name]) for name in ("open", "high", "low", "close")]
    return Bars(np.arange(4, dtype=np.int64) * 900_000, *columns, np.ones(4))


@pytest.fixture(scope="module", params=(record, record_reference), ids=("engine", "reference"))
def found(request: Any) -> dict[str, Any]:
    def body(ctx: Any, p: Any) -> dict[str, Any]:
        by_kind = {kind: ctx.ta.pivot_point_levels(kind, ctx.bar.index == 3) for kind in BY_HAND}
        by_kind["so far"] = ctx.ta.pivot_point_levels("Traditional", ctx.bar.index == 3, developing=True)
        by_kind["each bar"] = ctx.ta.pivot_point_levels("Traditional", ctx.bar.index >= 0)
        return {f"{kind} {i}": level for kind, levels in by_kind.items() for i, level in enumerate(levels)}

    with unchecked():
        return request.param(body, day(), ONE_LANE)


@pytest.mark.parametrize("kind", BY_HAND)
def test_levels_of_a_day_are_those_computed_by_hand(kind: str, found: dict[str, Any]) -> None:
    levels = [found[f"{kind} {i}"][:, 0] for i in range(11)]
    assert [level[3] for level in levels] == pytest.approx(BY_HAND[kind] + [np.nan] * (11 - len(BY_HAND[kind])), nan_ok=True)
    assert all(np.isnan(level[:3]).all() for level in levels)


def test_an_anchor_on_every_bar_takes_the_bar_before(found: dict[str, Any]) -> None:
    assert found["each bar 0"][:, 0] == pytest.approx([np.nan, 303 / 3, 306 / 3, 301 / 3], nan_ok=True)


def test_developing_levels_are_those_of_the_period_so_far(found: dict[str, Any]) -> None:
    assert found["so far 0"][:, 0] == pytest.approx([303 / 3, 306 / 3, 305 / 3, 316 / 3])


@pytest.mark.parametrize(("kind", "developing"), [("Floor", False), ("Woodie", True)])
def test_unknown_kinds_and_a_developing_woodie_are_refused(kind: str, developing: bool) -> None:
    with unchecked(), pytest.raises(StrategyError, match="pivot_point_levels"):
        record(lambda ctx, p: {"x": ctx.ta.pivot_point_levels(kind, True, developing)[0]}, day(), ONE_LANE)
