"""Lots, closed trades and the money: what a fill does to an account. When orders fill is `pinejax.broker.walk`."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from pinejax.core.gate import any_lane, where_asked
from pinejax.core.pytree import pytree
from pinejax.core.status import OVERFLOW


@pytree
class Terms:
    """The broker's numbers for one dataset and run, as traced scalars: nothing here recompiles a program.

    tick: the smallest price step, also as the fraction tick_size / ticks_in of whole numbers where it is one (0.01 = 1 / 100): a price of
    n ticks is then n * tick_size / ticks_in, exactly rounded. unit: account currency per lot step and 1.0 of price. slippage and verify are
    distances in price.
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


@pytree
class Lot:
    """One open entry, `[lanes]`. qty: signed whole lot steps, 0 where empty; entry: code of the order id; bar: index of the fill.

    fee: entry commission not yet charged to a closed trade; high, low: price range since the fill, itself included.
    """

    qty: Any
    price: Any
    entry: Any
    bar: Any
    fee: Any
    high: Any
    low: Any


@pytree
class Stats:
    """Sums over closed trades, `[lanes]`; `pinejax.metrics.finalize` turns them into metrics."""

    net_profit: Any
    gross_profit: Any
    gross_loss: Any
    n_trades: Any
    n_wins: Any
    n_losses: Any
    loss_streak: Any
    max_loss_streak: Any
    hold_bars: Any
    mfe: Any
    mae: Any
    commission: Any
    n_liquidations: Any


@pytree
class Account:
    """Open lots, oldest first, and what was made of the closed ones. last_exit_bar is -1 before the first exit.

    log: the closed trades of lane 0 in a detail run, None in a sweep.
    """

    lots: tuple[Lot, ...]
    stats: Stats
    last_exit_bar: Any
    status: Any
    log: Log | None


@pytree
class Log:
    """Closed trades of lane 0: `rows[:n]`, in the order of `LOG_FIELDS`. `n` may pass the capacity: then rows were lost."""

    rows: Any
    n: Any


LOG_FIELDS = (
    "direction",
    "entry",
    "entry_bar",
    "entry_price",
    "signal",
    "exit_bar",
    "exit_price",
    "steps",
    "pnl",
    "fee",
    "entry_fee",
    "high",
    "low",
)


@pytree
class Fill:
    """A signed transaction at a price after slippage. qty in lot steps, 0 where there is none.

    market: the price before slippage, which a new lot has seen too; entry: code of the order id a new lot gets; signal: code of what
    closed (for records); bar: index of the bar.
    """

    qty: Any
    price: Any
    market: Any
    entry: Any
    signal: Any
    bar: Any


def new_account(lanes: int, max_lots: int, dtype: Any, log_rows: int = 0) -> Account:
    """An account before its first bar, as NumPy arrays; with a log of that many rows in a detail run."""
    zero, whole = np.zeros(lanes, dtype), np.zeros(lanes, np.int32)
    lot = Lot(zero, zero, whole, whole, zero, zero, zero)
    log = Log(np.zeros((log_rows, len(LOG_FIELDS)), dtype), np.int32(0)) if log_rows else None
    return Account((lot,) * max_lots, Stats(*(zero,) * 13), whole - 1, whole, log)


def position_of(account: Account) -> Any:
    """Signed position in lot steps, `[lanes]`."""
    return sum((lot.qty for lot in account.lots[1:]), account.lots[0].qty)


def quantity_of(account: Account, entry: int) -> Any:
    """Signed lot steps of the lots that one entry id opened."""
    return sum((jnp.where(lot.entry == entry, lot.qty, 0.0) for lot in account.lots[1:]), _own(account.lots[0], entry))


def _own(lot: Lot, entry: int) -> Any:
    return jnp.where(lot.entry == entry, lot.qty, 0.0)


def n_lots_of(account: Account) -> Any:
    """Number of open lots."""
    return sum((lot.qty != 0).astype(jnp.int32) for lot in account.lots)


def average_price_of(account: Account) -> Any:
    """Quantity-weighted mean entry price of the open lots; NaN when flat."""
    first = account.lots[0]
    if len(account.lots) == 1:
        return jnp.where(first.qty != 0, first.price, jnp.nan)
    total = position_of(account)
    worth = sum((lot.qty * lot.price for lot in account.lots[1:]), first.qty * first.price)
    # One lot alone keeps its own price to the last bit.
    return jnp.where(first.qty == total, jnp.where(total != 0, first.price, jnp.nan), worth / total)


