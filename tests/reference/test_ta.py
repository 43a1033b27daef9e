"""Call sites: seeding, na, laziness. Whole indicators are proven by the probes."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

from pinejax.testing.reference.sites import Frame
from pinejax.testing.reference.ta import Ta

X = [10.0, 11.0, 9.5, 12.0, 13.0, 12.5, 11.0, 14.0, 15.0, 13.5]


def series(call, xs=X, masks=None, bars=None):
    """Values of `call(ta, x)` over executions; bars: (high, low, close, volume) rows."""
    frame, out = Frame(), []
    for i, x in enumerate(xs):
        frame.rewind()
        h, l, c, v = bars[i] if bars else (x, x, x, 1.0)  # noqa: E741
        bar = SimpleNamespace(high=np.float64(h), low=np.float64(l), close=np.float64(c), volume=np.float64(v))
        with frame.when(masks is None or masks[i]):
            out.append(call(Ta(frame, bar), np.float64(x)))
    return out


def test_sma_is_na_until_full() -> None:
    got = series(lambda ta, x: ta.sma(x, 3))
    assert np.isnan(got[:2]).all()
    assert got[2:] == pytest.approx(np.convolve(X, np.ones(3) / 3, "valid"))


def test_ema_is_seeded_by_the_mean_of_the_first_n() -> None:
    got = series(lambda ta, x: ta.ema(x, 3))
    assert math.isnan(got[1])
    assert got[2] == pytest.approx(np.mean(X[:3]))
    assert got[3] == pytest.approx(0.5 * X[3] + 0.5 * got[2])


def test_rsi_begins_at_bar_n_and_is_100_without_losses() -> None:
    assert [math.isnan(v) for v in series(lambda ta, x: ta.rsi(x, 3))] == [True] * 3 + [False] * 7
    assert series(lambda ta, x: ta.rsi(x, 3), [1.0, 2.0, 3.0, 4.0, 5.0])[-1] == 100.0


def test_na_input_gives_na_and_keeps_an_ema_and_holds_an_sma() -> None:
    xs = [1.0, 2.0, 3.0, math.nan, 5.0]
    ema, sma = series(lambda ta, x: ta.ema(x, 2), xs), series(lambda ta, x: ta.sma(x, 2), xs)
    assert math.isnan(ema[3])
    assert ema[4] == pytest.approx(ema[2] + 2 / 3 * (5 - ema[2]))
    assert (sma[3], sma[4]) == (2.5, 4.0)


def test_na_is_left_out_of_a_window_or_makes_it_na() -> None:
    xs = [1.0, 5.0, math.nan, 3.0, 4.0]
    assert series(lambda ta, x: ta.highest(x, 2), xs)[1:] == [5.0, 5.0, 5.0, 4.0]
    assert series(lambda ta, x: ta.median(x, 2), xs)[1:] == [3.0, 3.0, 4.0, 3.5]
    line = series(lambda ta, x: ta.linreg(x, 2, 0), xs)
    assert [math.isnan(v) for v in line] == [True, False, True, True, False]


def test_a_pair_with_na_is_left_out_of_a_correlation() -> None:
    xs = [1.0, 2.0, math.nan, 4.0]
    assert series(lambda ta, x: ta.correlation(x, 3 * x, 3), xs)[3] == pytest.approx(1.0)


def test_a_masked_call_keeps_its_state() -> None:
    """A cross that runs only now and then compares with its last execution, not with the last bar."""
    masks = [True, False, True]
    assert bool(series(lambda ta, x: ta.crossover(x, 10.0), [9.0, 11.0, 12.0], masks)[-1])
    assert not bool(series(lambda ta, x: ta.crossover(x, 10.0), [9.0, 11.0, 12.0])[-1])


def test_crosses_compare_raw_doubles() -> None:
    assert bool(series(lambda ta, x: ta.crossover(x, 1.0), [1.0, np.nextafter(1.0, 2.0)])[-1])


def test_offsets_to_extremes_go_to_the_oldest_of_equals() -> None:
    assert series(lambda ta, x: ta.highestbars(x, 4), [1.0, 5.0, 5.0, 2.0])[-1] == -2
    assert series(lambda ta, x: ta.lowestbars(x, 4), [5.0, 1.0, 1.0, 2.0])[-1] == -2


def test_pivot_left_may_be_equal_right_must_be_lower() -> None:
    assert series(lambda ta, x: ta.pivothigh(x, 1, 1), [3.0, 3.0, 2.0])[-1] == 3.0
    assert math.isnan(series(lambda ta, x: ta.pivothigh(x, 1, 1), [2.0, 3.0, 3.0])[-1])


def test_pvt_is_na_on_the_first_bar_and_obv_zero() -> None:
    assert math.isnan(series(lambda ta, x: ta.pvt())[0])
    assert series(lambda ta, x: ta.obv())[:3] == [0.0, 1.0, 0.0]


def test_true_range_of_the_first_bar_is_its_range_or_na() -> None:
    bars = [(12, 9, 10, 1), (15, 13, 14, 1)]
    assert series(lambda ta, x: ta.tr(True), X[:2], bars=bars) == [3.0, 5.0]
    assert math.isnan(series(lambda ta, x: ta.tr(False), X[:2], bars=bars)[0])


@pytest.mark.parametrize("n", [2, 5])
def test_windows_agree_with_numpy(n: int) -> None:
    last = X[-n:]
    assert series(lambda ta, x: ta.stdev(x, n))[-1] == pytest.approx(np.std(last))
    assert series(lambda ta, x: ta.median(x, n))[-1] == np.median(last)
    assert series(lambda ta, x: ta.linreg(x, n))[-1] == pytest.approx(np.polyval(np.polyfit(range(n), last, 1), n - 1))
    assert series(lambda ta, x: ta.wma(x, n))[-1] == pytest.approx(np.average(last, weights=range(1, n + 1)))


def test_barssince_and_valuewhen_look_back_to_true_executions() -> None:
    since = series(lambda ta, x: ta.barssince(x > 12.9))
    assert math.isnan(since[3])
    assert since[4:8] == [0.0, 1.0, 2.0, 0.0]
    assert series(lambda ta, x: ta.valuewhen(x > 12.9, x, 1))[-1] == 15.0
