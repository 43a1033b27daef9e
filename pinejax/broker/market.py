"""Market orders fill: at the next bar's open, or at this bar's close. What makes them is `pinejax.broker.place`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from pinejax.broker.account import Account, n_lots_of, over_lots, position_of
from pinejax.broker.book import ALL, Book
from pinejax.broker.deal import Fill, available, transact
from pinejax.broker.env import Env
from pinejax.broker.groups import left_after, shrink_siblings
from pinejax.broker.risk import count_fill, counts_fills
from pinejax.broker.slips import Slips, Ticket, by_place
from pinejax.broker.walk import bury
from pinejax.core.gate import any_lane, where_asked
from pinejax.core.pytree import pytree


def fill_market(
    account: Account, book: Book, slips: Slips, tickets: Sequence[Ticket], bar: dict[str, Any], env: Env
) -> tuple[Account, Book]:
    """Fill this bar's market orders, immediate closes first, the others by their places in the queue.

    bar: close, index, day and terms of this bar, and fill_price, fill_index, fill_day and fill_terms of the next one; can_fill: whether
    that belongs to the window. All scalars.
    A loop over the orders, not unrolled: each fill works on finished arrays instead of on one huge shared expression.
    """
    if tickets:
        account, book = _fill_all(account, book, slips, tickets, bar, env)
    # Exits whose entry was cancelled, refused or dropped on this bar go with it.
    return account, bury(account, account, book, env)


@pytree
class Orders:
    """This bar's market orders in the order of their fills; rows of `[lanes]` or of scalars, `[orders, ...]`.

    qty: signed lot steps; entry: code of the id it may open a lot under; adds: whether it is an entry or raw order; raw: whether the
    pyramiding cap does not count for it; target: whose lots it closes, None where lots always go first in, first out.
    """

    qty: Any
    price: Any
    entry: Any
    signal: Any
    adds: Any
    raw: Any
    target: Any
    index: Any
    day: Any
    unit: Any
    rate: Any

    def at(self, k: Any) -> Orders:
        """The k-th."""
        return jax.tree.map(lambda x: x[k], self)


def _fill_all(account: Account, book: Book, slips: Slips, tickets: Sequence[Ticket], bar: dict[str, Any], env: Env) -> tuple[Account, Book]:
    orders = _queue(slips, tickets, bar, env)

    def still_waiting(k: Any, qty: Any) -> dict[int, Any]:
        waits = (qty != 0) & _column(orders.adds)
        mine = lambda code: waits if code == ALL else waits & _column(orders.entry == code)  # noqa: E731
        return {e.from_entry: _any_later(k, mine(e.from_entry)) for e in env.spec.exits}

    def fill(k: Any, state: tuple) -> tuple:
        account, book, *quantities = state
        one = orders.at(k)
        if quantities:
            one = replace(one, qty=quantities[0][k])
        asked = any_lane(one.qty != 0)
        waiting = still_waiting(k, *quantities or (orders.qty,))
        return where_asked(asked, lambda s: _fill_one(s, orders, one, waiting, env), (account, book, *quantities))

    # Quantities change while the orders fill only where one cancels or reduces another, or ends the day for all.
    changing = (orders.qty,) if env.spec.has_groups or counts_fills(env) else ()
    after = lax.fori_loop(0, len(tickets), fill, (account, book, *changing))
    return after[0], after[1]


def _queue(slips: Slips, tickets: Sequence[Ticket], bar: dict[str, Any], env: Env) -> Orders:
    first = [i for i, t in enumerate(tickets) if t.immediately]
    order = first + [i for i in range(len(tickets)) if i not in first]
    now = [tickets[i].immediately or env.config.process_orders_on_close for i in order]
    targets = [ALL if t.adds else t.code for t in tickets]
    rows = [
        (slips.qty[i], *(jnp.asarray(x) for x in (tickets[i].entry, tickets[i].signal, tickets[i].adds, tickets[i].raw, targets[i])))
        for i in order
    ]
    if slips.seq is not None:
        later = order[len(first) :]
        rows = rows[: len(first)] + by_place([slips.seq[i] for i in later], rows[len(first) :])
    qty = jnp.stack([q if n else jnp.where(bar["can_fill"], q, 0.0) for (q, *_), n in zip(rows, now, strict=True)])
    entry, signal, adds, raw, target = (jnp.stack(jnp.broadcast_arrays(*column)) for column in list(zip(*rows, strict=True))[1:])

    def of_bar(here: str, next_: str, kind: Any = None) -> Any:
        return jnp.stack([jnp.asarray(bar[here] if n else bar[next_], kind) for n in now])

    terms = [bar["terms"] if n else bar["fill_terms"] for n in now]
    return Orders(
        qty, of_bar("close", "fill_price"), entry, signal, adds, raw, None if env.target_of(0) is None else target,
        of_bar("index", "fill_index", jnp.int32), of_bar("day", "fill_day", jnp.int32), jnp.stack([t.unit for t in terms]),
        None if env.terms.rate is None else jnp.stack([t.rate for t in terms]),
    )  # fmt: skip


def _column(flags: Any) -> Any:
    return flags if flags.ndim == 2 else flags[:, None]


def _any_later(k: Any, rows: Any) -> Any:
    """Whether any row after the k-th is true, lane by lane."""
    out = jnp.zeros(rows.shape[1:], bool)
    for j in range(1, rows.shape[0]):
        out |= (k < j) & rows[j]
    return out


def _fill_one(state: tuple, orders: Orders, one: Orders, waiting: dict[int, Any], env: Env) -> tuple:
    """One market order per lane, checked again at the fill: no add past the cap, no close of a position that is gone or turned."""
    account, book, *quantities = state
    position, asked = position_of(account), one.qty
    full = (position * asked > 0) & (n_lots_of(account) >= env.spec.max_per_side) & ~one.raw
    held = jnp.abs(position)
    if one.target is not None:
        held = over_lots(available(account, one.target))
    closing = jnp.where(position * asked < 0, jnp.sign(asked) * jnp.minimum(jnp.abs(asked), held), 0.0)
    qty = jnp.where(one.adds, jnp.where(full, 0.0, asked), closing)
    paid = one.price + jnp.sign(qty) * env.terms.slippage
    fill = Fill(qty, paid, one.price, one.entry, one.signal, one.index, one.unit, one.rate, one.target)
    after = transact(account, fill, env.terms, env.config.commission_type)
    book = bury(account, after, book, env, waiting)
    if env.spec.has_groups:
        book, quantities = _shrink(book, quantities[0], orders, one, jnp.abs(qty), env)
    if counts_fills(env):
        filled = replace(env, terms=replace(env.terms, unit=one.unit, rate=one.rate))
        closed, book, full = count_fill(after, book, qty != 0, one.price, one.index, one.day, filled)
        after, book, quantities = closed, bury(after, closed, book, env), [jnp.where(full, 0.0, quantities[0])]
    return after, book, *quantities


def _shrink(book: Book, quantities: Any, orders: Orders, one: Orders, steps: Any, env: Env) -> tuple[Book, list[Any]]:
    """What a fill of `steps` does to the others of its group: orders that wait in the book, and market orders of this bar."""
    for slot, spec in enumerate(env.spec.entries):
        if spec.oca is None:
            continue
        mine = jnp.where(one.adds & (one.entry == slot), steps, 0.0)
        book = shrink_siblings(book, slot, mine, env)
        for i in env.spec.siblings(slot):
            theirs = _column(orders.adds & (orders.entry == i))
            quantities = jnp.where(theirs, left_after(quantities, mine, spec.oca[1]), quantities)
    return book, [quantities]