def average_price_of_entry(account: Account, entry: int) -> Any:
    """The same of the lots that one entry id opened; NaN where it has none."""
    if len(account.lots) == 1:
        return average_price_of(account)
    own = [_own(lot, entry) for lot in account.lots]
    total = sum(own[1:], own[0])
    worth = sum((qty * lot.price for qty, lot in zip(own, account.lots, strict=True)), jnp.zeros_like(total))
    return jnp.where(total != 0, worth / total, jnp.nan)


def open_profit_of(account: Account, price: Any, terms: Terms) -> Any:
    """P&L of the open lots at `price`, their entry commission deducted."""
    return sum(lot.qty * (price - lot.price) * terms.unit - lot.fee for lot in account.lots)


def commission_of(qty: Any, price: Any, terms: Terms, kind: str) -> Any:
    """Commission of one order of `qty` lot steps (a magnitude), 0 for none."""
    if kind == "percent":
        return qty * price * terms.unit * terms.commission
    if kind == "cash_per_contract":
        return qty * terms.lot_step * terms.commission
    return jnp.where(qty > 0, terms.commission, 0.0)


def extend_range(account: Account, high: Any, low: Any) -> Account:
    """The lots' price ranges after the price moved between `low` and `high`."""
    lots = tuple(
        Lot(lot.qty, lot.price, lot.entry, lot.bar, lot.fee, jnp.maximum(lot.high, high), jnp.minimum(lot.low, low)) for lot in account.lots
    )
    return Account(lots, account.stats, account.last_exit_bar, account.status, account.log)


@pytree
class Part:
    """What a transaction closes of one lot, `[lanes]`: lot steps, P&L after both fees, and the fees."""

    take: Any
    pnl: Any
    entry_fee: Any
    exit_fee: Any


@pytree
class Deal:
    """A transaction worked out but not yet booked, `[lanes]`. direction: of what it closes; opening: signed lot steps of the new lot."""

    fill: Fill
    direction: Any
    parts: tuple[Part, ...]
    opening: Any
    entry_fee: Any
    fee: Any


def transact(account: Account, fill: Fill, terms: Terms, commission_type: str) -> Account:
    """Buy or sell: lots of the other side are drained first in, first out, the remainder opens a lot.

    (docs/semantics.md, 3.2.) A lot too many for the book sets the lane's status to OVERFLOW and is not opened.
    """
    deal = work_out(account, fill, terms, commission_type)
    # Through a gate's state, so that the deal is finished before it is booked: fused into every one of the
    # account's arrays, its sums would be computed again for each of them.
    asked = any_lane(fill.qty != 0)
    return where_asked(asked, lambda s: (settle(s[0], s[1]), jax.tree.map(jnp.zeros_like, s[1])), (account, deal))[0]


def work_out(account: Account, fill: Fill, terms: Terms, commission_type: str) -> Deal:
    """Which lots a fill drains, at what P&L, and what it opens."""
    position, size, side = position_of(account), jnp.abs(fill.qty), jnp.sign(fill.qty)
    closing = jnp.where(fill.qty * position < 0, jnp.minimum(size, jnp.abs(position)), 0.0)
    # One order, one commission, shared by quantity between what it closes and what it opens.
    fee = jnp.where(size > 0, commission_of(size, fill.price, terms, commission_type), 0.0)
    exit_fee = fee * closing / jnp.where(size > 0, size, 1.0)
    parts, left = [], closing
    for lot in account.lots:
        take = jnp.minimum(left, jnp.abs(lot.qty))
        left = left - take
        lot_fee = lot.fee * take / jnp.where(take > 0, jnp.abs(lot.qty), 1.0)
        share = exit_fee if len(account.lots) == 1 else exit_fee * take / jnp.where(closing > 0, closing, 1.0)
        pnl = jnp.where(take > 0, take * -side * (fill.price - lot.price) * terms.unit - lot_fee - share, 0.0)
        parts.append(Part(take, pnl, lot_fee, share))
    shape, whole = jnp.shape(size), jnp.int32
    prices = jnp.broadcast_to(fill.price, shape), jnp.broadcast_to(fill.market, shape)
    full = Fill(fill.qty, *prices, *(jnp.broadcast_to(jnp.asarray(x, whole), shape) for x in (fill.entry, fill.signal, fill.bar)))
    return Deal(full, -side, tuple(parts), side * (size - closing), fee - exit_fee, fee)


