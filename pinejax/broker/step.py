"""The broker's part of one bar: before the script (orders against the path, margin) and after it (commands, market fills)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import jax.numpy as jnp
import numpy as np

from pinejax.broker.account import Account, average_price_of, n_lots_of, new_account, open_profit_of, position_of
from pinejax.broker.book import Book, BookSpec, is_rare
from pinejax.broker.brackets import concerns_exits, pending_entries, place_exits
from pinejax.broker.commands import Command, Entry, Exit
from pinejax.broker.config import BrokerConfig
from pinejax.broker.env import Env
from pinejax.broker.margin import equity_of
from pinejax.broker.market import fill_market
from pinejax.broker.memory import Swings
from pinejax.broker.path import path_of, point_path
from pinejax.broker.place import take_orders
from pinejax.broker.readings import ClosedTrade, OpenTrade, Readings
from pinejax.broker.risk import new_rule_state
from pinejax.broker.slips import Slips, no_slips, tickets_of
from pinejax.broker.stats import new_closed
from pinejax.broker.touch import legs_of, may_touch
from pinejax.broker.walk import stay_quiet, walk_bar
from pinejax.core.gate import any_lane, where_asked


def initial_account(spec: BookSpec, config: BrokerConfig, lanes: int, dtype: Any, log_rows: int = 0) -> Account:
    """The account before the first bar, as NumPy arrays, with what the body and the risk rules need it to remember."""
    capital, zero, wants = np.full(lanes, config.initial_capital, dtype), np.zeros(lanes, dtype), spec.wants
    return replace(
        new_account(lanes, spec.max_lots, dtype, log_rows),
        recent=(new_closed(lanes, dtype),) * wants.closed,
        held=zero if wants.held else None,
        swings=Swings(capital, capital, zero, zero) if wants.swings else None,
        rules=new_rule_state(config, lanes, dtype),
    )


def before_script(account: Account, book: Book, bar: dict[str, Any], env: Env) -> tuple[Account, Book]:
    """Work off the orders that existed before this bar along its path, margin calls included."""
    high, low = bar["high"], bar["low"]
    if not legs_of(env):
        return stay_quiet(account, book, high, low, env)
    touched = any_lane(may_touch(account, book, high, low, env))
    path = path_of(bar["open"], high, low, bar["close"])
    account, book = where_asked(touched, lambda s: walk_bar(s[0], s[1], path, bar, env), (account, book))
    # The walk has shown the lots this bar's range already: nothing is left to extend.
    return stay_quiet(account, book, jnp.where(touched, -jnp.inf, high), jnp.where(touched, jnp.inf, low), env)


def mark_swings(account: Account, equity: Any) -> Account:
    """The account with this close in its falls and rises of equity, where the body reads them."""
    swings = account.swings
    if swings is None:
        return account
    peak, trough = jnp.maximum(swings.peak, equity), jnp.minimum(swings.trough, equity)
    new = Swings(peak, trough, jnp.maximum(swings.fall, peak - equity), jnp.maximum(swings.rise, equity - trough))
    return replace(account, swings=new)


def readings_of(account: Account, bar: dict[str, Any], env: Env) -> Readings:
    """What the script may know at this bar's close."""
    profit, stats = open_profit_of(account, bar["close"], env.terms), account.stats
    position = position_of(account)
    age = (bar["index"] - account.lots.bar[0]).astype(position.dtype)
    since = (bar["index"] - account.last_exit_bar).astype(position.dtype)
    blank, swings = jnp.full_like(profit, jnp.nan), account.swings
    return Readings(
        initial_capital=jnp.broadcast_to(env.terms.initial_capital, profit.shape),
        position_size=position * env.terms.lot_step,
        position_avg_price=average_price_of(account),
        equity=equity_of(account, bar["close"], env),
        net_profit=stats.net_profit,
        open_profit=profit,
        gross_profit=stats.gross_profit,
        gross_loss=stats.gross_loss,
        n_open_trades=n_lots_of(account),
        n_closed_trades=stats.n_trades,
        n_wins=stats.n_wins,
        n_losses=stats.n_losses,
        n_even=stats.n_trades - stats.n_wins - stats.n_losses,
        bars_since_entry=jnp.where(position != 0, age, jnp.nan),
        bars_since_exit=jnp.where(account.last_exit_bar >= 0, since, jnp.nan),
        max_contracts_held=blank if account.held is None else account.held * env.terms.lot_step,
        max_drawdown=blank if swings is None else swings.fall,
        max_runup=blank if swings is None else swings.rise,
    )


