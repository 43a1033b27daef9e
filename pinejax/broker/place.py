"""What a bar's entries, closes and cancels do to the book, and the market orders they make. Not fills, not brackets.

Commands act in the order of the body. A market order never waits in the book: it lives in a slip from its command to its
fill at the next bar's open (or this bar's close), within one bar of the loop, so quiet bars pay nothing for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp

from pinejax.broker.account import Account, n_lots_of, position_of, quantity_of
from pinejax.broker.book import ALL, Book, EntryOrder, clear_entry
from pinejax.broker.commands import Cancel, Close, Command, Entry
from pinejax.broker.env import LOT_TOLERANCE_STEPS, Env, snap
from pinejax.broker.margin import equity_of, is_afforded
from pinejax.broker.risk import FILLS_SIGNAL, counts_fills
from pinejax.broker.touch import LIMIT, MARGIN, STOP, Leg, legs_of
from pinejax.core.pytree import pytree


@dataclass(frozen=True)
class Ticket:
    """What is static about a market order. entry: code of the id it may open a lot under; code: of the id it is about, ALL for
    close_all; signal: its code in records; adds: whether it is an entry or raw order.
    """

    entry: int
    code: int
    signal: int
    adds: bool
    raw: bool = False
    immediately: bool = False


@pytree
class Slips:
    """The market orders of one bar in the order of their calls. qty: signed lot steps, 0 where there is none, `[orders, lanes]`;
    seq: their places in the queue, None where those are the order of the calls.
    """

    qty: Any
    seq: Any


def tickets_of(commands: Sequence[Command], env: Env) -> tuple[Ticket, ...]:
    """One per entry and close."""
    found: list[Ticket] = []
    for c in commands:
        signal = len(legs_of(env)) + len(found)
        if isinstance(c, Entry):
            code = env.spec.index(c.id)
            found.append(Ticket(code, code, signal, adds=True, raw=c.raw))
        elif isinstance(c, Close):
            found.append(Ticket(0, ALL if c.id is None else env.spec.index(c.id), signal, adds=False, immediately=c.immediately))
    return tuple(found)


def no_slips(commands: Sequence[Command], account: Account, env: Env) -> Slips:
    """A bar without market orders."""
    shape = (len(tickets_of(commands, env)), *account.lots[0].qty.shape)
    return Slips(jnp.zeros(shape, account.lots[0].qty.dtype), jnp.zeros(shape, jnp.int32) if env.spec.re_queues else None)


@dataclass
class MarketOrder:
    """A market order while the bar's commands are carried out, `[lanes]`."""

    ticket: Ticket
    qty: Any
    seq: Any


@dataclass
class Desk:
    """The book and the market orders so far, while one bar's commands are carried out. seq: placement number of the bar's first command."""

    account: Account
    book: Book
    close: Any
    seq: Any
    env: Env
    orders: list[MarketOrder]

    def expected(self, without: int) -> tuple[Any, Any]:
        """Position and number of lots after the market orders issued so far but those of one entry code. (docs/semantics.md, 3.1)"""
        lots = [(lot.qty, lot.entry) for lot in self.account.lots]
        orders = [o for o in self.orders if not (o.ticket.adds and o.ticket.code == without)]
        columns = [(o.qty, *(jnp.asarray(x) for x in (o.ticket.adds, o.ticket.raw, o.ticket.code))) for o in orders]
        if self.env.spec.re_queues and len(orders) > 1:
            columns = by_place([o.seq for o in orders], columns)
        elif orders:
            columns = [(o.qty, o.ticket.adds, o.ticket.raw, o.ticket.code) for o in orders]
        for qty, adds, raw, code in columns:
            lots = _after(lots, qty, adds, raw, code, self.env)
        sizes = [qty for qty, _ in lots]
        return sum(sizes[1:], sizes[0]), _count(sizes)

    def replaced(self, code: int) -> list[MarketOrder]:
        """The market orders of an entry code so far, of which a lane has at most one."""
        return [o for o in self.orders if o.ticket.adds and o.ticket.code == code]


def by_place(seqs: list[Any], rows: list[tuple]) -> list[tuple]:
    """Rows of `[lanes]` values sorted lane by lane by their places in the queue: a sorting network, no gather."""
    items: list[tuple] = [(seq, *row) for seq, row in zip(seqs, rows, strict=True)]
    for end in range(len(items) - 1, 0, -1):
        for i in range(end):
            a, b = items[i], items[i + 1]
            swap = a[0] > b[0]
            items[i] = tuple(jnp.where(swap, y, x) for x, y in zip(a, b, strict=True))
            items[i + 1] = tuple(jnp.where(swap, x, y) for x, y in zip(a, b, strict=True))
    return [item[1:] for item in items]


