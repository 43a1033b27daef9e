"""What single ta.* call sites remember: windows, recursions, totals. Which function is made of which: `ta`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pinejax.testing.reference.formulas import divide, mean, zero_if_na
from pinejax.testing.reference.sites import Held, na


class Window(Held):
    """The last n values, oldest first; NaN until there are n."""

    def __init__(self, n: int, formula: Any, *, keep_na: bool = False):
        super().__init__()
        self.n, self.formula, self.keep_na, self.values = n, formula, keep_na, []

    def step(self, x: Any) -> Any:
        """An na input is not remembered, and the last output holds; keep_na: it is, and the output is na while it is among the n."""
        if not self.keep_na and math.isnan(x):
            return self.out
        self.values = [*self.values, np.float64(x)][-self.n :]
        if len(self.values) < self.n or any(math.isnan(v) for v in self.values):
            return na
        return self.formula(self.values)


class Pairs(Held):
    """The last n pairs without an na; the last output holds on a pair with one."""

    def __init__(self, n: int, formula: Any):
        super().__init__()
        self.n, self.formula, self.pairs = n, formula, []

    def step(self, a: Any, b: Any) -> Any:
        """formula(firsts, seconds), both oldest first."""
        if math.isnan(a) or math.isnan(b):
            return self.out
        self.pairs = [*self.pairs, (a, b)][-self.n :]
        return self.formula([p[0] for p in self.pairs], [p[1] for p in self.pairs]) if len(self.pairs) == self.n else na


class Extreme(Held):
    """The largest, or smallest, value so far."""

    def __init__(self, pick: Any):
        super().__init__()
        self.pick = pick

    def step(self, x: Any) -> Any:
        """na inputs change nothing."""
        if math.isnan(x):
            return self.out
        return x if math.isnan(self.out) else self.pick(self.out, x)


class Smoothed(Held):
    """Exponential average seeded by the mean of the first n values; an na input gives na and changes nothing."""

    def __init__(self, n: int, alpha: float | None):
        super().__init__()
        self.n, self.alpha, self.seed, self.last = n, alpha, [], na

    def step(self, x: Any) -> Any:
        """alpha None is Wilder's (x + (n - 1) previous) / n."""
        if math.isnan(x):
            return na
        if math.isnan(self.last):
            self.seed.append(x)
            self.last = mean(self.seed) if len(self.seed) == self.n else na
        elif self.alpha is None:
            self.last = (x + (self.n - 1) * self.last) / self.n
        else:
            self.last = self.alpha * x + (1.0 - self.alpha) * self.last
        return self.last


class Accumulated(Held):
    """A running total from a start; the total is na until the first non-na addition."""

    def __init__(self) -> None:
        super().__init__()
        self.total = 0.0

    def step(self, x: Any) -> Any:
        """na additions leave the total."""
        if math.isnan(x):
            return self.out
        self.total += x
        return np.float64(self.total)


class LastTrue(Held):
    """Values of the executions on which a condition held, newest first."""

    def __init__(self) -> None:
        super().__init__()
        self.values: list[Any] = []
        self.since = na

    def step(self, condition: Any, x: Any) -> Any:
        """Bars since the condition, and the values then."""
        if condition:
            self.values.insert(0, x)
            self.since = 0.0
        else:
            self.since += 1.0
        return np.float64(self.since)


