"""What every broker step of one bar shares: the static book, the configuration, the traced numbers. No state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
from jax import lax

from pinejax.broker.account import Account, Terms, average_price_of, average_price_of_entry, position_of, quantity_of
from pinejax.broker.book import ALL, Book, BookSpec
from pinejax.broker.config import BrokerConfig

# A level this close to a tick is that tick (docs/semantics.md, 2.7).
SNAP_TOLERANCE_TICKS = 1e-4
# A quantity this close to a whole number of lot steps is that number: 0.3 / 0.0001 is 2999.9999999999995.
LOT_TOLERANCE_STEPS = 1e-6


@dataclass(frozen=True)
class Env:
    """spec, config: static; terms: traced scalars."""

    spec: BookSpec
    config: BrokerConfig
    terms: Terms

    def side_of(self, entry: int, account: Account) -> Any:
        """1 or -1: the direction of an entry id's lots (or of all). A Python number where it is known while tracing."""
        fixed = self.spec.direction_of(entry)
        return fixed if fixed is not None else jnp.where(position_of(account) < 0, -1.0, 1.0)

    def has_lots(self, entry: int, account: Account) -> Any:
        """Whether an entry id (or any) has open lots, `[lanes]`."""
        lots = account.lots
        if entry == ALL:
            return position_of(account) != 0
        fixed = self.spec.entries[entry].direction
        if len(lots) > 1:
            return quantity_of(account, entry) != 0
        if len(self.spec.entries) == 1:
            return lots.qty[0] != 0
        rivals = [e for i, e in enumerate(self.spec.entries) if i != entry and fixed in e.directions]
        if fixed is not None and not rivals:
            return lots.qty[0] * fixed > 0
        return (lots.qty[0] != 0) & (lots.entry[0] == entry)

    def steps_of(self, entry: int, account: Account) -> Any:
        """Signed lot steps of an entry id's lots, or of all."""
        return position_of(account) if entry == ALL else quantity_of(account, entry)

    def average_of(self, entry: int, account: Account) -> Any:
        """Mean entry price of an entry id's lots, or of all; NaN where there are none."""
        return average_price_of(account) if entry == ALL else average_price_of_entry(account, entry)

    def is_pending(self, entry: int, book: Book) -> Any:
        """Whether an entry id (or any) has a priced order waiting, `[lanes]` (False where it never can)."""
        waiting = jnp.asarray(False)
        for order in book.entries if entry == ALL else (book.entries[entry],):
            if order is not None:
                waiting |= order.qty != 0
        return waiting

    def target_of(self, entry: int) -> int | None:
        """Which lots an order of that id closes, as `Fill.target`: None where lots always go first in, first out."""
        return None if self.config.close_entries_rule == "FIFO" else entry


def snap(level: Any, up: Any, terms: Terms) -> Any:
    """`level` on the tick grid: the next tick up or down, or the tick it is within 1e-4 ticks of. NaN stays NaN.

    up: whether to round up (a Python bool or an array). The result is the double that the price's decimals parse to, so that
    a level equal to a bar's high is touched by it.
    """
    ticks = level / terms.tick_size * terms.ticks_in
    near = jnp.round(ticks)
    # XLA may turn a division by one number for all lanes into a product with its inverse, which misses the price by its last bit.
    per_tick = lax.optimization_barrier(jnp.broadcast_to(terms.ticks_in, jnp.shape(near)))
    if isinstance(up, bool):
        away = jnp.ceil(ticks) if up else jnp.floor(ticks)
    else:
        away = jnp.where(up, jnp.ceil(ticks), jnp.floor(ticks))
    return jnp.where(jnp.abs(ticks - near) <= SNAP_TOLERANCE_TICKS, near, away) * terms.tick_size / per_tick
