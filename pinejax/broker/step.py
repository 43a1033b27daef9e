"""The broker's part of one bar: before the script (orders against the path, margin) and after it (commands, market fills)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from pinejax.broker.account import Account, average_price_of, open_profit_of, position_of
from pinejax.broker.book import Book, is_rare
from pinejax.broker.commands import Command, Entry, Exit, Readings
from pinejax.broker.env import Env
from pinejax.broker.path import path_of, point_path
from pinejax.broker.place import carry_out, place_exits
from pinejax.broker.walk import legs_of, may_touch, stay_quiet, walk_bar
from pinejax.core.gate import any_lane, where_asked


def before_script(account: Account, book: Book, bar: dict[str, Any], env: Env) -> tuple[Account, Book]:
    """Work off the orders that existed before this bar along its path, margin calls included."""
    high, low = bar["high"], bar["low"]
    if not legs_of(env):
        return stay_quiet(account, book, high, low, env)
    touched = any_lane(may_touch(account, book, high, low, env))
    path = path_of(bar["open"], high, low, bar["close"])
    account, book = where_asked(touched, lambda s: walk_bar(*s, path, bar["index"], env), (account, book))
    # The walk has shown the lots this bar's range already: nothing is left to extend.
    return stay_quiet(account, book, jnp.where(touched, -jnp.inf, high), jnp.where(touched, jnp.inf, low), env)


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
        account, book, admitted = where_asked(any_lane(asked), lambda s: carry_out(s[0], s[1], commands, bar, env), (account, book, nobody))
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
        return place_exits(before, account, b, commands, admitted, bar, env)

    if any(c.always for c in exits):
        return write(book)
    asked = jnp.asarray(False)
    for c in exits:
        asked |= c.when
    return where_asked(any_lane(asked), write, book)
