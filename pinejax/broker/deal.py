"""What a fill does to an account: which lots it drains, the trades that makes, the lot it opens. Not when orders fill."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp

from pinejax.broker.account import Account, Lot, Terms, position_of
from pinejax.broker.stats import Closed, Log, Stats, write_row
from pinejax.core.gate import any_lane, where_asked
from pinejax.core.pytree import pytree
from pinejax.core.status import OVERFLOW


@pytree
class Fill:
    """A signed transaction at a price after slippage. qty in lot steps, 0 where there is none.

    market: the price before slippage, which a new lot has seen too; entry: code of the order id a new lot gets; signal: code of what
    closed (for records); bar: index of the bar; unit, rate: as in `Terms`, at the fill; target: code of the entry id whose lots it
    closes, -1 for all, None where that is never asked (lots then go first in, first out).
    """

    qty: Any
    price: Any
    market: Any
    entry: Any
    signal: Any
    bar: Any
    unit: Any
    rate: Any = None
    target: Any = None


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


def commission_of(qty: Any, price: Any, unit: Any, terms: Terms, kind: str) -> Any:
    """Commission of one order of `qty` lot steps (a magnitude), 0 for none."""
    if kind == "percent":
        return qty * price * unit * terms.commission
    if kind == "cash_per_contract":
        return qty * terms.lot_step * terms.commission
    return jnp.where(qty > 0, terms.commission, 0.0)


def transact(account: Account, fill: Fill, terms: Terms, commission_type: str) -> Account:
    """Buy or sell: lots of the other side are drained first in, first out, the remainder opens a lot.

    (docs/semantics.md, 3.2.) A lot too many for the book sets the lane's status to OVERFLOW and is not opened.
    """
    deal = work_out(account, fill, terms, commission_type)
    # Through a gate's state, so that the deal is finished before it is booked: fused into every one of the
    # account's arrays, its sums would be computed again for each of them.
    asked = any_lane(fill.qty != 0)
    return where_asked(asked, lambda s: (settle(s[0], s[1]), jax.tree.map(jnp.zeros_like, s[1])), (account, deal))[0]


def available(account: Account, target: Any) -> tuple[Any, ...]:
    """Lot steps per lot, as magnitudes, that an order for the lots of one id (-1 or None: of all) may close."""
    sizes = tuple(jnp.abs(lot.qty) for lot in account.lots)
    if target is None:
        return sizes
    return tuple(jnp.where((target < 0) | (lot.entry == target), size, 0.0) for size, lot in zip(sizes, account.lots, strict=True))


def work_out(account: Account, fill: Fill, terms: Terms, commission_type: str) -> Deal:
    """Which lots a fill drains, at what P&L, and what it opens."""
    position, size, side = position_of(account), jnp.abs(fill.qty), jnp.sign(fill.qty)
    sizes = available(account, fill.target)
    held = jnp.abs(position) if fill.target is None else sum(sizes[1:], sizes[0])
    closing = jnp.where(fill.qty * position < 0, jnp.minimum(size, held), 0.0)
    # One order, one commission, shared by quantity between what it closes and what it opens.
    fee = jnp.where(size > 0, commission_of(size, fill.price, fill.unit, terms, commission_type), 0.0)
    exit_fee = fee * closing / jnp.where(size > 0, size, 1.0)
    parts, left = [], closing
    for lot, free in zip(account.lots, sizes, strict=True):
        take = jnp.minimum(left, free)
        left = left - take
        lot_fee = lot.fee * take / jnp.where(take > 0, jnp.abs(lot.qty), 1.0)
        share = exit_fee if len(account.lots) == 1 else exit_fee * take / jnp.where(closing > 0, closing, 1.0)
        pnl = jnp.where(take > 0, take * -side * (fill.price - lot.price) * fill.unit - lot_fee - share, 0.0)
        parts.append(Part(take, pnl, lot_fee, share))
    shape, whole = jnp.shape(size), jnp.int32

    def spread(x: Any, kind: Any = None) -> Any:
        return None if x is None else jnp.broadcast_to(jnp.asarray(x, kind), shape)

    full = Fill(
        fill.qty, spread(fill.price), spread(fill.market), spread(fill.entry, whole), spread(fill.signal, whole), spread(fill.bar, whole),
        spread(fill.unit), spread(fill.rate), spread(fill.target, whole),
    )  # fmt: skip
    return Deal(full, -side, tuple(parts), side * (size - closing), fee - exit_fee, fee)


def settle(account: Account, deal: Deal) -> Account:
    """The account after a deal."""
    fill, stats, log, recent, lots = deal.fill, account.stats, account.log, account.recent, []
    for lot, part in zip(account.lots, deal.parts, strict=True):
        stats, log = _count(stats, log, lot, part, deal)
        recent = _remember(recent, lot, part, deal)
        lots.append(replace(lot, qty=lot.qty - deal.direction * part.take, fee=lot.fee - part.entry_fee))
    takes = [p.take for p in deal.parts] if fill.target is not None else [deal.parts[0].take]
    closes = sum(takes[1:], takes[0]) > 0
    rest, overflow = _insert(_compact(lots, fifo=fill.target is None), _new_lot(deal))
    after = replace(
        account,
        lots=rest,
        stats=replace(stats, commission=stats.commission + deal.fee),
        last_exit_bar=jnp.where(closes, fill.bar, account.last_exit_bar),
        status=jnp.where(overflow & (account.status == 0), OVERFLOW, account.status),
        log=log,
        recent=recent,
    )
    return after if after.held is None else replace(after, held=jnp.maximum(after.held, jnp.abs(position_of(after))))


def _new_lot(deal: Deal) -> Lot:
    fill = deal.fill
    high, low = jnp.maximum(fill.price, fill.market), jnp.minimum(fill.price, fill.market)
    if fill.rate is not None:
        high, low = (high - fill.price) * fill.rate, (low - fill.price) * fill.rate
    return Lot(deal.opening, fill.price, fill.entry, fill.bar, deal.entry_fee, high, low)


def _remember(recent: tuple[Closed, ...], lot: Lot, part: Part, deal: Deal) -> tuple[Closed, ...]:
    """The latest closed trades with this one in front, where there is one."""
    if not recent:
        return recent
    fill, closed = deal.fill, part.take > 0
    new = Closed(deal.direction * part.take, lot.price, lot.bar, fill.price, fill.bar, part.pnl)
    return tuple(jax.tree.map(lambda a, b: jnp.where(closed, a, b), a, b) for a, b in zip((new, *recent[:-1]), recent, strict=True))


def _count(stats: Stats, log: Log | None, lot: Lot, part: Part, deal: Deal) -> tuple[Stats, Log | None]:
    """The sums with the trade that a part of one lot makes (none where it takes nothing)."""
    fill, closed, won, lost = deal.fill, part.take > 0, part.pnl > 0, part.pnl < 0
    streak = jnp.where(lost, stats.loss_streak + 1.0, jnp.where(closed, 0.0, stats.loss_streak))
    high, low, up, down = _excursions(lot, fill)
    is_long = deal.direction > 0
    per_price = jnp.where(closed, 1.0 / jnp.where(closed, lot.price if fill.rate is None else lot.price * fill.rate, 1.0), 0.0)
    if log is not None:
        fees = part.entry_fee + part.exit_fee
        row = (
            deal.direction, lot.entry, lot.bar, lot.price, fill.signal, fill.bar, fill.price, part.take, part.pnl, fees, part.entry_fee,
            high, low,
        )  # fmt: skip
        log = write_row(log, closed, row)
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


def _excursions(lot: Lot, fill: Fill) -> tuple[Any, Any, Any, Any]:
    """The lot's range with the fill's own price in it, and how far that went above and below the entry."""
    prices = (fill.price, fill.market)
    if fill.rate is not None:
        prices = ((fill.price - lot.price) * fill.rate, (fill.market - lot.price) * fill.rate)
    high = jnp.maximum(jnp.maximum(lot.high, prices[0]), prices[1])
    low = jnp.minimum(jnp.minimum(lot.low, prices[0]), prices[1])
    return (high, low, high - lot.price, lot.price - low) if fill.rate is None else (high, low, high, -low)


def _pick(cond: Any, a: Lot, b: Lot) -> Lot:
    return Lot(*(jnp.where(cond, getattr(a, f), getattr(b, f)) for f in Lot.__dataclass_fields__))


def _compact(lots: list[Lot], *, fifo: bool) -> list[Lot]:
    """Move the open lots to the front, their order kept. fifo: only the oldest can have been drained."""
    for _ in range(len(lots) - 1):
        if fifo:
            empty = lots[0].qty == 0
            lots = [_pick(empty, b, a) for a, b in pairwise(lots)] + [_emptied(empty, lots[-1])]
            continue
        for i in range(len(lots) - 1):
            empty = lots[i].qty == 0
            lots[i], lots[i + 1] = _pick(empty, lots[i + 1], lots[i]), _emptied(empty, lots[i + 1])
    return lots


def _emptied(cond: Any, lot: Lot) -> Lot:
    return replace(lot, qty=jnp.where(cond, 0.0, lot.qty), fee=jnp.where(cond, 0.0, lot.fee))


def _insert(lots: list[Lot], new: Lot) -> tuple[tuple[Lot, ...], Any]:
    """`lots` with `new` after the last open one, and where there was no room for it."""
    waiting = new.qty != 0
    out = []
    for lot in lots:
        here = waiting & (lot.qty == 0)
        out.append(_pick(here, new, lot))
        waiting = waiting & ~here
    return tuple(out), waiting
