"""The broker's part of one bar: before the script (orders against the path, margin) and after it (commands, market fills)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from pinejax.broker.account import (
    Account,
    Fill,
    average_price_of,
    open_profit_of,
    position_of,
    transact,
)
from pinejax.broker.book import Book, is_rare
from pinejax.broker.commands import Command, Entry, Exit, Readings
from pinejax.broker.env import Env
from pinejax.broker.path import path_of, point_path
from pinejax.broker.place import LOT_FUZZ, carry_out, equity_of, place_exits
from pinejax.broker.walk import bury, legs_of, may_touch, stay_quiet, walk_bar
from pinejax.core.gate import any_lane, where_asked

# TradingView liquidates four times what would restore the margin (docs/semantics.md, 6.6).
LIQUIDATION_MULTIPLE = 4.0


def before_script(account: Account, book: Book, bar: dict[str, Any], env: Env) -> tuple[Account, Book]:
    """Work off the orders that existed before this bar along its path, then the margin calls."""
    account, book = _work(account, book, bar["open"], bar["high"], bar["low"], bar["close"], bar["index"], env)
    if env.config.liquidation:
        account, book = _margin_calls(account, book, bar, env)
    return account, book


def _work(account: Account, book: Book, open: Any, high: Any, low: Any, close: Any, index: Any, env: Env) -> tuple[Account, Book]:
    if not legs_of(env):
        return stay_quiet(account, book, high, low, env)
    touched = any_lane(may_touch(account, book, high, low, env))
    account, book = where_asked(touched, lambda s: walk_bar(*s, path_of(open, high, low, close), index, env), (account, book))
    # The walk has shown the lots this bar's range already: nothing is left to extend.
    return stay_quiet(account, book, jnp.where(touched, -jnp.inf, high), jnp.where(touched, jnp.inf, low), env)


def _margin_calls(account: Account, book: Book, bar: dict[str, Any], env: Env) -> tuple[Account, Book]:
    """Liquidate part of a position whose equity at the bar's adverse extreme no longer covers its margin.

    Four times the quantity that restores the margin, at least one lot step, at most the position, at the extreme price.
    (docs/semantics.md, 6.6)
    """
    terms = env.terms
    position = position_of(account)
    newest = account.lots[0]
    worst = jnp.where(position > 0, jnp.maximum(bar["low"], newest.low), jnp.minimum(bar["high"], newest.high))
    worst = jnp.where(position > 0, jnp.where(newest.bar == bar["index"], worst, bar["low"]), jnp.where(newest.bar == bar["index"], worst, bar["high"]))
    equity = equity_of(account, worst, env)
    needed = jnp.abs(position) * worst * terms.unit * terms.margin_rate
    called = (position != 0) & (equity < needed)

    def liquidate(account: Account, book: Book) -> tuple[Account, Book]:
        short = (needed - equity) / (worst * terms.unit * terms.margin_rate)
        steps = jnp.floor(short + LOT_FUZZ)
        contract = jnp.maximum(jnp.round(1.0 / terms.lot_step), 1.0)
        steps = jnp.minimum(jnp.where(steps > 0, steps * LIQUIDATION_MULTIPLE, contract), jnp.abs(position))
        qty = jnp.where(called, -jnp.sign(position) * steps, 0.0)
        price = worst + jnp.sign(qty) * terms.slippage
        signal = len(legs_of(env)) + env.spec.n_market
        after = transact(account, Fill(qty, price, 0, signal, bar["index"]), terms, env.config.commission_type)
        counted = {f: getattr(after.stats, f) for f in type(after.stats).__dataclass_fields__}
        counted["n_liquidations"] = after.stats.n_liquidations + called
        after = Account(after.lots, type(after.stats)(**counted), after.last_exit_bar, after.status, after.log)
        return after, bury(account, after, book, env)

    return where_asked(any_lane(called), lambda s: liquidate(*s), (account, book))


def readings_of(account: Account, bar: dict[str, Any], env: Env) -> Readings:
    """What the script may know at this bar's close."""
    profit = open_profit_of(account, bar["close"], env.terms)
    position = position_of(account)
    age = (bar["index"] - account.lots[0].bar).astype(position.dtype)
    since = (bar["index"] - account.last_exit_bar).astype(position.dtype)
    return Readings(
        position_size=position * env.terms.lot_step,
        position_avg_price=average_price_of(account),
        equity=env.terms.initial_capital + account.stats.net_profit + profit,
        net_profit=account.stats.net_profit,
        open_profit=profit,
        n_closed_trades=account.stats.n_trades,
        bars_since_entry=jnp.where(position != 0, age, jnp.nan),
        bars_since_exit=jnp.where(account.last_exit_bar >= 0, since, jnp.nan),
    )


def after_script(account: Account, book: Book, commands: Sequence[Command], bar: dict[str, Any], env: Env) -> tuple[Account, Book]:
    """Carry out the script's commands; market orders fill at the next open, or here where orders are processed on close."""
    before = account
    rare = [c for c in commands if is_rare(c)]
    entries = [c for c in commands if isinstance(c, Entry)]
    admitted: tuple[Any, ...] = ()
    if rare:
        asked = jnp.asarray(False)
        for c in rare:
            asked |= c.when
        # On the quiet side no lane asks, so the masks themselves say "nobody".
        nobody = tuple(c.when for c in entries)
        account, book, admitted = where_asked(any_lane(asked), lambda s: carry_out(s[0], s[1], rare, bar, env), (account, book, nobody))
    exits = [c for c in commands if isinstance(c, Exit)]
    if exits:
        book = _gate_exits(before, account, book, commands, admitted, exits, bar, env)
    if env.config.process_orders_on_close and legs_of(env):
        close = bar["close"]
        touched = any_lane(may_touch(account, book, close, close, env))
        account, book = where_asked(touched, lambda s: walk_bar(*s, point_path(close), bar["index"], env), (account, book))
    return account, book


def _gate_exits(
    before: Account, account: Account, book: Book, commands: Sequence[Command], admitted: Sequence[Any], exits: list, bar: dict[str, Any], env: Env
) -> Book:
    """Brackets re-issued on every bar are written outside any gate; rare ones only where a lane asks."""

    def write(b: Book) -> Book:
        return place_exits(before, account, b, commands, admitted, bar["close"], env)

    if any(c.always for c in exits):
        return write(book)
    asked = jnp.asarray(False)
    for c in exits:
        asked |= c.when
    return where_asked(any_lane(asked), write, book)
