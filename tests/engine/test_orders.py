"""Raw orders, groups, comments and readings of trades on the engine. Bars and results by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pinejax.broker.config import BrokerConfig, RiskRules
from pinejax.core.feed import Feed, Instrument
from pinejax.core.inputs import Strategy
from pinejax.core.orders import LONG, SHORT
from pinejax.core.status import OVERFLOW
from pinejax.engine.config import EngineConfig
from pinejax.engine.detail import Detail
from pinejax.engine.engine import Engine
from pinejax.errors import StrategyError
from pinejax.ops import where
from pinejax.testing.reference import make_feed, run

HOUR = 3_600_000
COSTLESS = {"initial_capital": 1_000.0, "size_type": "fixed", "size": 1.0, "commission": 0.0}


def feed(*ohlc: tuple[float, float, float, float]) -> Feed:
    prices = np.column_stack([np.array(ohlc), np.ones(len(ohlc))])
    return make_feed(np.arange(len(ohlc), dtype=np.int64) * HOUR, prices, "1h", instrument=Instrument(0.01, 0.1, 1.0))


def detail(strategy: type[Strategy], bars: Feed, **broker: Any) -> Detail:
    return Engine(strategy, [bars], BrokerConfig(**COSTLESS | broker), strategy.inputs, EngineConfig(n_threads=1, block=16)).detail({})


FLAT = (100.0, 100.0, 100.0, 100.0)
RISES = (100.0, 112.0, 100.0, 110.0)
FALLS = (110.0, 110.0, 93.0, 95.0)


class Grouped(Strategy):
    """One long contract; a raw limit of 3 and a raw stop of 2 against it in one group that reduces."""

    def on_bar(self, ctx: Any) -> None:
        broker, at = ctx.broker, ctx.bar.index
        broker.entry("L", LONG, at == 0, comment="in")
        broker.order("TP", SHORT, at == 1, qty=3.0, limit=105.0, oca_name="g", oca_type="reduce", comment="out")
        broker.order("SL", SHORT, at == 1, qty=4.0, stop=95.0, oca_name="g", oca_type="reduce")


def test_a_raw_order_flips_the_position_and_shrinks_its_group() -> None:
    trades = detail(Grouped, feed(FLAT, FLAT, RISES, FALLS, FLAT)).trades
    # 3 sold at 105: one closes the long, two open a short; the stop shrinks to 1 and adds a contract at 95.
    rows = [(t.direction, t.entry_signal, t.entry_price, t.exit_signal, t.exit_price, t.qty) for t in trades]
    assert rows == [(1, "in", 100.0, "out", 105.0, 1.0), (-1, "out", 105.0, "Open", 100.0, 2.0), (-1, "SL", 95.0, "Open", 100.0, 1.0)]


class Remembers(Strategy):
    """Two lots of different ids, closed one after the other; enters again, sized by what it reads of its trades."""

    def on_bar(self, ctx: Any) -> None:
        broker, at = ctx.broker, ctx.bar.index
        oldest, latest, before = broker.open_trade(0), broker.closed_trade(), broker.closed_trade(1)
        broker.entry("A", LONG, at == 0)
        broker.entry("B", LONG, at == 1, qty=2.0)
        broker.close("B", at == 2, comment="b out")
        size = where(at == 3, (oldest.entry_price + oldest.profit) / 1_000, (latest.profit + before.profit) / 10)
        broker.entry("C", LONG, (at == 3) | (at == 5), qty=size)
        broker.close_all(at == 4)


def test_a_body_reads_its_open_and_closed_trades() -> None:
    bars = feed(FLAT, FLAT, RISES, (110.0, 110.0, 110.0, 110.0), (120.0, 120.0, 120.0, 120.0), (120.0, 120.0, 120.0, 120.0), FLAT, FLAT)
    trades = detail(Remembers, bars, pyramiding=3, close_entries_rule="ANY").trades
    rows = [(t.entry_id, t.entry_bar, t.qty, t.exit_signal, t.exit_bar, t.exit_price) for t in trades]
    assert rows == [
        ("B", 2, 2.0, "b out", 3, 110.0),
        # At bar 3 the oldest open trade is A, bought at 100 and 10 ahead: C has 0.11 contracts, 0.1 on the lot grid.
        ("A", 1, 1.0, "Close position order", 5, 120.0),
        ("C", 4, 0.1, "Close position order", 5, 120.0),
        # The latest two are C (bought and sold at 120: 0) and A (20): 2 contracts.
        ("C", 6, 2.0, "Open", 7, 100.0),
    ]


def test_raw_orders_without_end_stop_their_lane() -> None:
    class Piles(Strategy):
        def on_bar(self, ctx: Any) -> None:
            ctx.broker.order("more", LONG, qty=0.1)

    assert detail(Piles, feed(*[FLAT] * 12)).status == OVERFLOW
    assert detail(Piles, feed(*[FLAT] * 12), max_lots=20).status == 0


@pytest.mark.parametrize(
    ("first", "second", "what"),
    [
        ({"comment": "a"}, {"comment": "b"}, "comment"),
        ({"oca_name": "g", "oca_type": "cancel"}, {}, "oca_name"),
        ({}, {"raw": True}, r"broker\.entry or broker\.order"),
    ],
)
def test_calls_of_one_id_must_agree(first: dict, second: dict, what: str) -> None:
    class Disagrees(Strategy):
        def on_bar(self, ctx: Any) -> None:
            for more in (first, second):
                call = ctx.broker.order if more.get("raw") else ctx.broker.entry
                call("L", LONG, **{k: v for k, v in more.items() if k != "raw"})

    with pytest.raises(StrategyError, match=rf"expected one {what}.*'L'.*another id"):
        detail(Disagrees, feed(FLAT, FLAT, FLAT))


class Unbound(Strategy):
    """An exit for all entries, placed in a long that a short then turns."""

    def on_bar(self, ctx: Any) -> None:
        broker, at = ctx.broker, ctx.bar.index
        broker.entry("A", LONG, at == 0)
        broker.exit("x", when=at == 1, stop=95.0, limit=130.0)
        broker.entry("B", SHORT, at == 2)


def test_an_exit_for_all_entries_ends_with_its_position() -> None:
    # 95 would be a buy stop that the short's first price is beyond.
    trades = detail(Unbound, feed(*[FLAT] * 6)).trades
    assert [(t.entry_id, t.exit_signal, t.exit_bar) for t in trades] == [("A", "B", 3), ("B", "Open", 5)]
    assert [t.entry_id for t in run(Unbound, {}, feed(*[FLAT] * 6), BrokerConfig(**COSTLESS)).trades] == ["A", "B"]


class LastFill(Strategy):
    """Uses the day's two fills up with a close at once, while an order waits for the next open."""

    def on_bar(self, ctx: Any) -> None:
        broker, at = ctx.broker, ctx.bar.index
        broker.entry("L", LONG, at == 0)
        broker.close("L", at == 1, immediately=True)
        broker.entry("S", SHORT, at == 1)


