"""What a strategy's body asks of the broker: the recorder behind `ctx.broker`. Nothing is executed here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp

from pinejax.core.bounded import plain
from pinejax.core.orders import LONG, SHORT
from pinejax.errors import StrategyError, did_you_mean


@dataclass(frozen=True)
class Entry:
    """strategy.entry: a market order where both levels are na."""

    id: str
    direction: int
    when: Any
    qty: Any
    limit: Any
    stop: Any

    @property
    def may_be_priced(self) -> bool:
        return self.limit is not None or self.stop is not None


@dataclass(frozen=True)
class Exit:
    """strategy.exit: a bracket on the lots of one entry id."""

    id: str
    from_entry: str
    when: Any
    qty: Any
    qty_rate: Any
    limit: Any
    stop: Any
    profit_ticks: Any
    loss_ticks: Any
    trail_price: Any
    trail_ticks: Any
    trail_offset_ticks: Any
    always: bool


@dataclass(frozen=True)
class Close:
    """strategy.close (an entry id's lots) or, with id None, strategy.close_all."""

    id: str | None
    when: Any
    qty: Any
    qty_rate: Any
    immediately: bool


@dataclass(frozen=True)
class Cancel:
    """strategy.cancel, or with id None strategy.cancel_all."""

    id: str | None
    when: Any


Command = Entry | Exit | Close | Cancel


@dataclass(frozen=True)
class Readings:
    """What a body may know of its account at the close of a bar, after the bar's fills. All `[lanes]`.

    position_size in contracts, signed; position_avg_price NaN when flat; money in account currency; bars_since_entry of the
    oldest open lot, NaN when flat; bars_since_exit NaN before the first exit.
    """

    position_size: Any
    position_avg_price: Any
    equity: Any
    net_profit: Any
    open_profit: Any
    n_closed_trades: Any
    bars_since_entry: Any
    bars_since_exit: Any


class Broker:
    """`ctx.broker`: order calls collect, readings are arrays over lanes. Order ids are fixed texts, known when tracing."""

    def __init__(self, readings: Readings):
        self._readings = readings
        self._context: Any = None
        self.commands: list[Command] = []

    def attach(self, context: Any) -> None:
        """Let order calls obey the context's masks."""
        self._context = context

    def __getattr__(self, name: str) -> Any:
        if name in Readings.__dataclass_fields__:
            return getattr(self._readings, name)
        known = [*Readings.__dataclass_fields__, *(n for n in dir(type(self)) if not n.startswith("_") and n not in ("attach", "commands"))]
        raise AttributeError(f"broker has no {name!r}. {did_you_mean(name, known)}")

    def entry(self, id: str, direction: int, when: Any = True, *, qty: Any = None, limit: Any = None, stop: Any = None) -> None:
        """Enter or reverse. Levels that are na mean no such leg; without any it is a market order for the next open.

        qty: contracts; by default the broker's configured size. (docs/semantics.md, 3.1)
        """
        if direction not in (LONG, SHORT):
            raise StrategyError(f"broker.entry({id!r}): expected LONG or SHORT as direction, got {direction!r}.")
        self.commands.append(Entry(_text(id), direction, self._mask(when), _opt(qty), _opt(limit), _opt(stop)))

    def exit(
        self,
        id: str,
        from_entry: str,
        when: Any = True,
        *,
        qty: Any = None,
        qty_rate: Any = None,
        limit: Any = None,
        stop: Any = None,
        profit_ticks: Any = None,
        loss_ticks: Any = None,
        trail_price: Any = None,
        trail_ticks: Any = None,
        trail_offset_ticks: Any = None,
    ) -> None:
        """A stop, limit and trailing stop on an entry's lots; first touch wins. Re-issued, it moves its levels.

        qty in contracts or qty_rate as a fraction of the lots; by default all that earlier exits leave. Tick distances count
        from the average entry price. (docs/semantics.md, 4)
        """
        levels = (limit, stop, profit_ticks, loss_ticks, trail_price, trail_ticks)
        if all(x is None for x in levels):
            raise StrategyError(
                f"broker.exit({id!r}): expected at least one of limit, stop, profit_ticks, loss_ticks, trail_price, trail_ticks; got none."
            )
        always = when is True and self._context.mask is None
        self.commands.append(
            Exit(
                _text(id), _text(from_entry), self._mask(when), _opt(qty), _opt(qty_rate), _opt(limit), _opt(stop), _opt(profit_ticks),
                _opt(loss_ticks), _opt(trail_price), _opt(trail_ticks), _opt(trail_offset_ticks), always,
            )
        )  # fmt: skip

    def close(self, id: str, when: Any = True, *, qty: Any = None, qty_rate: Any = None, immediately: bool = False) -> None:
        """Close an entry id's lots at the next open, or at this bar's close if `immediately`."""
        self.commands.append(Close(_text(id), self._mask(when), _opt(qty), _opt(qty_rate), immediately))

    def close_all(self, when: Any = True, *, immediately: bool = False) -> None:
        """Close the whole position at the next open, or at this bar's close if `immediately`."""
        self.commands.append(Close(None, self._mask(when), None, None, immediately))

    def cancel(self, id: str, when: Any = True) -> None:
        """Remove the pending orders of an id."""
        self.commands.append(Cancel(_text(id), self._mask(when)))

    def cancel_all(self, when: Any = True) -> None:
        """Remove every pending order."""
        self.commands.append(Cancel(None, self._mask(when)))

    def _mask(self, when: Any) -> Any:
        cond = jnp.asarray(plain(when), dtype=bool)
        cond = cond if self._context.mask is None else cond & self._context.mask
        return jnp.broadcast_to(cond, (self._context.sites.lanes,))


def _opt(x: Any) -> Any:
    return None if x is None else jnp.asarray(plain(x))


def _text(id: Any) -> str:
    if not isinstance(id, str):
        raise StrategyError(f"broker: expected an order id as text, got {id!r}. Ids are fixed when the body is traced.")
    return id
