"""What a bar's entries, closes and cancels do to the book, and the market orders they make. Not fills, not brackets.

Commands act in the order of the body. A market order never waits in the book: it lives in a slip from its command to its
fill at the next bar's open (or this bar's close), within one bar of the loop, so quiet bars pay nothing for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp

from pinejax.broker.account import Account, n_lots_of, n_open, over_lots, position_of, quantity_of
from pinejax.broker.book import ALL, Book, EntryOrder, clear_entry
from pinejax.broker.commands import Cancel, Close, Command, Entry
from pinejax.broker.deal import drain
from pinejax.broker.env import LOT_TOLERANCE_STEPS, Env, snap
from pinejax.broker.margin import equity_of, is_afforded
from pinejax.broker.slips import Slips, Ticket, by_place, no_slips, tickets_of


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
        lots = self.account.lots.qty, self.account.lots.entry
        orders = [o for o in self.orders if not (o.ticket.adds and o.ticket.code == without)]
        rows = [(o.qty, *(jnp.asarray(x) for x in (o.ticket.adds, o.ticket.raw, o.ticket.code))) for o in orders]
        if self.env.spec.re_queues and len(orders) > 1:
            rows = by_place([o.seq for o in orders], rows)
        for qty, adds, raw, code in rows:
            lots = _after(*lots, qty, adds, raw, code, self.env)
        return over_lots(lots[0]), n_open(lots[0])

    def replaced(self, code: int) -> list[MarketOrder]:
        """The market orders of an entry code so far, of which a lane has at most one."""
        return [o for o in self.orders if o.ticket.adds and o.ticket.code == code]


def _after(sizes: Any, entries: Any, qty: Any, adds: Any, raw: Any, code: Any, env: Env) -> tuple[Any, Any]:
    """Signed lots and their entry codes, `[lots, lanes]`, oldest first, after a market order; empty ones stay as zeros.

    adds: whether it is an entry or raw order; raw: whether the pyramiding cap does not count for it.
    """
    position, free = over_lots(sizes), jnp.abs(sizes)
    full = (position * qty > 0) & (n_open(sizes) >= env.spec.max_per_side) & ~raw
    if env.target_of(0) is not None:
        free = jnp.where(adds | (code == ALL) | (entries == code), free, 0.0)
    left = jnp.where(position * qty < 0, jnp.minimum(jnp.abs(qty), over_lots(free)), 0.0)
    opens = jnp.where(adds & ~full, qty - jnp.sign(qty) * left, 0.0)
    kept = sizes - jnp.sign(sizes) * drain(free, left)
    codes = jnp.broadcast_to(code, opens.shape).astype(entries.dtype)
    return jnp.concatenate([kept, opens[None]]), jnp.concatenate([entries, codes[None]])


def order_quantity(entry: Entry, account: Account, close: Any, env: Env) -> Any:
    """Lot steps of an entry before any reversal part: the given quantity or the configured size, floored. (docs/semantics.md, 6.2)"""
    terms, config = env.terms, env.config
    if config.size_type == "fixed":
        steps = terms.size / terms.lot_step
    elif config.size_type == "cash":
        steps = terms.size / (close * terms.unit)
    else:
        money = equity_of(account, close, env) * terms.size
        if config.commission_type == "cash_per_order":
            money = money - terms.commission
        kept = terms.commission if config.commission_type == "percent" else 0.0
        # A product with one scalar: a division of every lane costs more than all the rest.
        steps = money * (1.0 / (close * terms.unit * (1.0 + kept)))
    if entry.qty is not None:
        steps = jnp.where(jnp.isnan(entry.qty), steps, entry.qty * (1.0 / terms.lot_step))
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
    shape = account.lots.qty.shape[1:]
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
    # The call replaces whatever this id has waiting, in its place, also where it then creates nothing.
    place = seq
    for order in desk.replaced(code):
        if env.spec.re_queues:
            place = jnp.where(order.qty != 0, order.seq, place)
        order.qty = jnp.where(entry.when, 0.0, order.qty)
    waiting = desk.book.entries[code]
    if waiting is not None:
        if waiting.seq is not None:
            place = jnp.where(waiting.qty != 0, waiting.seq, place)
        cleared = clear_entry(waiting, entry.when)
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
    if rules.max_position_size is not None:
        most = jnp.floor(rules.max_position_size / env.terms.lot_step + LOT_TOLERANCE_STEPS)
        base = jnp.clip(most - jnp.maximum(expected * side, 0.0), 0.0, base)
    full = (position_of(account) * side > 0) & (n_lots_of(account) >= env.spec.max_per_side)
    crowded = (expected * side > 0) & (n_expected >= env.spec.max_per_side)
    refused = full | (_is_market(entry) & (crowded | ~is_afforded(base, account, desk.close, env)))
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
    covered = sum(pending, jnp.zeros_like(account.lots.qty[0]))
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
