"""What every indicator must give, by NumPy and SciPy over a whole series at once: the manual's formulas, nothing of pinejax.

A series is `[bars]`. na is NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import stats

Series = np.ndarray


def before(x: Series, n: int = 1) -> Series:
    """x as it was n bars ago."""
    return np.concatenate([np.full(n, np.nan), x[: len(x) - n]])


def change(x: Series, n: int = 1) -> Series:
    return x - before(x, n)


def ratio(a: Any, b: Any) -> Series:
    """na where the divisor is 0."""
    a, b = np.broadcast_arrays(np.asarray(a, float), np.asarray(b, float))
    return np.divide(a, b, out=np.full(a.shape, np.nan), where=b != 0)


def held(x: Series) -> Series:
    """Every na replaced by the last value before it."""
    at = np.maximum.accumulate(np.where(np.isnan(x), -1, np.arange(len(x))))
    return np.where(at < 0, np.nan, x[at])


def skipping(x: Series, n: int, formula: Callable[[Series], Series]) -> Series:
    """formula(windows `[n_windows, n]`) of the last n values that are known; held on the bars of an na."""
    known = ~np.isnan(x)
    values, out = x[known], np.full(len(x), np.nan)
    if len(values) >= n:
        out[np.flatnonzero(known)[n - 1 :]] = formula(sliding_window_view(values, n))
        at = np.maximum.accumulate(np.where(known, np.arange(len(x)), -1))
        out = np.where(at < 0, np.nan, out[at])
    return out


def strict(x: Series, n: int, formula: Callable[[Series], Series]) -> Series:
    """formula(windows) of the last n bars; na while one of them is na."""
    windows = sliding_window_view(x, n)
    whole, out = ~np.isnan(windows).any(axis=1), np.full(len(x), np.nan)
    out[n - 1 :][whole] = formula(windows[whole])
    return out


def sma(x: Series, n: int) -> Series:
    return skipping(x, n, lambda w: w.mean(axis=1))


def total(x: Series, n: int) -> Series:
    return skipping(x, n, lambda w: w.sum(axis=1))


def smoothed(x: Series, n: int, alpha: float) -> Series:
    """Exponential average in closed form: the seed and every later value, each with its power of 1 - alpha. na on an na."""
    known = ~np.isnan(x)
    values, out = x[known], np.full(len(x), np.nan)
    if len(values) < n:
        return out
    terms = np.concatenate([[values[:n].mean()], alpha * values[n:]])
    age = np.arange(len(terms))
    powers = np.tril((1 - alpha) ** np.maximum(age[:, None] - age[None], 0).astype(float))
    out[np.flatnonzero(known)[n - 1 :]] = powers @ terms
    return out


def ema(x: Series, n: int) -> Series:
    return smoothed(x, n, 2 / (n + 1))


def rma(x: Series, n: int) -> Series:
    return smoothed(x, n, 1 / n)


def wma(x: Series, n: int) -> Series:
    return skipping(x, n, lambda w: np.average(w, axis=1, weights=np.arange(1, n + 1)))


def hma(x: Series, n: int) -> Series:
    return wma(2 * wma(x, n // 2) - wma(x, n), int(n**0.5))


def alma(x: Series, n: int, offset: float = 0.85, sigma: float = 6.0, floor: bool = False) -> Series:
    centre = np.floor(offset * (n - 1)) if floor else offset * (n - 1)
    return strict(x, n, lambda w: np.average(w, axis=1, weights=stats.norm.pdf(np.arange(n), centre, n / sigma)))


def highest(x: Series, n: int) -> Series:
    return skipping(x, n, lambda w: w.max(axis=1))


def lowest(x: Series, n: int) -> Series:
    return skipping(x, n, lambda w: w.min(axis=1))


def stdev(x: Series, n: int, ddof: int = 0) -> Series:
    return skipping(x, n, lambda w: w.std(axis=1, ddof=ddof) if n > ddof else np.full(len(w), np.nan))


def dev(x: Series, n: int) -> Series:
    return skipping(x, n, lambda w: np.abs(w - w.mean(axis=1, keepdims=True)).mean(axis=1))


def linreg(x: Series, n: int, offset: int = 0) -> Series:
    design = np.stack([np.ones(n), np.arange(n)], axis=1)
    return strict(x, n, lambda w: np.array([1, n - 1 - offset]) @ np.linalg.pinv(design) @ w.T)


def correlation(a: Series, b: Series, n: int) -> Series:
    known = ~np.isnan(a) & ~np.isnan(b)
    place, out = np.flatnonzero(known), np.full(len(a), np.nan)
    for end in range(n, len(place) + 1):
        rows = place[end - n : end]
        if n > 1 and np.ptp(a[rows]) > 0 and np.ptp(b[rows]) > 0:
            out[rows[-1]] = stats.pearsonr(a[rows], b[rows])[0]
        elif known[rows[-1]]:
            out[rows[-1]] = np.nan
    at = np.maximum.accumulate(np.where(known, np.arange(len(a)), -1))
    return np.where(at < 0, np.nan, out[at])


def rank_correlation(w: Series) -> Series:
    time = np.arange(w.shape[1])
    return np.array([100 * stats.spearmanr(time, row)[0] if np.ptp(row) > 0 else np.nan for row in w])


def percentrank(x: Series, n: int) -> Series:
    return strict(x, n + 1, lambda w: np.array([stats.percentileofscore(row[:-1], row[-1], kind="weak") for row in w]))


def pivothigh(x: Series, left: int, right: int) -> Series:
    def formula(w: Series) -> Series:
        candidate = w[:, left, None]
        stands = (w[:, :left] <= candidate).all(axis=1) & (w[:, left + 1 :] < candidate).all(axis=1)
        return np.where(stands, w[:, left], np.nan)

    return strict(x, left + right + 1, formula)


def rises(x: Series, n: int) -> Series:
    """Whether x is above each of the n known values before; 0 or 1."""
    above = skipping(x, n + 1, lambda w: (w[:, -1:] > w[:, :-1]).all(axis=1))
    return np.where(np.isnan(x) | np.isnan(above), 0.0, above)


def crosses(a: Series, b: Series) -> Series:
    return (a > b) & (before(a) <= before(b))


def rsi(x: Series, n: int) -> Series:
    up, down = rma(np.maximum(change(x), 0), n), rma(np.maximum(-change(x), 0), n)
    return np.where(down == 0, 100.0, 100 * ratio(up, up + down))


def cmo(x: Series, n: int) -> Series:
    up, down = total(np.maximum(change(x), 0), n), total(np.maximum(-change(x), 0), n)
    return 100 * ratio(up - down, up + down)


def mfi(x: Series, volume: Series, n: int) -> Series:
    step, flow = change(x), x * volume
    up, down = total(np.where(step <= 0, 0.0, flow), n), total(np.where(step >= 0, 0.0, flow), n)
    return np.where(down == 0, 100.0, 100 - 100 / (1 + ratio(up, down)))


def tsi(x: Series, short: int, long: int) -> Series:
    return ratio(ema(ema(change(x), long), short), ema(ema(np.abs(change(x)), long), short))


def true_range(bars: Any, first: bool = True) -> Series:
    reach = np.stack([bars.high - bars.low, abs(bars.high - before(bars.close)), abs(bars.low - before(bars.close))])
    return np.concatenate([[reach[0, 0] if first else np.nan], reach.max(axis=0)[1:]])


def since(condition: Series) -> Series:
    """Bars since the condition held."""
    last = np.maximum.accumulate(np.where(condition, np.arange(len(condition)), -1))
    return np.where(last < 0, np.nan, np.arange(len(condition)) - last)


def value_when(condition: Series, x: Series, k: int) -> Series:
    places, count = np.flatnonzero(condition), np.cumsum(condition)
    return np.array([x[places[c - 1 - k]] if c > k else np.nan for c in count])


def cumulated(x: Series) -> Series:
    """Running total; an na leaves it, and it is na before the first value."""
    return np.where(np.cumsum(~np.isnan(x)) > 0, np.nancumsum(x), np.nan)


def vwap(x: Series, volume: Series, anchor: Series, k: float) -> tuple[Series, Series, Series]:
    middle, width = np.full(len(x), np.nan), np.full(len(x), np.nan)
    starts = [*np.flatnonzero(anchor), len(x)]
    for start, end in pairwise(starts):
        for t in range(start, end):
            w, v = x[start : t + 1], volume[start : t + 1]
            if v.sum() > 0:
                middle[t] = np.average(w, weights=v)
                width[t] = k * np.sqrt(np.average((w - middle[t]) ** 2, weights=v))
    return middle, middle + width, middle - width


def volume_index(bars: Any, counts: Series) -> Series:
    return np.cumprod(np.where(counts & ~np.isnan(before(bars.close)), bars.close / before(bars.close), 1.0))


def wad(bars: Any) -> Series:
    last = before(bars.close)
    gain, loss = bars.close - np.fmin(bars.low, last), bars.close - np.fmax(bars.high, last)
    return np.cumsum(np.select([bars.close > last, bars.close < last], [gain, loss], 0.0))


def dmi(bars: Any, n: int, m: int) -> tuple[Series, Series, Series]:
    up, down = change(bars.high), -change(bars.low)
    unknown = np.isnan(up)
    plus_move = np.where(unknown, np.nan, np.where((up > down) & (up > 0), up, 0))
    minus_move = np.where(unknown, np.nan, np.where((down > up) & (down > 0), down, 0))
    reach = rma(true_range(bars, first=False), n)
    plus, minus = held(100 * ratio(rma(plus_move, n), reach)), held(100 * ratio(rma(minus_move, n), reach))
    both = plus + minus
    return plus, minus, 100 * rma(abs(plus - minus) / np.where(both == 0, 1, both), m)


def supertrend(bars: Any, factor: float, n: int) -> tuple[Series, Series]:
    """The manual's script, bar by bar."""
    atr, middle = rma(true_range(bars), n), (bars.high + bars.low) / 2
    upper, lower = middle + factor * atr, middle - factor * atr
    line, direction = np.full(len(atr), np.nan), np.ones(len(atr))
    for t in range(len(atr)):
        last_upper, last_lower, last_line = (0.0 if t == 0 or np.isnan(s[t - 1]) else s[t - 1] for s in (upper, lower, line))
        last_close = bars.close[t - 1] if t else np.nan
        if not (lower[t] > last_lower or last_close < last_lower):
            lower[t] = last_lower
        if not (upper[t] < last_upper or last_close > last_upper):
            upper[t] = last_upper
        if t and not np.isnan(atr[t - 1]):
            up = bars.close[t] > upper[t] if last_line == last_upper else not bars.close[t] < lower[t]
            direction[t] = -1.0 if up else 1.0
        line[t] = lower[t] if direction[t] < 0 else upper[t]
    return line, direction


