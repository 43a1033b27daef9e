"""Brackets are placed, moved and cancelled: what strategy.exit does at the call. How they fill is `pinejax.broker.walk`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import jax.numpy as jnp

from pinejax.broker.account import Account
from pinejax.broker.book import ALL, Book, ExitOrder, ExitSpec, exit_slot
from pinejax.broker.commands import Cancel, Command, Entry, Exit
from pinejax.broker.env import LOT_TOLERANCE_STEPS, SNAP_TOLERANCE_TICKS, Env, snap
from pinejax.broker.levels import exit_levels, frozen


def pending_entries(book: Book, env: Env) -> dict[int, Any]:
    """Per entry code that some exit is bound to, the lanes on which it has a priced order waiting."""
    bound = {e.from_entry for e in env.spec.exits}
    codes = range(len(env.spec.entries)) if ALL in bound else sorted(bound)
    return {code: env.is_pending(code, book) for code in codes}


def concerns_exits(command: Command, env: Env) -> bool:
    """Whether a command places or cancels brackets."""
    return isinstance(command, Exit) or (isinstance(command, Cancel) and any(command.id in (None, e.id) for e in env.spec.exits))


def place_exits(
    account: Account,
    book: Book,
    commands: Sequence[Command],
    pending: Mapping[int, Any],
    made: Sequence[Any],
    bar: dict[str, Any],
    env: Env,
) -> Book:
    """The exits and cancels of one bar, in the order of the body. (docs/semantics.md, 4)

    account: before this bar's market fills; pending: `pending_entries` before its commands; made: what `take_orders` says of
    each entry command.
    """
    entered, known = iter(made), dict(pending)
    for n, command in enumerate(commands):
        if isinstance(command, Entry):
            code, creates = env.spec.index(command.id), next(entered)
            if code in known:
                known[code] = jnp.where(command.when, creates, known[code])
        elif isinstance(command, Cancel):
            for code in known:
                if command.id in (None, env.spec.entries[code].id):
                    known[code] = known[code] & ~command.when
            exits = (
                _unplace(o, command.when) if command.id in (None, s.id) else o for o, s in zip(book.exits, env.spec.exits, strict=True)
            )
            book = Book(book.entries, tuple(exits))
        elif isinstance(command, Exit):
            slot = exit_slot(env.spec, command)
            seq = bar["index"] * len(commands) + n
            new = _place(
                account,
                book.exits[slot],
                env.spec.exits[slot],
                command,
                _waits(known, env.spec.exits[slot].from_entry),
                bar["close"],
                seq,
                env,
            )
            book = Book(book.entries, (*book.exits[:slot], new, *book.exits[slot + 1 :]))
    return book


def _waits(known: Mapping[int, Any], entry: int) -> Any:
    """The lanes on which an entry id, or any, has an order waiting."""
    if entry != ALL:
        return known[entry]
    out = jnp.asarray(False)
    for waiting in known.values():
        out |= waiting
    return out


def _unplace(order: ExitOrder, where: Any) -> ExitOrder:
    return replace(order, placed=order.placed & ~where)


def _place(account: Account, old: ExitOrder, spec: ExitSpec, command: Exit, pending: Any, close: Any, seq: Any, env: Env) -> ExitOrder:
    held = env.has_lots(spec.from_entry, account)
    asked = command.when & (held | pending)
    if old.spent is not None:
        asked &= ~old.spent
    placed = asked & _names_a_level(command)
    fresh = placed & ~old.placed
    new = _levels(old, command, placed, spec, env)
    new = _sizes(new, command, placed, fresh, spec, account, env)
    new = replace(new, placed=placed | (old.placed & ~asked))
    if new.best is not None:
        begins = placed & _trails(new) & ~(old.placed & _trails(old))
        best = jnp.where(begins, _armed_at_placement(new, spec, account, held, close, env), old.best)
        new = replace(new, best=jnp.where(new.placed & _trails(new), best, jnp.nan))
    return new if new.seq is None else replace(new, seq=jnp.where(fresh, seq, old.seq))


def _names_a_level(command: Exit) -> Any:
    """Whether any level is given and not na; without one the call only takes the bracket away."""
    levels = (command.stop, command.limit, command.loss_ticks, command.profit_ticks, command.trail_price, command.trail_ticks)
    out = jnp.asarray(False)
    for x in levels:
        if x is not None:
            out |= ~jnp.isnan(x)
    return out


def _trails(order: ExitOrder) -> Any:
    """Whether a bracket has a trailing leg now."""
    out = jnp.asarray(False)
    for level in (order.activation, order.trail):
        if level is not None:
            out |= ~jnp.isnan(level)
    return out


def _levels(old: ExitOrder, command: Exit, placed: Any, spec: ExitSpec, env: Env) -> ExitOrder:
    """The bracket's levels where it is (re)placed. Stops snap away from the trader, limits in his favour. (docs/semantics.md, 2.7)"""
    tick, side = env.terms.tick, env.spec.direction_of(spec.from_entry)

    def put(old: Any, new: Any) -> Any:
        return old if old is None else jnp.where(placed, jnp.nan if new is None else new, old)

    def price(x: Any, rounds_up: bool) -> Any:
        # Of an id that enters both ways the side is not known before its lots exist.
        return x if x is None or side is None else snap(x, rounds_up, env.terms)

    def distance(ticks: Any) -> Any:
        return None if ticks is None else ticks * tick

    def whole(ticks: Any) -> Any:
        return None if ticks is None else jnp.ceil(ticks - SNAP_TOLERANCE_TICKS) * tick

    up, offset = side is not None and side > 0, whole(command.trail_offset_ticks)
    return replace(
        old,
        stop=put(old.stop, price(command.stop, not up)),
        limit=put(old.limit, price(command.limit, up)),
        loss=put(old.loss, distance(command.loss_ticks)),
        profit=put(old.profit, distance(command.profit_ticks)),
        activation=put(old.activation, price(command.trail_price, up)),
        trail=put(old.trail, whole(command.trail_ticks)),
        offset=put(old.offset, 0.0 if offset is None else jnp.where(jnp.isnan(offset), 0.0, offset)),
    )


def _sizes(order: ExitOrder, command: Exit, placed: Any, fresh: Any, spec: ExitSpec, account: Account, env: Env) -> ExitOrder:
    """What an exit asks for: a quantity as given on every call, a fraction frozen once its lots exist, else all that is left."""
    qty, rate = order.qty, order.rate
    if qty is not None:
        steps = jnp.nan if command.qty is None else jnp.maximum(jnp.floor(command.qty / env.terms.lot_step + LOT_TOLERANCE_STEPS), 0.0)
        qty = jnp.where(placed, steps, qty)
        order = replace(order, qty=qty)
    if rate is not None:
        share = jnp.nan if command.qty_rate is None else jnp.where(command.qty_rate >= 1.0, jnp.nan, command.qty_rate)
        if qty is not None:
            share = jnp.where(jnp.isnan(qty), share, jnp.nan)
        order = replace(order, rate=jnp.where(placed, share, rate), frozen=jnp.where(fresh, jnp.nan, order.frozen))
        order = frozen(order, spec, account, env)
    return order


def _armed_at_placement(order: ExitOrder, spec: ExitSpec, account: Account, held: Any, close: Any, env: Env) -> Any:
    """The close where it is already beyond the activation of a trail first placed in a position, else NaN. (docs/semantics.md, 4.8)"""
    side = env.side_of(spec.from_entry, account)
    activation = exit_levels(order, spec, account, side, env).activation
    beyond = jnp.where(side > 0, close >= activation, close <= activation)
    return jnp.where(held & beyond, close, jnp.nan)
