"""One strategy, traced once and compiled for a block of lanes: discovery of its call sites and orders, and the loop over bars."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from pinejax.broker.account import Account, Terms, position_of
from pinejax.broker.book import Book, BookSpec, book_spec, new_book
from pinejax.broker.commands import Command
from pinejax.broker.config import BrokerConfig
from pinejax.broker.env import Env
from pinejax.broker.place import signal_names
from pinejax.broker.readings import ClosedTrade, OpenTrade, Readings
from pinejax.broker.recorder import Broker
from pinejax.broker.risk import broken_signals, closing_commands, is_locked, judge
from pinejax.broker.step import after_script, before_script, closed_trades_of, initial_account, mark_swings, open_trades_of, readings_of
from pinejax.core.bounded import Bounded
from pinejax.core.inputs import Input, Strategy
from pinejax.core.pytree import pytree
from pinejax.engine import rows as R
from pinejax.engine.bar import BarView
from pinejax.engine.columns import Column
from pinejax.engine.context import Context
from pinejax.engine.onefunction import ONE_FUNCTION_OPTIONS, as_one_function
from pinejax.engine.sites import Sites
from pinejax.errors import PinejaxError, StrategyError
from pinejax.metrics.track import Track, mark, new_track
from pinejax.ta import Ta


@pytree
class State:
    """Everything a block carries from bar to bar. equity_log: closes of lane 0 in a detail run, else None."""

    sites: tuple
    account: Account
    book: Book
    track: Track
    equity_log: Any


@pytree
class Window:
    """Which bars a block runs over, as traced scalars. start: first bar fed (indicators are cold); trade_from: first bar on
    which orders are taken; stop: the first bar after the window. Orders of bar stop - 1 find no next open.
    """

    start: Any
    trade_from: Any
    stop: Any


@pytree
class Constants:
    """What does not change from bar to bar: parameters `[lanes]`, what call sites hoisted from them, the broker's numbers, the window."""

    params: dict[str, Any]
    hoisted: tuple
    terms: Terms
    window: Window


@dataclass(frozen=True)
class Program:
    """A traced strategy. static: pinned switches; inputs: bounds of the traced parameters; longest: the largest length of its
    indicators in LTF bars; htf_longest: in bars of each higher series; columns: what it asks of a bar beyond prices."""

    strategy: type[Strategy]
    inputs: Mapping[str, Input]
    static: Mapping[str, bool]
    broker: BrokerConfig
    dtype: str
    lanes: int
    spec: BookSpec
    commands: tuple[Command, ...]
    initial_sites: tuple
    lane_axes: Any
    longest: int
    htf_longest: Mapping[str, int]
    columns: Mapping[Column, int]

    def initial(self, log_rows: int = 0, equity_rows: int = 0) -> State:
        """The state before the first bar, as NumPy arrays."""
        dtype = np.dtype(self.dtype)
        return State(
            self.initial_sites,
            initial_account(self.spec, self.broker, self.lanes, dtype, log_rows),
            new_book(self.spec, self.commands, self.lanes, dtype),
            new_track(self.lanes, self.broker.initial_capital, dtype),
            np.zeros(equity_rows, dtype) if equity_rows else None,
        )

    def signals(self) -> tuple[str, ...]:
        """The text of each signal code in a log."""
        return signal_names(self.commands, Env(self.spec, self.broker, Terms(*(0.0,) * 11)))


def discover(strategy: type[Strategy], inputs: Mapping[str, Input], broker: BrokerConfig, dtype: str, lanes: int) -> Program:
    """Trace the body once, without computing anything, to learn its call sites and orders.

    Errors: StrategyError with the user's own line for whatever the body raises.
    """
    static = {name: bool(i.options[0]) for name, i in inputs.items() if i.kind == "bool" and len(i.options) == 1}
    found = _trace_once(strategy, inputs, static, broker, dtype, lanes)
    wider = _trace_once(strategy, inputs, static, broker, dtype, lanes + 1)
    axes = jax.tree.map(_lane_axis, found["sites"], wider["sites"])
    spec = book_spec(found["commands"], broker, found["wants"])
    return Program(
        strategy,
        dict(inputs),
        static,
        broker,
        dtype,
        lanes,
        spec,
        tuple(found["commands"]),
        found["sites"],
        axes,
        found["longest"],
        found["htf_longest"],
        found["columns"],
    )


def _lane_axis(a: Any, b: Any) -> int:
    """The axis of a state array that grows with the number of lanes, -1 if it is shared by them."""
    return next((i for i, (m, n) in enumerate(zip(np.shape(a), np.shape(b), strict=True)) if m != n), -1)


