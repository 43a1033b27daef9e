"""Oscillators of momentum: rsi, macd, stoch, cci and the like. Each is built of averages and windows; no state of their own."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from pinejax.core.bounded import plain
from pinejax.ops import divide
from pinejax.ta.recent import past


class Momentum:
    """`ta.rsi`, `ta.macd`, `ta.stoch`, ...: a mixin of `Ta`. What na does follows from the averages and windows that each is made of."""

    ctx: Any

    def mom(self: Any, x: Any, n: Any) -> Any:
        """x less x n executions ago; na before that, and where one of the two is na."""
        return self.change(x, n)

    def roc(self: Any, x: Any, n: Any) -> Any:
        """Change in percent of x n executions ago; na before that, where that was 0, and where one of the two is na."""
        x = jnp.asarray(plain(x))
        before = past(self.ctx, "roc", x, n)
        return divide(100.0 * (x - before), before)

    def rsi(self: Any, x: Any, n: Any) -> Any:
        """Wilder's strength, 0..100: rma of gains against rma of losses; 100 without losses; na for n executions."""
        gain, loss = self._gains_and_losses(x, lambda part: self.rma(part, n))
        return jnp.where(loss == 0, 100.0, 100.0 - 100.0 / (1.0 + gain / loss))

    def cmo(self: Any, x: Any, n: Any) -> Any:
        """Chande momentum, -100..100: (gains - losses) / (gains + losses) summed over n changes; na without any."""
        gain, loss = self._gains_and_losses(x, lambda part: self.sum(part, n))
        return divide(100.0 * (gain - loss), gain + loss)

    def _gains_and_losses(self: Any, x: Any, smooth: Any) -> tuple[Any, Any]:
        step = self.change(x)
        return smooth(jnp.maximum(step, 0.0)), smooth(jnp.maximum(-step, 0.0))

    def tsi(self: Any, x: Any, short: Any, long: Any) -> Any:
        """True strength, -1..1: ema(ema(change, long), short) over the same of |change|; na before long + short values, and as in `ema`."""
        step = self.change(x)
        return divide(self.ema(self.ema(step, long), short), self.ema(self.ema(jnp.abs(step), long), short))

    def macd(self: Any, x: Any, fast: Any = 12, slow: Any = 26, signal: Any = 9) -> tuple[Any, Any, Any]:
        """(line, signal, histogram): ema(fast) - ema(slow), its ema from the first non-na value on, and the difference."""
        line = self.ema(x, fast) - self.ema(x, slow)
        smooth = self.ema(line, signal)
        return line, smooth, line - smooth

    def cci(self: Any, x: Any, n: Any) -> Any:
        """Commodity channel index: (x - sma) / (0.015 dev); na where there is no deviation."""
        return divide(plain(x) - self.sma(x, n), 0.015 * self.dev(x, n))

    def stoch(self: Any, x: Any, high: Any, low: Any, n: Any) -> Any:
        """Place of x between lowest(low, n) and highest(high, n), 0..100; na for an empty range."""
        top, bottom = self.highest(high, n), self.lowest(low, n)
        return divide(100.0 * (plain(x) - bottom), top - bottom)

    def wpr(self: Any, n: Any) -> Any:
        """Williams %R, -100..0: the close below highest(high, n), in percent of the range; na for an empty range."""
        bar = self.ctx.bar
        top, bottom = self.highest(bar.high, n), self.lowest(bar.low, n)
        return divide(100.0 * (bar.close - top), top - bottom)

    def cog(self: Any, x: Any, n: Any) -> Any:
        """Centre of gravity: -sum(x[i] (i + 1)) / sum(x[i]) over the last n values, i their age; na before n. na inputs left out."""
        # The ages weigh 1..n where wma's weights are n..1.
        norm = self.ctx.hoist(lambda n: n * (n + 1.0) / 2.0, n)
        outermost = self.ctx.hoist(lambda n: n + 1.0, n)
        return divide(self.wma(x, n) * norm, self.sum(x, n)) - outermost

    def mfi(self: Any, x: Any, n: Any) -> Any:
        """Money flow, 0..100: x times volume summed over n, where x rose against where it fell; 100 without falls; na before n values."""
        step, flow = self.change(x), plain(x) * self.ctx.bar.volume
        up, down = self.sum(jnp.where(step <= 0, 0.0, flow), n), self.sum(jnp.where(step >= 0, 0.0, flow), n)
        return jnp.where(down == 0, 100.0, 100.0 - 100.0 / (1.0 + up / down))
