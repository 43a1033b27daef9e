"""The prices and quantities at which an exit works now. When they are touched is `pinejax.broker.touch`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import jax.numpy as jnp

from pinejax.broker.account import Account
from pinejax.broker.book import Book, ExitOrder, ExitSpec
from pinejax.broker.env import LOT_TOLERANCE_STEPS, Env, snap


class Levels(NamedTuple):
    """An exit's working prices, NaN where absent."""

    stop: Any
    limit: Any
    activation: Any


def exit_levels(order: ExitOrder, spec: ExitSpec, account: Account, side: Any, env: Env) -> Levels:
    """The prices at which an exit works now; of a price and a distance the one that is hit first."""
    terms, nan = env.terms, jnp.nan
    stop, limit, activation = order.stop, order.limit, order.activation
    if env.spec.direction_of(spec.from_entry) is None:
        # Which way a level snaps depends on the side of the lots, known only now.
        stop = None if stop is None else snap(stop, rises(-side), terms)
        limit, activation = (None if x is None else snap(x, rises(side), terms) for x in (limit, activation))
    if order.loss is not None or order.profit is not None or order.trail is not None:
        average = env.average_of(spec.from_entry, account)
        if order.loss is not None:
            stop = _nearer(stop, snap(average - side * order.loss, rises(-side), terms), side)
        if order.profit is not None:
            limit = _nearer(limit, snap(average + side * order.profit, rises(side), terms), -side)
        if order.trail is not None:
            activation = _nearer(activation, snap(average + side * order.trail, rises(side), terms), -side)
    return Levels(nan if stop is None else stop, nan if limit is None else limit, nan if activation is None else activation)


def rises(sense: Any) -> Any:
    """Whether a price moving in that sense (1 or -1) goes up."""
    return sense > 0


def _nearer(a: Any, b: Any, side: Any) -> Any:
    """Of two levels below (side 1) or above (-1) the market the nearer; NaN means none."""
    if a is None:
        return b
    if isinstance(side, int):
        return jnp.fmax(a, b) if side > 0 else jnp.fmin(a, b)
    return jnp.where(side > 0, jnp.fmax(a, b), jnp.fmin(a, b))


def exit_quantity(slot: int, account: Account, book: Book, env: Env) -> Any:
    """Lot steps that an exit may close: its reserved quantity, at most what exits of the entry that were placed before it leave."""
    spec, order = env.spec.exits[slot], book.exits[slot]
    rivals = [i for i, e in enumerate(env.spec.exits) if e.from_entry == spec.from_entry and i != slot]
    own = order.wanted()
    if len(account.lots) == 1 and not rivals and own is None:
        return jnp.abs(account.lots.qty[0])
    total = jnp.abs(env.steps_of(spec.from_entry, account))
    free = total
    for i in rivals:
        other, wanted = book.exits[i], book.exits[i].wanted()
        taken = total if wanted is None else jnp.minimum(wanted, total)
        free = free - jnp.where(other.placed & (other.seq < order.seq), taken, 0.0)
    free = jnp.maximum(free, 0.0)
    return free if own is None else jnp.minimum(free, own)


def frozen(order: ExitOrder, spec: ExitSpec, account: Account, env: Env) -> ExitOrder:
    """A fraction of lots becomes a quantity as soon as they exist, and stays it. (docs/semantics.md, 4.5)"""
    own = jnp.abs(env.steps_of(spec.from_entry, account))
    share = jnp.maximum(jnp.floor(order.rate * own + LOT_TOLERANCE_STEPS), 0.0)
    return replace(order, frozen=jnp.where(jnp.isnan(order.frozen) & (own > 0), share, order.frozen))
