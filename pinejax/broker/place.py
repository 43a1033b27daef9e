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
    n_lots_of,
    position_of,
    quantity_of,
    transact,
)
from pinejax.broker.book import Book, EntryOrder, ExitOrder
from pinejax.broker.commands import Cancel, Close, Command, Entry, Exit
from pinejax.broker.env import LOT_TOLERANCE_STEPS, Env, snap
from pinejax.broker.margin import equity_of, is_afforded
from pinejax.broker.walk import MARGIN, Leg, bury, clear_entry, exit_levels, legs_of
from pinejax.core.gate import any_lane, where_asked


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
    """The book and the market orders so far, while one bar's commands are carried out. seq: placement number of this bar's first command."""

    account: Account
    book: Book
    close: Any
    seq: Any
    env: Env
    orders: list[MarketOrder]

    def expected(self, without: str | None = None) -> tuple[Any, Any]:
        """Position and number of lots after the market orders issued so far, in lot steps. (docs/semantics.md, 3.1)"""
        lots = [lot.qty for lot in self.account.lots]
        for order in self.orders:
            if not (order.adds and order.id == without):
                lots = _after(lots, order, self.env.spec.max_per_side)
        return sum(lots[1:], lots[0]), _count(lots)


def _count(lots: list[Any]) -> Any:
    return sum((q != 0).astype(jnp.int32) for q in lots)


def _after(lots: list[Any], order: MarketOrder, cap: int) -> list[Any]:
    """Signed lots, oldest first, after a market order; empty ones stay as zeros."""
    position = sum(lots[1:], lots[0])
    qty, against = order.qty, position * order.qty < 0
    if order.adds:
        qty = jnp.where((position * qty > 0) & (_count(lots) >= cap), 0.0, qty)
    else:
        qty = jnp.where(against, jnp.sign(qty) * jnp.minimum(jnp.abs(qty), jnp.abs(position)), 0.0)
    left = jnp.where(against, jnp.minimum(jnp.abs(qty), jnp.abs(position)), 0.0)
    opens = qty - jnp.sign(qty) * left
    out = []
    for lot in lots:
        take = jnp.minimum(left, jnp.abs(lot))
        left = left - take
        out.append(lot - jnp.sign(lot) * take)
    return [*out, opens] if order.adds else out


def signal_names(commands: Sequence[Command], env: Env) -> tuple[str, ...]:
    """The text for each signal code: the legs of the book, then the market commands."""

    def name(leg: Leg) -> str:
        if leg.kind == MARGIN:
            return "Margin call"
        return env.spec.exits[leg.slot].id if leg.is_exit else env.spec.entries[leg.slot].id

    legs = [name(leg) for leg in legs_of(env)]
    market = []
    for c in commands:
        if isinstance(c, Entry):
            market.append(c.id)
        elif isinstance(c, Close):
            market.append("Close position order" if c.id is None else f"Close entry(s) order {c.id}")
    return (*legs, *market)


def order_quantity(entry: Entry, account: Account, close: Any, env: Env) -> Any:
    """Lot steps of an entry before any reversal part: the given quantity or the configured size, floored. (docs/semantics.md, 6.2)"""
    terms, config = env.terms, env.config
    if config.size_type == "fixed":
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
    if entry.qty is not None:
        steps = jnp.where(jnp.isnan(entry.qty), steps, entry.qty / terms.lot_step)
    steps = jnp.floor(steps + LOT_TOLERANCE_STEPS)
    return jnp.where(steps > 0, steps, 0.0)


def carry_out(
    account: Account, book: Book, commands: Sequence[Command], bar: dict[str, Any], env: Env
) -> tuple[Account, Book, tuple[Any, ...]]:
    """Entries, closes and cancels of one bar, in order, then the market fills. (docs/semantics.md, 3)

    bar: close, fill_price, can_fill (whether the next bar belongs to the window), index, fill_index; all scalars. The last
    result says for each entry command on which lanes it became a market order: exits on it may be placed at once.
    """
    desk = Desk(account, book, bar["close"], bar["index"] * len(commands), env, [])
    admitted = []
    signal = len(legs_of(env))
    for n, command in enumerate(commands):
        if isinstance(command, Entry):
            admitted.append(_enter(desk, command, signal, desk.seq + n))
            signal += 1
        elif isinstance(command, Close):
            _close(desk, command, signal)
            signal += 1
        elif isinstance(command, Cancel):
            _cancel(desk, command)
    account, book = _fill_market(desk, bar)
    return account, book, tuple(admitted)


