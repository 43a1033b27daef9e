"""What the benchmarks run on: bars of a random walk, and parameter sets drawn at random. Not what is run: `strategies` and `peers`."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pinejax.broker.config import BrokerConfig
from pinejax.core.feed import Bars, Feed
from pinejax.core.inputs import Input, Strategy, Value
from pinejax.core.timeframe import TimeframePair

QUARTER_HOUR_MS = 900_000
BARS_PER_HOUR = 4


def walk(n: int) -> Feed:
    """n bars of 15 minutes of a random walk on a grid of cents."""
    bars = _bars(n)
    return Feed("WALK", TimeframePair.parse("15m"), bars, bars, np.ones(n, bool))


def hourly_walk(n: int) -> Feed:
    """The same bars with the hours that they make as the higher timeframe."""
    bars, last = _bars(n), np.arange(n) % BARS_PER_HOUR == BARS_PER_HOUR - 1
    hours = n // BARS_PER_HOUR
    cut = {name: getattr(bars, name)[: hours * BARS_PER_HOUR].reshape(hours, BARS_PER_HOUR) for name in Bars.__dataclass_fields__}
    made = {"time": cut["time"][:, 0], "open": cut["open"][:, 0], "high": cut["high"].max(1), "low": cut["low"].min(1)}
    made |= {"close": cut["close"][:, -1], "volume": cut["volume"].sum(1)}
    aligned = {name: np.full(n, 0 if name == "time" else np.nan, x.dtype) for name, x in made.items()}
    for name, x in made.items():
        aligned[name][last] = x
    return Feed("WALK", TimeframePair.parse("15m@1h"), bars, Bars(**aligned), last)


def _bars(n: int) -> Bars:
    rng = np.random.default_rng(0)
    close = np.round(2_000 * np.exp(np.cumsum(rng.normal(size=n) * 2e-3)), 2)
    open_ = np.r_[close[0], close[:-1]]
    high = np.round(np.maximum(open_, close) + rng.exponential(2, n), 2)
    low = np.round(np.minimum(open_, close) - rng.exponential(2, n), 2)
    assert low.min() > 0
    return Bars(np.arange(n, dtype=np.int64) * QUARTER_HOUR_MS, open_, high, low, close, np.ones(n))


def draw_sets(strategy: type[Strategy], n: int, fixed: Mapping[str, Value] | None = None) -> list[dict[str, Value]]:
    """n parameter sets from the whole declared space but for what is `fixed`, the same for every run."""
    rng = random.Random(7)
    drawn = ({name: _draw(item, rng) for name, item in strategy.inputs.items()} for _ in range(n))
    return [strategy.complete(values | dict(fixed or {})) for values in drawn]


def _draw(item: Input, rng: random.Random) -> Value:
    if item.kind == "bool":
        return rng.random() < 0.5
    if item.kind == "choice":
        return rng.choice(item.options)
    assert item.low is not None and item.high is not None
    if item.kind == "int":
        return rng.randint(int(item.low), int(item.high))
    return rng.uniform(item.low, item.high)


@dataclass(frozen=True)
class Terms:
    """The broker's numbers as a peer needs them. unit: account currency per lot step and 1.0 of price; slip: price a slipped fill pays."""

    capital: float
    size: float
    commission: float
    slip: float
    unit: float


@dataclass(frozen=True, eq=False)
class Task:
    """One measurement as a peer sees it: bars and lanes as plain arrays. What is sorted, blocked or converted is the peer's business."""

    style: str
    bars: Bars
    fast: np.ndarray
    slow: np.ndarray
    atr_len: np.ndarray
    mult: np.ndarray
    terms: Terms

    @property
    def lane_bars(self) -> int:
        """Bars times parameter sets."""
        return len(self.bars) * len(self.fast)


@dataclass(frozen=True, eq=False)
class Outcome:
    """What two programs must agree on, per lane."""

    n_trades: np.ndarray
    net_profit: np.ndarray
    max_drawdown: np.ndarray


def task_of(style: str, feed: Feed, sets: Sequence[Mapping[str, Value]], broker: BrokerConfig) -> Task:
    """The same work for a peer. Only what the peers know: percent of equity, percent commission, one contract size."""
    assert broker.size_type == "percent_of_equity" and broker.commission_type == "percent"
    tool = feed.instrument
    assert (tool.tick_size, tool.lot_step, tool.point_value) == (0.01, 0.0001, 1.0), "the peers' grid"
    terms = Terms(
        broker.initial_capital,
        broker.size,
        broker.commission,
        broker.slippage_ticks * tool.tick_size,
        tool.lot_step * tool.point_value,
    )

    def column(name: str, kind: type, default: float) -> np.ndarray:
        return np.array([s.get(name, default) for s in sets], kind)

    fast, slow, atr_len = (column(name, np.int64, 0) for name in ("fast", "slow", "atr_len"))
    return Task(style, feed.ltf, fast, slow, atr_len, column("mult", np.float64, 0.0), terms)
