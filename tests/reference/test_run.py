"""Whole runs: variables, higher timeframes, no look-ahead, cash."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinejax.broker.config import BrokerConfig
from pinejax.core import inputs
from pinejax.core.inputs import Strategy
from pinejax.core.orders import LONG, SHORT
from pinejax.errors import StrategyError
from pinejax.testing.reference import make_feed, run

QUARTER_HOUR_MS = 900_000


def walk(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A random walk on the tick grid, with gaps."""
    rng = np.random.default_rng(seed)
    close = 10_000 + np.cumsum(rng.integers(-60, 61, n))
    open_ = np.roll(close, 1) + rng.integers(-20, 21, n)
    open_[0] = 10_000
    high = np.maximum(open_, close) + rng.integers(0, 40, n)
    low = np.minimum(open_, close) - rng.integers(0, 40, n)
    prices = np.stack([open_, high, low, close], axis=1) / 100
    return np.arange(n) * QUARTER_HOUR_MS, np.column_stack([prices, rng.integers(0, 100, n).astype(float)])


class Everything(Strategy):
    """All kinds of orders at once."""

    fast = inputs.input.int(3, low=2, high=10)
    slow = inputs.input.int(8, low=2, high=30)

    def on_bar(self, ctx):
        ta, broker, close = ctx.ta, ctx.broker, ctx.bar.close
        f, s, a = ta.ema(close, self.fast), ta.sma(close, self.slow), ta.atr(5)
        hourly = ctx.htf(lambda bar, ta: ta.sma(bar.close, 2))
        up, down = ta.crossover(f, s), ta.crossunder(f, s)
        broker.entry("L", LONG, when=up & (close > hourly))
        broker.entry("S", SHORT, stop=ctx.bar.low - a / 4, when=down)
        broker.exit("X", "L", stop=close - 2 * a, limit=close + 3 * a, qty_rate=0.5, when=up)
        broker.exit("Y", "L", trail_ticks=50, trail_offset_ticks=20)
        broker.exit("Z", "S", profit_ticks=80, loss_ticks=60)
        broker.close_all(when=broker.bars_since_entry > 20)


@pytest.mark.slow
@settings(deadline=None, max_examples=8)
@given(seed=st.integers(0, 10_000), cut=st.integers(20, 199), pyramiding=st.integers(1, 3), leverage=st.sampled_from((1.0, 4.0)))
def test_a_prefix_of_the_bars_gives_a_prefix_of_the_fills(seed: int, cut: int, pyramiding: int, leverage: float) -> None:
    time, ohlcv = walk(200, seed)
    config = BrokerConfig(pyramiding=pyramiding, leverage=leverage, size=0.8)
    whole = run(Everything, {}, make_feed(time, ohlcv, "15m@1h"), config)
    part = run(Everything, {}, make_feed(time[:cut], ohlcv[:cut], "15m@1h"), config)
    assert part.fills == tuple(f for f in whole.fills if f.bar < cut)
    assert (part.equity == whole.equity[:cut]).all()


@pytest.mark.slow
@settings(deadline=None, max_examples=8)
@given(seed=st.integers(0, 10_000), on_close=st.booleans(), kind=st.sampled_from(("percent", "cash_per_order", "cash_per_contract")))
def test_cash_is_conserved(seed: int, on_close: bool, kind: str) -> None:
    """Cash flows of the fills, less commission, give the final equity."""
    time, ohlcv = walk(200, seed)
    config = BrokerConfig(pyramiding=2, commission_type=kind, commission=0.001, slippage_ticks=1, process_orders_on_close=on_close)
    result = run(Everything, {}, make_feed(time, ohlcv, "15m@1h"), config)
    qty = np.array([f.steps for f in result.fills]) * 0.0001
    cash = config.initial_capital - sum(q * f.price for q, f in zip(qty, result.fills, strict=True)) - result.commission_paid
    final = config.initial_capital + result.net_profit + result.open_profit
    assert cash + qty.sum() * ohlcv[-1, 3] == pytest.approx(final)
    assert on_close or result.equity[-1] == pytest.approx(final)  # fills at the last close come after its equity
    assert result.net_profit == pytest.approx(sum(t.pnl for t in result.trades if not t.is_open))
    assert on_close or result.position[-1] == pytest.approx(qty.sum())
    assert sum(t.commission for t in result.trades) == pytest.approx(result.commission_paid)


