"""A late body's orders are the prompt body's, so many bars later, and nothing else is late."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

from pinejax.broker.config import BrokerConfig
from pinejax.broker.recorder import Broker
from pinejax.core.feed import Feed, Instrument
from pinejax.core.inputs import Strategy
from pinejax.core.orders import LONG, SHORT
from pinejax.core.trade import TradeRecord
from pinejax.engine.config import EngineConfig
from pinejax.engine.engine import Engine
from pinejax.errors import StrategyError
from pinejax.judge.late import FIXED, NUMBERS, ORDERS, READINGS, late
from pinejax.native.machine import is_available
from pinejax.testing.reference import make_feed

HOUR = 3_600_000
NATIVE = pytest.mark.skipif(not is_available(), reason="llvmlite is not installed")
BACKENDS = ["xla", pytest.param("native", marks=NATIVE)]
COSTLESS = BrokerConfig(initial_capital=100_000.0, size_type="fixed", size=1.0, commission=0.0)


def bars(n: int, dips: dict[int, float] | None = None) -> Feed:
    """Bars that open and close at 100.0, 100.1, ... 100.4 by turns, with a point of range on either side; dips: lower lows by bar."""
    price = 100.0 + np.arange(n) % 5 / 10
    low = price - 1.0
    for at, value in (dips or {}).items():
        low[at] = value
    rows = np.column_stack([price, price + 1.0, low, price, np.ones(n)])
    return make_feed(np.arange(n, dtype=np.int64) * HOUR, rows, "1h", instrument=Instrument(0.01, 0.1, 1.0))


def trades(strategy: type[Strategy], feed: Feed, backend: str = "auto") -> list[TradeRecord]:
    config = EngineConfig(n_threads=1, block=16, backend=backend)  # type: ignore[arg-type]
    found = Engine(strategy, [feed], COSTLESS, strategy.inputs, config).detail({})
    return sorted(found.trades, key=lambda t: (t.entry_bar, t.entry_id))


def market(ctx: Any, at: Any, past: Any) -> None:
    ctx.broker.entry("L", LONG, at == 5, qty=2.0)
    ctx.broker.close("L", at == 8, qty_rate=0.5)
    ctx.broker.close_all(at == 10)


def limit(ctx: Any, at: Any, past: Any) -> None:
    close = ctx.bar.close
    ctx.broker.entry("L", LONG, at == 21, limit=past(close - 0.5), qty=past(close - 99.0))
    ctx.broker.exit("take", "L", at == 24, limit=past(close + 0.3))


def stop(ctx: Any, at: Any, past: Any) -> None:
    close = ctx.bar.close
    ctx.broker.entry("S", SHORT, at == 31, stop=past(close - 0.4), comment="down")
    ctx.broker.exit("cover", "S", when=at >= 33, stop=past(close + 0.7), trail_ticks=20, trail_offset_ticks=past(close - 90))


def raw(ctx: Any, at: Any, past: Any) -> None:
    ctx.broker.order("S", SHORT, at == 41, qty=1.0)
    ctx.broker.close("S", at == 44, immediately=True)


def cancel(ctx: Any, at: Any, past: Any) -> None:
    ctx.broker.entry("L", LONG, at == 60, limit=90.0)
    ctx.broker.cancel("L", at == 62)


def cancel_all(ctx: Any, at: Any, past: Any) -> None:
    ctx.broker.entry("L", LONG, at == 70, limit=90.0)
    ctx.broker.cancel_all(at == 72)


def masked(ctx: Any, at: Any, past: Any) -> None:
    """On every third odd bar; a call under a mask counts its own executions, which are not bars."""
    index, close = ctx.bar.index, ctx.bar.close
    odd, third = index % 2 == 1, index % 3 == 0
    ctx.broker.close_all(at % 6 == 4)
    if past is not prompt:
        ctx.broker.entry("L", LONG, past(odd & third), limit=past(close - 0.2))
        return
    with ctx.when(odd):
        ctx.broker.entry("L", LONG, third, limit=close - 0.2)


def prompt(x: Any) -> Any:
    return x


@cache
def body(orders: Callable[..., None], shift: int = 0) -> type[Strategy]:
    """A strategy of these orders; made `shift` bars late by hand."""

    class Body(Strategy):
        def on_bar(self, ctx: Any) -> None:
            orders(ctx, ctx.bar.index - shift, (lambda x: ctx.history(x, shift)) if shift else prompt)

    return Body


@cache
def both(orders: Callable[..., None]) -> tuple[list[TradeRecord], list[TradeRecord]]:
    """Trades of the prompt body and of the late one."""
    return trades(body(orders), bars(110, DIPS)), trades(late(body(orders), 1), bars(110, DIPS))


DIPS = {63: 85.0, 73: 85.0}
"""After the bar at whose close what waits at 90 is cancelled."""
ALL = [masked, *(pytest.param(orders, marks=pytest.mark.slow) for orders in (market, limit, stop, raw, cancel, cancel_all))]


def test_market_orders_and_closes_come_one_bar_later() -> None:
    rows = [[(t.entry_bar, t.exit_bar, t.qty) for t in found] for found in both(market)]
    assert rows == [[(6, 9, 1.0), (6, 11, 1.0)], [(7, 10, 1.0), (7, 12, 1.0)]]


@pytest.mark.slow
def test_raw_orders_and_closes_at_once_come_one_bar_later() -> None:
    rows = [[(t.entry_bar, t.exit_bar) for t in found] for found in both(raw)]
    assert rows == [[(42, 44)], [(43, 45)]]


@pytest.mark.slow
def test_limits_and_brackets_come_one_bar_later_at_the_prices_and_sizes_they_were_made_with() -> None:
    # Made at the close of bar 21, 100.1; a limit at 99.6 is touched by every bar. Its exit is made at 100.4, for 100.7.
    rows = [[(t.entry_bar, t.entry_price, t.qty, t.exit_bar, t.exit_price) for t in found] for found in both(limit)]
    assert rows == [[(22, 99.6, 1.1, 25, 100.7)], [(23, 99.6, 1.1, 26, 100.7)]]


@pytest.mark.slow
def test_stops_come_one_bar_later() -> None:
    rows = [[(t.entry_bar, t.entry_price, t.entry_signal) for t in found] for found in both(stop)]
    assert rows == [[(32, 99.7, "down")], [(33, 99.7, "down")]]


@pytest.mark.slow
@pytest.mark.parametrize("orders", [cancel, cancel_all])
def test_a_cancel_that_comes_one_bar_later_comes_after_the_fall(orders: Callable[..., None]) -> None:
    assert [[(t.entry_bar, t.entry_price) for t in found] for found in both(orders)] == [[], [((orders is cancel and 63) or 73, 90.0)]]


@pytest.mark.parametrize("orders", ALL)
def test_it_is_the_body_that_one_would_write_by_hand(orders: Callable[..., None]) -> None:
    made = trades(late(body(orders), 1), bars(110, DIPS))
    assert made and made == trades(body(orders, 1), bars(110, DIPS))


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_both_backends_make_it_late(backend: str) -> None:
    assert trades(late(body(masked), 2), bars(110, DIPS), backend) == trades(body(masked, 2), bars(110, DIPS), backend)


@pytest.mark.slow
def test_none_late_is_the_body_itself() -> None:
    assert trades(late(body(limit), 0), bars(110, DIPS)) == both(limit)[0]


class Leaves(Strategy):
    """Sells as soon as it sees a position."""

    def on_bar(self, ctx: Any) -> None:
        ctx.broker.entry("L", LONG, ctx.bar.index == 5)
        with ctx.when(ctx.broker.position_size > 0):
            ctx.broker.close("L")


def test_readings_are_current() -> None:
    prompt, delayed = (trades(s, bars(20)) for s in (Leaves, late(Leaves, 1)))
    assert [(t.entry_bar, t.exit_bar) for t in prompt] == [(6, 7)]
    # Filled on bar 7, seen at its close, sold by an order of bar 8 on bar 9.
    assert [(t.entry_bar, t.exit_bar) for t in delayed] == [(7, 9)]


def test_every_order_call_and_argument_of_the_broker_is_known() -> None:
    names = {name for name in vars(Broker) if not name.startswith("_")} - {"attach"}
    assert names == (ORDERS | READINGS) & names and names >= ORDERS
    for name in ORDERS:
        arguments = set(inspect.signature(getattr(Broker, name)).parameters) - {"self", "when"}
        assert arguments <= NUMBERS | FIXED, name
    assert NUMBERS.isdisjoint(FIXED)


def test_a_call_that_it_does_not_know_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Scales(Strategy):
        def on_bar(self, ctx: Any) -> None:
            ctx.broker.scale_out("L")

    monkeypatch.setattr(Broker, "scale_out", lambda self, id: None, raising=False)
    with pytest.raises(StrategyError, match=r"broker\.scale_out: it is not known how to make it late"):
        trades(late(Scales, 1), bars(20))


def test_a_name_that_no_broker_has_is_refused_as_ever() -> None:
    class Mistaken(Strategy):
        def on_bar(self, ctx: Any) -> None:
            ctx.broker.entry("L", LONG, ctx.broker.position > 0)

    with pytest.raises(StrategyError, match="broker has no 'position'"):
        trades(late(Mistaken, 1), bars(20))
