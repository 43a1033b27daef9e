"""Priced orders against one bar's path: which is touched first, fill it, look again from there. Market orders fill elsewhere.

A block of lanes walks together, one fill per lane and round, until no lane has a touch left (docs/semantics.md, 2).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax.numpy as jnp
from jax import lax

from pinejax.broker.account import (
    Account,
    Fill,
    average_price_of_entry,
    extend_range,
    n_lots_of,
    position_of,
    quantity_of,
    transact,
)
from pinejax.broker.book import Book, EntryOrder, ExitOrder, ExitSpec
from pinejax.broker.env import LOT_TOLERANCE_STEPS, SNAP_TOLERANCE_TICKS, Env, snap
from pinejax.broker.margin import can_be_called, count_liquidations, margin_call_size, shortfall_of
from pinejax.broker.path import NEVER, Path, range_between, seen_from, touch_above, trail_touch
from pinejax.core.gate import any_lane

# Order of fills at one point of the path (docs/semantics.md, 2.6): stop, trail, limit; a margin call comes after them.
STOP, TRAIL, LIMIT, MARGIN = 0, 1, 2, 3
_SEQ_SPAN = 2.0**31


class Levels(NamedTuple):
    """An exit's working prices, NaN where absent."""

    stop: Any
    limit: Any
    activation: Any


class Touch(NamedTuple):
    """The next event of each lane: where on the path, at what fill price, and which leg of which slot. at is NEVER for none.

    reached: the path's price there, which differs from the fill price for a limit that the price must trade through.
    """

    at: Any
    price: Any
    reached: Any
    rank: Any
    leg: Any


class Leg(NamedTuple):
    """One level of one slot, or the margin call of the position."""

    slot: int
    is_exit: bool
    kind: int


def legs_of(env: Env) -> tuple[Leg, ...]:
    """Every level that the strategy's orders can have, in a fixed order; its index is the leg's code."""
    legs = []
    for i, e in enumerate(env.spec.entries):
        legs += [Leg(i, False, STOP)] * e.has_stop + [Leg(i, False, LIMIT)] * e.has_limit
    for i, e in enumerate(env.spec.exits):
        legs += [Leg(i, True, STOP)] * e.has_stop + [Leg(i, True, TRAIL)] * e.has_trail + [Leg(i, True, LIMIT)] * e.has_limit
    return (*legs, Leg(0, False, MARGIN)) if can_be_called(env) else tuple(legs)


def exit_levels(order: ExitOrder, spec: ExitSpec, account: Account, side: Any, env: Env) -> Levels:
    """The prices at which an exit works now; of a price and a distance the one that is hit first."""
    terms, nan = env.terms, jnp.nan
    stop, limit, activation = order.stop, order.limit, order.activation
    if env.spec.entries[spec.from_entry].direction is None:
        # Which way a level snaps depends on the side of the lots, known only now.
        stop = None if stop is None else snap(stop, _rises(-side), terms)
        limit, activation = (None if x is None else snap(x, _rises(side), terms) for x in (limit, activation))
    if order.loss is not None or order.profit is not None or order.trail is not None:
        average = average_price_of_entry(account, spec.from_entry)
        if order.loss is not None:
            stop = _nearer(stop, snap(average - side * order.loss, _rises(-side), terms), side)
        if order.profit is not None:
            limit = _nearer(limit, snap(average + side * order.profit, _rises(side), terms), -side)
        if order.trail is not None:
            activation = _nearer(activation, snap(average + side * order.trail, _rises(side), terms), -side)
    return Levels(nan if stop is None else stop, nan if limit is None else limit, nan if activation is None else activation)


def _rises(sense: Any) -> Any:
    return sense > 0


def _nearer(a: Any, b: Any, side: Any) -> Any:
    """Of two levels below (side 1) or above (-1) the market the nearer; NaN means none."""
    if a is None:
        return b
    if isinstance(side, int):
        return jnp.fmax(a, b) if side > 0 else jnp.fmin(a, b)
    return jnp.where(side > 0, jnp.fmax(a, b), jnp.fmin(a, b))


