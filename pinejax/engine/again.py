"""An engine's compiled program on other bars, windows of them, or with other broker numbers. Nothing here traces or compiles."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import fields, replace
from typing import Any

import jax

from pinejax.broker.config import BrokerConfig
from pinejax.core.feed import Feed
from pinejax.engine.engine import Engine, Timings, check_windows, terms_of
from pinejax.engine.program import Window
from pinejax.engine.rows import rows_of
from pinejax.engine.runner import Job
from pinejax.errors import ConfigError, DataError

NUMBERS = frozenset({"initial_capital", "size", "commission", "slippage_ticks", "leverage", "limit_verify_ticks"})
"""Of a broker: what `terms_of` reads, and with it the first state of an account. Everything else is compiled in, and two of these by
whether they matter at all: a limit that is verified by no tick, a position that no margin call can reach since it is paid for in full."""


def engine_on(
    engine: Engine, feeds: Sequence[Feed] | None = None, windows: Sequence[Window] | None = None, broker: BrokerConfig | None = None
) -> Engine:
    """An engine with the results, to the last bit, of a new one on these feeds, windows and broker; with timings of its own.

    What is None stays as it is, so new feeds need as many as the windows are, if there are windows; `windows=()` is every bar of each feed.
    The engine is compiled first if it is not yet. Native code serves every length of bars; XLA compiles, for both engines, once for each
    new padded length (`pinejax.engine.rows.bucket_of`). Errors: ConfigError where the broker differs in what is compiled in, or feeds in
    whether money is converted; DataError for no feeds, for a window that its feed does not have, for too few bars.
    """
    engine.warm_up()
    feeds = list(engine.feeds if feeds is None else feeds)
    broker = engine.broker if broker is None else broker
    _require_same_code(engine, feeds, broker)
    other = copy(engine)
    other.feeds, other.windows, other.broker = feeds, engine.windows if windows is None else windows, broker
    check_windows(other.feeds, other.windows)
    other.timings, other.plan = Timings(), ""
    other._terms = [terms_of(broker, feed, engine.config.dtype) for feed in feeds]
    program = engine.program if broker == engine.broker else replace(engine.program, broker=broker)
    other._check_lengths(program)
    packed = {id(feed): rows for feed, rows in zip(engine.feeds, engine._rows, strict=True)}
    for feed in feeds:
        if id(feed) not in packed:
            packed[id(feed)] = rows_of(feed, program.dtype, program.columns).values
    job = Job(program, [packed[id(feed)] for feed in feeds], other._terms, [other.window(d) for d in range(len(feeds))])
    other.runner = engine.runner.on(job)
    other._take(job)
    return other


def _require_same_code(engine: Engine, feeds: Sequence[Feed], broker: BrokerConfig) -> None:
    """Errors: DataError for no feeds; ConfigError for what would need another program."""
    if not feeds:
        raise DataError("expected at least one dataset, got none.")
    asked, known = _compiled_in(broker), _compiled_in(engine.broker)
    names = [name for name in known if asked[name] != known[name]]
    if names:
        said = ", ".join(f"broker.{n}={getattr(broker, n)!r} instead of {getattr(engine.broker, n)!r}" for n in names)
        raise ConfigError(
            f"{said}: expected a broker that differs in its numbers alone ({', '.join(sorted(NUMBERS))}; limit_verify_ticks not from "
            "or to 0, leverage not across 1), since the rest is compiled into the program. Make a new Engine."
        )
    kind = jax.tree.structure(engine._terms[0])
    for feed, terms in ((f, terms_of(broker, f, engine.config.dtype)) for f in feeds):
        if jax.tree.structure(terms) != kind:
            has = "none" if feed.rate is None else "a rate of the account's currency"
            raise ConfigError(f"{feed.name}: expected feeds that all convert money or none, as the engine's own do, found {has}.")


def _compiled_in(broker: BrokerConfig) -> dict[str, Any]:
    """What another program would be needed for."""
    fixed = {f.name: getattr(broker, f.name) for f in fields(BrokerConfig) if f.name not in NUMBERS}
    return {**fixed, "limit_verify_ticks": broker.limit_verify_ticks > 0, "leverage": broker.liquidation and broker.leverage > 1.0}