class Parabolic(Held):
    """Wilder's parabolic stop and reverse."""

    def __init__(self, start: float, step: float, limit: float):
        super().__init__()
        self.start, self.increment, self.limit = start, step, limit
        self.bars: list[Any] = []
        self.rising, self.extreme, self.factor = True, na, start

    def step(self, bar: Any) -> Any:
        """First value on the second bar: up if it closed higher. Clamped by the two bars before."""
        self.bars = [*self.bars[-2:], bar]
        if len(self.bars) == 1:
            return na
        before = self.bars[-2]
        sar, first = self.out, math.isnan(self.out)
        if first:
            self.rising = bool(bar.close > before.close)
            self.extreme = bar.high if self.rising else bar.low
            sar = before.low if self.rising else before.high
            self.factor = self.start
        sar = sar + self.factor * (self.extreme - sar)
        flipped = first
        if (self.rising and sar > bar.low) or (not self.rising and sar < bar.high):
            flipped = True
            sar = max(bar.high, self.extreme) if self.rising else min(bar.low, self.extreme)
            self.rising = not self.rising
            self.extreme, self.factor = (bar.high if self.rising else bar.low), self.start
        beyond = bar.high > self.extreme if self.rising else bar.low < self.extreme
        if not flipped and beyond:
            self.extreme = bar.high if self.rising else bar.low
            self.factor = min(self.factor + self.increment, self.limit)
        for b in self.bars[-2:-1] + self.bars[-3:-2]:
            sar = min(sar, b.low) if self.rising else max(sar, b.high)
        return np.float64(sar)


class Ratchet(Held):
    """Supertrend's bands: they only tighten while the price stays on their side."""

    def __init__(self) -> None:
        super().__init__()
        self.upper = self.lower = self.line = na
        self.out = (na, na)

    def step(self, upper: Any, lower: Any, close: Any, before: Any, atr_before: Any) -> Any:
        """na bands of the bar before count as 0; direction 1 until there was an atr the bar before."""
        last_upper, last_lower = zero_if_na(self.upper), zero_if_na(self.lower)
        lower = lower if lower > last_lower or before < last_lower else last_lower
        upper = upper if upper < last_upper or before > last_upper else last_upper
        if math.isnan(atr_before):
            direction = 1.0
        elif self.line == last_upper:
            direction = -1.0 if close > upper else 1.0
        else:
            direction = 1.0 if close < lower else -1.0
        self.upper, self.lower = upper, lower
        self.line = lower if direction < 0 else upper
        return self.line, np.float64(direction)


class Anchored(Held):
    """Volume-weighted mean and deviation since an anchor."""

    def __init__(self) -> None:
        super().__init__()
        self.sums: list[Any] | None = None
        self.out = (na, na)

    def step(self, x: Any, volume: Any, anchor: Any) -> Any:
        """The anchor bar is the first of its own sums."""
        if anchor:
            self.sums = [0.0, 0.0, 0.0]
        if self.sums is None:
            return na, na
        for i, v in enumerate((volume, x * volume, x * x * volume)):
            self.sums[i] += v
        middle = divide(self.sums[1], self.sums[0])
        return middle, np.sqrt(np.maximum(divide(self.sums[2], self.sums[0]) - middle * middle, 0.0))


class Compounded(Held):
    """An index that grows by rates, from 1."""

    def __init__(self) -> None:
        super().__init__()
        self.index = 1.0

    def step(self, rate: Any) -> Any:
        """Add the rate's share of what there is."""
        self.index = self.index + rate * self.index
        return np.float64(self.index)


class Period(Held):
    """Open, high, low and close of the period before the last anchor, or of the one that it began; with the open of the latter."""

    def __init__(self) -> None:
        super().__init__()
        self.now: list[Any] | None = None
        self.before, self.opened = [na] * 4, na

    def step(self, bar: Any, anchor: Any, developing: bool) -> Any:
        """The anchor's bar is the first of its period; the first period begins on the first bar."""
        if anchor:
            self.before, self.opened = self.now or self.before, bar.open
        if anchor or self.now is None:
            self.now = [bar.open, bar.high, bar.low, bar.close]
        else:
            self.now = [self.now[0], max(self.now[1], bar.high), min(self.now[2], bar.low), bar.close]
        return [*(self.now if developing else self.before), self.opened]


class Averaged(Held):
    """Heikin-Ashi's open: the mean of its own last value and of the last other one."""

    def __init__(self) -> None:
        super().__init__()
        self.before: Any = na

    def step(self, first: Any, other: Any) -> Any:
        """first: the value on the first bar."""
        opened = first if math.isnan(self.out) else (self.out + self.before) / 2
        self.before = other
        return opened


class LastKnown(Held):
    """The last value that was not na."""

    def step(self, x: Any) -> Any:
        """Keep the old one for an na."""
        return self.out if math.isnan(x) else x
