"""Market orders between their command and their fill: tickets say what is static about one, slips what differs by lane. Not commands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp

from pinejax.broker.account import Account
from pinejax.broker.book import ALL
from pinejax.broker.commands import Close, Command, Entry
from pinejax.broker.env import Env
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
    shape = (len(tickets_of(commands, env)), account.lots.qty.shape[1])
    return Slips(jnp.zeros(shape, account.lots.qty.dtype), jnp.zeros(shape, jnp.int32) if env.spec.re_queues else None)


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
