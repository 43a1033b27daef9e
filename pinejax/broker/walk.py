"""Priced orders against one bar's path: fill what is touched first, look again from there. Market orders fill elsewhere.

A block of lanes walks together, one fill per lane and round, until no lane has a touch left (docs/semantics.md, 2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import jax.numpy as jnp
from jax import lax

from pinejax.broker.account import Account, extend_range, n_lots_of, position_of
from pinejax.broker.book import ALL, Book, ExitOrder, clear_entry
from pinejax.broker.deal import Fill, transact
from pinejax.broker.env import Env
from pinejax.broker.groups import shrink_siblings
from pinejax.broker.levels import exit_levels, exit_quantity, frozen
from pinejax.broker.margin import can_be_called, count_liquidations, margin_call_size
from pinejax.broker.path import NEVER, Path, range_between
from pinejax.broker.risk import count_fill, counts_fills
from pinejax.broker.touch import LIMIT, MARGIN, STOP, Touch, legs_of, next_touch
from pinejax.core.gate import any_lane


def stay_quiet(account: Account, book: Book, high: Any, low: Any, env: Env) -> tuple[Account, Book]:
    """A bar on which nothing fills: lots see its range, armed trails its best price."""
    account = extend_range(account, high, low, env.terms)
    return account, _move_trails(account, book, high, low, env)


def _move_trails(account: Account, book: Book, high: Any, low: Any, env: Env) -> Book:
    """Arm and move the trailing stops of live exits after the price ranged over low..high."""
    exits = []
    for order, e in zip(book.exits, env.spec.exits, strict=True):
        if e.has_trail:
            side = env.side_of(e.from_entry, account)
            activation = exit_levels(order, e, account, side, env).activation
            reached = jnp.where(side > 0, high >= activation, low <= activation)
            start = jnp.where(side > 0, high, low)
            best = jnp.where(side > 0, jnp.maximum(order.best, high), jnp.minimum(order.best, low))
            best = jnp.where(jnp.isnan(order.best), jnp.where(reached, start, jnp.nan), best)
            live = order.placed & env.has_lots(e.from_entry, account)
            order = replace(order, best=jnp.where(live, best, order.best))
        exits.append(order)
    return Book(book.entries, tuple(exits))


def walk_bar(account: Account, book: Book, path: Path, bar: dict[str, Any], env: Env, *, calls_margin: bool = True) -> tuple[Account, Book]:
    """Fill every order that the path touches, in the order of the touches. Each corner calls for margin once at most.

    path: of the whole bar, or the point of its close; bar: its index, day, open, high and low.
    """
    start = jnp.zeros_like(account.lots.price[0])
    price = start + path.open
    calls_margin &= can_be_called(env)

    def touch_from(account: Account, book: Book, at: Any, price: Any, called: Any) -> Touch:
        return next_touch(account, book, path, at, price, env, called_at=called)

    def again(state: Any) -> Any:
        return any_lane(state[4].at < NEVER)

    def fill_one(state: Any) -> Any:
        account, book, at, price, touch, called = state
        fires = touch.at < NEVER
        to = jnp.where(fires, touch.at, at)
        to_price = jnp.where(fires, touch.reached, price)
        account, book = _advance(account, book, path, (at, price), (to, to_price), env)
        account, book = apply_touch(account, book, touch, bar, env)
        if called is not None:
            called = jnp.where(fires & (touch.leg == len(legs_of(env)) - 1), touch.at, called)
        return account, book, to, to_price, touch_from(account, book, to, to_price, called), called

    called = start - 1.0 if calls_margin else None
    first = touch_from(account, book, start, price, called)
    account, book, at, price, *_ = lax.while_loop(again, fill_one, (account, book, start, price, first, called))
    end = (path.high - path.low) * 3.0  # no path is longer
    return _advance(account, book, path, (at, price), (jnp.maximum(at, end), path.close), env)


def _advance(account: Account, book: Book, path: Path, start: tuple, end: tuple, env: Env) -> tuple[Account, Book]:
    high, low = range_between(path, *start, *end)
    account = extend_range(account, high, low, env.terms)
    return account, _move_trails(account, book, high, low, env)


def apply_touch(account: Account, book: Book, touch: Touch, bar: dict[str, Any], env: Env) -> tuple[Account, Book]:
    """Carry out each lane's touch: transact, clear the slot, let exits die with the position."""
    fires = touch.at < NEVER
    none = jnp.zeros_like(touch.at)
    qty, slip, entry, called = none, none, none.astype(jnp.int32), fires & False
    target = entry - 1 if env.target_of(0) is not None else None
    by_stop = called
    position, n_lots = position_of(account), n_lots_of(account)
    entries, exits = list(book.entries), list(book.exits)
    for code, leg in enumerate(legs_of(env)):
        mine = fires & (touch.leg == code)
        if leg.kind == MARGIN:
            size = margin_call_size(account, touch.price, env)
            called = mine
        elif leg.is_exit:
            size = -jnp.sign(position) * exit_quantity(leg.slot, account, book, env)
            exits[leg.slot] = _spend(exits[leg.slot], mine)
            if target is not None:
                target = jnp.where(mine, env.spec.exits[leg.slot].from_entry, target)
        else:
            order = entries[leg.slot]
            assert order is not None
            if leg.kind == STOP and order.armed is not None:
                arms = mine & ~jnp.isnan(order.limit)
                entries[leg.slot] = order = replace(order, armed=order.armed | arms)
                mine = mine & ~arms
            size = order.qty
            if order.adds is not None:
                full = order.adds & (position * order.qty > 0) & (n_lots >= env.spec.max_per_side)
                size = jnp.where(full, 0.0, size)
            entry = jnp.where(mine, leg.slot, entry)
            by_stop |= mine & (leg.kind == STOP)
            entries[leg.slot] = clear_entry(order, mine)
            steps = jnp.where(mine, jnp.abs(size), 0.0)
            entries = list(shrink_siblings(Book(tuple(entries), ()), leg.slot, steps, env).entries)
        qty = jnp.where(mine, size, qty)
        slip = jnp.where(mine, 0.0 if leg.kind == LIMIT else 1.0, slip)
    terms = env.terms
    price = touch.price + slip * jnp.sign(qty) * terms.slippage
    fill = Fill(qty, price, touch.reached, entry, touch.leg, bar["index"], terms.unit, terms.rate, target)
    after = transact(account, fill, terms, env.config.commission_type)
    after = count_liquidations(after, called)
    book = bury(account, after, Book(tuple(entries), tuple(exits)), env)
    if not counts_fills(env):
        return after, book
    # A stop that was touched inside the bar: the close that a used-up day forces prints at the bar's extreme.
    inside = by_stop & (touch.price != bar["open"])
    forced = jnp.where(inside, jnp.where(position_of(after) > 0, bar["high"], bar["low"]), touch.price)
    closed, book, _ = count_fill(after, book, (qty != 0) & ~called, forced, bar["index"], bar["day"], env)
    return closed, bury(after, closed, book, env)


