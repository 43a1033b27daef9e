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

    spent: exits with a partial quantity that have filled since the position was last flat; they cannot be issued again.
    """

    account: Account
    lot_cap: int
    orders: list[Order] = field(default_factory=list)
    exits: list[Exit] = field(default_factory=list)
    spent: set[tuple[str, str]] = field(default_factory=set)
    counter: Iterator[int] = field(default_factory=itertools.count)

    def named(self, id_: str) -> Order | None:
        """The pending entry or raw order with this id (they share one name space), or None."""
        return next((o for o in self.orders if o.opens and o.id == id_), None)

    def put(self, order: Order, replaces: Order | None) -> None:
        """Queue an order, in the place of the one it replaces."""
        if replaces is not None:
            order.seq = replaces.seq
            self.orders.remove(replaces)
        self.orders.append(order)
        self.orders.sort(key=lambda o: o.seq)

    def exit_named(self, id_: str, from_entry: str) -> Exit | None:
        """The pending exit with this key, or None."""
        return next((e for e in self.exits if (e.id, e.from_entry) == (id_, from_entry)), None)

    def lots_of(self, from_entry: str) -> list[Lot]:
        """Open lots of an entry id; of all ids for an empty one."""
        return [lot for lot in self.account.lots if from_entry in ("", lot.id)]

    def expected(self, without: Order | None = None) -> tuple[int, int]:
        """Signed steps and number of lots after all pending market orders, applied in placement order (3.1)."""
        lots = [lot.direction * lot.steps for lot in self.account.lots]
        for order in self.orders:
            if order.is_market and order is not without:
                lots = self._after(lots, order)
        return sum(lots), len(lots)

    def _after(self, lots: list[int], order: Order) -> list[int]:
        position = sum(lots)
        left = order.direction * order.steps
        if order.kind == "close":
            if position * order.direction >= 0:
                return lots
            left = order.direction * min(order.steps, abs(position))
        if order.kind == "entry" and position * order.direction > 0 and len(lots) >= self.lot_cap:
            return lots
        lots = list(lots)
        while left and lots and lots[0] * left < 0:
            part = min(abs(left), abs(lots[0]))
            lots[0] += part if left > 0 else -part
            left -= part if left > 0 else -part
            if lots[0] == 0:
                lots.pop(0)
        return [*lots, left] if left else lots

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
        for e in self.exits:
            e.forget()

    def sweep(self, filling: str | None = None) -> None:
        """Drop exits that have neither a lot nor a pending entry. filling: the id of an entry that is just about to open its lot."""
        pending = {o.id for o in self.orders if o.opens} | ({filling} if filling is not None else set())
        self.exits = [e for e in self.exits if self.lots_of(e.from_entry) or (pending if e.from_entry == "" else e.from_entry in pending)]

    def shrink_siblings(self, filled: Order, steps: int) -> None:
        """One-cancels-all groups: `reduce` takes the filled steps off the siblings, `cancel` removes them (5)."""
        if filled.oca_name is None or filled.oca_type in (None, "none"):
            return
        for o in [o for o in self.orders if o is not filled and o.oca_name == filled.oca_name]:
            o.steps -= steps if filled.oca_type == "reduce" else o.steps
            if o.steps <= 0:
                self.orders.remove(o)

    def clear(self) -> None:
        """Drop every pending order."""
        self.orders.clear()
        self.exits.clear()


def given(x: float | None) -> float:
    """An optional argument as a float, None and na as NaN."""
    return math.nan if x is None else float(x)
