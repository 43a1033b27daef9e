"""One strategy traced once for a block of lanes: its call sites, its orders, the state it carries. The loop over bars is `loop`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from pinejax.broker.account import Account, Terms
from pinejax.broker.book import Book, BookSpec, book_spec, new_book
from pinejax.broker.commands import Command
from pinejax.broker.config import BrokerConfig
from pinejax.broker.env import Env
from pinejax.broker.risk import broken_signals, closing_commands
from pinejax.broker.slips import signal_names
from pinejax.broker.step import initial_account
from pinejax.core.inputs import Input, Strategy
from pinejax.core.pytree import pytree
from pinejax.core.window import Window as Window
from pinejax.engine.body import blank, run_body
from pinejax.engine.columns import PAIR, Column
from pinejax.engine.mistakes import check_comparisons, users_error, users_line
from pinejax.engine.sites import Sites
from pinejax.errors import PinejaxError
from pinejax.metrics.track import Track, new_track


@pytree
class State:
    """Everything a block carries from bar to bar. equity_log: closes of lane 0 in a detail run, else None."""

    sites: tuple
    account: Account
    book: Book
    track: Track
    equity_log: Any


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

    @property
    def uses_pair(self) -> bool:
        """Whether the body looks at the HTF of the dataset's own pair."""
        return PAIR in self.htf_longest

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
    check_comparisons(strategy)
    static = {name: bool(i.options[0]) for name, i in inputs.items() if i.kind == "bool" and len(i.options) == 1}
    found = _trace_once(strategy, inputs, static, broker, dtype, lanes)
    # Without a lane, an index into a value's lanes is an error: it would give every parameter set one set's value.
    without = _trace_once(strategy, inputs, static, broker, dtype, 0)
    axes = jax.tree.map(_lane_axis, found["sites"], without["sites"])
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
    """The axis of a state array that goes with the number of lanes, -1 if it is shared by them."""
    return next((i for i, (m, n) in enumerate(zip(np.shape(a), np.shape(b), strict=True)) if m != n), -1)


def _trace_once(
    strategy: type[Strategy], inputs: Mapping[str, Input], static: Mapping[str, bool], broker: BrokerConfig, dtype: str, lanes: int
) -> dict[str, Any]:
    found: dict[str, Any] = {}

    def body(params: Any, number: Any, flag: Any) -> Any:
        sites = Sites("discover", np.dtype(dtype), lanes)
        commands, ctx = run_body(strategy, inputs, static, params, sites, *blank(number, flag, lanes))
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
        line = users_line(strategy, error)
        if not line:
            raise
        raise type(error)(f"{error}\n  {line}") from error
    except Exception as error:
        raise users_error(strategy, error) from error
    return found


def _kind(item: Input, dtype: str) -> Any:
    if item.kind == "bool":
        return np.dtype(bool)
    if item.kind == "int" or (item.kind == "choice" and isinstance(item.options[0], str)):
        return np.dtype(np.int32)
    return np.dtype(dtype)