def sar(bars: Any, start: float, increment: float, limit: float) -> Series:
    """The manual's script, bar by bar."""
    out = np.full(len(bars.close), np.nan)
    level = extreme = factor = np.nan
    is_below = False
    for t in range(1, len(out)):
        high, low, turned = bars.high[t], bars.low[t], False
        if t == 1:
            is_below = bool(bars.close[1] > bars.close[0])
            extreme, level = (high, bars.low[0]) if is_below else (low, bars.high[0])
            turned, factor = True, start
        level += factor * (extreme - level)
        if is_below and level > low:
            turned, is_below, level, extreme, factor = True, False, max(high, extreme), low, start
        elif not is_below and level < high:
            turned, is_below, level, extreme, factor = True, True, min(low, extreme), high, start
        if not turned and (high > extreme if is_below else low < extreme):
            extreme, factor = (high if is_below else low), min(factor + increment, limit)
        reached = slice(max(t - 2, 0), t)
        level = min(level, *bars.low[reached]) if is_below else max(level, *bars.high[reached])
        out[t] = level
    return out


def heikin_ashi(bars: Any) -> tuple[Series, Series, Series, Series]:
    close = (bars.open + bars.high + bars.low + bars.close) / 4
    open_ = np.empty_like(close)
    open_[0] = (bars.open[0] + bars.close[0]) / 2
    for t in range(1, len(close)):
        open_[t] = (open_[t - 1] + close[t - 1]) / 2
    return open_, np.maximum(np.maximum(bars.high, open_), close), np.minimum(np.minimum(bars.low, open_), close), close


