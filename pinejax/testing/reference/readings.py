"""What a body may read of its account, as of this bar's fills and its close. The commands are `api`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pinejax.testing.reference.broker import Broker
from pinejax.testing.reference.sites import na

NA = np.float64(na)


@dataclass(frozen=True)
class OpenTrade:
    """An open lot; na where there is none. size: signed contracts; profit: at this close, less the entry fee."""

    size: Any = NA
    entry_price: Any = NA
    entry_bar: Any = NA
    profit: Any = NA


@dataclass(frozen=True)
class ClosedTrade:
    """A row of the trade list; na where there is none. size: signed contracts; profit: after both fees."""

    size: Any = NA
    entry_price: Any = NA
    entry_bar: Any = NA
    exit_price: Any = NA
    exit_bar: Any = NA
    profit: Any = NA


class Readings:
    """The account in account currency and contracts, at this bar's close."""

    def __init__(self, broker: Broker):
        self._broker = broker

    @property
    def position_size(self) -> Any:
        """Signed contracts."""
        return np.float64(self._broker.grid.qty(self._broker.account.position))

    @property
    def position_avg_price(self) -> Any:
        """Mean entry price; na when flat."""
        return np.float64(self._broker.account.average_price)

    @property
    def initial_capital(self) -> Any:
        """As configured."""
        return np.float64(self._broker.config.initial_capital)

    @property
    def equity(self) -> Any:
        """Initial capital, closed and open P&L."""
        return np.float64(self._broker.equity)

    @property
    def net_profit(self) -> Any:
        """Of closed trades."""
        return np.float64(self._broker.account.net_profit)

    @property
    def open_profit(self) -> Any:
        """Of open lots, less entry fees paid."""
        return np.float64(self._broker.account.open_profit(self._broker.bar.close, self._broker.rate))

    @property
    def gross_profit(self) -> Any:
        """Sum of the closed trades that won."""
        return np.float64(sum(pnl for pnl in self._closed_profits if pnl > 0))

    @property
    def gross_loss(self) -> Any:
        """Sum of the closed trades that lost, as a magnitude."""
        return np.float64(-sum(pnl for pnl in self._closed_profits if pnl < 0))

    @property
    def n_open_trades(self) -> Any:
        """Open lots."""
        return np.int64(len(self._broker.account.lots))

    @property
    def n_closed_trades(self) -> Any:
        """Rows of the trade list so far."""
        return np.int64(len(self._broker.account.trades))

    @property
    def n_wins(self) -> Any:
        """Closed trades with a profit."""
        return np.int64(sum(pnl > 0 for pnl in self._closed_profits))

    @property
    def n_losses(self) -> Any:
        """Closed trades with a loss."""
        return np.int64(sum(pnl < 0 for pnl in self._closed_profits))

    @property
    def n_even(self) -> Any:
        """Closed trades with neither."""
        return np.int64(sum(pnl == 0 for pnl in self._closed_profits))

    @property
    def bars_since_entry(self) -> Any:
        """Of the oldest open lot; na when flat."""
        lots = self._broker.account.lots
        return np.float64(self._broker.bar.index - lots[0].bar if lots else na)

    @property
    def bars_since_exit(self) -> Any:
        """Since the last closed trade; na before the first."""
        last = self._broker.account.last_exit_bar
        return np.float64(na if last is None else self._broker.bar.index - last)

    @property
    def max_contracts_held(self) -> Any:
        """The largest position so far, on either side."""
        return np.float64(self._broker.grid.qty(self._broker.account.most_steps))

    @property
    def max_drawdown(self) -> Any:
        """Largest fall of equity at a close, this one included, from the highest equity at a close before it or the initial capital (8)."""
        return np.float64(self._broker.watch.max_drawdown)

    @property
    def max_runup(self) -> Any:
        """Largest rise of equity at a close, this one included, from the lowest equity at a close before it or the initial capital.

        The lowest of the whole run so far: it does not start again at a new peak. Source: TradingView's help, Performance Summary,
        Max Run-up; sampled there on bar extremes and closed trades, here at closes (8, unproven).
        """
        return np.float64(self._broker.watch.max_runup)

    def open_trade(self, i: int) -> OpenTrade:
        """The i-th open lot, 0 the oldest."""
        broker, lots = self._broker, self._broker.account.lots
        if i >= len(lots):
            return OpenTrade()
        lot = lots[i]
        profit = broker.account.value(lot, lot.steps, broker.bar.close, broker.rate) - lot.fee
        size = lot.direction * broker.grid.qty(lot.steps)
        return OpenTrade(np.float64(size), np.float64(lot.price), np.float64(lot.bar), np.float64(profit))

    def closed_trade(self, ago: int = 0) -> ClosedTrade:
        """The closed trade of `ago` rows before the last."""
        trades = self._broker.account.trades
        if ago >= len(trades):
            return ClosedTrade()
        t = trades[-1 - ago]
        values = (t.direction * t.qty, t.entry_price, t.entry_bar, t.exit_price, t.exit_bar, t.pnl)
        return ClosedTrade(*map(np.float64, values))

    @property
    def _closed_profits(self) -> list[float]:
        return [t.pnl for t in self._broker.account.trades]
