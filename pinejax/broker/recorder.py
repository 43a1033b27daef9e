"""`ctx.broker`: the recorder of a body's order calls, and its readings of the account. Nothing is executed here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import jax.numpy as jnp

from pinejax.broker.commands import Cancel, Close, Command, Entry, Exit, OcaType
from pinejax.broker.readings import ClosedTrade, OpenTrade, Readings, Wants
from pinejax.core.bounded import plain
from pinejax.core.orders import LONG, SHORT
from pinejax.errors import StrategyError, did_you_mean


class Broker:
    """`ctx.broker`: order calls collect, readings are arrays over lanes. Order ids are fixed texts, known when tracing."""

    def __init__(
        self, readings: Readings, open_trades: Sequence[OpenTrade] | None = None, closed_trades: Sequence[ClosedTrade] | None = None
    ):
        """open_trades: oldest first; closed_trades: latest first. None: not known yet how many the body reads (blank ones are made up)."""
        self._readings, self._open, self._closed = readings, open_trades, closed_trades
        self._context: Any = None
        self.commands: list[Command] = []
        self.wants = Wants()

    def attach(self, context: Any) -> None:
        """Let order calls obey the context's masks."""
        self._context = context

    def __getattr__(self, name: str) -> Any:
        if name in Readings.__dataclass_fields__:
            swings, held = name in ("max_drawdown", "max_runup"), name == "max_contracts_held"
            self.wants = replace(self.wants, swings=self.wants.swings or swings, held=self.wants.held or held)
            return getattr(self._readings, name)
        known = [*Readings.__dataclass_fields__, *(n for n in dir(type(self)) if not n.startswith("_") and n != "attach")]
        raise AttributeError(f"broker has no {name!r}. {did_you_mean(name, known)}")

    def open_trade(self, index: int = 0) -> OpenTrade:
        """The index-th open lot, 0 the oldest; na where there are not so many. `index` is a fixed whole number."""
        _whole("open_trade", index)
        blank = jnp.full_like(self._readings.equity, jnp.nan)
        return self._open[index] if self._open is not None and index < len(self._open) else OpenTrade(*(blank,) * 4)

    def closed_trade(self, ago: int = 0) -> ClosedTrade:
        """The latest closed trade, or the one `ago` before it; na where there are not so many. `ago` is a fixed whole number."""
        _whole("closed_trade", ago)
        self.wants = replace(self.wants, closed=max(self.wants.closed, ago + 1))
        blank = jnp.full_like(self._readings.equity, jnp.nan)
        return ClosedTrade(*(blank,) * 6) if self._closed is None else self._closed[ago]

    def entry(
        self, id: str, direction: int, when: Any = True, *, qty: Any = None, limit: Any = None, stop: Any = None,
        oca_name: str | None = None, oca_type: OcaType = "none", comment: str | None = None,
    ) -> None:  # fmt: skip
        """Enter or reverse. Levels that are na mean no such leg; without any it is a market order for the next open.

        qty: contracts; by default the broker's configured size. oca_name: orders of which one fills and the others are cancelled or
        reduced. comment: its text in records. (docs/semantics.md, 3.1, 5)
        """
        self._enter("entry", id, direction, when, qty, limit, stop, False, oca_name, oca_type, comment)

    def order(
        self, id: str, direction: int, when: Any = True, *, qty: Any = None, limit: Any = None, stop: Any = None,
        oca_name: str | None = None, oca_type: OcaType = "none", comment: str | None = None,
    ) -> None:  # fmt: skip
        """Buy (LONG) or sell (SHORT), whatever the position: no reversal, no pyramiding cap. (docs/semantics.md, 3.5)"""
        self._enter("order", id, direction, when, qty, limit, stop, True, oca_name, oca_type, comment)

    def _enter(
        self, call: str, id: str, direction: int, when: Any, qty: Any, limit: Any, stop: Any, raw: bool,
        oca_name: str | None, oca_type: OcaType, comment: str | None,
    ) -> None:  # fmt: skip
        if not isinstance(direction, int) or direction not in (LONG, SHORT):
            raise StrategyError(
                f"broker.{call}({id!r}): expected LONG or SHORT as direction, got {direction!r}. "
                "It is fixed per call: call twice, each with its own when."
            )
        if oca_type not in OcaType.__args__:
            raise StrategyError(f"broker.{call}({id!r}): expected {', '.join(OcaType.__args__)} as oca_type, got {oca_type!r}.")
        if oca_type != "none" and not oca_name:
            raise StrategyError(f"broker.{call}({id!r}): expected an oca_name with oca_type={oca_type!r}, got none.")
        _check_sizes(f"broker.{call}({id!r})", qty, None)
        levels = _opt(qty), _opt(limit), _opt(stop)
        self.commands.append(
            Entry(_text(id), direction, self._mask(when), *levels, raw, _text_or_none(oca_name), oca_type, _text_or_none(comment))
        )

    def exit(
        self, id: str, from_entry: str | None = None, when: Any = True, *, qty: Any = None, qty_rate: Any = None, limit: Any = None,
        stop: Any = None, profit_ticks: Any = None, loss_ticks: Any = None, trail_price: Any = None, trail_ticks: Any = None,
        trail_offset_ticks: Any = None, oca_name: str | None = None, comment: str | None = None, comment_profit: str | None = None,
        comment_loss: str | None = None, comment_trailing: str | None = None,
    ) -> None:  # fmt: skip
        """A stop, limit and trailing stop on an entry's lots (by default all entries'); first touch wins. Re-issued, it moves its levels.

        qty in contracts or qty_rate as a fraction of the lots; by default all that earlier exits leave. Tick distances count
        from the average entry price. oca_name: accepted, exits of other names do not touch each other anyway. The comments replace
        the id as the text in records, leg by leg. (docs/semantics.md, 4)
        """
        levels = (limit, stop, profit_ticks, loss_ticks, trail_price, trail_ticks)
        if all(x is None for x in levels):
            raise StrategyError(
                f"broker.exit({id!r}): expected at least one of limit, stop, profit_ticks, loss_ticks, trail_price, trail_ticks; got none."
            )
        _check_sizes(f"broker.exit({id!r})", qty, qty_rate)
        always = when is True and self._context.mask is None
        texts = tuple(_text_or_none(c) or _text_or_none(comment) for c in (comment_profit, comment_loss, comment_trailing))
        self.commands.append(
            Exit(
                _text(id), _text_or_none(from_entry) or None, self._mask(when), _opt(qty), _opt(qty_rate), _opt(limit), _opt(stop),
                _opt(profit_ticks), _opt(loss_ticks), _opt(trail_price), _opt(trail_ticks), _opt(trail_offset_ticks), always,
                (texts[0], texts[1], texts[2]),
            )
        )  # fmt: skip

    def close(
        self, id: str, when: Any = True, *, qty: Any = None, qty_rate: Any = None, immediately: bool = False, comment: str | None = None
    ) -> None:
        """Close an entry id's lots at the next open, or at this bar's close if `immediately`. (docs/semantics.md, 3.6)"""
        _check_sizes(f"broker.close({id!r})", qty, qty_rate)
        self.commands.append(Close(_text(id), self._mask(when), _opt(qty), _opt(qty_rate), immediately, _text_or_none(comment)))

    def close_all(self, when: Any = True, *, immediately: bool = False, comment: str | None = None) -> None:
        """Close the whole position at the next open, or at this bar's close if `immediately`."""
        self.commands.append(Close(None, self._mask(when), None, None, immediately, _text_or_none(comment)))

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


def _text_or_none(text: Any) -> str | None:
    if text is not None and not isinstance(text, str):
        raise StrategyError(f"broker: expected a fixed text, got {text!r}.")
    return text


def _whole(call: str, n: Any) -> None:
    if not isinstance(n, int) or isinstance(n, bool) or n < 0:
        raise StrategyError(f"broker.{call}: expected a fixed whole number from 0 on, got {n!r}.")


def _check_sizes(call: str, qty: Any, qty_rate: Any) -> None:
    """A size that is a plain number must be one that can trade; what is computed may be anything."""
    if isinstance(qty, (int, float)) and qty <= 0:
        raise StrategyError(f"{call}: expected a positive qty in contracts, got {qty}. The direction says which way.")
    if isinstance(qty_rate, (int, float)) and not 0 < qty_rate <= 1:
        raise StrategyError(f"{call}: expected qty_rate as a fraction of the lots in 0..1 (0.5 is 50 %), got {qty_rate}.")
