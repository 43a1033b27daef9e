"""The strategies that the benchmarks run: one EMA cross with more and more kinds of orders, and the shipped one with everything on.

Their peers, the same rules written by hand, are in `peers`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pinejax.broker.config import BrokerConfig
from pinejax.core.inputs import Strategy, Value, input
from pinejax.core.orders import LONG, SHORT
from pinejax.strategies import load_strategy

TICK = 0.01


class Market(Strategy):
    """Always in the market, turned by a cross."""

    fast = input.int(9, low=3, high=40)
    slow = input.int(21, low=20, high=120)

    def on_bar(self, ctx: Any) -> None:
        """Traced."""
        bar, ta, broker = ctx.bar, ctx.ta, ctx.broker
        fast, slow = ta.ema(bar.close, self.fast), ta.ema(bar.close, self.slow)
        up, down = ta.crossover(fast, slow), ta.crossunder(fast, slow)
        broker.entry("L", LONG, self.more(ctx, fast, slow, up))
        broker.entry("S", SHORT, down)
        self.protect(ctx, up, down)

    def more(self, ctx: Any, fast: Any, slow: Any, up: Any) -> Any:
        """When to buy."""
        return up

    def protect(self, ctx: Any, up: Any, down: Any) -> None:
        """Exits, if any."""


class Stop(Market):
    """A stop for each side, placed with the entry, at a multiple of the ATR."""

    atr_len = input.int(14, low=5, high=30)
    mult = input.float(2.0, low=0.5, high=5.0)

    def protect(self, ctx: Any, up: Any, down: Any) -> None:
        """The stops."""
        bar, near = ctx.bar, self.mult * ctx.ta.atr(self.atr_len)
        ctx.broker.exit("XL", "L", up, stop=bar.close - near)
        ctx.broker.exit("XS", "S", down, stop=bar.close + near)


class Bracket(Stop):
    """A stop and a limit twice as far for each side, placed with the entry."""

    trails = False

    def protect(self, ctx: Any, up: Any, down: Any) -> None:
        """A bracket in multiples of the ATR."""
        bar, atr = ctx.bar, ctx.ta.atr(self.atr_len)
        trail = {"trail_ticks": atr * self.mult / TICK, "trail_offset_ticks": atr / TICK} if self.trails else {}
        far, near = 2 * self.mult * atr, self.mult * atr
        ctx.broker.exit("XL", "L", up, stop=bar.close - near, limit=bar.close + far, **trail)
        ctx.broker.exit("XS", "S", down, stop=bar.close + near, limit=bar.close - far, **trail)


class Trailing(Bracket):
    """The same with a trailing stop: one ATR behind the best price, once `mult` ATR in profit."""

    trails = True


class Pyramid(Trailing):
    """The same, adding to longs up to three times."""

    def more(self, ctx: Any, fast: Any, slow: Any, up: Any) -> Any:
        """Also where the close crosses the fast average in an upward trend."""
        return up | (ctx.ta.crossover(ctx.bar.close, fast) & (fast > slow))


@dataclass(frozen=True)
class Style:
    """A row of the tables. fixed: inputs that are the same for all lanes (traced all the same); hourly: whether it needs an HTF."""

    name: str
    text: str
    strategy: type[Strategy]
    pyramiding: int = 1
    fixed: Mapping[str, Value] = field(default_factory=dict)
    hourly: bool = False

    @property
    def broker(self) -> BrokerConfig:
        """The default costs. A tenth of the equity an entry, so that no margin call arises, which the peers do not know."""
        return BrokerConfig(size=0.1, pyramiding=self.pyramiding)


def _everything_on() -> Style:
    strategy = load_strategy("squeeze_momentum")
    # With one length for all three windows there would be less to compute.
    fixed = {name: name != "use_same_len" for name, item in strategy.inputs.items() if item.kind == "bool"}
    return Style("squeeze", "squeeze_momentum, everything on", strategy, 1, fixed, hourly=True)


STYLES: dict[str, Style] = {
    s.name: s
    for s in (
        Style("market", "ema cross, market orders", Market),
        Style("stop", "+ ATR stop", Stop),
        Style("bracket", "+ limit", Bracket),
        Style("trailing", "+ trailing stop", Trailing),
        Style("pyramid", "pyramiding 3, all of it", Pyramid, 3),
        _everything_on(),
    )
}