def periods(bars: Any, anchor: Series) -> SimpleNamespace:
    """Open, high, low, close of the period before the last anchor, and the open on that anchor's bar; `[bars]` each."""
    starts = np.flatnonzero(anchor)
    out = SimpleNamespace(**{name: np.full(len(anchor), np.nan) for name in ("o", "h", "l", "c", "opened")})
    for i, start in enumerate(starts):
        begin, end = starts[i - 1] if i else 0, starts[i + 1] if i + 1 < len(starts) else len(anchor)
        out.opened[start:end] = bars.open[start]
        if start > 0:
            out.o[start:end], out.c[start:end] = bars.open[begin], bars.close[start - 1]
            out.h[start:end], out.l[start:end] = bars.high[begin:start].max(), bars.low[begin:start].min()
    return out


def developing(bars: Any, anchor: Series) -> SimpleNamespace:
    """The same of the period so far."""
    begins = np.maximum.accumulate(np.where(anchor, np.arange(len(anchor)), 0))
    rows = [slice(begin, t + 1) for t, begin in enumerate(begins)]
    high, low = np.array([bars.high[r].max() for r in rows]), np.array([bars.low[r].min() for r in rows])
    return SimpleNamespace(o=bars.open[begins], h=high, l=low, c=bars.close, opened=bars.open[begins])


