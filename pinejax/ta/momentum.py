"""Oscillators of momentum: rsi, macd, stoch, cci and the like. Each is built of averages and windows; no state of their own."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from pinejax.core.bounded import plain
from pinejax.ops import divide


class Momentum:
    """`ta.rsi`, `ta.macd`, `ta.stoch`, ...: a mixin of `Ta`."""

    ctx: Any

    def rsi(self: Any, x: Any, n: Any) -> Any:
        """Wilder's strength, 0..100: rma of gains against rma of losses; 100 without losses; na for n executions."""
        step = self.change(x)
        gain, loss = self.rma(jnp.maximum(step, 0.0), n), self.rma(jnp.maximum(-step, 0.0), n)
        return jnp.where(loss == 0, 100.0, 100.0 - 100.0 / (1.0 + gain / loss))