def open_trades_of(account: Account, bar: dict[str, Any], env: Env) -> list[OpenTrade]:
    """The open lots as the body reads them, oldest first."""
    lots = account.lots
    profit = lots.qty * (bar["close"] - lots.price) * env.terms.unit - jnp.abs(lots.qty) * lots.fee
    columns = [jnp.where(lots.qty != 0, x, jnp.nan) for x in (lots.qty * env.terms.lot_step, lots.price, lots.bar, profit)]
    return [OpenTrade(*(x[i] for x in columns)) for i in range(len(lots))]


def closed_trades_of(account: Account, env: Env) -> list[ClosedTrade]:
    """The latest closed trades as the body reads them, latest first."""
    out = []
    for t in account.recent:
        there = lambda x, t=t: jnp.where(t.size != 0, x, jnp.nan)  # noqa: E731
        size = there(t.size * env.terms.lot_step)
        out.append(ClosedTrade(size, there(t.entry_price), there(t.entry_bar), there(t.exit_price), there(t.exit_bar), there(t.profit)))
    return out


def after_script(account: Account, book: Book, commands: Sequence[Command], bar: dict[str, Any], env: Env) -> tuple[Account, Book]:
    """Carry out the script's commands; market orders fill at the next open, or here where orders are processed on close."""
    rare = [c for c in commands if is_rare(c)]
    tickets = tickets_of(commands, env)
    asked = any_lane(_any_when(rare)) if rare else jnp.asarray(False)

    def trade(state: tuple[Account, Book]) -> tuple[Account, Book]:
        book, slips, _ = take_orders(*state, commands, bar, env)
        return fill_market(state[0], book, slips, tickets, bar, env)

    def fill(state: tuple[Account, Book, Slips]) -> tuple[Account, Book, Slips]:
        return (*fill_market(*state, tickets, bar, env), state[2])

    if env.spec.exits:
        book, slips = _command(account, book, commands, asked, bar, env)
        if rare:
            account, book, _ = where_asked(asked, fill, (account, book, slips))
    elif rare:
        account, book = where_asked(asked, trade, (account, book))
    if env.config.process_orders_on_close and legs_of(env):
        close = bar["close"]
        touched = any_lane(may_touch(account, book, close, close, env, calls_margin=False))
        point = bar | {"open": close, "high": close, "low": close}
        walk = lambda s: walk_bar(s[0], s[1], point_path(close), point, env, calls_margin=False)  # noqa: E731
        account, book = where_asked(touched, walk, (account, book))
    return account, book


def _any_when(commands: Sequence[Command]) -> Any:
    asked = jnp.asarray(False)
    for c in commands:
        asked |= c.when
    return asked


def _command(account: Account, book: Book, commands: Sequence[Command], asked: Any, bar: dict[str, Any], env: Env) -> tuple[Book, Slips]:
    """All commands but the market fills. Brackets re-issued on every bar are written outside any gate; others where a lane asks."""
    pending, slips = pending_entries(book, env), no_slips(commands, account, env)
    # On the quiet side no lane asks, so the masks themselves say "nobody".
    made: tuple[Any, ...] = tuple(c.when for c in commands if isinstance(c, Entry))
    if any(is_rare(c) for c in commands):
        book, slips, made = where_asked(asked, lambda s: take_orders(account, s[0], commands, bar, env), (book, slips, made))

    def write(b: Book) -> Book:
        return place_exits(account, b, commands, pending, made, bar, env)

    placing = [c for c in commands if concerns_exits(c, env)]
    if any(isinstance(c, Exit) and c.always for c in placing):
        return write(book), slips
    return where_asked(any_lane(_any_when(placing)), write, book), slips
