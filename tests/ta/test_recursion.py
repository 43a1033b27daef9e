"""Averages that Pine has no function for: a recursion over `ctx.var`. Kaufman's adaptive average is the example of the manual."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from unchecked import unchecked

from pinejax.ops import absolute, divide, isnan, nz, where
from pinejax.testing.record import record, record_reference

na = float("nan")


def kaufman(ctx: Any, x: Any, n: Any) -> Any:
    """Kaufman's adaptive average: from the first whole window on, it nears x the faster the straighter x moved."""
    ta = ctx.ta
    straightness = divide(absolute(ta.change(x, n)), ta.sum(absolute(ta.change(x)), n))
    rate = (straightness * (2 / 3 - 2 / 31) + 2 / 31) ** 2
    average = ctx.var(na)
    average.set(where(isnan(average.value), x, average.value + nz(rate) * (x - average.value)))
    return average.value


def by_loop(x: np.ndarray, n: int) -> np.ndarray:
    out = np.empty_like(x)
    out[0] = x[0]
    for t in range(1, len(x)):
        way = np.abs(np.diff(x[t - n : t + 1])).sum() if t >= n else 0.0
        rate = (abs(x[t] - x[t - n]) / way * (2 / 3 - 2 / 31) + 2 / 31) ** 2 if way else 0.0
        out[t] = out[t - 1] + rate * (x[t] - out[t - 1])
    return out


@pytest.mark.parametrize("recorder", [record, record_reference], ids=("engine", "reference"))
def test_a_recursion_written_with_var_equals_a_loop(recorder: Any, bars: Any, lengths: Any) -> None:
    with unchecked():
        got = recorder(lambda ctx, p: {"kama": kaufman(ctx, ctx.bar.close, p.n)}, bars, lengths)["kama"]
    for lane, n in enumerate(lengths["n"].values):
        np.testing.assert_allclose(got[:, lane], by_loop(bars.close, n), rtol=1e-12)