def pivot_levels(kind: str, p: SimpleNamespace) -> list[Series]:
    """[P, R1, S1, ...]: each level as weights of high, low, close and the new open, from the page on Pivot Points Standard."""
    h, l, c = p.h, p.l, p.c  # noqa: E741
    third, reach = (h + l + c) / 3, h - l
    if kind == "Traditional":
        r = [2 * third - l, third + reach, 2 * third + h - 2 * l, 3 * third + h - 3 * l, 4 * third + h - 4 * l]
        s = [2 * third - h, third - reach, 2 * third - 2 * h + l, 3 * third - 3 * h + l, 4 * third - 4 * h + l]
    elif kind == "Fibonacci":
        r, s = ([third + sign * k * reach for k in (0.382, 0.618, 1.0)] for sign in (1, -1))
    elif kind == "Woodie":
        third = h / 4 + l / 4 + p.opened / 2
        r = [2 * third - l, third + reach, h + 2 * third - 2 * l, 2 * h + 2 * third - 3 * l]
        s = [2 * third - h, third - reach, l + 2 * third - 2 * h, 2 * l + 2 * third - 3 * h]
    elif kind == "Classic":
        r = [2 * third - l, *(third + k * reach for k in (1, 2, 3))]
        s = [2 * third - h, *(third - k * reach for k in (1, 2, 3))]
    elif kind == "DM":
        x = h + l + c + np.select([p.o == c, c > p.o], [c, h], l)
        third, r, s = x / 4, [x / 2 - l], [x / 2 - h]
    else:
        r, s = ([c + sign * 1.1 * reach / k for k in (12, 6, 4, 2)] for sign in (1, -1))
        r, s = [*r, h / l * c], [*s, 2 * c - h / l * c]
    return [third, *(level for pair in zip(r, s, strict=True) for level in pair)]