def _enter(desk: Desk, entry: Entry, signal: int, seq: Any) -> Any:
    env, account = desk.env, desk.account
    code = env.spec.code(entry.id)
    assert code is not None
    side = float(entry.direction)
    base = order_quantity(entry, account, desk.close, env)
    expected, n_expected = desk.expected(without=entry.id)
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
    crowded = (expected * side > 0) & (n_expected >= env.spec.max_per_side)
    afforded = is_afforded(base, account, desk.close, env)
    makes = entry.when & (base > 0) & ~full & (account.status == 0)
    size = side * (base + jnp.where(expected * side < 0, jnp.abs(expected), 0.0))
    goes = makes & is_market & ~crowded & afforded
    desk.orders.append(MarketOrder(jnp.where(goes, size, 0.0), code, signal, True, False, entry.id))
    old = desk.book.entries[code]
    if old is not None:
        desk.book = _wait(desk.book, code, clear_entry(old, entry.when), entry, makes & ~is_market, size, position * side > 0, seq, env)
    return goes


def _wait(book: Book, code: int, slot: EntryOrder, entry: Entry, waits: Any, size: Any, adds: Any, seq: Any, env: Env) -> Book:
    """Write a priced entry into its slot. A re-issued order keeps its place in the queue."""
    up = entry.direction > 0
    was = book.entries[code]
    assert was is not None

    def level(old: Any, price: Any, rounds_up: bool) -> Any:
        if old is None:
            return None
        new = jnp.nan if price is None else snap(price, rounds_up, env.terms)
        return jnp.where(waits, new, old)

    new = EntryOrder(
        qty=jnp.where(waits, size, slot.qty),
        stop=level(slot.stop, entry.stop, up),
        limit=level(slot.limit, entry.limit, not up),
        armed=None if slot.armed is None else slot.armed & ~waits,
        adds=None if slot.adds is None else jnp.where(waits, adds, slot.adds),
        seq=None if slot.seq is None else jnp.where(waits & (was.qty == 0), seq, slot.seq),
    )
    return Book((*book.entries[:code], new, *book.entries[code + 1 :]), book.exits)


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
            left = jnp.minimum(left, jnp.floor(close.qty / env.terms.lot_step + LOT_TOLERANCE_STEPS))
        if close.qty_rate is not None:
            left = jnp.minimum(left, jnp.floor(jnp.abs(own) * close.qty_rate + LOT_TOLERANCE_STEPS))
        qty = -jnp.sign(own) * left
    desk.orders.append(MarketOrder(jnp.where(close.when, qty, 0.0), 0, signal, False, close.immediately, close.id))


def _cancel(desk: Desk, cancel: Cancel) -> None:
    env, book = desk.env, desk.book
    for order in desk.orders:
        if cancel.id is None or (order.adds and order.id == cancel.id):
            order.qty = jnp.where(cancel.when, 0.0, order.qty)
    entries = tuple(
        clear_entry(o, cancel.when) if o is not None and cancel.id in (None, s.id) else o
        for o, s in zip(book.entries, env.spec.entries, strict=True)
    )
    exits = tuple(
        _unplace(o, cancel.when) if cancel.id in (None, s.id) else o for o, s in zip(book.exits, env.spec.exits, strict=True)
    )
    desk.book = Book(entries, exits)


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

    def still_waiting(k: Any) -> dict[int, Any]:
        return {
            e.from_entry: sum(((k < j) & (numbers[j] != 0) for j, o in enumerate(orders) if o.adds and o.entry == e.from_entry), jnp.asarray(False))
            for e in env.spec.exits
        }

    def fill(k: Any, state: tuple[Account, Book]) -> tuple[Account, Book]:
        order = (numbers[k], prices[k], entries[k], signals[k], adds[k], bars[k])
        return where_asked(any_lane(order[0] != 0), lambda s: _fill_one(*s, order, still_waiting(k), env), state)

    return lax.fori_loop(0, len(orders), fill, (desk.account, desk.book))


