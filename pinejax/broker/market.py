"""Market orders fill: at the next bar's open, or at this bar's close. What makes them is `pinejax.broker.place`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
from jax import lax

from pinejax.broker.account import Account, Fill, n_lots_of, position_of, transact
from pinejax.broker.book import Book
from pinejax.broker.env import Env
from pinejax.broker.place import Slips, Ticket, by_place
from pinejax.broker.walk import bury
from pinejax.core.gate import any_lane, where_asked


def fill_market(
    account: Account, book: Book, slips: Slips, tickets: Sequence[Ticket], bar: dict[str, Any], env: Env
) -> tuple[Account, Book]:
    """Fill this bar's market orders, immediate closes first, the others by their places in the queue.

    bar: close, fill_price, can_fill (whether the next bar belongs to the window), index, fill_index; all scalars.
    A loop over the orders, not unrolled: each fill works on finished arrays instead of on one huge shared expression.
    """
    if tickets:
        account, book = _fill_all(account, book, slips, tickets, bar, env)
    # Exits whose entry was cancelled, refused or dropped on this bar go with it.
    return account, bury(account, account, book, env)


def _fill_all(account: Account, book: Book, slips: Slips, tickets: Sequence[Ticket], bar: dict[str, Any], env: Env) -> tuple[Account, Book]:
    first = [i for i, t in enumerate(tickets) if t.immediately]
    order = first + [i for i in range(len(tickets)) if i not in first]
    now = [tickets[i].immediately or env.config.process_orders_on_close for i in order]
    rows = [(slips.qty[i], *(jnp.asarray(x) for x in (tickets[i].entry, tickets[i].signal, tickets[i].adds))) for i in order]
    if slips.seq is not None:
        later = order[len(first) :]
        rows = rows[: len(first)] + by_place([slips.seq[i] for i in later], rows[len(first) :])
    numbers = jnp.stack([q if n else jnp.where(bar["can_fill"], q, 0.0) for (q, *_), n in zip(rows, now, strict=True)])
    entries, signals, adds = (jnp.stack(jnp.broadcast_arrays(*column)) for column in list(zip(*rows, strict=True))[1:])
    prices = jnp.stack([bar["close"] if n else bar["fill_price"] for n in now])
    bars = jnp.stack([jnp.asarray(bar["index"] if n else bar["fill_index"], jnp.int32) for n in now])

    def still_waiting(k: Any) -> dict[int, Any]:
        return {e.from_entry: _any_later(k, (numbers != 0) & _column(adds & (entries == e.from_entry))) for e in env.spec.exits}

    def fill(k: Any, state: tuple[Account, Book]) -> tuple[Account, Book]:
        one = (numbers[k], prices[k], entries[k], signals[k], adds[k], bars[k])
        return where_asked(any_lane(one[0] != 0), lambda s: _fill_one(s[0], s[1], one, still_waiting(k), env), state)

    return lax.fori_loop(0, len(order), fill, (account, book))


def _column(flags: Any) -> Any:
    return flags if flags.ndim == 2 else flags[:, None]


def _any_later(k: Any, rows: Any) -> Any:
    """Whether any row after the k-th is true, lane by lane."""
    out = jnp.zeros(rows.shape[1:], bool)
    for j in range(1, rows.shape[0]):
        out |= (k < j) & rows[j]
    return out


def _fill_one(account: Account, book: Book, order: tuple, waiting: dict[int, Any], env: Env) -> tuple[Account, Book]:
    """One market order per lane, checked again at the fill: no add past the cap, no close of a position that is gone or turned."""
    asked, price, entry, signal, adds, index = order
    position = position_of(account)
    full = (position * asked > 0) & (n_lots_of(account) >= env.spec.max_per_side)
    closing = jnp.where(position * asked < 0, jnp.sign(asked) * jnp.minimum(jnp.abs(asked), jnp.abs(position)), 0.0)
    qty = jnp.where(adds, jnp.where(full, 0.0, asked), closing)
    fill = Fill(qty, price + jnp.sign(qty) * env.terms.slippage, price, entry, signal, index)
    after = transact(account, fill, env.terms, env.config.commission_type)
    return after, bury(account, after, book, env, waiting)
