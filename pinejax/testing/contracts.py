"""What every strategy must hold, as checks for any test: `check_strategy(MyStrategy, example_feed())`. Not the engine's own tests."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from pinejax.broker.config import BrokerConfig
from pinejax.core.feed import Bars, Feed
from pinejax.core.inputs import Input, Params, Strategy, Value
from pinejax.core.status import OK
from pinejax.core.trade import TradeRecord
from pinejax.engine.config import EngineConfig
from pinejax.engine.engine import Engine
from pinejax.engine.program import discover
from pinejax.testing.reference import make_feed, run

MINUTE_MS = 60_000
# More than one block of 64, so that a batch fills blocks of different company.
N_PARAMETER_SETS = 70
# What is a number however little was traded; ratios and means over trades are NaN or infinite without any.
ALWAYS_FINITE = (
    "net_profit", "open_profit", "total_assets", "total_return", "max_drawdown", "n_trades", "exposure", "n_liquidations",
    "max_consecutive_losses", "commission_paid",
)  # fmt: skip


def check_strategy(strategy: type[Strategy], feed: Feed, broker: BrokerConfig | None = None, seed: int = 0) -> None:
    """Every check below on one feed. Errors: AssertionError with what does not hold; StrategyError where the body cannot be traced."""
    broker = broker or BrokerConfig(size=0.5)
    check_inputs(strategy)
    engine = Engine(strategy, [feed, shortened(feed)], broker, strategy.inputs, EngineConfig(n_threads=1))
    check_switches(strategy, broker)
    rng = np.random.default_rng(seed)
    drawn = (random_parameters(strategy.inputs, rng) for _ in range(N_PARAMETER_SETS - 1))
    batch = [strategy.complete(p) for p in (strategy.defaults(), *drawn)]
    check_batches(engine, batch)
    check_no_look_ahead(engine, strategy.complete({}))
    check_reference(engine, batch)


def check_inputs(strategy: type[Strategy]) -> None:
    """The strategy declares inputs; numbers have finite bounds that hold their default, and earlier inputs alone decide activity."""
    assert strategy.inputs, f"{strategy.__name__} declares no inputs: there is nothing to search"
    for name, item in strategy.inputs.items():
        if item.kind in ("int", "float"):
            assert item.low is not None and item.high is not None, f"{name} has no bounds"
            low, default, high = float(item.low), float(item.default), float(item.high)
            assert math.isfinite(low) and math.isfinite(high) and low <= default <= high, f"{name}: default {default} outside {low}..{high}"
    earlier: dict[str, Value] = {}
    for name, item in strategy.inputs.items():
        item.is_active(earlier)  # raises where it looks at a later input
        earlier[name] = item.default
    assert strategy.complete({}) == strategy.defaults(), "the defaults are not a complete parameter set"


def check_switches(strategy: type[Strategy], broker: BrokerConfig) -> None:
    """The body can be traced with all switches searched, and with each one pinned on and off."""
    discover(strategy, strategy.inputs, broker, "float64", 64)
    for name, item in strategy.inputs.items():
        if item.kind == "bool":
            for value in (True, False):
                discover(strategy, {**strategy.inputs, name: pinned(item, value)}, broker, "float64", 64)


def check_batches(engine: Engine, batch: Sequence[Params]) -> None:
    """A parameter set's numbers depend neither on its company nor on its place; they are finite; the first set (the defaults) trades."""
    together = engine.evaluate(batch)
    backwards = engine.evaluate(batch[::-1])[::-1]
    for i, (one, other) in enumerate(zip(together, backwards, strict=True)):
        _assert_equal(one.metrics, other.metrics, f"parameter set {i} in a batch turned round")
    for i in (0, len(batch) // 2, len(batch) - 1):
        (alone,) = engine.evaluate([batch[i]])
        _assert_equal(together[i].metrics, alone.metrics, f"parameter set {i} on its own")
    for i, result in enumerate(together):
        for name in ALWAYS_FINITE:
            assert np.isfinite(result.metrics[name][result.status == OK]).all(), f"{name} of parameter set {i} is no number"
    assert together[0].metrics["n_trades"][0] >= 1, "the defaults never trade on this feed"


def check_no_look_ahead(engine: Engine, params: Params) -> None:
    """With the feed and a shortened one as datasets: what happened before the cut is the same, and the sweep was told the same numbers."""
    whole, part = engine.detail(params, 0), engine.detail(params, 1)
    cut = len(part.feed)
    np.testing.assert_array_equal(whole.equity[:cut], part.equity, err_msg="equity before the cut depends on bars after it")
    closed = [t for t in part.trades if t.exit_signal != "Open"]
    assert tuple(closed) == whole.trades[: len(closed)], "trades before the cut depend on bars after it"
    (swept,) = engine.evaluate([params])
    for dataset, detail in enumerate((whole, part)):
        _assert_equal({n: v[dataset] for n, v in swept.metrics.items()}, detail.metrics, "the detail run")


def check_reference(engine: Engine, batch: Sequence[Params], n: int = 3) -> int:
    """The engine's trades on its first dataset equal the slow reference's: for the first set of a batch and the n that trade most.

    Returns how many trades were compared.
    """
    n_trades = [result.metrics["n_trades"][0] for result in engine.evaluate(batch)]
    compared = 0
    for i in dict.fromkeys((0, *np.argsort(n_trades)[-n:])):
        params, feed = batch[i], engine.feeds[0]
        ours, theirs = engine.detail(params).trades, run(engine.strategy, params, feed, engine.broker).trades
        said = f"{engine.strategy.__name__} with {dict(params)} does not trade as the reference does"
        assert [_place(t) for t in ours] == [_place(t) for t in theirs], said
        np.testing.assert_allclose([t.pnl for t in ours], [t.pnl for t in theirs], rtol=1e-7, atol=1e-6, err_msg=said)
        compared += len(ours)
    return compared


def random_parameters(inputs: Mapping[str, Input], rng: np.random.Generator) -> dict[str, Value]:
    """One value per input, active or not, uniform over its range and on its step."""
    out: dict[str, Value] = {}
    for name, item in inputs.items():
        if item.kind == "bool" or item.kind == "choice":
            options = item.options or (False, True)
            out[name] = options[int(rng.integers(len(options)))]
        else:
            assert item.low is not None and item.high is not None
            if item.step:
                value = item.low + item.step * int(rng.integers(int((item.high - item.low) / item.step + 1e-9) + 1))
            else:
                value = float(rng.uniform(item.low, item.high))
            out[name] = int(value) if item.kind == "int" else min(value, item.high)
    return out


def pinned(item: Input, value: Value) -> Input:
    """An input that a search would not touch."""
    if item.kind in ("bool", "choice"):
        return replace(item, default=value, options=(value,))
    return replace(item, default=value, low=float(value), high=float(value))


def shortened(feed: Feed) -> Feed:
    """A feed without its last bars: few enough that both share one compiled program."""
    cut = len(feed) - len(feed) // 16
    part = [Bars(**{name: getattr(bars, name)[:cut] for name in Bars.__dataclass_fields__}) for bars in (feed.ltf, feed.htf)]
    rate = None if feed.rate is None else feed.rate[:cut]
    return replace(feed, ltf=part[0], htf=part[1], htf_complete=feed.htf_complete[:cut], rate=rate)


def example_feed(n: int = 2_000, seed: int = 0, timeframe: str = "15m@1h") -> Feed:
    """Synthetic bars with trends, swings and quiet stretches, on a 0.01 grid, so that strategies of every kind find something."""
    rng = np.random.default_rng(seed)
    t = np.arange(n)
    swings = 0.03 * np.sin(t / 37.0) + 0.012 * np.sin(t / 9.0)
    loud = 0.0015 * (1.0 + 0.8 * np.sin(t / 211.0))
    price = np.round(1_000.0 * np.exp(swings + np.cumsum(rng.normal(size=n) * loud)), 2)
    start = np.concatenate([price[:1], price[:-1]])
    high = np.round(np.maximum(start, price) + rng.exponential(0.8, n), 2)
    low = np.round(np.minimum(start, price) - rng.exponential(0.8, n), 2)
    bars = np.stack([start, high, low, price, np.round(rng.exponential(100.0, n), 2)], axis=1)
    return make_feed(t.astype(np.int64) * 15 * MINUTE_MS, bars, timeframe, symbol="SYNTHETIC")


def _place(trade: TradeRecord) -> tuple:
    return trade.direction, trade.entry_bar, trade.exit_bar, trade.exit_signal


def _assert_equal(one: Mapping, other: Mapping, who: str) -> None:
    for name, value in one.items():
        np.testing.assert_array_equal(value, other[name], err_msg=f"{name} differs for {who}")
