"""What a bar's commands do to the book, and the market orders that fill at the next open. Priced orders fill in `walk`.

Commands act in the order of the body. A market order never waits in the book: it is created and filled in the same gated
block, at the next bar's open (or this bar's close), so quiet bars pay nothing for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
from jax import lax

from pinejax.broker.account import (
    Account,
    Fill,
    average_price_of,
    commission_of,
    n_lots_of,
    open_profit_of,
    position_of,
    quantity_of,
    transact,
)
from pinejax.broker.book import Book, EntryOrder, ExitOrder
from pinejax.broker.commands import Cancel, Close, Command, Entry, Exit
from pinejax.broker.env import Env, snap
from pinejax.broker.walk import bury, clear_entry, exit_levels, legs_of
from pinejax.core.gate import any_lane, where_asked

# Guards the floor to whole lot steps against quantities such as 0.3 / 0.1 = 2.9999999999999996 steps.
LOT_FUZZ = 1e-9


@dataclass
class MarketOrder:
    """A market order of this bar. qty: signed lot steps, 0 where there is none; adds: whether it is an entry."""

    qty: Any
    entry: int
    signal: int
    adds: bool
    immediately: bool
    id: str | None


@dataclass
class Desk:
    """The book and the market orders so far, while one bar's commands are carried out."""

    account: Account
    book: Book
    close: Any
    env: Env
    orders: list[MarketOrder]

    def expected(self, without: str | None = None) -> Any:
        """Position after the market orders issued so far, in lot steps."""
        waiting = [o.qty for o in self.orders if without is None or not (o.adds and o.id == without)]
        return sum(waiting, position_of(self.account))


def signal_names(commands: Sequence[Command], env: Env) -> tuple[str, ...]:
    """The text for each signal code: the legs of the book, then the market commands, then the broker's own."""
    legs = [env.spec.exits[leg.slot].id if leg.is_exit else env.spec.entries[leg.slot].id for leg in legs_of(env)]
    market = []
    for c in commands:
        if isinstance(c, Entry):
            market.append(c.id)
        elif isinstance(c, Close):
            market.append("Close position order" if c.id is None else f"Close entry(s) order {c.id}")
    return (*legs, *market, "Margin call")


def order_quantity(entry: Entry, account: Account, close: Any, env: Env) -> Any:
    """Lot steps of an entry before any reversal part: the given quantity or the configured size, floored. (docs/semantics.md, 6.2)"""
    terms, config = env.terms, env.config
    if entry.qty is not None:
        steps = entry.qty / terms.lot_step
    elif config.size_type == "fixed":
        steps = terms.size / terms.lot_step
    elif config.size_type == "cash":
        steps = terms.size / (close * terms.unit)
    else:
        equity = equity_of(account, close, env)
        money = equity * terms.size
        if config.commission_type == "cash_per_order":
            money = money - terms.commission
        if config.commission_type == "percent":
            money = money / (1.0 + terms.commission)
        steps = money / (close * terms.unit)
    steps = jnp.floor(steps + LOT_FUZZ)
    return jnp.where(steps > 0, steps, 0.0)


def equity_of(account: Account, price: Any, env: Env) -> Any:
    """Initial capital + closed P&L + open P&L at `price`."""
    return env.terms.initial_capital + account.stats.net_profit + open_profit_of(account, price, env.terms)


def carry_out(
    account: Account, book: Book, commands: Sequence[Command], bar: dict[str, Any], env: Env
) -> tuple[Account, Book, tuple[Any, ...]]:
    """Entries, closes and cancels of one bar, in order, then the market fills. (docs/semantics.md, 3)

    bar: close, fill_price, can_fill (whether the next bar belongs to the window), index, fill_index; all scalars. The last
    result says for each entry command on which lanes it became a market order: exits on it may be placed at once.
    """
    desk = Desk(account, book, bar["close"], env, [])
    admitted = []
    signal = len(legs_of(env))
    for command in commands:
        if isinstance(command, Entry):
            admitted.append(_enter(desk, command, signal))
            signal += 1
        elif isinstance(command, Close):
            _close(desk, command, signal)
            signal += 1
        elif isinstance(command, Cancel):
            _cancel(desk, command)
    account, book = _fill_market(desk, bar)
    return account, book, tuple(admitted)


