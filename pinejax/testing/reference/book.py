"""The pending orders of one account and what they would do: queue, replacement, expected position, reservations. No prices, no fills."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from pinejax.testing.reference.account import Account, Lot
from pinejax.testing.reference.orders import Exit, Order


@dataclass
class Book:
    """Orders in placement order. An order that is re-issued keeps its place.

    any_rule: what closes an entry by id drains the lots of that id (close_entries_rule ANY), not the oldest of all (FIFO).
    spent: exits with a partial quantity that have filled since the position was last flat; they cannot be issued again.
    """

    account: Account
    lot_cap: int
    any_rule: bool
    orders: list[Order] = field(default_factory=list)
    exits: list[Exit] = field(default_factory=list)
    spent: set[tuple[str, str]] = field(default_factory=set)
    counter: Iterator[int] = field(default_factory=itertools.count)

    def named(self, id_: str) -> Order | None:
        """The pending entry or raw order with this id (they share one name space), or None."""
        return next((o for o in self.orders if o.opens and o.id == id_), None)

    def put(self, order: Order, replaces: Order | None) -> None:
        """Queue an order, in the place of the one it replaces; one of no steps is not made, but the old one goes (3.3)."""
        if replaces is not None:
            order.seq = replaces.seq
            self.orders.remove(replaces)
        if order.steps:
            self.orders.append(order)
        self.orders.sort(key=lambda o: o.seq)

    def exit_named(self, id_: str, from_entry: str) -> Exit | None:
        """The pending exit with this key, or None."""
        return next((e for e in self.exits if (e.id, e.from_entry) == (id_, from_entry)), None)

    def lots_of(self, from_entry: str) -> list[Lot]:
        """Open lots of an entry id; of all ids for an empty one."""
        return [lot for lot in self.account.lots if from_entry in ("", lot.id)]

    def drained_by(self, id_: str) -> str | None:
        """Whose lots a close or exit of this entry id drains; None for the oldest of all (3.8)."""
        return id_ if self.any_rule and id_ else None

    def expected(self, without: Order | None = None) -> tuple[int, int]:
        """Signed steps and number of lots after all pending market orders, applied in placement order (3.1)."""
        lots = [(lot.id, lot.direction * lot.steps) for lot in self.account.lots]
        for order in self.orders:
            if order.is_market and order is not without:
                lots = self._after(lots, order)
        return sum(steps for _, steps in lots), len(lots)

    def _after(self, lots: list[tuple[str, int]], order: Order) -> list[tuple[str, int]]:
        """Lots as (id, signed steps) once a market order has filled."""
        position = sum(steps for _, steps in lots)
        left, only = order.steps, None
        if order.kind == "close" and position * order.direction >= 0:
            return lots
        if order.kind == "close":
            only = self.drained_by(order.id)
            left = min(left, sum(abs(steps) for id_, steps in lots if only in (None, id_)))
        if order.kind == "entry" and position * order.direction > 0 and len(lots) >= self.lot_cap:
            return lots
        after = []
        for id_, steps in lots:
            part = min(left, abs(steps)) if steps * order.direction < 0 and only in (None, id_) else 0
            left -= part
            after.append((id_, steps + order.direction * part))
        if left:
            after.append((order.id, order.direction * left))
        return [lot for lot in after if lot[1]]

    def freeze(self) -> None:
        """Fix the quantity of percentage exits as soon as their lots exist."""
        for e in self.exits:
            lots = self.lots_of(e.from_entry)
            if e.rate is not None and e.frozen is None and lots:
                grid = self.account.grid
                e.frozen = grid.steps(e.rate * grid.qty(sum(lot.steps for lot in lots)))

    def reserved(self, exit_: Exit) -> int:
        """Lot steps an exit would close now: exits of one entry take their share in placement order (4.5)."""
        left = sum(lot.steps for lot in self.lots_of(exit_.from_entry))
        for e in sorted((e for e in self.exits if e.from_entry == exit_.from_entry), key=lambda e: e.seq):
            wanted = e.frozen if e.rate is not None else e.steps
            take = left if wanted is None else min(wanted, left)
            if e is exit_:
                return take
            left -= take
        return 0

    def went_flat(self) -> None:
        """All exits start afresh; which of them survive is decided by `sweep`."""
        self.spent.clear()
        self.exits = [e for e in self.exits if e.from_entry != ""]
        for e in self.exits:
            e.forget()

    def sweep(self, filling: str | None = None) -> None:
        """Drop exits that have neither a lot nor a pending entry. filling: the id of an entry that is just about to open its lot."""
        pending = {o.id for o in self.orders if o.opens} | ({filling} if filling is not None else set())
        self.exits = [e for e in self.exits if self.lots_of(e.from_entry) or (pending if e.from_entry == "" else e.from_entry in pending)]

    def settle_group(self, filled: Order, steps: int) -> None:
        """A fill of a one-cancels-all group: `reduce` takes the filled steps off the other orders, `cancel` removes them (5).

        Exits that waited for an order that is gone go with it.
        """
        if not filled.oca_name or filled.oca_type == "none":
            return
        for o in [o for o in self.orders if o.oca_name == filled.oca_name and o.oca_type != "none"]:
            o.steps -= steps if filled.oca_type == "reduce" else o.steps
            if o.steps <= 0:
                self.orders.remove(o)
        self.sweep()

    def clear(self) -> None:
        """Drop every pending order."""
        self.orders.clear()
        self.exits.clear()


def given(x: float | None) -> float:
    """An optional argument as a float, None and na as NaN."""
    return math.nan if x is None else float(x)