def may_touch(account: Account, book: Book, high: Any, low: Any, env: Env, *, calls_margin: bool = True) -> Any:
    """A cheap superset of "some order fills on this bar", `[lanes]`: what gates the walk."""
    hit = jnp.asarray(False)
    for i, e in enumerate(env.spec.entries):
        order = book.entries[i]
        if order is None:
            continue
        side = e.direction if e.direction is not None else jnp.sign(order.qty)
        for level, sense in ((order.stop, side), (order.limit, -side)):
            if level is not None:
                hit |= _in_reach(level, sense, high, low)
    for order, e in zip(book.exits, env.spec.exits, strict=True):
        side = env.side_of(e.from_entry, account)
        levels = exit_levels(order, e, account, side, env)
        reach = jnp.asarray(False)
        if e.has_stop:
            reach |= _in_reach(levels.stop, -side, high, low)
        if e.has_limit:
            reach |= _in_reach(levels.limit, side, high, low)
        if e.has_trail:
            best = jnp.where(side > 0, jnp.maximum(order.best, high), jnp.minimum(order.best, low))
            reach |= _in_reach(levels.activation, side, high, low) & jnp.isnan(order.best)
            # A stop a hair beyond the bar may be snapped onto its extreme.
            reach |= _in_reach(best - side * (order.offset - SNAP_TOLERANCE_TICKS * env.terms.tick), -side, high, low)
        hit |= reach & order.placed & env.has_lots(e.from_entry, account)
    if calls_margin and can_be_called(env):
        hit |= shortfall_of(account, jnp.where(position_of(account) > 0, low, high), env) > 0
    return hit


def _in_reach(level: Any, sense: Any, high: Any, low: Any) -> Any:
    if isinstance(sense, int):
        return level <= high if sense > 0 else level >= low
    return jnp.where(sense > 0, level <= high, level >= low)


def stay_quiet(account: Account, book: Book, high: Any, low: Any, env: Env) -> tuple[Account, Book]:
    """A bar on which nothing fills: lots see its range, armed trails its best price."""
    account = extend_range(account, high, low)
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
            order = _replace(order, best=jnp.where(live, best, order.best))
        exits.append(order)
    return Book(book.entries, tuple(exits))


def _replace(order: Any, **changed: Any) -> Any:
    return type(order)(**{f: changed.get(f, getattr(order, f)) for f in type(order).__dataclass_fields__})


def walk_bar(account: Account, book: Book, path: Path, bar_index: Any, env: Env, *, calls_margin: bool = True) -> tuple[Account, Book]:
    """Fill every order that the path touches, in the order of the touches. Each corner calls for margin once at most."""
    start = jnp.zeros_like(account.lots[0].price)
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
        account, book = apply_touch(account, book, touch, bar_index, env)
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
    account = extend_range(account, high, low)
    return account, _move_trails(account, book, high, low, env)


def next_touch(account: Account, book: Book, path: Path, at: Any, price: Any, env: Env, *, called_at: Any = None) -> Touch:
    """The earliest touch of any live order from the point `at` on; ties by the market's order.

    called_at: where on the path margin was called last, -1 for nowhere yet; None where it is not called at all.
    """
    best = Touch(jnp.full_like(at, NEVER), price, price, jnp.full_like(at, -jnp.inf), jnp.zeros(at.shape, jnp.int32))
    for code, leg in enumerate(legs_of(env)):
        if leg.kind == MARGIN:
            if called_at is None:
                continue
            found = _margin_touch(account, path, at, env)
            found = found._replace(at=jnp.where(found.at > called_at, found.at, NEVER))
            rank = jnp.full_like(at, MARGIN * _SEQ_SPAN)
        else:
            found, seq, is_buy = (_exit_touch if leg.is_exit else _entry_touch)(leg, account, book, path, at, price, env)
            kind = jnp.where(found.at <= 0, jnp.where(is_buy, 0.0, 1.0), float(leg.kind))
            rank = kind * _SEQ_SPAN + (0.0 if seq is None else seq.astype(at.dtype))
        earlier = (found.at < best.at) | ((found.at == best.at) & (rank < best.rank))
        best = Touch(
            jnp.where(earlier, found.at, best.at),
            jnp.where(earlier, found.price, best.price),
            jnp.where(earlier, found.reached, best.reached),
            jnp.where(earlier, rank, best.rank),
            jnp.where(earlier, code, best.leg),
        )
    return best