def _enter(desk: Desk, entry: Entry, signal: int) -> Any:
    env, account = desk.env, desk.account
    code = env.spec.code(entry.id)
    assert code is not None
    side = float(entry.direction)
    base = order_quantity(entry, account, desk.close, env)
    expected = desk.expected(without=entry.id)
    is_market = jnp.asarray(True)
    if entry.stop is not None:
        is_market &= jnp.isnan(entry.stop)
    if entry.limit is not None:
        is_market &= jnp.isnan(entry.limit)
    # The call replaces whatever this id has waiting, also where it then creates nothing.
    for order in desk.orders:
        if order.adds and order.id == entry.id:
            order.qty = jnp.where(entry.when, 0.0, order.qty)
    position = position_of(account)
    full = (position * side > 0) & (n_lots_of(account) >= env.spec.max_per_side)
    crowded = (expected * side > 0) & (_expected_lots(desk, side, entry.id) >= env.spec.max_per_side)
    worth = base * desk.close * env.terms.unit * env.terms.margin_rate
    afforded = worth <= equity_of(account, desk.close, env)
    makes = entry.when & (base > 0) & ~full & (account.status == 0)
    size = side * (base + jnp.where(expected * side < 0, jnp.abs(expected), 0.0))
    goes = makes & is_market & ~crowded & afforded
    desk.orders.append(MarketOrder(jnp.where(goes, size, 0.0), code, signal, True, False, entry.id))
    old = desk.book.entries[code]
    if old is not None:
        desk.book = _wait(desk.book, code, clear_entry(old, entry.when), entry, makes & ~is_market, size, env)
    return goes


def _expected_lots(desk: Desk, side: float, id: str) -> Any:
    """Lots on `side` once the market orders so far have filled."""
    account = desk.account
    held = jnp.where(position_of(account) * side > 0, n_lots_of(account), 0)
    return held + sum(((o.qty * side > 0).astype(jnp.int32) for o in desk.orders if o.adds and o.id != id), jnp.int32(0))


def _wait(book: Book, code: int, slot: EntryOrder, entry: Entry, waits: Any, size: Any, env: Env) -> Book:
    """Write a priced entry into its slot. A re-issued order keeps its place in the queue."""
    up, tick = entry.direction > 0, env.terms.tick
    was = book.entries[code]
    assert was is not None

    def level(old: Any, price: Any, rounds_up: bool) -> Any:
        if old is None:
            return None
        new = jnp.nan if price is None else snap(price, rounds_up, tick)
        return jnp.where(waits, new, old)

    seq, n_placed = slot.seq, book.n_placed
    if seq is not None:
        fresh = waits & (was.qty == 0)
        seq = jnp.where(fresh, n_placed, seq)
        n_placed = n_placed + fresh
    armed = None if slot.armed is None else slot.armed & ~waits
    new = EntryOrder(jnp.where(waits, size, slot.qty), level(slot.stop, entry.stop, up), level(slot.limit, entry.limit, not up), armed, seq)
    return Book((*book.entries[:code], new, *book.entries[code + 1 :]), book.exits, n_placed)


def _close(desk: Desk, close: Close, signal: int) -> None:
    account, env = desk.account, desk.env
    position = position_of(account)
    if close.id is None:
        closing = sum((o.qty for o in desk.orders if not o.adds), jnp.zeros_like(position))
        qty = -(position + closing)
    else:
        code = env.spec.code(close.id)
        assert code is not None
        own = quantity_of(account, code)
        covered = sum((o.qty for o in desk.orders if not o.adds and o.id == close.id), jnp.zeros_like(position))
        left = jnp.maximum(jnp.abs(own) - jnp.abs(covered), 0.0)
        if close.qty is not None:
            left = jnp.minimum(left, jnp.floor(close.qty / env.terms.lot_step + LOT_FUZZ))
        if close.qty_rate is not None:
            left = jnp.minimum(left, jnp.floor(jnp.abs(own) * close.qty_rate + LOT_FUZZ))
        qty = -jnp.sign(own) * left
    desk.orders.append(MarketOrder(jnp.where(close.when, qty, 0.0), 0, signal, False, close.immediately, close.id))


