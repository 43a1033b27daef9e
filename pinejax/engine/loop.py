"""What happens on one bar, and the compiled loop over the bars of a segment. What is traced once is `program`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from pinejax.broker.account import Terms, position_of
from pinejax.broker.env import Env
from pinejax.broker.margin import equity_of
from pinejax.broker.risk import closing_commands, is_locked, judge
from pinejax.broker.step import after_script, before_script, closed_trades_of, mark_swings, open_trades_of, readings_of
from pinejax.core.pytree import pytree
from pinejax.engine import rows as R
from pinejax.engine.body import blank, run_body
from pinejax.engine.onefunction import ONE_FUNCTION_OPTIONS, as_one_function
from pinejax.engine.program import Program, State, Window
from pinejax.engine.sites import Sites
from pinejax.metrics.track import mark


@pytree
class Constants:
    """What does not change from bar to bar: parameters `[lanes]`, what call sites hoisted from them, the broker's numbers, the window."""

    params: dict[str, Any]
    hoisted: tuple
    terms: Terms
    window: Window


def hoist(program: Program, params: Mapping[str, Any]) -> list:
    """The per-lane constants of the body's call sites: a tracing on blank bars, of which only these are kept."""
    sites = Sites("prologue", np.dtype(program.dtype), program.lanes)
    number = jnp.zeros((), np.dtype(program.dtype))
    run_body(program.strategy, program.inputs, program.static, params, sites, *blank(number, jnp.asarray(False), program.lanes))
    return sites.hoisted


def bar_step(t: Any, state: State, program: Program, rows: Any, constants: Constants) -> State:
    """One bar for a block of lanes: orders against its path, the mark, the script, its commands. The body of the loop."""
    window = constants.window
    row = lax.dynamic_index_in_dim(rows, t, keepdims=False)
    upcoming = lax.dynamic_index_in_dim(rows, t + 1, keepdims=False)
    terms, fill_terms = (constants.terms.at_rate(r[R.RATE]) for r in (row, upcoming))
    env = Env(program.spec, program.broker, terms)
    day, fill_day = (r[R.TRADING_DAY].astype(jnp.int32) for r in (row, upcoming))
    bar = {
        "open": row[R.OPEN], "high": row[R.HIGH], "low": row[R.LOW], "close": row[R.CLOSE], "index": t,
        "fill_price": upcoming[R.OPEN], "fill_index": t + 1, "can_fill": t + 1 < window.stop,
        "terms": terms, "fill_terms": fill_terms, "day": day, "fill_day": fill_day,
    }  # fmt: skip
    account, book = before_script(state.account, state.book, bar, env)
    account = mark_swings(account, equity_of(account, bar["close"], env))
    readings = readings_of(account, bar, env)
    account, broken = judge(account, readings.equity, day, row[R.NEW_DAY] > 0, program.broker)
    last = t + 1 >= window.stop
    day_ends = (row[R.DAY_ENDS] > 0) & (t >= window.trade_from) & ~last  # the days of a warm-up are none of the account's
    track = mark(state.track, readings.equity, position_of(account) != 0, day_ends)

    view = R.bar_of(row, t - window.start, program.columns)
    sites = Sites("step", np.dtype(program.dtype), program.lanes, read=state.sites, constants=constants.hoisted)
    trades = open_trades_of(account, bar, env), closed_trades_of(account, env)
    commands, _ = run_body(program.strategy, program.inputs, program.static, constants.params, sites, view, readings, *trades)
    obeys = (t >= window.trade_from) & ~is_locked(account, day)
    commands = [*closing_commands(broken, program.broker), *(replace(c, when=c.when & obeys) for c in commands)]
    account, book = after_script(account, book, commands, bar, env)
    log = state.equity_log
    if log is not None:
        log = lax.dynamic_update_slice(log, readings.equity[:1], (t % log.shape[0],))
    return State(tuple(sites.written), account, book, track, log)


def loop(program: Program, rows: Any, state: State, constants: Constants, begin: Any, end: Any) -> State:
    """Bars begin..end of the window, begin and end being a segment of it."""
    return lax.fori_loop(begin, end, lambda t, s: bar_step(t, s, program, rows, constants), state)


def compiled(program: Program, one_function: bool) -> Callable[..., State]:
    """The jitted segment runner `(state, rows, params, terms, window, begin, end) -> state`; the state is donated.

    one_function: compile the loop into one native function (`pinejax.engine.onefunction` decides whether that may be).
    """

    def outer(state: State, rows: Any, params: Any, terms: Terms, window: Window, begin: Any, end: Any) -> State:
        constants = Constants(params, tuple(hoist(program, params)), terms, window)
        run = as_one_function(partial(loop, program), program.lanes) if one_function else partial(loop, program)
        return run(rows, state, constants, begin, end)

    return jax.jit(outer, donate_argnums=0, compiler_options=ONE_FUNCTION_OPTIONS if one_function else None)
