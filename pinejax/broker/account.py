"""Lots and the money: what an account holds and is worth. What a fill does to it is `pinejax.broker.deal`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax.numpy as jnp
import numpy as np

from pinejax.broker.memory import RuleState, Swings
from pinejax.broker.stats import Closed, Log, Stats, new_log, new_stats
from pinejax.core.pytree import pytree


@pytree
class Terms:
    """The broker's numbers for one dataset and run, as traced scalars: nothing here recompiles a program.

    tick: the smallest price step, also as the fraction tick_size / ticks_in of whole numbers where it is one (0.01 = 1 / 100): a price of
    n ticks is then n * tick_size / ticks_in, exactly rounded. unit: account currency per lot step and 1.0 of price. slippage and verify are
    distances in price. rate: account currency per quote currency on the bar (`unit` has it in it); None where nothing is converted.
    """

    tick: Any
    tick_size: Any
    ticks_in: Any
    lot_step: Any
    unit: Any
    initial_capital: Any
    size: Any
    commission: Any
    slippage: Any
    margin_rate: Any
    verify: Any
    rate: Any = None

    def at_rate(self, rate: Any) -> Terms:
        """The same on a bar with that rate; unchanged where nothing is converted."""
        return self if self.rate is None else replace(self, unit=self.unit * rate, rate=rate)


@pytree
class Lots:
    """The open entries, `[lots, lanes]`, oldest first, empty places last. qty: signed whole lot steps, 0 where empty; entry: code of the
    order id; bar: index of the fill; fee: entry commission per lot step; high, low: price range since the fill,
    itself included; where money is converted the range of (price - entry price) * rate instead.
    """

    qty: Any
    price: Any
    entry: Any
    bar: Any
    fee: Any
    high: Any
    low: Any

    def __len__(self) -> int:
        return self.qty.shape[0]


@pytree
class Account:
    """Open lots and what was made of the closed ones. last_exit_bar is -1 before the first exit.

    log: the closed trades of lane 0 in a detail run, None in a sweep; recent: the closed trades that the body reads, latest first;
    held: the largest position so far in lot steps. held, swings, rules: None where the body does not read them or there is no such rule.
    """

    lots: Lots
    stats: Stats
    last_exit_bar: Any
    status: Any
    log: Log | None = None
    recent: tuple[Closed, ...] = ()
    held: Any = None
    swings: Swings | None = None
    rules: RuleState | None = None


def new_account(lanes: int, max_lots: int, dtype: Any, log_rows: int = 0) -> Account:
    """An account before its first bar, as NumPy arrays; with a log of that many rows in a detail run."""
    zero, whole = np.zeros((max_lots, lanes), dtype), np.zeros((max_lots, lanes), np.int32)
    lots, none = Lots(zero, zero, whole, whole, zero, zero, zero), np.zeros(lanes, np.int32)
    return Account(lots, new_stats(lanes, dtype), none - 1, none, new_log(log_rows, dtype) if log_rows else None)


def over_lots(x: Any) -> Any:
    """Sum over the first axis, oldest first, row by row: a reduction would not compile into one function."""
    return sum((x[i] for i in range(1, x.shape[0])), x[0])


def position_of(account: Account) -> Any:
    """Signed position in lot steps, `[lanes]`."""
    return over_lots(account.lots.qty)


def quantity_of(account: Account, entry: int) -> Any:
    """Signed lot steps of the lots that one entry id opened."""
    return over_lots(_own(account.lots, entry))


def _own(lots: Lots, entry: int) -> Any:
    return jnp.where(lots.entry == entry, lots.qty, 0.0)


def n_lots_of(account: Account) -> Any:
    """Number of open lots."""
    return n_open(account.lots.qty)


def n_open(sizes: Any) -> Any:
    """How many of the lots, `[lots, lanes]`, are not empty."""
    return over_lots((sizes != 0).astype(jnp.int32))


def average_price_of(account: Account) -> Any:
    """Quantity-weighted mean entry price of the open lots; NaN when flat."""
    lots = account.lots
    if len(lots) == 1:
        return jnp.where(lots.qty[0] != 0, lots.price[0], jnp.nan)
    total = position_of(account)
    worth = over_lots(lots.qty * lots.price)
    # One lot alone keeps its own price to the last bit.
    return jnp.where(lots.qty[0] == total, jnp.where(total != 0, lots.price[0], jnp.nan), worth / total)


def average_price_of_entry(account: Account, entry: int) -> Any:
    """The same of the lots that one entry id opened; NaN where it has none."""
    if len(account.lots) == 1:
        return average_price_of(account)
    own = _own(account.lots, entry)
    total = over_lots(own)
    return jnp.where(total != 0, over_lots(own * account.lots.price) / total, jnp.nan)


def open_profit_of(account: Account, price: Any, terms: Terms) -> Any:
    """P&L of the open lots at `price`, their entry commission deducted."""
    lots = account.lots
    return over_lots(lots.qty * (price - lots.price) * terms.unit - jnp.abs(lots.qty) * lots.fee)


def extend_range(account: Account, high: Any, low: Any, terms: Terms) -> Account:
    """The lots' ranges after the price moved between `low` and `high`."""
    lots = account.lots
    if terms.rate is not None:
        high, low = (high - lots.price) * terms.rate, (low - lots.price) * terms.rate
    return replace(account, lots=replace(lots, high=jnp.maximum(lots.high, high), low=jnp.minimum(lots.low, low)))
