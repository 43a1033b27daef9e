"""One-cancels-all groups: what the fill of one order does to the others of its group. (docs/semantics.md, 5)"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax.numpy as jnp

from pinejax.broker.book import Book, clear_entry
from pinejax.broker.env import Env


def left_after(qty: Any, steps: Any, kind: str) -> Any:
    """Signed lot steps that are left of an order after a sibling has filled `steps` (a magnitude, 0 for no fill)."""
    if kind == "cancel":
        return jnp.where(steps > 0, 0.0, qty)
    return jnp.sign(qty) * jnp.maximum(jnp.abs(qty) - steps, 0.0)


def shrink_siblings(book: Book, slot: int, steps: Any, env: Env) -> Book:
    """The waiting orders of a group after one of it has filled `steps` lot steps, `[lanes]`; one with nothing left is gone."""
    entries = list(book.entries)
    group = env.spec.entries[slot].oca
    for i in env.spec.siblings(slot):
        order = entries[i]
        if order is not None and group is not None:
            left = left_after(order.qty, steps, group[1])
            entries[i] = clear_entry(replace(order, qty=left), (order.qty != 0) & (left == 0))
    return Book(tuple(entries), book.exits)
