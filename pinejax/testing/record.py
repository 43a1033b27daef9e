"""What a piece of a strategy's body computes, bar by bar: on the engine's context and on the slow reference's. No orders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from pinejax.broker.config import BrokerConfig
from pinejax.core.bounded import Bounded
from pinejax.core.feed import Bars, Feed
from pinejax.core.timeframe import TimeframePair
from pinejax.engine import rows as R
from pinejax.engine.context import Context
from pinejax.engine.sites import Sites
from pinejax.ta import Ta
from pinejax.testing.reference.api import BrokerApi
from pinejax.testing.reference.broker import Broker
from pinejax.testing.reference.script import Context as ReferenceContext

# A recording runs once over few bars: compiling it well would take longer than running it badly.
QUICK = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}

Body = Callable[[Any, Any], Mapping[str, Any]]


@dataclass(frozen=True)
class Lengths:
    """A parameter of a recorded body: one value per lane, and the bounds that a strategy would declare."""

    values: tuple[float, ...]
    low: float
    high: float


_NONE = {"nothing": Lengths((0.0,), 0.0, 0.0)}


def record(body: Body, bars: Bars | Feed, params: Mapping[str, Lengths] | None = None) -> dict[str, np.ndarray]:
    """`body(ctx, params)` on every bar, on the engine: name -> `[bars, lanes]`. Every lane sees the same bars.

    Bars alone are 15m bars without an HTF. Without params there is one lane.
    """
    feed, params = _feed(bars), params or _NONE
    jax.config.update("jax_enable_x64", True)
    lanes, dtype = len(next(iter(params.values())).values), np.dtype(np.float64)
    values = {name: np.asarray(p.values, np.int32 if all(v == int(v) for v in p.values) else dtype) for name, p in params.items()}

    def trace(sites: Sites, values: Mapping[str, Any], bar: Any) -> dict[str, Any]:
        bounded = SimpleNamespace(**{name: Bounded(values[name], p.low, p.high) for name, p in params.items()})
        found = body(Context(sites, bar, Ta), bounded)
        return {name: jnp.broadcast_to(jnp.asarray(value), (lanes,)) for name, value in found.items()}

    known, columns = Sites("discover", dtype, lanes), {}

    def discover(values: Mapping[str, Any], number: Any, flag: Any) -> Any:
        bar = R.blank_bar(number, flag)
        found = trace(known, values, bar)
        columns.update(bar.columns.known)
        return found

    jax.eval_shape(discover, values, np.zeros(()), np.zeros((), bool))

    def run(values: Mapping[str, Any], rows: Any) -> dict[str, Any]:
        prologue = Sites("prologue", dtype, lanes)
        trace(prologue, values, R.blank_bar(jnp.zeros(()), jnp.asarray(False)))

        def step(state: tuple, row: tuple[Any, Any]) -> tuple[tuple, dict[str, Any]]:
            sites = Sites("step", dtype, lanes, read=state, constants=tuple(prologue.hoisted))
            found = trace(sites, values, R.bar_of(*row, columns))
            return tuple(sites.written), found

        return jax.lax.scan(step, tuple(known.initial), (rows, jnp.arange(len(feed), dtype=jnp.int32)))[1]

    rows = R.rows_of(feed, "float64", columns).values[: len(feed)]
    return {name: np.asarray(column) for name, column in jax.jit(run, compiler_options=QUICK)(values, rows).items()}


def record_reference(body: Body, bars: Bars | Feed, params: Mapping[str, Lengths] | None = None) -> dict[str, np.ndarray]:
    """The same from the slow reference, lane by lane: name -> `[bars, lanes]`."""
    feed, params, lanes = _feed(bars), params or _NONE, []
    for lane in range(len(next(iter(params.values())).values)):
        values = SimpleNamespace(**{name: np.asarray(p.values[lane])[()] for name, p in params.items()})
        ctx, rows = ReferenceContext(feed, partial(BrokerApi, Broker(BrokerConfig(), feed.instrument))), []
        with np.errstate(all="ignore"):
            for i in range(len(feed)):
                ctx.begin(i)
                rows.append(dict(body(ctx, values)))
        lanes.append({name: np.array([row[name] for row in rows], float) for name in rows[0]})
    return {name: np.stack([lane[name] for lane in lanes], axis=1) for name in lanes[0]}


def _feed(bars: Bars | Feed) -> Feed:
    return bars if isinstance(bars, Feed) else Feed("TEST", TimeframePair.parse("15m"), bars, bars, np.ones(len(bars), bool))
