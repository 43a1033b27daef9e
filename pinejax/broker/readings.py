"""What a body may know of its account, and what must be remembered for it. How it is computed is `pinejax.broker.step`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Wants:
    """What a body reads that must be remembered for it. closed: how many closed trades back; swings: max_drawdown, max_runup;
    held: the largest position.
    """

    closed: int = 0
    swings: bool = False
    held: bool = False


@dataclass(frozen=True)
class OpenTrade:
    """One open lot, `[lanes]`; na where there is none. size: signed contracts; entry_bar: its bar.index; profit: at this close."""

    size: Any
    entry_price: Any
    entry_bar: Any
    profit: Any


@dataclass(frozen=True)
class ClosedTrade:
    """One row of the list of closed trades, `[lanes]`; na where there is none yet."""

    size: Any
    entry_price: Any
    entry_bar: Any
    exit_price: Any
    exit_bar: Any
    profit: Any


@dataclass(frozen=True)
class Readings:
    """What a body may know of its account at the close of a bar, after the bar's fills. All `[lanes]`.

    position_size in contracts, signed; position_avg_price NaN when flat; money in account currency (gross_loss as a magnitude);
    bars_since_entry of the oldest open lot, NaN when flat; bars_since_exit NaN before the first exit; max_contracts_held: the
    largest position so far; max_drawdown, max_runup: the largest fall of equity from its peak, and rise from its trough, at closes.
    (docs/semantics.md, 8)
    """

    initial_capital: Any
    position_size: Any
    position_avg_price: Any
    equity: Any
    net_profit: Any
    open_profit: Any
    gross_profit: Any
    gross_loss: Any
    n_open_trades: Any
    n_closed_trades: Any
    n_wins: Any
    n_losses: Any
    n_even: Any
    bars_since_entry: Any
    bars_since_exit: Any
    max_contracts_held: Any
    max_drawdown: Any
    max_runup: Any