def _spend(order: ExitOrder, where: Any) -> ExitOrder:
    wanted = order.wanted()
    spent = order.spent if order.spent is None or wanted is None else order.spent | (where & ~jnp.isinf(wanted))
    best = order.best if order.best is None else jnp.where(where, jnp.nan, order.best)
    return replace(order, placed=order.placed & ~where, spent=spent, best=best)


def bury(before: Account, after: Account, book: Book, env: Env, waiting: Mapping[int, Any] | None = None) -> Book:
    """Exits die with the lots of their entry, but those whose entry still waits; all start afresh when the position was closed or turned.

    waiting: per entry code the lanes on which a market order of it is about to fill. (docs/semantics.md, 4.3, 4.4)
    """
    old, new = position_of(before), position_of(after)
    ended = (old != 0) & (old * new <= 0)
    exits = []
    for order, e in zip(book.exits, env.spec.exits, strict=True):
        lives = env.has_lots(e.from_entry, after)
        keeps = lives | env.is_pending(e.from_entry, book)
        if waiting and e.from_entry in waiting:
            keeps |= waiting[e.from_entry]
        if e.from_entry == ALL:
            # It belongs to the position, not to an entry that may wait: its levels mean nothing to the next one.
            keeps &= ~ended
        best = order.best if order.best is None else jnp.where(ended, jnp.nan, order.best)
        spent = order.spent if order.spent is None else order.spent & ~ended
        order = replace(order, placed=order.placed & keeps, best=best, spent=spent)
        if order.rate is not None:
            order = frozen(replace(order, frozen=jnp.where(ended, jnp.nan, order.frozen)), e, after, env)
        exits.append(order)
    return Book(book.entries, tuple(exits))