class _Found(NamedTuple):
    at: Any
    price: Any
    reached: Any


def _touch(path: Path, level: Any, sense: Any, at: Any, price: Any, verify: Any = None) -> _Found:
    """First touch of `level` by a price moving in `sense`, and the price there: the level, or where the price already is."""
    view = seen_from(path, sense)
    trigger = level if verify is None else verify(level, sense)
    found = touch_above(view, sense * trigger, at, sense * price)
    here = found <= at
    fill = jnp.where(here, price, level)
    if verify is not None:
        fill = jnp.where(here & (at > 0) & (price == trigger), level, fill)
    return _Found(found, fill, jnp.where(here, price, trigger))


def _entry_touch(leg: Leg, account: Account, book: Book, path: Path, at: Any, price: Any, env: Env) -> tuple[_Found, Any, Any]:
    order, spec = book.entries[leg.slot], env.spec.entries[leg.slot]
    assert order is not None
    side = spec.direction if spec.direction is not None else jnp.where(order.qty < 0, -1.0, 1.0)
    if leg.kind == STOP:
        found = _touch(path, order.stop, side, at, price)
        waits = order.qty != 0 if order.armed is None else (order.qty != 0) & ~order.armed
    else:
        found = _touch(path, order.limit, _flip(side), at, price, _verify(env))
        waits = order.qty != 0 if order.armed is None else (order.qty != 0) & (order.armed | jnp.isnan(order.stop))
    return found._replace(at=jnp.where(waits, found.at, NEVER)), order.seq, side > 0


def _flip(side: Any) -> Any:
    return -side


def _verify(env: Env) -> Any:
    """From a limit and the sense of the price to the price that must be reached; None where that is the limit itself."""
    if not env.config.limit_verify_ticks:
        return None
    return lambda level, sense: snap(level + sense * env.terms.verify, _rises(sense), env.terms)


def _exit_touch(leg: Leg, account: Account, book: Book, path: Path, at: Any, price: Any, env: Env) -> tuple[_Found, Any, Any]:
    order, spec = book.exits[leg.slot], env.spec.exits[leg.slot]
    side = env.side_of(spec.from_entry, account)
    levels = exit_levels(order, spec, account, side, env)
    if leg.kind == STOP:
        found = _touch(path, levels.stop, _flip(side), at, price)
    elif leg.kind == LIMIT:
        found = _touch(path, levels.limit, side, at, price, _verify(env))
    else:
        stop_of = lambda best: side * snap(side * (best - order.offset), _rises(-side), env.terms)  # noqa: E731
        trail = trail_touch(seen_from(path, side), side * order.best, side * levels.activation, order.offset, stop_of, at, side * price)
        found = _Found(trail.at, side * trail.price, side * trail.price)
    live = order.placed & env.has_lots(spec.from_entry, account) & (exit_quantity(leg.slot, account, book, env) > 0)
    return found._replace(at=jnp.where(live, found.at, NEVER)), order.seq, side < 0


def _margin_touch(account: Account, path: Path, at: Any, env: Env) -> _Found:
    """The corner of the path that is worst for the position, where its equity no longer covers the margin there."""
    is_long = position_of(account) > 0
    corner, corner_at = jnp.where(is_long, path.low, path.high), jnp.where(is_long, path.low_at, path.high_at)
    called = (shortfall_of(account, corner, env) > 0) & (at <= corner_at)
    return _Found(jnp.where(called, corner_at, NEVER), corner, corner)


