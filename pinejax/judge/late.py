"""A strategy whose orders reach the broker some bars late: the same body, another broker. What comes of it is `delay`."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import jax.numpy as jnp

from pinejax.broker.readings import Readings
from pinejax.broker.recorder import Broker
from pinejax.core.bounded import depends_on_parameters_only, plain
from pinejax.core.inputs import Strategy
from pinejax.errors import StrategyError

ORDERS = frozenset({"entry", "order", "exit", "close", "close_all", "cancel", "cancel_all"})
"""Calls that reach the broker late."""
READINGS = frozenset({*Readings.__dataclass_fields__, "open_trade", "closed_trade"})
"""What a body knows of its account is as of its own bar."""
NUMBERS = frozenset({
    "qty", "qty_rate", "limit", "stop", "profit_ticks", "loss_ticks", "trail_price", "trail_ticks", "trail_offset_ticks"
})  # fmt: skip
"""Arguments that may change from bar to bar."""
FIXED = frozenset({
    "id", "direction", "from_entry", "oca_name", "oca_type", "immediately",
    "comment", "comment_profit", "comment_loss", "comment_trailing",
})  # fmt: skip
"""Arguments that are known when the body is traced."""


def late(strategy: type[Strategy], n_bars: int) -> type[Strategy]:
    """The strategy with every order call carried out `n_bars` after the bar that made it, as it was made then.

    Condition, prices and quantities are those of the earlier bar, whatever the account holds by now; sizes that a call leaves to the
    broker are of the bar on which it arrives. Calls keep their order, so a cancel overtakes nothing. The body reads its account as it is,
    so it goes on asking for an entry that has not come yet. An order of a warm-up's last bars arrives when trading has begun.
    Errors, when traced: StrategyError for a use of `ctx.broker` that this does not know.
    """

    def on_bar(self: Any, ctx: Any) -> None:
        prompt = ctx.broker
        ctx.broker = LateBroker(prompt, ctx, n_bars)
        try:
            strategy.on_bar(self, ctx)
        finally:
            ctx.broker = prompt

    return type(strategy.__name__, (strategy,), {"on_bar": on_bar, "__module__": strategy.__module__, "__doc__": strategy.__doc__})


class LateBroker:
    """`ctx.broker` for a body whose orders are late. Each order call keeps what it was told for `n_bars`, in call sites of its own."""

    def __init__(self, broker: Broker, context: Any, n_bars: int):
        self._broker, self._context, self._n_bars = broker, context, n_bars

    def __getattr__(self, name: str) -> Any:
        if name in ORDERS:
            return partial(self._send, name)
        if name in READINGS or not hasattr(Broker, name):  # a name that no broker has is the broker's to refuse
            return getattr(self._broker, name)
        raise StrategyError(f"broker.{name}: it is not known how to make it late. Known: {', '.join(sorted(ORDERS | READINGS))}.")

    def _send(self, name: str, *args: Any, **more: Any) -> None:
        call = getattr(self._broker, name)
        given = inspect.signature(call).bind(*args, **more)
        given.apply_defaults()
        arguments = dict(given.arguments)
        unknown = sorted(set(arguments) - NUMBERS - FIXED - {"when"})
        if unknown:
            raise StrategyError(f"broker.{name}: it is not known how to make its {', '.join(unknown)} late.")
        when, mask = jnp.asarray(plain(arguments["when"]), dtype=bool), self._context.mask
        # Under a mask a call's history is of its executions, not of bars.
        with _unmasked(self._context):
            arguments["when"] = self._context.history(when if mask is None else when & mask, self._n_bars)
            call(**{k: self._kept(v) if k in NUMBERS else v for k, v in arguments.items()})

    def _kept(self, x: Any) -> Any:
        """A number as it was when the call was made; what parameters alone decide never changes."""
        return x if x is None or depends_on_parameters_only(x) else self._context.history(x, self._n_bars)


@contextmanager
def _unmasked(context: Any) -> Iterator[None]:
    outer, context.mask = context.mask, None
    try:
        yield
    finally:
        context.mask = outer