def _cancel(desk: Desk, cancel: Cancel) -> None:
    env, book = desk.env, desk.book
    for order in desk.orders:
        if order.adds and cancel.id in (None, order.id):
            order.qty = jnp.where(cancel.when, 0.0, order.qty)
    entries = tuple(
        clear_entry(o, cancel.when) if o is not None and cancel.id in (None, s.id) else o
        for o, s in zip(book.entries, env.spec.entries, strict=True)
    )
    exits = tuple(
        _unplace(o, cancel.when) if cancel.id in (None, s.id) else o for o, s in zip(book.exits, env.spec.exits, strict=True)
    )
    desk.book = Book(entries, exits, book.n_placed)


def _unplace(order: ExitOrder, where: Any) -> ExitOrder:
    return _with(order, placed=order.placed & ~where, best=None if order.best is None else jnp.where(where, jnp.nan, order.best))


def _with(order: ExitOrder, **changed: Any) -> ExitOrder:
    return ExitOrder(**{f: changed.get(f, getattr(order, f)) for f in ExitOrder.__dataclass_fields__})


def _fill_market(desk: Desk, bar: dict[str, Any]) -> tuple[Account, Book]:
    """Fill this bar's market orders, immediate closes first, the others in the order of their calls.

    A loop over the orders, not unrolled: each fill works on finished arrays instead of on one huge shared expression.
    """
    env, close = desk.env, bar["close"]
    orders = sorted(desk.orders, key=lambda o: not o.immediately)
    if not orders:
        return desk.account, desk.book
    now = [o.immediately or env.config.process_orders_on_close for o in orders]
    numbers = jnp.stack([o.qty if n else jnp.where(bar["can_fill"], o.qty, 0.0) for o, n in zip(orders, now, strict=True)])
    prices = jnp.stack([close if n else bar["fill_price"] for n in now])
    bars = jnp.stack([jnp.asarray(bar["index"] if n else bar["fill_index"], jnp.int32) for n in now])
    entries, signals = (jnp.asarray(x, jnp.int32) for x in ([o.entry for o in orders], [o.signal for o in orders]))
    adds = jnp.asarray([o.adds for o in orders])

    def fill(k: Any, state: tuple[Account, Book]) -> tuple[Account, Book]:
        order = (numbers[k], prices[k], entries[k], signals[k], adds[k], bars[k])
        return where_asked(any_lane(order[0] != 0), lambda s: _fill_one(*s, order, env), state)

    return lax.fori_loop(0, len(orders), fill, (desk.account, desk.book))


def _fill_one(account: Account, book: Book, order: tuple, env: Env) -> tuple[Account, Book]:
    """One market order per lane, checked again at the fill: no add past the cap, no close of a position that is gone or turned."""
    asked, price, entry, signal, adds, index = order
    position = position_of(account)
    full = (position * asked > 0) & (n_lots_of(account) >= env.spec.max_per_side)
    closing = jnp.where(position * asked < 0, jnp.sign(asked) * jnp.minimum(jnp.abs(asked), jnp.abs(position)), 0.0)
    qty = jnp.where(adds, jnp.where(full, 0.0, asked), closing)
    fill = Fill(qty, price + jnp.sign(qty) * env.terms.slippage, entry, signal, index)
    after = transact(account, fill, env.terms, env.config.commission_type)
    return after, bury(account, after, book, env)


def place_exits(
    before: Account, account: Account, book: Book, commands: Sequence[Command], admitted: Sequence[Any], close: Any, env: Env
) -> Book:
    """Place or move the brackets of one bar. (docs/semantics.md, 4)

    before: the account as the script saw it; account: after this bar's market fills; admitted: per entry command, the lanes
    on which it became a market order on this bar.
    """
    entered = iter(admitted)
    new_entries: dict[str, Any] = {}
    for n, command in enumerate(commands):
        if isinstance(command, Entry):
            mask = next(entered)
            new_entries[command.id] = new_entries.get(command.id, jnp.asarray(False)) | mask
        elif isinstance(command, Exit):
            cancelled = sum((c.when for c in commands[n + 1 :] if isinstance(c, Cancel) and c.id in (None, command.id)), jnp.asarray(False))
            book = _place(before, account, book, command, new_entries.get(command.from_entry, jnp.asarray(False)), cancelled, close, env)
    return book