def _fill_one(account: Account, book: Book, order: tuple, waiting: dict[int, Any], env: Env) -> tuple[Account, Book]:
    """One market order per lane, checked again at the fill: no add past the cap, no close of a position that is gone or turned."""
    asked, price, entry, signal, adds, index = order
    position = position_of(account)
    full = (position * asked > 0) & (n_lots_of(account) >= env.spec.max_per_side)
    closing = jnp.where(position * asked < 0, jnp.sign(asked) * jnp.minimum(jnp.abs(asked), jnp.abs(position)), 0.0)
    qty = jnp.where(adds, jnp.where(full, 0.0, asked), closing)
    fill = Fill(qty, price + jnp.sign(qty) * env.terms.slippage, entry, signal, index)
    after = transact(account, fill, env.terms, env.config.commission_type)
    return after, bury(account, after, book, env, waiting)


def place_exits(
    before: Account, account: Account, book: Book, commands: Sequence[Command], admitted: Sequence[Any], bar: dict[str, Any], env: Env
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
            entering = new_entries.get(command.from_entry, jnp.asarray(False))
            seq = bar["index"] * len(commands) + n
            book = _place(before, account, book, command, entering, cancelled, bar["close"], seq, env)
    return book


def _place(
    before: Account, account: Account, book: Book, command: Exit, entering: Any, cancelled: Any, close: Any, seq: Any, env: Env
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
        begins = placed & _trails(new) & ~(old.placed & _trails(old))
        best = jnp.where(begins, _armed_at_placement(new, before, held, close, code, env), old.best)
        new = _with(new, best=jnp.where(new.placed & _trails(new), best, jnp.nan))
    if new.qty is not None:
        new = _with(new, qty=jnp.where(placed, _reserved(command, fresh, old.qty, account, code, env), old.qty))
    if new.seq is not None:
        new = _with(new, seq=jnp.where(fresh, seq, old.seq))
    return Book(book.entries, (*book.exits[:index], new, *book.exits[index + 1 :]))


def _trails(order: ExitOrder) -> Any:
    """Whether a bracket has a trailing leg now."""
    out = jnp.asarray(False)
    for level in (order.activation, order.trail):
        if level is not None:
            out |= ~jnp.isnan(level)
    return out


def _levels(old: ExitOrder, command: Exit, placed: Any, side: Any, env: Env) -> ExitOrder:
    """The bracket's levels where it is (re)placed. Stops snap away from the trader, limits in his favour. (docs/semantics.md, 2.7)"""
    tick = env.terms.tick
    up = side > 0 if not isinstance(side, int) else side > 0

    def put(old: Any, new: Any) -> Any:
        return old if old is None else jnp.where(placed, jnp.nan if new is None else new, old)

    def price(x: Any, rounds_up: Any) -> Any:
        return None if x is None else snap(x, rounds_up, env.terms)

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
        activation=put(old.activation, price(command.trail_price, up)),
        trail=put(old.trail, whole(command.trail_ticks)),
        offset=put(old.offset, offset),
    )


def _armed_at_placement(order: ExitOrder, before: Account, held: Any, close: Any, code: int, env: Env) -> Any:
    """The close where it is already beyond the activation of a trail first placed in a position, else NaN. (docs/semantics.md, 4.8)"""
    side = env.side_of(code, before)
    activation = exit_levels(order, before, side, env).activation
    beyond = jnp.where(side > 0, close >= activation, close <= activation)
    return jnp.where(held & beyond, close, jnp.nan)


def _reserved(command: Exit, fresh: Any, old: Any, account: Account, code: int, env: Env) -> Any:
    """Lot steps that an exit takes: a quantity as given on every call, a fraction frozen once its lots exist, inf for all that is left."""
    rest = jnp.full_like(old, jnp.inf)
    if command.qty is not None:
        return jnp.where(jnp.isnan(command.qty), rest, jnp.floor(command.qty / env.terms.lot_step + LOT_TOLERANCE_STEPS))
    if command.qty_rate is None:
        return rest
    rate = jnp.where(jnp.isnan(command.qty_rate) | (command.qty_rate >= 1.0), jnp.inf, command.qty_rate)
    own = jnp.abs(quantity_of(account, code))
    frozen = jnp.where(own > 0, jnp.floor(own * rate + LOT_TOLERANCE_STEPS), -rate)
    return jnp.where(jnp.isinf(rate), rest, jnp.where(fresh, frozen, old))
