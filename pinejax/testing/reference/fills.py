"""The walk of the price through one bar, and what each order does when it fills. Commands: `pinejax.testing.reference.broker`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from pinejax.broker.config import BrokerConfig
from pinejax.core.feed import Instrument
from pinejax.testing.reference.account import Account, mean_price
from pinejax.testing.reference.book import Book
from pinejax.testing.reference.orders import LIMIT, Exit, Leg, Order, exit_legs, order_legs, trail_activation
from pinejax.testing.reference.path import Grid, bar_path
from pinejax.testing.reference.watch import Watch

Point = Literal["open", "path", "close"]
MAX_FILLS_SIGNAL = "Close Position (Max number of filled orders in one day)"
# TradingView liquidates this many times what would restore the margin (6.6).
MARGIN_CALL_FACTOR = 4


@dataclass(frozen=True)
class ScalarBar:
    """One bar's values. time: epoch milliseconds of its open, UTC; rate: account currency per quote currency."""

    index: int
    time: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    rate: float = 1.0


@dataclass(frozen=True)
class Fill:
    """One executed order. steps: signed lot steps."""

    bar: int
    id: str
    steps: int
    price: float


class Fills:
    """Walks a bar corner by corner, fills what is touched, and keeps the account."""

    bar: ScalarBar

    def __init__(self, config: BrokerConfig, instrument: Instrument):
        self.config, self.instrument = config, instrument
        self.grid, self.zone = Grid(instrument.tick_size, instrument.lot_step), ZoneInfo(instrument.zone)
        self.account = Account(config, instrument, self.grid)
        self.book = Book(self.account, lot_cap=max(1, config.pyramiding), any_rule=config.close_entries_rule == "ANY")
        self.watch = Watch(config.risk, config.initial_capital)
        self.fills: list[Fill] = []
        self.n_liquidations, self.fills_today = 0, 0
        self.day = self.locked_day = -1
        self.price = math.nan

    @property
    def rate(self) -> float:
        """Account currency per quote currency on this bar."""
        return self.bar.rate

    @property
    def locked(self) -> bool:
        """Whether commands are ignored: the day's number of filled orders is used up, or a risk rule is broken."""
        return self.locked_day == self.day or self.watch.stopped

    def begin_bar(self, bar: ScalarBar) -> None:
        """Step 1 of a bar: orders from before work along its path; then its close is judged by the risk rules."""
        self.bar = bar
        day = datetime.fromtimestamp(bar.time / 1000, self.zone).toordinal()
        if day != self.day:
            self.day, self.fills_today = day, 0
        self.watch.enter_day(day)
        corners = bar_path(bar.open, bar.high, bar.low, bar.close)
        self._settle(bar.open, "open")
        for corner, falling in zip(corners[1:], (corners[1] != bar.high, corners[1] == bar.high, None), strict=True):
            self._go(corner)
            if falling is not None and self.account.side == (1 if falling else -1):
                self._margin_call(corner)
        if broken := self.watch.close(self.account.equity(bar.close, bar.rate)):
            self._stop_trading(broken)

    def end_bar(self) -> None:
        """Step 5, after the script: immediate closes, and with process_orders_on_close every order, at the close."""
        self.price = self.bar.close
        for order in [o for o in self.book.orders if o.immediately]:
            if order in self.book.orders:
                self._fill_order(order, self.price, None)
        if self.config.process_orders_on_close:
            self._settle(self.price, "close")
        self.book.sweep()

    # -- the walk

    def _go(self, corner: float) -> None:
        """Move to the next corner, stopping wherever an order is touched on the way."""
        while self.price != corner:
            up = corner > self.price
            touched = [x for x in self._levels(up) if (self.price < x <= corner if up else self.price > x >= corner)]
            nearest = (min(touched) if up else max(touched)) if touched else corner
            self._settle(nearest, "path")

    def _levels(self, up: bool) -> list[float]:
        """Prices ahead at which something may happen: triggers reached in this direction, and activations of trails."""
        levels = [leg.trigger for _, leg in self._live_legs() if leg.upward == up]
        for e in self.book.exits:
            at = self._activation(e)
            if not e.trail_armed and not math.isnan(at) and self._side(e) == (-1 if up else 1):
                levels.append(at)
        return levels

    def _settle(self, price: float, point: Point) -> None:
        """Fill everything that this price triggers, one order at a time, until nothing is left."""
        self.price = price
        self.account.mark(price, self.rate)
        while True:
            ready: list[tuple[tuple[int, int, int, int], Order | Exit, Leg | None]] = []
            if point != "path":
                ready = [((0, 0, o.seq, 0), o, None) for o in self.book.orders if o.is_market]
            if not ready:  # market orders come first (2.5): a trail is armed by the price they leave behind
                self._move_trails()
                ready = [self._ready(o, leg, point) for o, leg in self._live_legs() if leg.reached(price)]
            if not ready:
                return
            _, order, leg = min(ready, key=lambda r: r[0])
            self._execute(order, leg, point)

    def _ready(self, order: Order | Exit, leg: Leg, point: Point) -> tuple[tuple[int, int, int, int], Order | Exit, Leg | None]:
        """Priority at one price. At the open (or the close) buys come before sells, then placement; on a leg stops first (2.5, 2.6)."""
        if point == "path":
            return (1, leg.rank, order.seq, 0), order, leg
        direction = self._side(order) if isinstance(order, Exit) else order.direction
        return (1, -direction, order.seq, leg.rank), order, leg

    def _live_legs(self) -> list[tuple[Order | Exit, Leg]]:
        """Every priced leg that can act now."""
        verify = self.config.limit_verify_ticks
        legs: list[tuple[Order | Exit, Leg]] = [(o, leg) for o in self.book.orders for leg in order_legs(o, self.grid, verify)]
        for e in self.book.exits:
            if self.book.reserved(e) > 0:
                legs += [(e, leg) for leg in exit_legs(e, self.grid, self._side(e), self._average(e), verify)]
        return legs

    def _move_trails(self) -> None:
        """Arm trails whose activation is reached; armed ones follow the price."""
        for e in self.book.exits:
            side, at = self._side(e), self._activation(e)
            if math.isnan(at):
                continue
            if not e.trail_armed and (self.price >= at if side < 0 else self.price <= at):
                e.trail_armed, e.best = True, self.price
            if e.trail_armed:
                e.best = max(e.best, self.price) if side < 0 else min(e.best, self.price)

    def _activation(self, e: Exit) -> float:
        """The price that arms a live exit's trail; NaN where it has none or no lots."""
        if not e.levels.trails or not self.book.lots_of(e.from_entry):
            return math.nan
        return trail_activation(e.levels, self.grid, self._side(e), self._average(e))

    def _side(self, e: Exit) -> int:
        """Direction of an exit's transaction: against the position."""
        return -self.account.side

    def _average(self, e: Exit) -> float:
        return mean_price(self.book.lots_of(e.from_entry))

    # -- fills

    def _execute(self, order: Order | Exit, leg: Leg | None, point: Point) -> None:
        if leg is not None and leg.arms and isinstance(order, Order):
            order.armed = True
            return
        touched = leg is not None and point == "path" and self.price == leg.trigger
        price = leg.level if touched and leg is not None else self.price
        if isinstance(order, Exit):
            assert leg is not None
            self._fill_exit(order, price, leg)
        else:
            self._fill_order(order, price, leg, inside=point == "path")

    def _slipped(self, price: float, direction: int, leg: Leg | None) -> float:
        """Slippage against the trader on market, stop and trail fills (2.8)."""
        if self.config.slippage_ticks == 0 or (leg is not None and leg.rank == LIMIT):
            return price
        return price + direction * self.config.slippage_ticks * self.grid.tick

    def _fill_order(self, order: Order, price: float, leg: Leg | None, *, inside: bool = False) -> None:
        """An entry, raw order or market close fills, or is dropped where it no longer may. inside: between the bar's open and close."""
        self.book.orders.remove(order)
        side, steps = self.account.side, order.steps
        if order.kind == "close" and side in (0, order.direction):
            return
        only = self.book.drained_by(order.id) if order.kind == "close" else None
        if order.kind == "close":
            steps = min(steps, sum(lot.steps for lot in self.account.lots if only in (None, lot.id)))
        full = side == order.direction and len(self.account.lots) >= self.book.lot_cap
        if steps == 0 or (order.kind == "entry" and order.recheck_pyramiding and full):
            self.book.sweep()
            return
        opens = order.id if order.opens else None
        self._transact(order.signal, opens, order.direction * steps, self._slipped(price, order.direction, leg), only)
        self.book.settle_group(order, steps)
        self._count_fill(price, intrabar_stop=inside and leg is not None and leg.rank != LIMIT and price != self.bar.open)

    def _fill_exit(self, e: Exit, price: float, leg: Leg) -> None:
        """An exit closes its reserved quantity, oldest lots first."""
        steps, side = min(self.book.reserved(e), abs(self.account.position)), self._side(e)
        self.book.exits.remove(e)
        if e.partial:
            self.book.spent.add((e.id, e.from_entry))
        signal, only = e.comments.of(leg.rank) or e.id, self.book.drained_by(e.from_entry)
        self._transact(signal, None, side * steps, self._slipped(price, side, leg), only)
        self._count_fill(price, intrabar_stop=False)

    def _transact(self, signal: str, opens: str | None, steps: int, price: float, only: str | None = None) -> None:
        """Buy or sell: close opposite lots first (`only` those of one id), open a lot under `opens` with what is left (3.2).

        One fee, shared by quantity.
        """
        account, direction, size = self.account, (1 if steps > 0 else -1), abs(steps)
        fee = account.fee(size, price, self.rate)
        closing = min(size, abs(account.position)) if account.side == -direction else 0
        if closing:
            account.reduce(closing, price, self.rate, self.bar.index, signal, fee * closing / size, only)
            if not account.lots:
                self.book.went_flat()
        if size > closing and opens is not None:
            self.book.sweep(filling=opens)
            account.add(opens, signal, direction, size - closing, price, self.bar.index, fee * (size - closing) / size)
            account.mark(self.price, self.rate)
            self.book.freeze()
        self.fills.append(Fill(self.bar.index, signal if opens is None else opens, steps, price))
        self.book.sweep()

    def _count_fill(self, price: float, *, intrabar_stop: bool) -> None:
        """max_intraday_filled_orders: the last allowed fill closes the position and locks the day (7)."""
        self.fills_today += 1
        most = self.config.risk.max_intraday_filled_orders
        if most is None or self.fills_today < most:
            return
        side = self.account.side
        if side:
            forced = (self.bar.high if side > 0 else self.bar.low) if intrabar_stop else price
            self.account.mark(forced, self.rate)
            self._transact(MAX_FILLS_SIGNAL, None, -self.account.position, self._slipped(forced, -side, None))
        self.book.clear()
        self.locked_day = self.day

    def _stop_trading(self, signal: str) -> None:
        """A risk rule is broken at this close: everything pending is dropped and a market order closes the position (7.3)."""
        self.book.clear()
        if self.account.position:
            order = Order("close", "", -self.account.side, abs(self.account.position), next(self.book.counter), comment=signal)
            self.book.put(order, None)

    def _margin_call(self, price: float) -> None:
        """At the adverse extreme: liquidate four times what restores the margin; a long on full margin has no such price (6.6)."""
        account, margin_rate = self.account, 1.0 / self.config.leverage
        if not self.config.liquidation or (account.side > 0 and margin_rate >= 1.0):
            return
        unit = price * self.rate * self.instrument.point_value
        required = self.grid.qty(abs(account.position)) * unit * margin_rate
        shortfall = required - account.equity(price, self.rate)
        if shortfall <= 0:
            return
        least = self.grid.steps(shortfall / margin_rate / unit) or self.grid.steps(1.0)
        self.n_liquidations += 1
        side, steps = -account.side, min(abs(account.position), MARGIN_CALL_FACTOR * least)
        self._transact("Margin call", None, side * steps, self._slipped(price, side, None))
        # With other lots left the average price, and so the levels counted from it, may have passed the price.
        self._settle(price, "path")