def _place(
    before: Account, account: Account, book: Book, command: Exit, entering: Any, cancelled: Any, close: Any, env: Env
) -> Book:
    code = env.spec.code(command.from_entry)
    assert code is not None
    index = next(i for i, e in enumerate(env.spec.exits) if e.id == command.id and e.from_entry == code)
    old = book.exits[index]
    held = env.has_lots(code, before)
    waiting = env.is_pending(code, book)
    known = held | waiting | entering
    live = env.has_lots(code, account) | waiting
    levels = [x for x in (command.stop, command.limit, command.loss_ticks, command.profit_ticks, command.trail_price, command.trail_ticks) if x is not None]
    wanted = ~jnp.isnan(levels[0])
    for x in levels[1:]:
        wanted |= ~jnp.isnan(x)
    asked = command.when & known
    placed = asked & wanted & live & ~cancelled
    if old.spent is not None:
        placed &= ~old.spent
    new = _levels(old, command, placed, env.side_of(code, account), env)
    fresh = placed & ~old.placed
    new = _with(new, placed=placed | (old.placed & ~asked & ~cancelled))
    if new.best is not None:
        best = jnp.where(fresh, _armed_at_placement(new, before, held, close, code, env), old.best)
        new = _with(new, best=jnp.where(new.placed, best, jnp.nan))
    if new.qty is not None:
        new = _with(new, qty=jnp.where(fresh, _reserved(command, before, account, held, code, env), old.qty))
    n_placed = book.n_placed
    if new.seq is not None:
        new = _with(new, seq=jnp.where(fresh, n_placed, old.seq))
        n_placed = n_placed + fresh
    return Book(book.entries, (*book.exits[:index], new, *book.exits[index + 1 :]), n_placed)


def _levels(old: ExitOrder, command: Exit, placed: Any, side: Any, env: Env) -> ExitOrder:
    """The bracket's levels where it is (re)placed. Stops snap away from the trader, limits in his favour. (docs/semantics.md, 2.7)"""
    tick = env.terms.tick
    up = side > 0 if not isinstance(side, int) else side > 0

    def put(old: Any, new: Any) -> Any:
        return old if old is None else jnp.where(placed, jnp.nan if new is None else new, old)

    def price(x: Any, rounds_up: Any) -> Any:
        return None if x is None else snap(x, rounds_up, tick)

    down = (not up) if isinstance(up, bool) else ~up
    distance = lambda x: None if x is None else x * tick  # noqa: E731
    whole = lambda x: None if x is None else jnp.ceil(x - 1e-9) * tick  # noqa: E731
    offset = None if old.offset is None else jnp.zeros_like(old.offset) if command.trail_offset_ticks is None else whole(command.trail_offset_ticks)
    return _with(
        old,
        stop=put(old.stop, price(command.stop, down)),
        limit=put(old.limit, price(command.limit, up)),
        loss=put(old.loss, distance(command.loss_ticks)),
        profit=put(old.profit, distance(command.profit_ticks)),
        activation=put(old.activation, command.trail_price),
        trail=put(old.trail, whole(command.trail_ticks)),
        offset=put(old.offset, offset),
    )


def _armed_at_placement(order: ExitOrder, before: Account, held: Any, close: Any, code: int, env: Env) -> Any:
    """The close where it is already beyond the activation of a trail first placed in a position, else NaN. (docs/semantics.md, 4.8)"""
    side = env.side_of(code, before)
    activation = exit_levels(order, before, side, env).activation
    beyond = jnp.where(side > 0, close >= activation, close <= activation)
    return jnp.where(held & beyond, close, jnp.nan)


def _reserved(command: Exit, before: Account, account: Account, held: Any, code: int, env: Env) -> Any:
    """Lot steps that a partial exit takes, frozen when it is first placed; inf for all that is left."""
    own = jnp.abs(jnp.where(held, quantity_of(before, code), quantity_of(account, code)))
    if command.qty is not None:
        return jnp.floor(command.qty / env.terms.lot_step + LOT_FUZZ) + jnp.zeros_like(own)
    if command.qty_rate is not None:
        return jnp.where(command.qty_rate >= 1.0, jnp.inf, jnp.floor(own * command.qty_rate + LOT_FUZZ))
    return jnp.full_like(own, jnp.inf)


def average_entry(account: Account) -> Any:
    """Average price of the open lots; NaN when flat."""
    return average_price_of(account)


__all__ = ["carry_out", "commission_of", "equity_of", "place_exits", "signal_names"]