def test_a_used_up_day_drops_the_orders_for_the_next_day_too() -> None:
    bars = feed(*[FLAT] * 5)
    bars = replace(bars, ltf=replace(bars.ltf, time=bars.ltf.time + 22 * HOUR))
    risk = RiskRules(max_intraday_filled_orders=2)
    assert [(t.entry_id, t.exit_bar) for t in detail(LastFill, bars, risk=risk).trades] == [("L", 1)]
    assert [t.entry_id for t in run(LastFill, {}, bars, BrokerConfig(**COSTLESS, risk=risk)).trades] == ["L"]


def test_of_two_rules_broken_at_one_close_the_first_is_named() -> None:
    class Holds(Strategy):
        def on_bar(self, ctx: Any) -> None:
            ctx.broker.entry("L", LONG, ctx.bar.index == 0)

    risk = RiskRules(max_drawdown=0.02, max_intraday_loss=0.02)
    trades = detail(Holds, feed(FLAT, FLAT, (100.0, 100.0, 50.0, 50.0), (50.0, 50.0, 50.0, 50.0), FLAT), risk=risk).trades
    assert [(t.exit_signal, t.exit_bar, t.exit_price) for t in trades] == [("Close Position (Max drawdown)", 3, 50.0)]


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda b: b.entry("L", LONG, qty=-1.0), "positive qty"),
        (lambda b: b.close("L", qty_rate=50), r"fraction of the lots.*0\.5 is 50 %"),
        (lambda b: b.exit("x", "L", stop=1.0, qty_rate=0.0), "fraction of the lots"),
        (lambda b: b.order("o", LONG, oca_type="cancel"), "an oca_name"),
        (lambda b: b.entry("L", b.position_size), "call twice"),
    ],
)
def test_a_call_that_cannot_be_meant_is_refused(call: Any, what: str) -> None:
    class Calls(Strategy):
        def on_bar(self, ctx: Any) -> None:
            ctx.broker.entry("L", LONG, ctx.bar.index == 0)
            call(ctx.broker)

    with pytest.raises(StrategyError, match=what):
        detail(Calls, feed(FLAT, FLAT, FLAT))
