"""na in the middle of a series: left out, starting a window anew, or passed on, as TradingView's reference says of each function."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from unchecked import unchecked

from pinejax.ops import where
from pinejax.testing.record import record

nan = float("nan")
LEFT_OUT = ("sma", "sum", "wma", "highest", "lowest", "highestbars", "variance", "dev")
KEPT = ("ema", "rma")


def windows(ctx: Any, p: Any, x: Any) -> dict[str, Any]:
    ta = ctx.ta
    return {name: getattr(ta, name)(x, p.n) for name in (*LEFT_OUT, *KEPT, "linreg")}


def known(ctx: Any) -> Any:
    return ctx.bar.index % 11 != 4


def on_bars(ctx: Any, p: Any) -> Any:
    return ctx.bar.close


def on_lanes(ctx: Any, p: Any) -> Any:
    return ctx.bar.close * p.f


@pytest.fixture(scope="module", params=(on_bars, on_lanes), ids=lambda source: source.__name__)
def recorded(request: Any, bars: Any, lengths: Any) -> dict[str, Any]:
    """with_na: every eleventh value is na; without: a run in which those bars are not executed at all."""

    def body(ctx: Any, p: Any) -> dict[str, Any]:
        x = request.param(ctx, p)
        with_na = windows(ctx, p, where(known(ctx), x, nan))
        with ctx.when(known(ctx)):
            without = windows(ctx, p, x)
        return {f"with {k}": v for k, v in with_na.items()} | {f"without {k}": v for k, v in without.items()} | {"x": x}

    with unchecked():
        found = record(body, bars, lengths)
    return found | {"known": np.arange(len(bars)) % 11 != 4, "n": np.array(lengths["n"].values, int)}


@pytest.mark.parametrize("name", [*LEFT_OUT, *KEPT])
def test_na_is_left_out_as_if_the_bar_had_not_been(name: str, recorded: dict[str, Any]) -> None:
    was = recorded["known"]
    np.testing.assert_allclose(recorded[f"with {name}"][was], recorded[f"without {name}"][was], rtol=1e-12)


@pytest.mark.parametrize("name", LEFT_OUT)
def test_window_holds_its_value_on_na(name: str, recorded: dict[str, Any]) -> None:
    gaps = np.flatnonzero(~recorded["known"])
    np.testing.assert_array_equal(recorded[f"with {name}"][gaps], recorded[f"with {name}"][gaps - 1])


@pytest.mark.parametrize("name", KEPT)
def test_recursive_average_of_na_is_na(name: str, recorded: dict[str, Any]) -> None:
    assert np.isnan(recorded[f"with {name}"][~recorded["known"]]).all()


def test_line_through_an_na_is_na(recorded: dict[str, Any]) -> None:
    x, was = recorded["x"], recorded["known"]
    for lane, n in enumerate(recorded["n"]):
        for t in range(len(x)):
            got = recorded["with linreg"][t, lane]
            if t < n - 1 or not was[t - n + 1 : t + 1].all():
                assert np.isnan(got)
            else:
                slope, start = np.polyfit(np.arange(n), x[t - n + 1 : t + 1, lane], 1)
                assert got == pytest.approx(start + slope * (n - 1), rel=1e-9)