def settle(account: Account, deal: Deal) -> Account:
    """The account after a deal."""
    fill, stats, log, lots = deal.fill, account.stats, account.log, []
    for lot, part in zip(account.lots, deal.parts, strict=True):
        stats, log = _count(stats, log, lot, part, deal)
        lots.append(replace(lot, qty=lot.qty - deal.direction * part.take, fee=lot.fee - part.entry_fee))
    closes = deal.parts[0].take > 0
    seen = jnp.maximum(fill.price, fill.market), jnp.minimum(fill.price, fill.market)
    new = Lot(deal.opening, fill.price, fill.entry, fill.bar, deal.entry_fee, *seen)
    rest, overflow = _insert(_compact(lots), new)
    return Account(
        lots=rest,
        stats=replace(stats, commission=stats.commission + deal.fee),
        last_exit_bar=jnp.where(closes, fill.bar, account.last_exit_bar),
        status=jnp.where(overflow & (account.status == 0), OVERFLOW, account.status),
        log=log,
    )


def _count(stats: Stats, log: Log | None, lot: Lot, part: Part, deal: Deal) -> tuple[Stats, Log | None]:
    """The sums with the trade that a part of one lot makes (none where it takes nothing)."""
    fill, closed, won, lost = deal.fill, part.take > 0, part.pnl > 0, part.pnl < 0
    streak = jnp.where(lost, stats.loss_streak + 1.0, jnp.where(closed, 0.0, stats.loss_streak))
    high = jnp.maximum(jnp.maximum(lot.high, fill.price), fill.market)
    low = jnp.minimum(jnp.minimum(lot.low, fill.price), fill.market)
    up, down = high - lot.price, lot.price - low
    is_long = deal.direction > 0
    per_price = jnp.where(closed, 1.0 / jnp.where(closed, lot.price, 1.0), 0.0)
    if log is not None:
        fees = part.entry_fee + part.exit_fee
        row = (
            deal.direction,
            lot.entry,
            lot.bar,
            lot.price,
            fill.signal,
            fill.bar,
            fill.price,
            part.take,
            part.pnl,
            fees,
            part.entry_fee,
            high,
            low,
        )
        log = _write(log, closed, row)
    counted = replace(
        stats,
        net_profit=stats.net_profit + part.pnl,
        gross_profit=stats.gross_profit + jnp.maximum(part.pnl, 0.0),
        gross_loss=stats.gross_loss - jnp.minimum(part.pnl, 0.0),
        n_trades=stats.n_trades + closed,
        n_wins=stats.n_wins + won,
        n_losses=stats.n_losses + lost,
        loss_streak=streak,
        max_loss_streak=jnp.maximum(stats.max_loss_streak, streak),
        hold_bars=stats.hold_bars + jnp.where(closed, (fill.bar - lot.bar).astype(stats.hold_bars.dtype), 0.0),
        mfe=stats.mfe + jnp.where(closed, jnp.where(is_long, up, down) * per_price, 0.0),
        mae=stats.mae + jnp.where(closed, jnp.where(is_long, down, up) * per_price, 0.0),
    )
    return counted, log


def _write(log: Log, closed: Any, row: tuple) -> Log:
    """Append lane 0's row where it closed something. Past the capacity only the count goes on."""
    values = jnp.stack([jnp.broadcast_to(jnp.asarray(x, log.rows.dtype), closed.shape)[0] for x in row])
    at = jnp.minimum(log.n, log.rows.shape[0] - 1)
    return Log(lax.dynamic_update_index_in_dim(log.rows, values, at, axis=0), log.n + closed[0])


def _pick(cond: Any, a: Lot, b: Lot) -> Lot:
    return Lot(*(jnp.where(cond, getattr(a, f), getattr(b, f)) for f in Lot.__dataclass_fields__))


def _compact(lots: list[Lot]) -> list[Lot]:
    """Move the open lots to the front; the drained ones are always the oldest."""
    for _ in range(len(lots) - 1):
        empty = lots[0].qty == 0
        lots = [_pick(empty, b, a) for a, b in pairwise(lots)] + [_emptied(empty, lots[-1])]
    return lots


def _emptied(cond: Any, lot: Lot) -> Lot:
    return Lot(jnp.where(cond, 0.0, lot.qty), lot.price, lot.entry, lot.bar, jnp.where(cond, 0.0, lot.fee), lot.high, lot.low)


def _insert(lots: list[Lot], new: Lot) -> tuple[tuple[Lot, ...], Any]:
    """`lots` with `new` after the last open one, and where there was no room for it."""
    waiting = new.qty != 0
    out = []
    for lot in lots:
        here = waiting & (lot.qty == 0)
        out.append(_pick(here, new, lot))
        waiting = waiting & ~here
    return tuple(out), waiting
