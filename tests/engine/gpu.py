"""Programs for the tests of the GPU's path: a strategy with brackets and trails, and its inputs stacked in blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from pinejax.broker.config import BrokerConfig
from pinejax.core.inputs import Strategy, input
from pinejax.core.orders import LONG, SHORT
from pinejax.engine.blocks import lane_params
from pinejax.engine.engine import terms_of
from pinejax.engine.program import Program, State, Window, discover
from pinejax.engine.rows import rows_of
from pinejax.strategies import load_strategy
from tests.engine.busy import wave


class Braced(Strategy):
    """A cross of averages with a bracket and a trailing stop for each side, adding to longs where that is allowed."""

    fast = input.int(5, low=2, high=12)
    slow = input.int(20, low=10, high=40)
    mult = input.float(2.0, low=0.5, high=4.0)

    def on_bar(self, ctx: Any) -> None:
        """Traced."""
        bar, ta, broker = ctx.bar, ctx.ta, ctx.broker
        fast, slow, near = ta.ema(bar.close, self.fast), ta.ema(bar.close, self.slow), self.mult * ta.atr(14)
        up, down = ta.crossover(fast, slow), ta.crossunder(fast, slow)
        broker.entry("L", LONG, up | (ta.crossover(bar.close, fast) & (fast > slow)))
        broker.entry("S", SHORT, down)
        for name, entry, when, side in (("XL", "L", up, 1), ("XS", "S", down, -1)):
            stop, limit = bar.close - side * near, bar.close + side * 2 * near
            broker.exit(name, entry, when, stop=stop, limit=limit, trail_ticks=near * 100, trail_offset_ticks=near * 50)


PROGRAMS = {
    "ema_cross": (load_strategy("ema_cross"), 1),
    "braced": (Braced, 1),
    "pyramid": (Braced, 3),
    "squeeze_momentum": (load_strategy("squeeze_momentum"), 1),
}


@dataclass(frozen=True, eq=False)
class Case:
    """A program and what it runs on: per dataset rows, terms and window; parameters of one block."""

    program: Program
    rows: list[np.ndarray]
    terms: list[Any]
    windows: list[Window]
    params: dict[str, np.ndarray]

    def initial(self) -> State:
        """The state of a block before the first bar."""
        return jax.tree.map(np.array, self.program.initial())


def case(name: str, lanes: int, n_bars: int = 300) -> Case:
    """Two datasets of so many bars, and parameter sets drawn at random."""
    jax.config.update("jax_enable_x64", True)
    strategy, pyramiding = PROGRAMS[name]
    broker = BrokerConfig(size=0.1, pyramiding=pyramiding)
    program = discover(strategy, strategy.inputs, broker, "float64", lanes)
    feeds = [wave(n_bars, seed) for seed in (1, 2)]
    rng = np.random.default_rng(3)
    sets = [strategy.complete(drawn(strategy, rng)) for _ in range(min(lanes, 128))]
    return Case(
        program,
        [rows_of(f, "float64", program.columns).values for f in feeds],
        [terms_of(broker, f, "float64") for f in feeds],
        [Window(np.int32(0), np.int32(0), np.int32(n_bars))] * 2,
        lane_params(program, sets, lanes),
    )


def drawn(strategy: type[Strategy], rng: Any) -> dict[str, Any]:
    """Its numbers at random."""
    numbers = {name: item for name, item in strategy.inputs.items() if item.kind in ("int", "float")}
    uniform = {name: rng.uniform(item.low, item.high) for name, item in numbers.items()}
    return {name: int(x) if numbers[name].kind == "int" else float(x) for name, x in uniform.items()}


def same_state(a: Any, b: Any) -> bool:
    """Whether two states agree to nine digits, NaN with NaN."""
    pairs = zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True)
    return all(np.allclose(x, y, rtol=1e-9, atol=1e-9, equal_nan=True) for x, y in pairs)
