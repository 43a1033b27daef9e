"""The broker's commands: what a strategy may ask for. How orders fill along a bar is `pinejax.testing.reference.fills`."""

from __future__ import annotations

import math

from pinejax.core.orders import LONG
from pinejax.testing.reference.book import given
from pinejax.testing.reference.fills import Fills
from pinejax.testing.reference.orders import Exit, ExitComments, ExitLevels, OcaType, Order, trail_activation

# Money compared with money: amounts this close (relative) are equal, so that an all-in order is not refused for its last bit.
MONEY_TOLERANCE = 1e-9


class Broker(Fills):
    """One account: commands arrive at a bar's close, after the bar's fills."""

    @property
    def equity(self) -> float:
        """Account equity at this bar's close."""
        return self.account.equity(self.bar.close, self.rate)

    def entry(
        self,
        id_: str,
        direction: int,
        *,
        qty: float | None = None,
        limit: float | None = None,
        stop: float | None = None,
        oca_name: str = "",
        oca_type: OcaType = "none",
        comment: str = "",
    ) -> None:
        """strategy.entry: a transaction frozen now that reverses what is expected and adds the base quantity (3.1, 3.3)."""
        if self.locked:
            return
        old = self.book.named(id_)
        prices = self.grid.limit(given(limit), direction), self._stop(stop, direction)
        order = Order("entry", id_, direction, 0, next(self.book.counter), *prices)
        order.oca_name, order.oca_type, order.comment = oca_name, oca_type, comment
        expected, n_lots = self.book.expected(without=old)
        order.steps = self._entry_steps(order, qty, expected, n_lots)
        order.recheck_pyramiding = order.is_market or self.account.side == direction
        self.book.put(order, old)

    def _entry_steps(self, order: Order, qty: float | None, expected: int, n_lots: int) -> int:
        """The frozen size: what is expected on the other side, plus the base quantity; 0 where the entry is refused."""
        direction, cap = order.direction, self.book.lot_cap
        reverses = max(0, -expected * direction)
        if self._closes_only(direction):
            return reverses
        live_full = self.account.side == direction and len(self.account.lots) >= cap
        expected_full = order.is_market and expected * direction > 0 and n_lots >= cap
        base = self._capped(self._base_steps(qty), direction, expected)
        if live_full or expected_full or (order.is_market and not self._affordable(base)):
            return 0
        return base + reverses if base else 0

    def order(
        self,
        id_: str,
        direction: int,
        *,
        qty: float | None = None,
        limit: float | None = None,
        stop: float | None = None,
        oca_name: str = "",
        oca_type: OcaType = "none",
        comment: str = "",
    ) -> None:
        """strategy.order: a raw signed transaction, of the default size without a quantity (3.5)."""
        if self.locked:
            return
        prices = self.grid.limit(given(limit), direction), self._stop(stop, direction)
        order = Order("order", id_, direction, self._base_steps(qty), next(self.book.counter), *prices)
        order.oca_name, order.oca_type, order.comment = oca_name, oca_type, comment
        self.book.put(order, self.book.named(id_))

    def exit(
        self,
        id_: str,
        from_entry: str = "",
        *,
        qty: float | None = None,
        qty_rate: float | None = None,
        levels: ExitLevels,
        comments: ExitComments | None = None,
    ) -> None:
        """strategy.exit: a bracket for the lots of one entry, live or pending; of every entry without a name (4).

        Without a name it is one order for the whole position, with distances from its average price; it shares quantities with
        others without a name alone (unproven).
        """
        lots, pending = self.book.lots_of(from_entry), self.book.named(from_entry)
        waits = pending is not None or (from_entry == "" and any(o.opens for o in self.book.orders))
        if self.locked or not (lots or waits) or (id_, from_entry) in self.book.spent:
            return
        old = self.book.exit_named(id_, from_entry)
        if levels.empty:
            if old is not None:
                self.book.exits.remove(old)
            return
        e = old or Exit(id_, from_entry, next(self.book.counter))
        begins = levels.trails and not e.levels.trails
        e.levels, e.comments = levels, comments or ExitComments()
        e.steps = None if qty is None or math.isnan(qty) else self.grid.steps(qty)
        rate = given(qty_rate)
        e.rate = None if e.steps is not None or math.isnan(rate) or rate >= 1 else rate
        if old is None:
            self.book.exits.append(e)
        self.book.freeze()
        if not levels.trails:
            e.trail_armed = False
        if begins and lots:
            self._test_trail_at_close(e)

    def close(
        self, id_: str, *, qty: float | None = None, qty_rate: float | None = None, immediately: bool = False, comment: str = ""
    ) -> None:
        """strategy.close: a market order for what is open under this id and not yet covered by a pending close (3.6, 3.8)."""
        open_steps = sum(lot.steps for lot in self.account.lots if lot.id == id_)
        left = open_steps - sum(o.steps for o in self.book.orders if o.kind == "close" and o.id == id_)
        wanted = open_steps
        if not math.isnan(given(qty)):
            wanted = self.grid.steps(given(qty))
        elif not math.isnan(given(qty_rate)):
            wanted = self.grid.steps(given(qty_rate) * self.grid.qty(open_steps))
        self._close(id_, min(wanted, left), immediately, comment)

    def close_all(self, *, immediately: bool = False, comment: str = "") -> None:
        """strategy.close_all: a market order for the whole position; once per bar."""
        if not any(o.kind == "close" and o.id == "" for o in self.book.orders):
            self._close("", abs(self.account.position), immediately, comment)

    def cancel(self, id_: str) -> None:
        """strategy.cancel: entries, raw orders and exits of this id, at once."""
        self.book.orders = [o for o in self.book.orders if not (o.opens and o.id == id_)]
        self.book.exits = [e for e in self.book.exits if e.id != id_]

    def cancel_all(self) -> None:
        """strategy.cancel_all: everything pending, but no close that a risk rule asked for."""
        if not self.locked:
            self.book.clear()

    def _close(self, id_: str, steps: int, immediately: bool, comment: str) -> None:
        if self.locked or steps <= 0:
            return
        order = Order("close", id_, -self.account.side, steps, next(self.book.counter), immediately=immediately, comment=comment)
        self.book.put(order, None)

    def _stop(self, stop: float | None, direction: int) -> float:
        return self.grid.stop(given(stop), direction)

    def _base_steps(self, qty: float | None) -> int:
        """The order's own quantity: as given, or the default size at this close (6.2, 6.3)."""
        if not math.isnan(given(qty)):
            return self.grid.steps(given(qty))
        config, price = self.config, self.bar.close * self.rate * self.instrument.point_value
        if config.size_type == "fixed":
            return self.grid.steps(config.size)
        if config.size_type == "cash":
            return self.grid.steps(config.size / price)
        money = self.equity * config.size
        if config.commission_type == "cash_per_order":
            money -= config.commission
        elif config.commission_type == "percent":
            money /= 1.0 + config.commission
        return self.grid.steps(money / price)

    def _affordable(self, steps: int) -> bool:
        """Admission at the call, of the base quantity alone (6.5)."""
        margin = self.grid.qty(steps) * self.bar.close * self.rate * self.instrument.point_value / self.config.leverage
        return margin <= self.equity * (1.0 + MONEY_TOLERANCE)

    def _closes_only(self, direction: int) -> bool:
        """Whether allow_entry_in lets this direction only close what is open (7)."""
        return self.config.risk.allow_entry_in is not None and direction != self.config.risk.allow_entry_in

    def _capped(self, base: int, direction: int, expected: int) -> int:
        """The base quantity that max_position_size leaves (7)."""
        if self.config.risk.max_position_size is None:
            return base
        return max(0, min(base, self.grid.steps(self.config.risk.max_position_size) - max(0, expected * direction)))

    def _test_trail_at_close(self, e: Exit) -> None:
        """A trail first placed in a position is tested against this close (4.8)."""
        side = -self.account.side
        at = trail_activation(e.levels, self.grid, side, self._average(e))
        if self.bar.close >= at if side != LONG else self.bar.close <= at:
            e.trail_armed, e.best = True, self.bar.close
