"""What a fill does to an account: which lots it drains, the trades that makes, the lot it opens. Not when orders fill."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp

from pinejax.broker.account import Account, Lots, Terms, n_open, over_lots, position_of
from pinejax.broker.stats import Closed, Log, Stats, write_rows
from pinejax.core.gate import any_lane, where_asked
from pinejax.core.pytree import pytree
from pinejax.core.status import OVERFLOW

# Up to so many lots moving up one place at a time is cheaper than counting how far.
FEW_LOTS = 4


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
class Deal:
    """A transaction worked out but not yet booked, `[lanes]`. direction: of what it closes; opening: signed lot steps of the new lot;
    fee: its commission per lot step. Per lot, `[lots, lanes]`: take: lot steps closed; pnl: of them after both commissions.
    """

    fill: Fill
    direction: Any
    take: Any
    pnl: Any
    opening: Any
    fee: Any


def commission_of(qty: Any, price: Any, unit: Any, terms: Terms, kind: str) -> Any:
    """Commission per lot step of an order of `qty` lot steps (a magnitude): one fee, shared by quantity. 0 without an order."""
    if kind == "percent":
        return price * unit * terms.commission
    if kind == "cash_per_contract":
        return terms.lot_step * terms.commission
    return jnp.where(qty > 0, terms.commission / jnp.where(qty > 0, qty, 1.0), 0.0)


def transact(account: Account, fill: Fill, terms: Terms, commission_type: str) -> Account:
    """Buy or sell: lots of the other side are drained first in, first out, the remainder opens a lot.

    (docs/semantics.md, 3.2.) A lot too many for the book sets the lane's status to OVERFLOW and is not opened.
    """
    deal = work_out(account, fill, terms, commission_type)
    # Through a gate's state, so that the deal is finished before it is booked: fused into every one of the
    # account's arrays, its sums would be computed again for each of them.
    asked = any_lane(fill.qty != 0)
    return where_asked(asked, lambda s: (settle(s[0], s[1]), jax.tree.map(jnp.zeros_like, s[1])), (account, deal))[0]


def available(account: Account, target: Any) -> Any:
    """Lot steps per lot, as magnitudes, that an order for the lots of one id (-1 or None: of all) may close, `[lots, lanes]`."""
    sizes = jnp.abs(account.lots.qty)
    return sizes if target is None else jnp.where((target < 0) | (account.lots.entry == target), sizes, 0.0)


def drain(free: Any, amount: Any) -> Any:
    """What closing `amount` lot steps takes of each lot, oldest first, `[lots, lanes]`."""
    if free.shape[0] == 1:
        return jnp.minimum(amount, free)
    before = [jnp.zeros_like(free[0])]
    for i in range(free.shape[0] - 1):
        before.append(before[-1] + free[i])
    return jnp.clip(amount - jnp.stack(before), 0.0, free)


def work_out(account: Account, fill: Fill, terms: Terms, commission_type: str) -> Deal:
    """Which lots a fill drains, at what P&L, and what it opens."""
    lots, position, size, side = account.lots, position_of(account), jnp.abs(fill.qty), jnp.sign(fill.qty)
    free = available(account, fill.target)
    held = jnp.abs(position) if fill.target is None else over_lots(free)
    closing = jnp.where(fill.qty * position < 0, jnp.minimum(size, held), 0.0)
    fee = jnp.where(size > 0, commission_of(size, fill.price, fill.unit, terms, commission_type), 0.0)
    take = drain(free, closing)
    pnl = jnp.where(take > 0, take * (-side * (fill.price - lots.price) * fill.unit - lots.fee - fee), 0.0)
    shape, whole = jnp.shape(size), jnp.int32

    def spread(x: Any, kind: Any = None) -> Any:
        return None if x is None else jnp.broadcast_to(jnp.asarray(x, kind), shape)

    full = Fill(
        fill.qty, spread(fill.price), spread(fill.market), spread(fill.entry, whole), spread(fill.signal, whole), spread(fill.bar, whole),
        spread(fill.unit), spread(fill.rate), spread(fill.target, whole),
    )  # fmt: skip
    return Deal(full, -side, take, pnl, side * (size - closing), fee)


def settle(account: Account, deal: Deal) -> Account:
    """The account after a deal."""
    fill, lots = deal.fill, account.lots
    stats, log = _count(account, deal)
    closes = over_lots(deal.take) > 0 if fill.target is not None else deal.take[0] > 0
    left = replace(lots, qty=lots.qty - deal.direction * deal.take)
    rest, overflow = _insert(_compact(left, fifo=fill.target is None), deal)
    after = replace(
        account,
        lots=rest,
        stats=stats,
        last_exit_bar=jnp.where(closes, fill.bar, account.last_exit_bar),
        status=jnp.where(overflow & (account.status == 0), OVERFLOW, account.status),
        log=log,
        recent=_remember(account, deal),
    )
    return after if after.held is None else replace(after, held=jnp.maximum(after.held, jnp.abs(position_of(after))))


def _remember(account: Account, deal: Deal) -> tuple[Closed, ...]:
    """The latest closed trades, those of this deal in front."""
    recent, lots, fill = account.recent, account.lots, deal.fill
    for i in range(len(lots) if recent else 0):
        closed = deal.take[i] > 0
        new = Closed(deal.direction * deal.take[i], lots.price[i], lots.bar[i], fill.price, fill.bar, deal.pnl[i])
        shifted = (new, *recent[:-1])
        recent = tuple(jax.tree.map(lambda a, b, c=closed: jnp.where(c, a, b), a, b) for a, b in zip(shifted, recent, strict=True))
    return recent


def _count(account: Account, deal: Deal) -> tuple[Stats, Log | None]:
    """The sums, and the log, with the trades that a deal makes: one per lot that it takes from."""
    lots, fill, stats, log = account.lots, deal.fill, account.stats, account.log
    closed, won, lost = deal.take > 0, deal.pnl > 0, deal.pnl < 0
    high, low, up, down = _excursions(lots, fill)
    is_long = deal.direction > 0
    per_price = jnp.where(closed, 1.0 / jnp.where(closed, lots.price if fill.rate is None else lots.price * fill.rate, 1.0), 0.0)
    if log is not None:
        fees = deal.take * (lots.fee + deal.fee)
        log = write_rows(
            log, closed, (deal.direction, lots.entry, lots.bar, lots.price, fill.signal, fill.bar, fill.price, deal.take, deal.pnl, fees,
            deal.take * lots.fee, high, low),
        )  # fmt: skip
    streak, longest = stats.loss_streak, stats.max_loss_streak
    for i in range(len(lots)):
        streak = jnp.where(lost[i], streak + 1.0, jnp.where(closed[i], 0.0, streak))
        longest = jnp.maximum(longest, streak)
    kind = stats.net_profit.dtype
    counted = replace(
        stats,
        net_profit=stats.net_profit + over_lots(deal.pnl),
        gross_profit=stats.gross_profit + over_lots(jnp.maximum(deal.pnl, 0.0)),
        gross_loss=stats.gross_loss - over_lots(jnp.minimum(deal.pnl, 0.0)),
        n_trades=stats.n_trades + over_lots(closed.astype(kind)),
        n_wins=stats.n_wins + over_lots(won.astype(kind)),
        n_losses=stats.n_losses + over_lots(lost.astype(kind)),
        loss_streak=streak,
        max_loss_streak=longest,
        hold_bars=stats.hold_bars + over_lots(jnp.where(closed, (fill.bar - lots.bar).astype(kind), 0.0)),
        mfe=stats.mfe + over_lots(jnp.where(closed, jnp.where(is_long, up, down) * per_price, 0.0)),
        mae=stats.mae + over_lots(jnp.where(closed, jnp.where(is_long, down, up) * per_price, 0.0)),
        commission=stats.commission + deal.fee * jnp.abs(fill.qty),
    )
    return counted, log


def _excursions(lots: Lots, fill: Fill) -> tuple[Any, Any, Any, Any]:
    """The lots' ranges with the fill's own price in them, and how far that went above and below the entries."""
    prices = (fill.price, fill.market)
    if fill.rate is not None:
        prices = ((fill.price - lots.price) * fill.rate, (fill.market - lots.price) * fill.rate)
    high = jnp.maximum(jnp.maximum(lots.high, prices[0]), prices[1])
    low = jnp.minimum(jnp.minimum(lots.low, prices[0]), prices[1])
    return (high, low, high - lots.price, lots.price - low) if fill.rate is None else (high, low, high, -low)


def _compact(lots: Lots, *, fifo: bool) -> Lots:
    """Move the open lots to the front, their order kept. fifo: only the oldest can have been drained."""
    n = len(lots)
    if n == 1:
        return lots
    if not fifo:
        return _bubble(lots)
    if n <= FEW_LOTS:
        for _ in range(n - 1):
            lots = _moved(lots, lots.qty[0] == 0, 1)
        return lots
    # How many were drained, from the oldest on; then a shift by that many, by powers of two.
    is_open = lots.qty != 0
    gone, counting = jnp.zeros(is_open.shape[1:], jnp.int32), n_open(lots.qty) > 0
    for i in range(n - 1):
        counting = counting & ~is_open[i]
        gone = gone + counting
    step = 1
    while step < n:
        lots = _moved(lots, (gone & step) != 0, step)
        step *= 2
    return lots


def _moved(lots: Lots, where: Any, n: int) -> Lots:
    """Every lot n places further to the front where the mask holds."""
    return jax.tree.map(lambda x: jnp.where(where, jnp.concatenate([x[n:], jnp.zeros_like(x[:n])]), x), lots)


def _bubble(lots: Lots) -> Lots:
    """Any of the lots may be empty: neighbours change places until all empty ones are last."""
    rows = [jax.tree.map(lambda x, i=i: x[i], lots) for i in range(len(lots))]
    for last in range(len(rows) - 1, 0, -1):
        for i in range(last):
            empty = rows[i].qty == 0
            first, second = rows[i], rows[i + 1]
            rows[i] = jax.tree.map(lambda a, b, e=empty: jnp.where(e, b, a), first, second)
            rows[i + 1] = jax.tree.map(lambda a, b, e=empty: jnp.where(e, a, b), first, second)
    return jax.tree.map(lambda *xs: jnp.stack(xs), *rows)


def _insert(lots: Lots, deal: Deal) -> tuple[Lots, Any]:
    """The lots with the deal's new one after the last open one, and where there was no room for it."""
    fill, n = deal.fill, n_open(lots.qty)
    opens = deal.opening != 0
    here = opens & (jnp.arange(len(lots), dtype=jnp.int32)[:, None] == n)
    high, low = jnp.maximum(fill.price, fill.market), jnp.minimum(fill.price, fill.market)
    if fill.rate is not None:
        high, low = (high - fill.price) * fill.rate, (low - fill.price) * fill.rate
    new = Lots(deal.opening, fill.price, fill.entry, fill.bar, deal.fee, high, low)
    return jax.tree.map(lambda old, x: jnp.where(here, x, old), lots, new), opens & (n >= len(lots))
