"""One order program on both engines, lane by lane and trade by trade. What the programs are: `programs`."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np

from pinejax.broker.config import BrokerConfig
from pinejax.core.feed import Feed
from pinejax.core.status import OVERFLOW
from pinejax.core.trade import TradeRecord
from pinejax.testing.reference import ReferenceResult, run
from tests.properties.markets import SCALES, random_feed, with_rate
from tests.properties.programs import Program, make_strategy, random_params
from tests.properties.story import story

RELATIVE = 1e-9
# Contracts of tiny prices come in larger steps, or there would be too many.
FINE_TICK, COARSE_LOT = 1e-6, 0.05
# Sizes of more lot steps than this lie so near to the last bits of a double that flooring them may differ by a step.
MOST_STEPS = 10**10
EXACT_FIELDS = ("direction", "entry_id", "entry_signal", "entry_bar", "exit_signal", "exit_bar")
CLOSE_FIELDS = ("entry_price", "exit_price", "qty", "pnl", "commission", "mfe", "mae")


@dataclass(frozen=True)
class Case:
    """A program, its broker, and seeds for bars and lanes. zone: of the exchange; has_rate: the account has another currency."""

    program: Program
    broker: BrokerConfig
    seed: int
    n_bars: int = 300
    n_feeds: int = 2
    lanes: int = 16
    zone: str = "UTC"
    has_rate: bool = False

    def feeds(self) -> list[Feed]:
        """Datasets of different price scales."""
        rng = np.random.default_rng(self.seed)
        out = []
        for _ in range(self.n_feeds):
            scale, step, value = int(rng.integers(0, 6)), float(rng.choice([0.0001, 0.01])), float(rng.choice([1.0, 1.0, 10.0]))
            if SCALES[scale][0] < FINE_TICK:
                step = max(step, COARSE_LOT)
            feed = random_feed(rng, self.n_bars, scale, step, value, self.zone)
            out.append(with_rate(rng, feed) if self.has_rate else feed)
        return out

    def params(self, feed: Feed) -> list[dict[str, Any]]:
        """The lanes' numbers on a dataset."""
        rng = np.random.default_rng(self.seed + 1)
        return [random_params(rng, self.program, feed.instrument.tick_size) for _ in range(self.lanes)]


def reference_results(case: Case) -> list[list[ReferenceResult]]:
    """Per dataset and lane. Runs where nothing checks types."""
    strategy = make_strategy(case.program)
    return [[run(strategy, p, feed, case.broker) for p in case.params(feed)] for feed in case.feeds()]


def compare(case: Case, workers: Executor, lanes: int = 64) -> int:
    """Compare every lane on every dataset; the number of trades compared. AssertionError tells the first difference in full.

    The engine's lanes run in one mixed block, rotated so that each one is recorded once.
    """
    from pinejax.engine.config import EngineConfig
    from pinejax.engine.detail import record_first
    from pinejax.engine.engine import Engine

    waiting = workers.submit(reference_results, case)
    strategy, feeds = make_strategy(case.program), case.feeds()
    engine = Engine(strategy, feeds, case.broker, strategy.inputs, EngineConfig(n_threads=1, block=lanes))
    found = []
    for d, feed in enumerate(feeds):
        batch = case.params(feed)
        found.append([record_first(engine, [*batch[i:], *batch[:i]], d) for i in range(len(batch))])
    n = 0
    for d, (feed, expected) in enumerate(zip(feeds, waiting.result(), strict=True)):
        for lane, (ours, theirs) in enumerate(zip(found[d], expected, strict=True)):
            if ours.status == OVERFLOW or max((abs(f.steps) for f in theirs.fills), default=0) > MOST_STEPS:
                continue
            first, problem = first_difference(ours.trades, theirs.trades)
            if problem := problem or curve_difference(ours, theirs):
                told = story(case, feed, case.params(feed)[lane], problem, ours.trades, theirs.trades, first)
                raise AssertionError(f"dataset {d}, lane {lane}\n{told}")
            n += len(theirs.trades)
    return n


def first_difference(ours: Sequence[TradeRecord], theirs: Sequence[TradeRecord]) -> tuple[int, str]:
    """The first trade that differs and how; without one the number of trades and an empty text."""
    for i, (a, b) in enumerate(zip(ours, theirs, strict=False)):
        fields = [f for f in EXACT_FIELDS if getattr(a, f) != getattr(b, f)] + [f for f in CLOSE_FIELDS if not _close(a, b, f)]
        if fields:
            return i, f"trade {i} differs in {fields}"
    shorter = min(len(ours), len(theirs))
    return shorter, "" if len(ours) == len(theirs) else f"{len(ours)} trades, expected {len(theirs)}"


def _close(a: TradeRecord, b: TradeRecord, field: str) -> bool:
    # Money is a difference of two values of the position: that is what its rounding errors are relative to.
    worth = abs(b.qty * b.entry_price * 10.0) if field in ("pnl", "mfe", "mae", "commission") else 0.0
    x, y = getattr(a, field), getattr(b, field)
    return abs(x - y) <= RELATIVE * max(abs(y), worth * 1e-3)


def curve_difference(ours: Any, theirs: ReferenceResult) -> str:
    """Equity bar by bar, and the sums that a sweep reports."""
    scale = np.maximum.accumulate(np.maximum(np.abs(theirs.equity), 1.0))
    off = np.flatnonzero(~(np.abs(ours.equity - theirs.equity) <= RELATIVE * scale))
    if off.size:
        i = int(off[0])
        return f"equity differs from bar {i} on: engine {ours.equity[i]!r}, reference {theirs.equity[i]!r}"
    for name, value in expected_metrics(theirs).items():
        if not abs(ours.metrics[name] - value) <= RELATIVE * max(scale[-1], abs(value)):
            return f"{name}: engine {ours.metrics[name]!r}, reference {value!r}"
    return ""


def expected_metrics(result: ReferenceResult) -> dict[str, float]:
    """Metrics straight from the reference's trades."""
    closed = [t for t in result.trades if not t.is_open]
    streak = longest = 0
    for t in closed:
        streak = streak + 1 if t.pnl < 0 else 0
        longest = max(longest, streak)
    out = {
        "net_profit": result.net_profit, "open_profit": result.open_profit, "n_trades": float(len(closed)),
        "n_liquidations": float(result.n_liquidations), "commission_paid": result.commission_paid,
        "exposure": float(np.mean(result.position != 0)),
    }  # fmt: skip
    if closed:
        out["avg_hold_bars"] = float(np.mean([t.exit_bar - t.entry_bar for t in closed]))
    if not any(0 < abs(t.pnl) < 1e-9 for t in closed):  # a loss of rounding errors counts on one side only
        out["max_consecutive_losses"] = float(longest)
    return out
