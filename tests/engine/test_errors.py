"""A user's mistakes are told in a user's words, before anything is computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from unchecked import unchecked

from pinejax.broker.config import BrokerConfig
from pinejax.core.inputs import Strategy, input
from pinejax.core.orders import LONG
from pinejax.core.status import OVERFLOW, TEXT
from pinejax.engine.config import EngineConfig
from pinejax.engine.engine import Engine
from pinejax.errors import ConfigError, DataError, StrategyError
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


def build_body(body: Callable[[Any, Any], Any]) -> Engine:
    """A strategy that does nothing but `body(inputs, ctx)`, written in this file."""

    class Bodied(Strategy):
        level = input.float(70.0, low=50.0, high=150.0)
        n = input.int(5, low=2, high=9)

        def on_bar(self, ctx: Any) -> None:
            ctx.broker.entry("L", LONG, when=ctx.bar.index == 3)
            body(self, ctx)

    return build(Bodied)


@pytest.mark.parametrize(
    "body",
    [
        lambda self, ctx: ctx.ta.crossover(ctx.bar.close, ctx.bar.open) & ctx.bar.close < 70,
        lambda self, ctx: (ctx.bar.close > 1) | self.level > 3,
        lambda self, ctx: ctx.bar.close > 30 & ctx.bar.close,
        lambda self, ctx: ~ctx.bar.close > 3,
    ],
)
def test_comparisons_without_parentheses_are_told_to_have_some(body: Callable[[Any, Any], Any]) -> None:
    with pytest.raises(StrategyError, match=r"test_errors\.py:\d+(.|\n)*put parentheses around comparisons, \(r < 70\)"):
        build_body(body)


class IntegersInBetween(Strategy):
    """`70 & bool` is a whole number: this would be traced, and mean nothing."""

    def on_bar(self, ctx: Any) -> None:
        """Traced."""
        up = ctx.bar.close > ctx.bar.open
        ctx.broker.entry("L", LONG, when=ctx.bar.close < 70 & up)


class InAMethod(Strategy):
    """The same with the comparison on the right, and in a method of its own."""

    n = input.int(5, low=2, high=9)

    def on_bar(self, ctx: Any) -> None:
        """Traced."""
        ctx.broker.entry("L", LONG, when=self.signal(ctx.bar))

    def signal(self, bar: Any) -> Any:
        """Traced."""
        return (bar.close > bar.open) & self.n > 3


class Enclosed(Strategy):
    """Parentheses wherever they may stand."""

    def on_bar(self, ctx: Any) -> None:
        """Traced."""
        up, down = ctx.bar.close > ctx.bar.open, ctx.bar.close < ctx.bar.open
        same = (up & down) == (down | up)
        again = up == (down
                       | up)  # fmt: skip
        odd = (ctx.bar.index & 1) == 1
        ctx.broker.entry("L", LONG, when=(ctx.bar.close < 70) & up & same & again & odd)


@pytest.mark.parametrize(("strategy", "line"), [(IntegersInBetween, "close < 70 & up"), (InAMethod, r"& self\.n > 3")])
def test_comparisons_without_parentheses_that_could_be_traced_are_refused(strategy: type[Strategy], line: str) -> None:
    with pytest.raises(StrategyError, match=rf"test_errors\.py:\d+: .*{line}(.|\n)*put parentheses"):
        build(strategy)


def test_comparisons_in_parentheses_are_let_through() -> None:
    assert len(build(Enclosed).program.commands) == 1


@pytest.mark.parametrize(
    "body",
    [
        lambda self, ctx: ctx.bar.high[2],
        lambda self, ctx: ctx.ta.ema(ctx.bar.close, self.n)[1],  # a value of every lane: it would be lane 1's
        lambda self, ctx: ctx.broker.position_size[-1],
        lambda self, ctx: self.level[1],
    ],
)
def test_an_index_is_told_to_be_a_history(body: Callable[[Any, Any], Any]) -> None:
    with pytest.raises(StrategyError, match=r"test_errors\.py:\d+(.|\n)*ctx\.history\(bar\.high, 2\)"):
        build_body(body)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (lambda self, ctx: ctx.broker.exit("X", "L", trail_points=3), "broker.exit has no argument trail_points: write trail_ticks."),
        (
            lambda self, ctx: ctx.broker.exit("X", "L", trail_offset=3),
            "broker.exit has no argument trail_offset: write trail_offset_ticks.",
        ),
        (lambda self, ctx: ctx.broker.exit("X", "L", profit=3), "broker.exit has no argument profit: write profit_ticks."),
        (lambda self, ctx: ctx.broker.exit("X", "L", loss=3), "broker.exit has no argument loss: write loss_ticks."),
        (
            lambda self, ctx: ctx.broker.close("L", qty_percent=50),
            "broker.close has no argument qty_percent: write qty_rate (a fraction: 0.5",
        ),
        (
            lambda self, ctx: ctx.broker.entry("L", LONG, alert_message="x"),
            "broker.entry has no argument alert_message: there are no alerts.",
        ),
        (lambda self, ctx: ctx.broker.entry("L", LONG, limits=3), "broker.entry has no argument limits. Did you mean limit?"),
        (lambda self, ctx: ctx.broker.entry("L", LONG, profit=3), "broker.entry has no argument profit. Known: comment, direction"),
        (
            lambda self, ctx: ctx.broker.cancel("L", True, 3),
            "broker.cancel: too many arguments without a name. The call is broker.cancel(id, when=True).",
        ),
        (lambda self, ctx: ctx.ta.rsi(14), "ta.rsi: missing 1 required positional argument: 'n'. The call is ta.rsi(x, n)."),
        (lambda self, ctx: ctx.ta.rsi(ctx.bar.close, length=14), "ta.rsi has no argument length: write n."),
        (lambda self, ctx: ctx.session("0930-1600", timezone="UTC"), "ctx.session has no argument timezone: write zone."),
        (lambda self, ctx: ctx.session("09:30-16:00"), "ctx.session: session: expected hours as HHMM-HHMM"),
    ],
)
def test_a_call_with_other_arguments_is_told_its_own(body: Callable[[Any, Any], Any], told: str) -> None:
    # The run-time type checks would raise errors of their own.
    with unchecked(), pytest.raises(StrategyError) as raised:
        build_body(body)
    words, lines = str(raised.value).splitlines(), "test_errors.py:"
    assert any(lines in line for line in words)
    assert told in "\n".join(line for line in words if lines not in line)  # the user's line holds these very words


@pytest.mark.parametrize("n", [-1, 1.5, True])
def test_history_wants_a_whole_number(n: Any) -> None:
    with pytest.raises(StrategyError, match=rf"ctx\.history: expected n as a fixed whole number, 0 or more, got {n}\."):
        build_body(lambda self, ctx: ctx.history(ctx.bar.close, n))


def test_history_of_an_inputs_length_is_refused() -> None:
    with pytest.raises(StrategyError, match=r"ctx\.history: expected n as a fixed whole number.*an input"):
        build_body(lambda self, ctx: ctx.history(ctx.bar.close, self.n))


def test_a_size_in_percent_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"broker\.size: expected a fraction of equity up to 10 \(0\.25 is 25 %\), got 25"):
        BrokerConfig(size=25.0)
    assert BrokerConfig(size=10.0, leverage=20.0).size == 10.0
    assert BrokerConfig(size=25.0, size_type="fixed").size == 25.0
