"""The EMA crosses as numba loops, one lane after the other, as a fast programmer writes them by hand: the bar that pinejax has to pass.

Rules: docs/semantics.md, as far as these strategies need them: next-open fills, reversals, percent of equity floored to lot
steps, commission, slippage, brackets on the intrabar path. Margin calls are not looked for. Kept per lane: closed trades, their P&L,
and the largest relative fall of equity at closes; pinejax keeps 20 figures more.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from workload import Outcome, Task

try:
    import numba
    from numba import njit
except ImportError:
    numba = njit = None

STYLES = ("market", "stop", "bracket", "trailing", "pyramid")
LOT_TOLERANCE, TICK_TOLERANCE, TICKS_IN = 1e-6, 1e-4, 100.0
# A stop this close above a price may be snapped onto it.
HAIR = 2e-6
MAX_LOTS = 3
# Contraction: the compiler may fuse a product and a sum, as XLA and g++ do.
OPTIONS: dict[str, Any] = {"error_model": "numpy", "nogil": True, "fastmath": {"contract"}}


def missing() -> str:
    """Why the loops cannot run; empty where they can."""
    return "" if numba is not None else "numba is not installed"


def run(task: Task, threads: int) -> Outcome:
    """All lanes of a task; one thread runs a plain loop over lanes, more a prange."""
    assert numba is not None
    numba.set_num_threads(threads)
    bars, terms = task.bars, task.terms
    found = np.zeros((3, len(task.fast)))
    over_lanes(task.style, threads > 1)(
        (bars.open, bars.high, bars.low, bars.close), task.fast, task.slow, task.atr_len, task.mult,
        (terms.capital, terms.size, terms.commission, terms.slip, terms.unit), found,
    )  # fmt: skip
    return Outcome(*found)


@cache
def over_lanes(style: str, parallel: bool) -> Callable[..., None]:
    """The compiled loop over lanes."""
    assert numba is not None and njit is not None
    one = {"market": _market, "pyramid": _pyramid}.get(style) or _one_lot(style != "stop", style == "trailing")
    lane, lanes = njit(**OPTIONS)(one), numba.prange if parallel else range

    def sweep(bars: Any, fast: Any, slow: Any, atr_len: Any, mult: Any, terms: Any, found: Any) -> None:
        for i in lanes(fast.shape[0]):
            found[0, i], found[1, i], found[2, i] = lane(bars, fast[i], slow[i], atr_len[i], mult[i], terms)

    return njit(parallel=parallel, **OPTIONS)(sweep)


def _inline(f: Callable) -> Callable:
    return njit(inline="always", **OPTIONS)(f) if njit else f


@_inline
def _up(price: float) -> float:
    """The next tick at or above a price, or the tick that it is close to."""
    ticks = price * TICKS_IN
    near = np.rint(ticks)
    return (near if abs(ticks - near) <= TICK_TOLERANCE else np.ceil(ticks)) / TICKS_IN


@_inline
def _down(price: float) -> float:
    """The next tick at or below a price, or the tick that it is close to."""
    ticks = price * TICKS_IN
    near = np.rint(ticks)
    return (near if abs(ticks - near) <= TICK_TOLERANCE else np.floor(ticks)) / TICKS_IN


@_inline
def _steps(equity: float, close: float, size: float, commission: float, unit: float) -> float:
    """Whole lot steps that a fraction of the equity buys."""
    return max(np.floor(equity * size / (close * unit * (1.0 + commission)) + LOT_TOLERANCE), 0.0)


@_inline
def _seeded(mean: float, x: float, alpha: float, t: int, n: int) -> float:
    """An average after one more value; of the first n it is their mean."""
    return mean + (alpha if t >= n else 1.0 / (t + 1.0)) * (x - mean)


@_inline
def _true_range(highs: Any, lows: Any, closes: Any, t: int) -> float:
    return highs[t] - lows[t] if t == 0 else max(highs[t], closes[t - 1]) - min(lows[t], closes[t - 1])


def _market(bars: Any, fast: int, slow: int, atr_len: int, mult: float, terms: Any) -> tuple[float, float, float]:
    opens, _, _, closes = bars
    capital, size, commission, slip, unit = terms
    a, b = 2.0 / (fast + 1.0), 2.0 / (slow + 1.0)
    quick = lag = 0.0
    order = position = paid = fee = net = trades = 0.0
    settled, worth = capital, 0.0
    peak, floor, worst = capital, capital, 1.0
    begin = max(fast, slow)
    for t in range(begin):
        quick, lag = _seeded(quick, closes[t], a, t, fast), _seeded(lag, closes[t], b, t, slow)
    above = quick > lag
    for t in range(begin, opens.shape[0]):
        if order != 0.0:
            # The order is made of the reversal's part and the new position.
            price = opens[t] + (slip if order > 0 else -slip)
            cost = price * unit * commission
            if position != 0.0:
                net += position * (price - paid) * unit - abs(position) * (fee + cost)
                trades += 1.0
            position, paid, fee, order = position + order, price, cost, 0.0
            settled, worth = capital + net - abs(position) * fee, position * unit
        close = closes[t]
        equity = settled + worth * (close - paid)
        if equity < floor:
            floor = equity
        elif equity > peak:
            worst = min(worst, floor / peak)
            peak, floor = equity, worst * equity
        quick, lag = a * close + (1.0 - a) * quick, b * close + (1.0 - b) * lag
        over = quick > lag
        if over != above:
            # Averages that meet have not crossed yet; should they part again to the same side, the order would be refused.
            above = over or quick == lag
            turn = 1.0 if above else -1.0
            base = _steps(equity, close, size, commission, unit)
            if base > 0.0 and position * turn <= 0.0:
                order = turn * base - position
    return trades, net, 1.0 - min(worst, floor / peak)


def _one_lot(has_limit: bool, has_trail: bool) -> Callable[..., Any]:
    """The loop of the strategies with one lot and one bracket; what a strategy lacks is compiled away.

    A short is a long of the negated prices: `side` times the price, so that one walk serves both.
    """

    def lane(bars: Any, fast: int, slow: int, atr_len: int, mult: float, terms: Any) -> tuple[float, float, float]:
        opens, highs, lows, closes = bars
        capital, size, commission, slip, unit = terms
        a, b, w = 2.0 / (fast + 1.0), 2.0 / (slow + 1.0), 1.0 / atr_len
        quick = lag = atr = 0.0
        order = position = paid = fee = net = trades = 0.0
        settled, worth = capital, 0.0
        peak, floor, worst = capital, capital, 1.0
        guarded = armed = False
        side = 1.0
        stop = limit = reach = offset = activation = best = 0.0
        begin = max(fast, slow)
        for t in range(begin):
            quick, lag = _seeded(quick, closes[t], a, t, fast), _seeded(lag, closes[t], b, t, slow)
            atr = _seeded(atr, _true_range(highs, lows, closes, t), w, t, atr_len)
        above, below, close = quick > lag, quick < lag, closes[begin - 1]
        for t in range(begin, opens.shape[0]):
            open_, high, low = opens[t], highs[t], lows[t]
            if order != 0.0:
                side = 1.0 if order > 0.0 else -1.0
                price = open_ + side * slip
                cost = price * unit * commission
                if position != 0.0:
                    net += position * (price - paid) * unit - abs(position) * (fee + cost)
                    trades += 1.0
                position, paid, fee, order = position + order, price, cost, 0.0
                settled, worth = capital + net - abs(position) * fee, position * unit
                if has_trail and guarded:
                    armed = False
                    activation = side * (_up(price + reach) if side > 0.0 else _down(price - reach))
            if guarded and position != 0.0:
                # Levels are kept as seen by a long.
                o, h, l = (open_, high, low) if side > 0.0 else (-open_, -low, -high)  # noqa: E741
                exits, slips, price = False, 1.0, 0.0
                if l <= stop:
                    exits, price = True, min(o, stop)
                if has_limit and h >= limit:
                    # The nearer corner of the path comes first, in the market's own sense: ties go to the low.
                    high_first = (high - open_ < open_ - low) == (side > 0.0)
                    if not exits or o >= limit or (o > stop and high_first):
                        exits, slips, price = True, 0.0, max(o, limit)
                if has_trail and (armed or h >= activation):
                    reached = max(best, h) if armed else h
                    if exits or l <= reached - offset + HAIR:
                        high_first = (high - open_ < open_ - low) == (side > 0.0)
                        c = side * closes[t]
                        exits, slips, price = _trail(o, h, l, c, high_first, stop, limit, activation, offset, armed, best, side)
                    armed, best = True, reached
                if exits:
                    price = side * price - side * slip * slips
                    cost = price * unit * commission
                    net += position * (price - paid) * unit - abs(position) * (fee + cost)
                    trades += 1.0
                    position, worth, settled, guarded = 0.0, 0.0, capital + net, False
            before, close = close, closes[t]
            equity = settled + worth * (close - paid)
            if equity < floor:
                floor = equity
            elif equity > peak:
                worst = min(worst, floor / peak)
                peak, floor = equity, worst * equity
            true_range = max(high, before) - min(low, before)
            atr = w * true_range + (1.0 - w) * atr if t >= atr_len else _seeded(atr, true_range, w, t, atr_len)
            quick, lag = a * close + (1.0 - a) * quick, b * close + (1.0 - b) * lag
            over, under = quick > lag, quick < lag
            if (over and not above) or (under and not below):
                turn = 1.0 if over else -1.0
                base = _steps(equity, close, size, commission, unit)
                if base > 0.0 and position * turn <= 0.0:
                    order, guarded = turn * base - position, False
                if order != 0.0 and t >= atr_len - 1:
                    near = mult * atr
                    if over:
                        stop, limit = _down(close - near), _up(close + 2.0 * near)
                    else:
                        stop, limit = -_up(close + near), -_down(close - 2.0 * near)
                    reach = np.ceil(atr * mult * TICKS_IN - TICK_TOLERANCE) / TICKS_IN
                    offset = np.ceil(atr * TICKS_IN - TICK_TOLERANCE) / TICKS_IN
                    guarded = True
            above, below = over, under
        return trades, net, 1.0 - min(worst, floor / peak)

    return lane


@_inline
def _tick_below(price: float, side: float) -> float:
    """A stop below a long's best price on the grid: the grid's own direction is the market's."""
    return _down(price) if side > 0.0 else -_up(-price)


