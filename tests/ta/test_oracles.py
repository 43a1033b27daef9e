"""Every indicator, on the engine and on the reference, against NumPy's or SciPy's own figure (`oracles`), with na in the series."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.docs.generate import indicators
from tests.ta import bodies
from tests.ta import oracles as o

Oracle = Callable[[Any, Any, Any], Any]
"""(x `[bars]`, bars, the lane's lengths) -> `[bars]`, or a tuple of them."""


def bands(middle: Any, width: Any) -> tuple[Any, Any, Any]:
    return middle, middle + width, middle - width


def macd(x: Any, p: Any) -> tuple[Any, Any, Any]:
    line = o.ema(x, p.m) - o.ema(x, p.n)
    signal = o.ema(line, p.one)
    return line, signal, line - signal


def keltner(x: Any, b: Any, p: Any) -> tuple[Any, Any, Any]:
    return bands(o.ema(x, p.n), p.f * o.ema(o.true_range(b), p.n))


def rose(x: Any) -> Any:
    return x > o.before(x)


def differs(flag: Any, n: int) -> Any:
    return flag != np.concatenate([np.zeros(n, bool), flag[:-n]])


def lows(x: Any, left: int, right: int) -> Any:
    return -o.pivothigh(-x, left, right)


OF_A_SOURCE: dict[str, Oracle] = {
    "sma": lambda x, b, p: o.sma(x, p.n),
    "sma of one": lambda x, b, p: o.sma(x, p.one),
    "ema": lambda x, b, p: o.ema(x, p.n),
    "ema of a number": lambda x, b, p: o.ema(x, 7),
    "rma": lambda x, b, p: o.rma(x, p.n),
    "wma": lambda x, b, p: o.wma(x, p.n),
    "hma": lambda x, b, p: o.hma(x, p.n),
    "vwma": lambda x, b, p: o.ratio(o.sma(x * b.volume, p.n), o.sma(b.volume, p.n)),
    "swma": lambda x, b, p: o.strict(x, 4, lambda w: np.average(w, axis=1, weights=[1, 2, 2, 1])),
    "alma": lambda x, b, p: o.alma(x, p.n),
    "alma of a number": lambda x, b, p: o.alma(x, 5),
    "alma floored": lambda x, b, p: o.alma(x, p.n, 0.6, 4.0, floor=True),
    "sum": lambda x, b, p: o.total(x, p.n),
    "highest": lambda x, b, p: o.highest(x, p.n),
    "lowest": lambda x, b, p: o.lowest(x, p.n),
    "range": lambda x, b, p: o.skipping(x, p.n, lambda w: np.ptp(w, axis=1)),
    "highestbars": lambda x, b, p: o.skipping(x, p.n, lambda w: w.argmax(axis=1) - p.n + 1),
    "lowestbars": lambda x, b, p: o.skipping(x, p.n, lambda w: w.argmin(axis=1) - p.n + 1),
    "max": lambda x, b, p: np.fmax.accumulate(x),
    "min": lambda x, b, p: np.fmin.accumulate(x),
    "variance": lambda x, b, p: o.stdev(x, p.n) ** 2,
    "variance of a sample": lambda x, b, p: o.stdev(x, p.n, ddof=1) ** 2,
    "stdev": lambda x, b, p: o.stdev(x, p.n),
    "stdev of a sample": lambda x, b, p: o.stdev(x, p.n, ddof=1),
    "dev": lambda x, b, p: o.dev(x, p.n),
    "linreg": lambda x, b, p: o.linreg(x, p.n),
    "linreg with offset": lambda x, b, p: o.linreg(x, p.n, p.m),
    "linreg of one": lambda x, b, p: o.linreg(x, p.one),
    "linreg of a number": lambda x, b, p: o.linreg(x, 9, 2),
    "bb, bb upper, bb lower": lambda x, b, p: bands(o.sma(x, p.n), p.f * o.stdev(x, p.n)),
    "bbw": lambda x, b, p: 200 * o.ratio(p.f * o.stdev(x, p.n), o.sma(x, p.n)),
    "kc, kc upper, kc lower": keltner,
    "kcw": lambda x, b, p: 2 * o.ratio(p.f * o.ema(o.true_range(b), p.n), o.ema(x, p.n)),
    "range of bars kc": lambda x, b, p: o.ema(x, p.m) + p.f * o.ema(b.high - b.low, p.m),
    "rsi": lambda x, b, p: o.rsi(x, p.n),
    "macd, macd signal, macd histogram": lambda x, b, p: macd(x, p),
    "stoch": lambda x, b, p: 100 * o.ratio(x - o.lowest(x - p.one, p.n), o.highest(x + p.one, p.n) - o.lowest(x - p.one, p.n)),
    "cci": lambda x, b, p: o.ratio(x - o.sma(x, p.n), 0.015 * o.dev(x, p.n)),
    "cmo": lambda x, b, p: o.cmo(x, p.n),
    "mfi": lambda x, b, p: o.mfi(x, b.volume, p.n),
    "tsi": lambda x, b, p: o.tsi(x, p.m, p.n),
    "change": lambda x, b, p: o.change(x),
    "change of lanes": lambda x, b, p: o.change(x, p.n),
    "change of a bool": lambda x, b, p: differs(rose(x), 1),
    "change of a bool of lanes": lambda x, b, p: differs(rose(x), p.m),
    "mom": lambda x, b, p: o.change(x, 4),
    "roc": lambda x, b, p: 100 * o.ratio(o.change(x, p.m), o.before(x, p.m)),
    "roc of a number": lambda x, b, p: 100 * o.ratio(o.change(x, 3), o.before(x, 3)),
    "cog": lambda x, b, p: o.skipping(x, p.n, lambda w: -np.average(np.broadcast_to(np.arange(p.n, 0, -1), w.shape), axis=1, weights=w)),
    "crossover": lambda x, b, p: o.crosses(x, o.before(x)),
    "crossunder": lambda x, b, p: o.crosses(x, o.before(x)),
    "cross": lambda x, b, p: np.abs(np.diff(np.sign(x - o.sma(x, p.n)), prepend=np.nan)) == 2,
    "rising": lambda x, b, p: o.rises(x, p.one),
    "falling": lambda x, b, p: o.rises(-x, p.one),
    "pivothigh": lambda x, b, p: o.pivothigh(x, p.m, p.one),
    "pivothigh of numbers": lambda x, b, p: o.pivothigh(x, 2, 3),
    "pivotlow": lambda x, b, p: lows(x, p.one, p.m),
    "pivotlow of no bars after": lambda x, b, p: lows(x, p.m, 0),
    "barssince": lambda x, b, p: o.since(rose(x)),
    "valuewhen": lambda x, b, p: o.value_when(rose(x), x, 0),
    "valuewhen before": lambda x, b, p: o.value_when(rose(x), x, 2),
    "fixnan": lambda x, b, p: o.held(np.where(rose(x), x, np.nan)),
    "cum": lambda x, b, p: o.cumulated(x),
    "median": lambda x, b, p: o.skipping(x, p.n, lambda w: np.median(w, axis=1)),
    "median of one": lambda x, b, p: o.skipping(x, p.one, lambda w: np.median(w, axis=1)),
    "mode": lambda x, b, p: o.skipping(x, p.n, lambda w: o.stats.mode(w, axis=1).mode),
    "nearest rank": lambda x, b, p: o.skipping(x, p.n, lambda w: np.percentile(w, 70, axis=1, method="inverted_cdf")),
    "nearest rank of 0": lambda x, b, p: o.lowest(x, p.m),
    "interpolated": lambda x, b, p: o.strict(x, p.n, lambda w: np.percentile(w, 20 * p.one, axis=1, method="hazen")),
    "percentrank": lambda x, b, p: o.percentrank(x, p.n),
    "percentrank of a number": lambda x, b, p: o.percentrank(x, 6),
    "rci": lambda x, b, p: o.strict(x, p.n, o.rank_correlation),
    "rci of a number": lambda x, b, p: o.strict(x, 8, o.rank_correlation),
    "correlation": lambda x, b, p: o.correlation(x, b.volume, p.n),
    "correlation of lanes": lambda x, b, p: o.correlation(x, b.high * p.f, p.n),
    "vwap, vwap upper, vwap lower": lambda x, b, p: o.vwap(x, b.volume, anchors(b), p.f),
}


def anchors(b: Any) -> Any:
    return np.arange(len(b.close)) % 10 == 3


def levels_of(kind: str) -> Oracle:
    return lambda x, b, p: o.pivot_levels(kind, o.periods(b, anchors(b)))


def names(kind: str, n: int) -> str:
    return ", ".join(f"{kind} {i}" for i in range(n))


OF_THE_BAR: dict[str, Oracle] = {
    "tr": lambda x, b, p: o.true_range(b),
    "tr with na": lambda x, b, p: o.true_range(b, first=False),
    "atr": lambda x, b, p: o.rma(o.true_range(b), p.n),
    "wpr": lambda x, b, p: 100 * o.ratio(b.close - o.highest(b.high, p.n), o.highest(b.high, p.n) - o.lowest(b.low, p.n)),
    "supertrend, direction": lambda x, b, p: o.supertrend(b, p.one, p.n),
    "tight supertrend, tight direction": lambda x, b, p: o.supertrend(b, p.one / 4, p.m),
    "plus di, minus di, adx": lambda x, b, p: o.dmi(b, p.n, p.m),
    "sar": lambda x, b, p: o.sar(b, 0.02, 0.02, 0.2),
    "sar of lanes": lambda x, b, p: o.sar(b, p.one / 50, p.one / 100, 0.3),
    "obv": lambda x, b, p: np.nancumsum(np.sign(o.change(b.close)) * b.volume),
    "accdist": lambda x, b, p: np.nancumsum(o.ratio(2 * b.close - b.low - b.high, b.high - b.low) * b.volume),
    "pvt": lambda x, b, p: o.cumulated(o.change(b.close) / o.before(b.close) * b.volume),
    "nvi": lambda x, b, p: o.volume_index(b, b.volume < o.before(b.volume)),
    "pvi": lambda x, b, p: o.volume_index(b, b.volume > o.before(b.volume)),
    "wad": lambda x, b, p: o.wad(b),
    "iii": lambda x, b, p: o.ratio(2 * b.close - b.high - b.low, (b.high - b.low) * b.volume),
    "wvad": lambda x, b, p: o.ratio(b.close - b.open, b.high - b.low) * b.volume,
    "heikin open, heikin high, heikin low, heikin close": lambda x, b, p: o.heikin_ashi(b),
    **{names(kind, n): levels_of(kind) for kind, n in bodies.N_LEVELS.items()},
    names("developing", 3): lambda x, b, p: o.pivot_levels("DM", o.developing(b, anchors(b))),
}
CASES = {
    "on bars": (bodies.with_na_on_bars, OF_A_SOURCE | OF_THE_BAR),
    "on lanes": (bodies.with_na_on_lanes, OF_A_SOURCE),
}


@pytest.mark.parametrize(("case", "name"), [(case, name) for case, (_, oracles) in CASES.items() for name in oracles])
def test_indicator_equals_its_formula(case: str, name: str, recorded: Any, bars: Any, lengths: Any) -> None:
    body, found_by = CASES[case]
    engine, reference = recorded(body)
    for lane in range(engine["x"].shape[1]):
        given = SimpleNamespace(**{key: value.values[lane] for key, value in lengths.items()})
        with np.errstate(all="ignore"):
            expected = found_by[name](engine["x"][:, lane], bars, given)
        columns = expected if isinstance(expected, (tuple, list)) else (expected,)
        for key, wanted in zip(name.split(", "), columns, strict=True):
            for who, got in (("engine", engine), ("reference", reference)):
                np.testing.assert_allclose(
                    got[key][:, lane], wanted.astype(float), rtol=1e-8, atol=1e-7, err_msg=f"{key} on the {who}, lane {lane}"
                )


@pytest.mark.parametrize("case", CASES)
def test_every_recorded_indicator_has_a_formula(case: str, recorded: Any) -> None:
    body, found_by = CASES[case]
    assert recorded(body)[0].keys() - {"x"} == {key for name in found_by for key in name.split(", ")}


def test_every_indicator_of_ta_is_called() -> None:
    source = Path(bodies.__file__).read_text(encoding="utf-8")
    assert not [name for name in indicators() if f"ta.{name}(" not in source]
