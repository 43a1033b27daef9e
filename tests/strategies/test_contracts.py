"""Every shipped strategy passes the contract suite."""

from __future__ import annotations

import pytest
from unchecked import unchecked

from pinejax.core.feed import Feed
from pinejax.core.inputs import Strategy, input
from pinejax.core.orders import LONG
from pinejax.errors import StrategyError
from pinejax.strategies import load_strategy, shipped_strategies
from pinejax.testing.contracts import check_strategy, example_feed


@pytest.fixture(scope="module")
def feed() -> Feed:
    return example_feed()


@pytest.mark.parametrize("name", shipped_strategies())
def test_shipped_strategy_holds_the_contract(name: str, feed: Feed) -> None:
    with unchecked():
        check_strategy(load_strategy(name), feed)


def test_a_condition_on_a_later_input_is_refused_where_it_is_declared() -> None:
    with pytest.raises(StrategyError, match="use_length"):

        class Backwards(Strategy):
            length = input.int(5, low=2, high=9, active_if=lambda v: v.use_length)
            use_length = input.bool(True)


def test_a_strategy_that_never_trades_breaks_the_contract() -> None:
    class Sleeper(Strategy):
        level = input.float(-1.0, low=-2.0, high=0.0)

        def on_bar(self, ctx):
            ctx.broker.entry("L", LONG, when=ctx.bar.close < self.level)

    with pytest.raises(AssertionError, match="never trade"):
        check_strategy(Sleeper, example_feed(300))