def _trace_once(
    strategy: type[Strategy], inputs: Mapping[str, Input], static: Mapping[str, bool], broker: BrokerConfig, dtype: str, lanes: int
) -> dict[str, Any]:
    found: dict[str, Any] = {}

    def body(params: Any, number: Any, flag: Any) -> Any:
        sites = Sites("discover", np.dtype(dtype), lanes)
        commands, ctx = run_body(strategy, inputs, static, params, sites, *_blank(number, flag, lanes))
        commands = [*closing_commands([jnp.zeros(lanes, bool)] * len(broken_signals(broker.risk)), broker), *commands]
        found.update(
            sites=tuple(sites.initial), commands=commands, wants=ctx.broker.wants, longest=sites.longest, htf_longest=ctx.htf_longest,
            columns=ctx.bar.columns.known,
        )  # fmt: skip
        return jnp.zeros(())

    shapes = {n: jax.ShapeDtypeStruct((lanes,), _kind(i, dtype)) for n, i in inputs.items() if n not in static}
    try:
        jax.eval_shape(body, shapes, jax.ShapeDtypeStruct((), np.dtype(dtype)), jax.ShapeDtypeStruct((), np.dtype(bool)))
    except PinejaxError as error:
        line = _users_line(strategy, error)
        if not line:
            raise
        raise type(error)(f"{error}\n  {line}") from error
    except Exception as error:
        raise _users_error(strategy, error) from error
    return found


def _users_line(strategy: type[Strategy], error: Exception) -> str:
    """Where in the strategy's own file an exception passed, as `file:line: code`; empty if nowhere."""
    path = inspect.getsourcefile(strategy)
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == path]
    return f"{frames[-1].filename}:{frames[-1].lineno}: {frames[-1].line}" if frames else ""


def _users_error(strategy: type[Strategy], error: Exception) -> StrategyError:
    """The body's exception, told by the user's own line."""
    where = _users_line(strategy, error) or "on_bar"
    branched = isinstance(error, (jax.errors.TracerBoolConversionError, jax.errors.ConcretizationTypeError))
    if branched or "truth value of an array" in str(error):
        what = (
            "a Python `if`, `and`, `or`, `not` or `int()` on a value that differs from lane to lane. "
            "Use where(...), &, |, ~ or ctx.when(...)."
        )
    else:
        what = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
    return StrategyError(f"{strategy.__name__}.on_bar could not be traced.\n  {where}\n  {what}")


def _kind(item: Input, dtype: str) -> Any:
    if item.kind == "bool":
        return np.dtype(bool)
    if item.kind == "int" or (item.kind == "choice" and isinstance(item.options[0], str)):
        return np.dtype(np.int32)
    return np.dtype(dtype)


def _blank(number: Any, flag: Any, lanes: int) -> tuple[BarView, Readings]:
    """Bars and readings without meaning, of the right shapes, for tracings whose values are thrown away."""
    lane = jnp.broadcast_to(number, (lanes,))
    return R.blank_bar(number, flag), Readings(*(lane,) * len(Readings.__dataclass_fields__))


def run_body(
    strategy: type[Strategy], inputs: Mapping[str, Input], static: Mapping[str, bool], params: Mapping[str, Any], sites: Sites,
    bar: BarView, readings: Readings, open_trades: Sequence[OpenTrade] | None = None, closed_trades: Sequence[ClosedTrade] | None = None,
) -> tuple[list[Command], Context]:  # fmt: skip
    """Trace `on_bar` on one bar; its commands and the context with the state of its call sites."""
    values: dict[str, Any] = {}
    for name, item in inputs.items():
        if name in static:
            values[name] = np.bool_(static[name])
        else:
            declared = strategy.inputs[name]
            texts = tuple(o for o in declared.options if isinstance(o, str))
            values[name] = Bounded(params[name], *_bounds(item, declared), texts)
    broker = Broker(readings, open_trades, closed_trades)
    ctx = Context(sites, bar, Ta, broker)
    broker.attach(ctx)
    strategy(values).on_bar(ctx)
    return broker.commands, ctx


def _bounds(item: Input, declared: Input) -> tuple[float, float]:
    """The interval of a traced parameter's values; a text option is its index among the declared ones."""
    if item.kind == "bool":
        return 0, 1
    if item.kind == "choice":
        numbers = [declared.options.index(o) if isinstance(o, str) else float(o) for o in item.options]
        return min(numbers), max(numbers)
    assert item.low is not None and item.high is not None
    return item.low, item.high


def hoist(program: Program, params: Mapping[str, Any]) -> list:
    """The per-lane constants of the body's call sites: a tracing on blank bars, of which only these are kept."""
    sites = Sites("prologue", np.dtype(program.dtype), program.lanes)
    number = jnp.zeros((), np.dtype(program.dtype))
    run_body(program.strategy, program.inputs, program.static, params, sites, *_blank(number, jnp.asarray(False), program.lanes))
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
    account = mark_swings(account, readings_of(account, bar, env).equity)
    readings = readings_of(account, bar, env)
    account, broken = judge(account, readings.equity, day, row[R.NEW_DAY] > 0, program.broker)
    last = t + 1 >= window.stop
    track = mark(state.track, readings.equity, position_of(account) != 0, (row[R.DAY_ENDS] > 0) & ~last)

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