def _count(lots: list[Any]) -> Any:
    return sum((q != 0).astype(jnp.int32) for q in lots)


def _after(lots: list[tuple], qty: Any, adds: Any, raw: Any, code: Any, env: Env) -> list[tuple]:
    """(Signed lot, entry code) pairs, oldest first, after a market order; empty ones stay as zeros. adds: whether it is an entry."""
    sizes = [size for size, _ in lots]
    position = sum(sizes[1:], sizes[0])
    full = (position * qty > 0) & (_count(sizes) >= env.spec.max_per_side) & ~jnp.asarray(raw)
    free = [jnp.abs(size) for size in sizes]
    if env.target_of(0) is not None:
        mine = [jnp.asarray(adds) | (jnp.asarray(code) == ALL) | (entry == code) for _, entry in lots]
        free = [jnp.where(m, f, 0.0) for m, f in zip(mine, free, strict=True)]
    left = jnp.where(position * qty < 0, jnp.minimum(jnp.abs(qty), sum(free[1:], free[0])), 0.0)
    opens = jnp.where(jnp.asarray(adds) & ~full, qty - jnp.sign(qty) * left, 0.0)
    out = []
    for (size, entry), most in zip(lots, free, strict=True):
        take = jnp.minimum(left, most)
        left = left - take
        out.append((size - jnp.sign(size) * take, entry))
    return out if adds is False else [*out, (opens, code)]


def signal_names(commands: Sequence[Command], env: Env) -> tuple[str, ...]:
    """The text for each signal code: the legs of the book, the market commands, and last what a used-up day forces."""

    def name(leg: Leg) -> str:
        if leg.kind == MARGIN:
            return "Margin call"
        if not leg.is_exit:
            return env.spec.entries[leg.slot].signal
        limit, stop, trail = env.spec.exits[leg.slot].signals
        return limit if leg.kind == LIMIT else stop if leg.kind == STOP else trail

    market = []
    for c in commands:
        if isinstance(c, Entry):
            market.append(env.spec.entries[env.spec.index(c.id)].signal)
        elif isinstance(c, Close):
            market.append(c.signal)
    return (*map(name, legs_of(env)), *market, *((FILLS_SIGNAL,) if counts_fills(env) else ()))


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


def take_orders(
    account: Account, book: Book, commands: Sequence[Command], bar: dict[str, Any], env: Env
) -> tuple[Book, Slips, tuple[Any, ...]]:
    """Entries, closes and cancels of one bar, in order. (docs/semantics.md, 3)

    The last result says for each entry command on which lanes it made an order: exits called after it know that one.
    """
    desk = Desk(account, book, bar["close"], bar["index"] * len(commands), env, [])
    tickets = iter(tickets_of(commands, env))
    made = []
    for n, command in enumerate(commands):
        if isinstance(command, Entry):
            made.append(_enter(desk, command, next(tickets), desk.seq + n))
        elif isinstance(command, Close):
            _close(desk, command, next(tickets), desk.seq + n)
        elif isinstance(command, Cancel):
            _cancel(desk, command)
    shape = account.lots[0].qty.shape
    slips = no_slips(commands, account, env)
    if desk.orders:
        seqs = [jnp.broadcast_to(jnp.asarray(o.seq, jnp.int32), shape) for o in desk.orders]
        slips = Slips(jnp.stack([o.qty for o in desk.orders]), None if slips.seq is None else jnp.stack(seqs))
    return desk.book, slips, tuple(made)


