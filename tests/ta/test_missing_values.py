"""na in the middle of a series: left out of a window, or making it na, as TradingView's reference says of each function."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.ta import bodies

LEFT_OUT = (
    "sma", "sum", "wma", "highest", "lowest", "range", "highestbars", "lowestbars", "variance", "stdev", "dev", "median", "mode", "cog",
    "nearest rank", "correlation", "max", "min",
)  # fmt: skip
KEPT = ("ema", "rma")
# How many values, beyond n, an na stays among.
MADE_NA = {"linreg": 0, "alma": 0, "rci": 0, "interpolated": 0, "percentrank": 1}
COMPARES_TWO = {"change of lanes": "n", "roc": "m"}


@pytest.fixture(params=(bodies.with_na_on_bars, bodies.with_na_on_lanes), ids=lambda body: body.__name__)
def found(request: Any, recorded: Any) -> dict[str, Any]:
    engine, _ = recorded(request.param)
    return engine


def gaps(x: Any) -> list[tuple[int, int]]:
    """(bar, lane) of every na after the first value."""
    seen = np.maximum.accumulate(~np.isnan(x), axis=0)
    return [(bar, lane) for bar, lane in np.argwhere(np.isnan(x)) if seen[bar, lane]]


@pytest.mark.parametrize("name", LEFT_OUT)
def test_window_holds_its_value_on_na(name: str, found: dict[str, Any]) -> None:
    held = [found[name][bar, lane] for bar, lane in gaps(found["x"])]
    np.testing.assert_array_equal(held, [found[name][bar - 1, lane] for bar, lane in gaps(found["x"])])
    assert np.isfinite(held).sum() > 10


@pytest.mark.parametrize("name", KEPT)
def test_recursive_average_of_na_is_na_and_goes_on_after_it(name: str, found: dict[str, Any]) -> None:
    assert all(np.isnan(found[name][bar, lane]) and np.isfinite(found[name][-1, lane]) for bar, lane in gaps(found["x"]))


@pytest.mark.parametrize("name", MADE_NA)
def test_na_makes_the_window_na_until_it_has_left(name: str, found: dict[str, Any], lengths: Any) -> None:
    for lane, n in enumerate(lengths["n"].values):
        size, known = n + MADE_NA[name], ~np.isnan(found["x"][:, lane])
        for t, got in enumerate(found[name][:, lane]):
            whole = t >= size - 1 and known[t - size + 1 : t + 1].all()
            # A rank correlation of equal values is na as well.
            assert np.isfinite(got) or (name == "rci" and n == 2) if whole else np.isnan(got)


@pytest.mark.parametrize("name", COMPARES_TWO)
def test_a_comparison_with_na_is_na(name: str, found: dict[str, Any], lengths: Any) -> None:
    for lane, n in enumerate(lengths[COMPARES_TWO[name]].values):
        x = found["x"][:, lane]
        unknown = np.isnan(x) | np.concatenate([np.ones(n, bool), np.isnan(x[:-n])])
        np.testing.assert_array_equal(np.isnan(found[name][:, lane]), unknown)
