"""A strategy's body traced on one bar: its parameters, its context, its commands. Not the loop, nor words for mistakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from pinejax.broker.commands import Command
from pinejax.broker.readings import ClosedTrade, OpenTrade, Readings
from pinejax.broker.recorder import Broker
from pinejax.core.bounded import Bounded
from pinejax.core.inputs import Input, Strategy
from pinejax.engine import rows as R
from pinejax.engine.bar import BarView
from pinejax.engine.context import Context
from pinejax.engine.sites import Sites
from pinejax.ta import Ta


def blank(number: Any, flag: Any, lanes: int) -> tuple[BarView, Readings]:
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