def test_parameters_change_the_run() -> None:
    feed = make_feed(*walk(300, 1), "15m@1h")
    assert run(Everything, {"fast": 9}, feed, BrokerConfig()).fills != run(Everything, {}, feed, BrokerConfig()).fills


class SeesHigherBars(Strategy):
    """Keeps what it saw on each bar."""

    def on_bar(self, ctx):
        self.values.setdefault("seen", []).append(
            (float(ctx.htf(lambda bar, ta: bar.close)), float(ctx.htf(lambda bar, ta: bar.close, gaps=True)))
        )


def test_htf_values_show_from_the_bar_that_completes_them() -> None:
    time, ohlcv = walk(9, 2)
    seen: list = []

    class Sees(SeesHigherBars):
        def on_bar(self, ctx):
            self.values["seen"] = seen
            super().on_bar(ctx)

    run(Sees, {}, make_feed(time, ohlcv, "15m@1h"), BrokerConfig())
    held, gaps = (np.array(column) for column in zip(*seen, strict=True))
    first, second = ohlcv[3, 3], ohlcv[7, 3]
    np.testing.assert_array_equal(held, [np.nan] * 3 + [first] * 4 + [second] * 2)
    np.testing.assert_array_equal(gaps, [np.nan] * 3 + [first] + [np.nan] * 3 + [second] + [np.nan])


def test_htf_bar_whose_last_part_is_missing_is_complete_on_the_first_later_bar() -> None:
    time, ohlcv = walk(9, 3)
    keep = np.array([0, 1, 2, 4, 5, 6, 7, 8])
    feed = make_feed(time[keep], ohlcv[keep], "15m@1h")
    assert feed.htf_complete.tolist() == [False, False, False, True, False, False, True, False]
    assert feed.htf.close[3] == ohlcv[2, 3]


class RemembersNothing(Strategy):
    """Buys after a rising close, told by histories of 0 and 1 executions ago."""

    def on_bar(self, ctx):
        rises = ctx.history(ctx.bar.close, 0) > ctx.history(ctx.bar.close, 1)
        ctx.broker.entry("L", LONG, qty=1.0, when=rises)


def test_history_of_no_executions_ago_is_the_value_itself() -> None:
    time, ohlcv = walk(30, 5)
    rises = int(np.argmax(np.diff(ohlcv[:, 3]) > 0)) + 1
    result = run(RemembersNothing, {}, make_feed(time, ohlcv), BrokerConfig(initial_capital=1e6))
    assert result.fills[0].bar == rises + 1


@pytest.mark.parametrize("n", [-1, 1.5])
def test_history_wants_a_whole_number(n: float) -> None:
    class Wrong(Strategy):
        def on_bar(self, ctx):
            ctx.history(ctx.bar.close, n)

    with pytest.raises(StrategyError, match="whole number from 0"):
        run(Wrong, {}, make_feed(*walk(8, 4)), BrokerConfig())


class Counts(Strategy):
    """A variable set under a mask."""

    def on_bar(self, ctx):
        n = ctx.var(0)
        with ctx.when(ctx.bar.index % 2 == 0):
            n.set(n.value + 1)
        ctx.broker.entry("L", LONG, qty=n.value, when=ctx.bar.index == 4)


def test_variables_keep_their_value_where_the_mask_is_false() -> None:
    result = run(Counts, {}, make_feed(*walk(8, 4)), BrokerConfig(initial_capital=1e6))
    assert result.position[-1] == pytest.approx(3.0)


def test_open_position_is_listed_at_the_last_close() -> None:
    feed = make_feed(*walk(8, 4))
    trade = run(Counts, {}, feed, BrokerConfig(initial_capital=1e6, commission=0.0)).trades[-1]
    assert trade.is_open
    assert (trade.exit_bar, trade.exit_price) == (7, feed.ltf.close[-1])


def test_position_and_equity_are_those_of_the_close() -> None:
    feed = make_feed(*walk(8, 4))
    config = dataclasses.replace(BrokerConfig(initial_capital=1e6), commission=0.0)
    result = run(Counts, {}, feed, config)
    assert result.equity[5] == pytest.approx(1e6 + 3 * (feed.ltf.close[5] - feed.ltf.open[5]))
