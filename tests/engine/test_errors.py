"""A user's mistakes are told in a user's words, before anything is computed."""

from __future__ import annotations

from typing import Any

import pytest

from pinejax.broker.config import BrokerConfig
from pinejax.core.inputs import Strategy, input
from pinejax.core.orders import LONG
from pinejax.core.status import OVERFLOW, TEXT
from pinejax.engine.config import EngineConfig
from pinejax.engine.engine import Engine
from pinejax.errors import DataError, StrategyError
from tests.engine.busy import first_bars, wave


def build(strategy: type[Strategy], n: int = 100, **broker: Any) -> Engine:
    return Engine(strategy, [wave(n, 1, "1h")], BrokerConfig(**broker), strategy.inputs, EngineConfig(n_threads=1))


def test_an_if_on_a_lanes_value_is_told_by_its_line() -> None:
    class Branches(Strategy):
        level = input.float(100.0, low=50.0, high=150.0)

        def on_bar(self, ctx: Any) -> None:
            if ctx.bar.close > self.level:
                ctx.broker.entry("L", LONG)

    with pytest.raises(StrategyError, match=r"test_errors\.py:\d+: if ctx\.bar\.close > self\.level(.|\n)*where"):
        build(Branches)


def test_any_other_exception_names_the_line_and_itself() -> None:
    class Misspells(Strategy):
        def on_bar(self, ctx: Any) -> None:
            ctx.ta.emma(ctx.bar.close, 3)

    with pytest.raises(StrategyError, match=r"ctx\.ta\.emma(.|\n)*AttributeError"):
        build(Misspells)


@pytest.mark.parametrize("call", ["exit", "close"])
def test_an_exit_of_an_entry_that_never_is_made_is_refused(call: str) -> None:
    class Misnames(Strategy):
        def on_bar(self, ctx: Any) -> None:
            ctx.broker.entry("Long", LONG)
            if call == "exit":
                ctx.broker.exit("X", "Lnog", stop=1.0)
            else:
                ctx.broker.close("Lnog")

    with pytest.raises(StrategyError, match=r"'Lnog'.*Long"):
        build(Misnames)


def test_an_exit_without_a_level_is_refused() -> None:
    class Empty(Strategy):
        def on_bar(self, ctx: Any) -> None:
            ctx.broker.entry("L", LONG)
            ctx.broker.exit("X", "L")

    with pytest.raises(StrategyError, match="at least one of limit, stop"):
        build(Empty)


class Buys(Strategy):
    """Every bar."""

    length = input.int(5, low=2, high=50)

    def on_bar(self, ctx: Any) -> None:
        """Traced."""
        ctx.broker.entry("L", LONG, when=ctx.bar.index >= self.length)


class Means(Buys):
    """Above an average, on LTF and HTF bars."""

    def on_bar(self, ctx: Any) -> None:
        """Traced."""
        higher = ctx.htf(lambda bar, ta: ta.sma(bar.close, 2 * self.length))
        ctx.broker.entry("L", LONG, when=(ctx.bar.close > ctx.ta.ema(ctx.bar.close, self.length)) & (ctx.bar.close > higher))


def test_fewer_bars_than_the_longest_indicator_are_refused() -> None:
    with pytest.raises(DataError, match=r"longest indicator of Means can need \(100\), got 100"):
        Engine(Means, [first_bars(wave(200, 1, "1h"), 100)], BrokerConfig(), Means.inputs)
    with pytest.raises(DataError, match=r"longest indicator of Means can need \(400\), got 300"):
        Engine(Means, [first_bars(wave(500, 1, "15m@1h"), 300)], BrokerConfig(), Means.inputs)
    with pytest.raises(DataError, match="more bars than"):
        Engine(Buys, [first_bars(wave(10, 1, "1h"), 2)], BrokerConfig(), Buys.inputs)


def test_more_lots_than_the_book_holds_stop_the_lane_with_a_status() -> None:
    (found,) = build(Buys, pyramiding=4, max_lots=2, size=0.01).evaluate([Buys.defaults()])
    assert found.status[0] == OVERFLOW
    assert "raise broker.max_lots" in TEXT[OVERFLOW]


def test_enough_lots_are_no_overflow() -> None:
    (found,) = build(Buys, pyramiding=4, size=0.01).evaluate([Buys.defaults()])
    assert found.status[0] == 0
