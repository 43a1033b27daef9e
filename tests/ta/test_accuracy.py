"""Running sums carry no history: a value that has left the window leaves nothing behind, however large it was."""

from __future__ import annotations

from typing import Any

import numpy as np
from unchecked import unchecked

from pinejax.core.feed import Bars
from pinejax.ops import where
from pinejax.testing.record import Lengths, record

N_BARS = 400
LENGTHS = (2, 5, 40, 60)


def bars() -> Bars:
    close = 100.0 + np.random.default_rng(3).normal(size=N_BARS)
    return Bars(np.arange(N_BARS, dtype=np.int64) * 900_000, close, close + 1, close - 1, close, np.ones(N_BARS))


def body(ctx: Any, p: Any) -> dict[str, Any]:
    # One bar in the past is a hundred million times the others.
    x = ctx.bar.close * p.f * where(ctx.bar.index == 30, 1e8, 1.0)
    ta = ctx.ta
    return {"x": x, "sma": ta.sma(x, p.n), "variance": ta.variance(x, p.n), "linreg": ta.linreg(x, p.n), "wma": ta.wma(x, p.n)}


def test_an_outlier_leaves_nothing_behind_in_running_sums() -> None:
    params = {"n": Lengths(LENGTHS, 2, 60), "f": Lengths((1.0, 0.3, 7.7, 1e3), 0.0, 1e3)}
    with unchecked():
        found = record(body, bars(), params)
    for lane, n in enumerate(LENGTHS):
        for t in range(30 + n, N_BARS, 7):
            w = found["x"][t - n + 1 : t + 1, lane]
            slope, start = np.polyfit(np.arange(n), w, 1)
            weights = np.arange(1, n + 1)
            expected = {
                "sma": w.mean(), "variance": w.var(), "linreg": start + slope * (n - 1), "wma": (w * weights).sum() / weights.sum()
            }  # fmt: skip
            for name, value in expected.items():
                rounding = 1e-15 * (w**2).max() if name == "variance" else 0.0  # of the squares, not of what was before
                np.testing.assert_allclose(found[name][t, lane], value, rtol=1e-8, atol=rounding, err_msg=f"{name}({n}) at bar {t}")