def exit_quantity(slot: int, account: Account, book: Book, env: Env) -> Any:
    """Lot steps that an exit may close: its reserved quantity, at most what exits of the entry that were placed before it leave."""
    spec, order = env.spec.exits[slot], book.exits[slot]
    rivals = [i for i, e in enumerate(env.spec.exits) if e.from_entry == spec.from_entry and i != slot]
    own = order.wanted()
    if len(account.lots) == 1 and not rivals and own is None:
        return jnp.abs(account.lots[0].qty)
    total = jnp.abs(quantity_of(account, spec.from_entry))
    free = total
    for i in rivals:
        other, wanted = book.exits[i], book.exits[i].wanted()
        taken = total if wanted is None else jnp.minimum(wanted, total)
        free = free - jnp.where(other.placed & (other.seq < order.seq), taken, 0.0)
    free = jnp.maximum(free, 0.0)
    return free if own is None else jnp.minimum(free, own)


def apply_touch(account: Account, book: Book, touch: Touch, bar_index: Any, env: Env) -> tuple[Account, Book]:
    """Carry out each lane's touch: transact, clear the slot, let exits die with the position."""
    fires = touch.at < NEVER
    qty, slip, entry = jnp.zeros_like(touch.at), jnp.zeros_like(touch.at), jnp.zeros(touch.at.shape, jnp.int32)
    called = jnp.zeros(touch.at.shape, bool)
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
        else:
            order = entries[leg.slot]
            assert order is not None
            if leg.kind == STOP and order.armed is not None:
                arms = mine & ~jnp.isnan(order.limit)
                entries[leg.slot] = order = _replace(order, armed=order.armed | arms)
                mine = mine & ~arms
            size = order.qty
            if order.adds is not None:
                full = order.adds & (position * order.qty > 0) & (n_lots >= env.spec.max_per_side)
                size = jnp.where(full, 0.0, size)
            entry = jnp.where(mine, leg.slot, entry)
            entries[leg.slot] = _clear(order, mine)
        qty = jnp.where(mine, size, qty)
        slip = jnp.where(mine, 0.0 if leg.kind == LIMIT else 1.0, slip)
    price = touch.price + slip * jnp.sign(qty) * env.terms.slippage
    after = transact(account, Fill(qty, price, touch.reached, entry, touch.leg, bar_index), env.terms, env.config.commission_type)
    after = count_liquidations(after, called)
    return after, bury(account, after, Book(tuple(entries), tuple(exits)), env)


def _clear(order: EntryOrder, where: Any) -> EntryOrder:
    """The slot emptied where the mask holds."""

    def gone(level: Any) -> Any:
        return None if level is None else jnp.where(where, jnp.nan, level)

    armed = None if order.armed is None else order.armed & ~where
    return _replace(order, qty=jnp.where(where, 0.0, order.qty), stop=gone(order.stop), limit=gone(order.limit), armed=armed)


def _spend(order: ExitOrder, where: Any) -> ExitOrder:
    wanted = order.wanted()
    spent = order.spent if order.spent is None or wanted is None else order.spent | (where & ~jnp.isinf(wanted))
    best = order.best if order.best is None else jnp.where(where, jnp.nan, order.best)
    return _replace(order, placed=order.placed & ~where, spent=spent, best=best)


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
        best = order.best if order.best is None else jnp.where(ended, jnp.nan, order.best)
        spent = order.spent if order.spent is None else order.spent & ~ended
        order = _replace(order, placed=order.placed & keeps, best=best, spent=spent)
        if order.rate is not None:
            order = frozen(_replace(order, frozen=jnp.where(ended, jnp.nan, order.frozen)), e, after)
        exits.append(order)
    return Book(book.entries, tuple(exits))


def frozen(order: ExitOrder, spec: ExitSpec, account: Account) -> ExitOrder:
    """A fraction of lots becomes a quantity as soon as they exist, and stays it. (docs/semantics.md, 4.5)"""
    own = jnp.abs(quantity_of(account, spec.from_entry))
    share = jnp.maximum(jnp.floor(order.rate * own + LOT_TOLERANCE_STEPS), 0.0)
    return _replace(order, frozen=jnp.where(jnp.isnan(order.frozen) & (own > 0), share, order.frozen))


clear_entry = _clear