def _enter(desk: Desk, entry: Entry, ticket: Ticket, seq: Any) -> Any:
    env, account = desk.env, desk.account
    code, side = ticket.entry, float(entry.direction)
    size, is_market = _size(desk, entry, code), _is_market(entry)
    position = position_of(account)
    makes = entry.when & (size != 0) & (account.status == 0)
    goes = makes & is_market
    # The call replaces whatever this id has waiting, in its place, also where it then creates nothing (but a raw order of no size).
    clears = entry.when & (size != 0) if entry.raw else entry.when
    place = seq
    for order in desk.replaced(code):
        if env.spec.re_queues:
            place = jnp.where(order.qty != 0, order.seq, place)
        order.qty = jnp.where(clears, 0.0, order.qty)
    waiting = desk.book.entries[code]
    if waiting is not None:
        if waiting.seq is not None:
            place = jnp.where(waiting.qty != 0, waiting.seq, place)
        cleared = clear_entry(waiting, clears)
        desk.book = _wait(desk.book, code, cleared, entry, makes & ~is_market, size, position * side > 0, place, env)
    desk.orders.append(MarketOrder(ticket, jnp.where(goes, size, 0.0), place))
    return makes


def _is_market(entry: Entry) -> Any:
    """Whether no level is given, or only na."""
    out = jnp.asarray(True)
    for level in (entry.stop, entry.limit):
        if level is not None:
            out &= jnp.isnan(level)
    return out


def _size(desk: Desk, entry: Entry, code: int) -> Any:
    """Signed lot steps of the transaction that an entry or raw order freezes at its call; 0 where it is refused. (docs/semantics.md, 3)"""
    env, account, rules = desk.env, desk.account, desk.env.config.risk
    side, base = float(entry.direction), order_quantity(entry, desk.account, desk.close, env)
    if entry.raw:
        return side * base
    expected, n_expected = desk.expected(without=code)
    reverses = jnp.where(expected * side < 0, jnp.abs(expected), 0.0)
    if rules.allow_entry_in not in (None, entry.direction):
        return side * reverses
    full = (position_of(account) * side > 0) & (n_lots_of(account) >= env.spec.max_per_side)
    crowded = (expected * side > 0) & (n_expected >= env.spec.max_per_side)
    refused = full | (_is_market(entry) & (crowded | ~is_afforded(base, account, desk.close, env)))
    if rules.max_position_size is not None:
        most = jnp.floor(rules.max_position_size / env.terms.lot_step + LOT_TOLERANCE_STEPS)
        base = jnp.clip(most - jnp.maximum(expected * side, 0.0), 0.0, base)
    return jnp.where(refused | (base <= 0), 0.0, side * (base + reverses))


def _wait(book: Book, code: int, slot: EntryOrder, entry: Entry, waits: Any, size: Any, adds: Any, seq: Any, env: Env) -> Book:
    """Write a priced entry into its slot."""
    up = entry.direction > 0

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
        seq=None if slot.seq is None else jnp.where(waits, seq, slot.seq),
    )
    return Book((*book.entries[:code], new, *book.entries[code + 1 :]), book.exits)


def _close(desk: Desk, close: Close, ticket: Ticket, seq: Any) -> None:
    account, env = desk.account, desk.env
    pending = [o.qty for o in desk.orders if not o.ticket.adds and o.ticket.code == ticket.code]
    covered = sum(pending, jnp.zeros_like(account.lots[0].qty))
    if close.id is None:
        # The whole position, once; what is left of it when the order fills is what it closes.
        qty = jnp.where(covered != 0, 0.0, -position_of(account))
    else:
        own = quantity_of(account, ticket.code)
        wanted = jnp.abs(own)
        if close.qty_rate is not None:
            share = jnp.floor(jnp.abs(own) * close.qty_rate + LOT_TOLERANCE_STEPS)
            wanted = jnp.where(jnp.isnan(close.qty_rate), wanted, share)
        if close.qty is not None:
            given = jnp.floor(close.qty / env.terms.lot_step + LOT_TOLERANCE_STEPS)
            wanted = jnp.where(jnp.isnan(close.qty), wanted, given)
        qty = -jnp.sign(own) * jnp.maximum(jnp.minimum(wanted, jnp.abs(own) - jnp.abs(covered)), 0.0)
    desk.orders.append(MarketOrder(ticket, jnp.where(close.when, qty, 0.0), seq))


def _cancel(desk: Desk, cancel: Cancel) -> None:
    env, book = desk.env, desk.book
    code = None if cancel.id is None else env.spec.code(cancel.id)
    for order in desk.orders if cancel.id is None else [] if code is None else desk.replaced(code):
        order.qty = jnp.where(cancel.when, 0.0, order.qty)
    entries = tuple(
        clear_entry(o, cancel.when) if o is not None and cancel.id in (None, s.id) else o
        for o, s in zip(book.entries, env.spec.entries, strict=True)
    )
    desk.book = Book(entries, book.exits)
