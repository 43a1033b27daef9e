from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinejax.core.feed import Bars
from pinejax.report.thin import kept, merged


def bars(n: int, seed: int = 1) -> Bars:
    random = np.random.default_rng(seed)
    close = 100 + np.cumsum(random.normal(size=n))
    open_ = np.concatenate([[100.0], close[:-1]])
    high, low = np.maximum(open_, close) + random.random(n), np.minimum(open_, close) - random.random(n)
    return Bars(np.arange(n, dtype=np.int64) * 60_000, open_, high, low, close, np.ones(n))


def test_bars_that_fit_are_left_as_they_are():
    given_ = bars(50)
    assert merged(given_, 50) == (given_, 1)


@given(st.integers(1, 300), st.integers(1, 60), st.integers(0, 9))
def test_merged_bars_keep_the_first_open_the_last_close_and_every_extreme(n: int, most: int, seed: int):
    whole = bars(n, seed)
    few, each = merged(whole, most)
    assert len(few) <= most
    assert few.open[0] == whole.open[0] and few.close[-1] == whole.close[-1]
    assert few.high.max() == whole.high.max() and few.low.min() == whole.low.min()
    assert few.volume.sum() == pytest.approx(n)
    for i in range(len(few)):
        part = slice(i * each, (i + 1) * each)
        assert few.time[i] == whole.time[part][0]
        assert (few.open[i], few.close[i]) == (whole.open[part][0], whole.close[part][-1])
        assert (few.high[i], few.low[i]) == (whole.high[part].max(), whole.low[part].min())


@given(st.integers(1, 500), st.integers(1, 80), st.integers(0, 9))
def test_kept_points_have_both_ends_and_every_curves_extremes(n: int, most: int, seed: int):
    random = np.random.default_rng(seed)
    curves = [random.normal(size=n), np.cumsum(random.normal(size=n))]
    at = kept(curves, most)
    assert len(at) <= max(most, 6)
    assert (np.diff(at) > 0).all()
    assert at[0] == 0 and at[-1] == n - 1
    for curve in curves:
        assert curve[at].max() == curve.max() and curve[at].min() == curve.min()


def test_points_that_are_no_numbers_do_not_hide_an_extreme():
    curve = np.full(100, np.nan)
    curve[37], curve[71] = 5.0, -5.0
    assert {37, 71} <= set(kept([curve], 12).tolist())
