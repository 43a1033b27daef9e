"""Lots, fees, profit and trade records of one account. It knows prices and quantities, not orders."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from pinejax.broker.config import BrokerConfig
from pinejax.core.feed import Instrument
from pinejax.core.trade import TradeRecord
from pinejax.testing.reference.path import Grid


@dataclass(eq=False)
class Lot:
    """One open entry. signal: its text in lists of trades. fee: entry commission not yet charged to a closed trade. best, worst:
    extremes of the open P&L of one contract in account currency, before fees."""

    id: str
    signal: str
    direction: int
    steps: int
    price: float
    bar: int
    fee: float
    best: float = 0.0
    worst: float = 0.0


@dataclass
class Account:
    """The money side of the broker. Quantities are whole lot steps; `rate` is account currency per quote currency.

    most_steps: the largest position so far, on either side.
    """

    config: BrokerConfig
    instrument: Instrument
    grid: Grid
    net_profit: float = 0.0
    commission_paid: float = 0.0
    most_steps: int = 0
    last_exit_bar: int | None = None
    lots: list[Lot] = field(default_factory=list)
    trades: list[TradeRecord] = field(default_factory=list)

    @property
    def position(self) -> int:
        """Signed lot steps."""
        return sum(lot.direction * lot.steps for lot in self.lots)

    @property
    def side(self) -> int:
        """1 long, -1 short, 0 flat."""
        return self.lots[0].direction if self.lots else 0

    @property
    def average_price(self) -> float:
        """Quantity-weighted mean of the open lots' prices; NaN when flat."""
        return mean_price(self.lots)

    def value(self, lot: Lot, steps: int, price: float, rate: float) -> float:
        """P&L of a part of a lot at a price, before fees."""
        return lot.direction * (price - lot.price) * self.grid.qty(steps) * self.instrument.point_value * rate

    def open_profit(self, price: float, rate: float) -> float:
        """P&L of the open lots at a price, less the entry fees they have paid."""
        return sum(self.value(lot, lot.steps, price, rate) - lot.fee for lot in self.lots)

    def equity(self, price: float, rate: float) -> float:
        """Initial capital + closed + open P&L."""
        return self.config.initial_capital + self.net_profit + self.open_profit(price, rate)

    def fee(self, steps: int, price: float, rate: float) -> float:
        """Commission of one fill, in account currency."""
        config, qty = self.config, self.grid.qty(steps)
        if config.commission_type == "percent":
            return price * qty * self.instrument.point_value * rate * config.commission
        return config.commission * qty if config.commission_type == "cash_per_contract" else config.commission

    def mark(self, price: float, rate: float) -> None:
        """Let the open lots see a price of the walked path."""
        for lot in self.lots:
            gain = lot.direction * (price - lot.price) * self.instrument.point_value * rate
            lot.best, lot.worst = max(lot.best, gain), min(lot.worst, gain)

    def reduce(self, steps: int, price: float, rate: float, bar: int, signal: str, fee: float, only: str | None = None) -> None:
        """Close lots oldest first, of all ids or `only` of one. fee: this order's commission for these steps, shared by quantity."""
        total = steps
        while steps > 0:
            lot = next(lot for lot in self.lots if only in (None, lot.id))
            part = min(steps, lot.steps)
            entry_fee, exit_fee = lot.fee * part / lot.steps, fee * part / total
            self._record(lot, part, price, rate, bar, signal, entry_fee, exit_fee)
            lot.steps -= part
            lot.fee -= entry_fee
            steps -= part
            if lot.steps == 0:
                self.lots.remove(lot)

    def add(self, id_: str, signal: str, direction: int, steps: int, price: float, bar: int, fee: float) -> None:
        """Open a lot."""
        self.commission_paid += fee
        self.lots.append(Lot(id_, signal, direction, steps, price, bar, fee))
        self.most_steps = max(self.most_steps, abs(self.position))

    def _record(self, lot: Lot, steps: int, price: float, rate: float, bar: int, signal: str, entry_fee: float, exit_fee: float) -> None:
        pnl = self.value(lot, steps, price, rate) - entry_fee - exit_fee
        self.net_profit += pnl
        self.commission_paid += exit_fee
        self.last_exit_bar = bar
        # The exit's own price counts for what it closes, not for the rest of the lot: slippage is no market price.
        gain = lot.direction * (price - lot.price) * self.instrument.point_value * rate
        seen = replace(lot, best=max(lot.best, gain), worst=min(lot.worst, gain))
        self.trades.append(self._row(seen, steps, price, bar, signal, pnl, entry_fee, entry_fee + exit_fee))

    def _row(self, lot: Lot, steps: int, price: float, bar: int, signal: str, pnl: float, entry_fee: float, fees: float) -> TradeRecord:
        qty = self.grid.qty(steps)
        return TradeRecord(
            direction=lot.direction,
            entry_id=lot.id,
            entry_bar=lot.bar,
            entry_price=lot.price,
            exit_signal=signal,
            exit_bar=bar,
            exit_price=price,
            qty=qty,
            pnl=pnl,
            commission=fees,
            mfe=max(0.0, lot.best * qty - entry_fee),
            mae=min(0.0, lot.worst * qty - entry_fee),
            entry_signal=lot.signal,
        )

    def still_open(self, price: float, rate: float, bar: int) -> list[TradeRecord]:
        """Rows for the lots that are open at the end: exit signal `Open`, entry fee only."""
        return [
            self._row(lot, lot.steps, price, bar, "Open", self.value(lot, lot.steps, price, rate) - lot.fee, lot.fee, lot.fee)
            for lot in self.lots
        ]


def mean_price(lots: list[Lot]) -> float:
    """Quantity-weighted mean entry price; NaN without lots."""
    steps = sum(lot.steps for lot in lots)
    return sum(lot.price * lot.steps for lot in lots) / steps if steps else float("nan")