def _trail_exit(
    o: float, h: float, l: float, c: float, high_first: bool, stop: float, limit: float, activation: float, offset: float,  # noqa: E741
    armed: bool, best: float, side: float,
) -> tuple[bool, float, float]:  # fmt: skip
    """(whether it exits, whether that slips, price) of a long with stop, limit and trail on a bar's path."""
    never = -np.inf
    here = max(best, o) if armed else (o if o >= activation else never)
    follows = _tick_below(here - offset, side) if here > never else never
    first = max(stop, follows)
    if o <= first:
        return True, 1.0, o
    if o >= limit:
        return True, 0.0, o
    if not high_first and l <= first:
        return True, 1.0, first
    if h >= limit:
        return True, 0.0, limit
    top = max(here, h) if here > never else (h if h >= activation else never)
    later = max(stop, _tick_below(top - offset, side) if top > never else never)
    if (l if high_first else c) <= later:
        return True, 1.0, later
    return False, 0.0, 0.0


_trail = njit(**OPTIONS)(_trail_exit) if njit else _trail_exit


def _pyramid(bars: Any, fast: int, slow: int, atr_len: int, mult: float, terms: Any) -> tuple[float, float, float]:
    """Up to three long lots, one short; one bracket with a trail counted from the average price."""
    opens, highs, lows, closes = bars
    capital, size, commission, slip, unit = terms
    a, b, w = 2.0 / (fast + 1.0), 2.0 / (slow + 1.0), 1.0 / atr_len
    quick = lag = atr = 0.0
    order = position = net = trades = 0.0
    qty, paid, fee, n_lots = np.zeros(MAX_LOTS), np.zeros(MAX_LOTS), np.zeros(MAX_LOTS), 0
    settled, average = capital, 0.0
    peak, floor, worst = capital, capital, 1.0
    guarded = armed = False
    guards = side = 1.0
    stop = limit = reach = offset = activation = best = 0.0
    begin = max(fast, slow - 1)
    for t in range(begin):
        quick, lag = _seeded(quick, closes[t], a, t, fast), _seeded(lag, closes[t], b, t, slow)
        atr = _seeded(atr, _true_range(highs, lows, closes, t), w, t, atr_len)
    above, below, close = quick > lag, quick < lag, closes[begin - 1]
    was_over = close > quick
    for t in range(begin, opens.shape[0]):
        open_, high, low = opens[t], highs[t], lows[t]
        if order != 0.0:
            turn = 1.0 if order > 0.0 else -1.0
            price = open_ + turn * slip
            cost = price * unit * commission
            if position * turn < 0.0:
                for i in range(n_lots):
                    net += qty[i] * (price - paid[i]) * unit - abs(qty[i]) * (fee[i] + cost)
                trades += n_lots
                n_lots, armed = 0, False
                guarded = guarded and guards == turn
                order += position
                position = 0.0
            qty[n_lots], paid[n_lots], fee[n_lots] = order, price, cost
            n_lots += 1
            position, side, order = position + order, turn, 0.0
            bought = fees = 0.0
            for i in range(n_lots):
                bought += qty[i] * paid[i]
                fees += abs(qty[i]) * fee[i]
            average = paid[0] if n_lots == 1 else bought / position
            settled = capital + net - fees
            if guarded:
                activation = side * (_up(average + reach) if side > 0.0 else _down(average - reach))
        if guarded and position != 0.0 and guards == side:
            o, h, l = (open_, high, low) if side > 0.0 else (-open_, -low, -high)  # noqa: E741
            reached = max(best, h) if armed else h
            rises = armed or h >= activation
            if l <= stop or h >= limit or (rises and l <= reached - offset + HAIR):
                high_first = (high - open_ < open_ - low) == (side > 0.0)
                c = side * closes[t]
                exits, slips, price = _trail(o, h, l, c, high_first, stop, limit, activation, offset, armed, best, side)
                if exits:
                    price = side * price - side * slip * slips
                    cost = price * unit * commission
                    for i in range(n_lots):
                        net += qty[i] * (price - paid[i]) * unit - abs(qty[i]) * (fee[i] + cost)
                    trades += n_lots
                    n_lots, position, settled, guarded, rises, armed = 0, 0.0, capital + net, False, False, False
            if rises:
                armed, best = True, reached
        before, close = close, closes[t]
        equity = settled + position * unit * (close - average)
        if equity < floor:
            floor = equity
        elif equity > peak:
            worst = min(worst, floor / peak)
            peak, floor = equity, worst * equity
        true_range = max(high, before) - min(low, before)
        atr = w * true_range + (1.0 - w) * atr if t >= atr_len else _seeded(atr, true_range, w, t, atr_len)
        quick = a * close + (1.0 - a) * quick
        lag = b * close + (1.0 - b) * lag if t >= slow else _seeded(lag, close, b, t, slow)
        over, under, is_over = quick > lag, quick < lag, close > quick
        # On the first bar with both averages there is nothing to cross yet, but the close may.
        up, down = over and not above and t >= slow, under and not below and t >= slow
        adds = is_over and not was_over and over
        if up or down or adds:
            turn = -1.0 if down else 1.0
            if position * turn <= 0.0 or n_lots < MAX_LOTS * (turn > 0.0):
                base = _steps(equity, close, size, commission, unit)
                order = turn * (base + (abs(position) if position * turn < 0.0 else 0.0)) if base > 0.0 else 0.0
            if (up or down) and order != 0.0 and t >= atr_len - 1:
                near = mult * atr
                if up:
                    stop, limit = _down(close - near), _up(close + 2.0 * near)
                else:
                    stop, limit = -_up(close + near), -_down(close - 2.0 * near)
                reach = np.ceil(atr * mult * TICKS_IN - TICK_TOLERANCE) / TICKS_IN
                offset = np.ceil(atr * TICKS_IN - TICK_TOLERANCE) / TICKS_IN
                guarded, guards = True, turn
        above, below, was_over = over, under, is_over
    return trades, net, 1.0 - min(worst, floor / peak)
