"""Which order the price touches next on a bar's path. What that fills is `pinejax.broker.walk`."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax.numpy as jnp

from pinejax.broker.account import Account, position_of
from pinejax.broker.book import Book
from pinejax.broker.env import SNAP_TOLERANCE_TICKS, Env, snap
from pinejax.broker.levels import exit_levels, exit_quantity, rises
from pinejax.broker.margin import can_be_called, shortfall_of
from pinejax.broker.path import NEVER, Path, seen_from, touch_above, trail_touch

# Order of fills at one point of the path (docs/semantics.md, 2.6): stop, trail, limit; a margin call comes after them.
STOP, TRAIL, LIMIT, MARGIN = 0, 1, 2, 3
_SEQ_SPAN = 2.0**31


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
        found = _touch(path, order.limit, -side, at, price, _verify(env))
        waits = order.qty != 0 if order.armed is None else (order.qty != 0) & (order.armed | jnp.isnan(order.stop))
    return found._replace(at=jnp.where(waits, found.at, NEVER)), order.seq, side > 0


def _verify(env: Env) -> Any:
    """From a limit and the sense of the price to the price that must be reached; None where that is the limit itself."""
    if not env.config.limit_verify_ticks:
        return None
    return lambda level, sense: snap(level + sense * env.terms.verify, rises(sense), env.terms)


def _exit_touch(leg: Leg, account: Account, book: Book, path: Path, at: Any, price: Any, env: Env) -> tuple[_Found, Any, Any]:
    order, spec = book.exits[leg.slot], env.spec.exits[leg.slot]
    side = env.side_of(spec.from_entry, account)
    levels = exit_levels(order, spec, account, side, env)
    if leg.kind == STOP:
        found = _touch(path, levels.stop, -side, at, price)
    elif leg.kind == LIMIT:
        found = _touch(path, levels.limit, side, at, price, _verify(env))
    else:
        stop_of = lambda best: side * snap(side * (best - order.offset), rises(-side), env.terms)  # noqa: E731
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
