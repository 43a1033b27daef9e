"""What a body sees: HTF values, masked call sites, variables and history, read out bar by bar."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pinejax.broker.config import BrokerConfig
from pinejax.core.feed import Feed, Instrument
from pinejax.core.inputs import Strategy, input
from pinejax.core.orders import LONG
from pinejax.engine.config import EngineConfig
from pinejax.engine.engine import Engine
from pinejax.ops import isnan, where
from pinejax.testing.reference import make_feed

N = 40
SHIFT = 1000.0
BROKER = BrokerConfig(
    initial_capital=1e12, size_type="fixed", size=1.0, commission_type="cash_per_contract", commission=1.0, leverage=1e6, liquidation=False
)


@pytest.fixture(scope="module")
def feed() -> Feed:
    """Close is 10 times the bar's index; four bars make one of the HTF."""
    close = 10.0 * np.arange(1, N + 1)
    ohlcv = np.column_stack([close, close, close, close, np.ones(N)])
    return make_feed(np.arange(N, dtype=np.int64) * 3_600_000, ohlcv, "1h@4h", instrument=Instrument(0.01, 0.0001))


def observe(feed: Feed, body: Callable[[Any], Any]) -> list[float | None]:
    """A body's value on every bar but the last: lane k buys that many contracts on bar k and pays 1 for each. None for na."""

    class Observed(Strategy):
        k = input.int(0, low=0, high=N - 2)

        def on_bar(self, ctx: Any) -> None:
            value = body(ctx)
            ctx.broker.entry("L", LONG, when=ctx.bar.index == self.k, qty=where(isnan(value), 0.0, value + SHIFT))

    engine = Engine(Observed, [feed], BROKER, Observed.inputs, EngineConfig(n_threads=1))
    paid = [float(e.metrics["commission_paid"][0]) for e in engine.evaluate([{"k": k} for k in range(N - 1)])]
    return [None if p == 0 else round(p - SHIFT, 6) for p in paid]


def test_an_htf_value_appears_on_the_bar_that_completes_its_bar(feed: Feed) -> None:
    seen = observe(feed, lambda ctx: ctx.htf(lambda bar, ta: bar.close))
    assert seen == [None if k < 3 else 10.0 * ((k + 1) // 4 * 4) for k in range(N - 1)]


def test_history_inside_an_htf_body_counts_htf_bars(feed: Feed) -> None:
    seen = observe(feed, lambda ctx: ctx.htf(lambda bar, ta: ta.sma(bar.close, 2)))
    assert seen == [None if k < 7 else 10.0 * ((k + 1) // 4 * 4 - 2) for k in range(N - 1)]


def test_a_masked_call_site_keeps_its_state(feed: Feed) -> None:
    def body(ctx: Any) -> Any:
        with ctx.when(ctx.bar.index % 3 == 0):
            return ctx.history(ctx.bar.close)

    seen = observe(feed, body)
    assert [seen[k] for k in range(0, N - 1, 3)] == [None, *(10.0 * (k - 2) for k in range(3, N - 1, 3))]


def test_a_variable_keeps_its_value_where_the_mask_is_false(feed: Feed) -> None:
    def body(ctx: Any) -> Any:
        count = ctx.var(5.0)
        with ctx.when(ctx.bar.index % 2 == 1):
            count.set(count.value + 1.0)
        return count.value

    assert observe(feed, body) == [5.0 + (k + 1) // 2 for k in range(N - 1)]


def test_history_is_na_before_the_first_bar_and_nests(feed: Feed) -> None:
    seen = observe(feed, lambda ctx: ctx.history(ctx.history(ctx.bar.close, 2)))
    assert seen == [None if k < 3 else 10.0 * (k - 2) for k in range(N - 1)]


def test_history_of_no_executions_ago_is_the_value_itself(feed: Feed) -> None:
    seen = observe(feed, lambda ctx: sum(ctx.history(ctx.bar.close, i) for i in range(2)))
    assert seen == [None, *(10.0 * (k + 1) + 10.0 * k for k in range(1, N - 1))]
