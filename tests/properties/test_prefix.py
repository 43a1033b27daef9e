"""No look-ahead, by test: what the engine did until a bar depends on no bar after it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from pinejax.broker.config import BrokerConfig
from pinejax.core.feed import Feed
from pinejax.core.inputs import Params, Strategy
from pinejax.engine.config import EngineConfig
from pinejax.engine.detail import Detail, record_first
from pinejax.engine.engine import Engine
from pinejax.strategies import load_strategy, shipped_strategies
from pinejax.testing import contracts
from pinejax.testing.reference import make_feed
from tests.properties.compare import Case
from tests.properties.fixed import FIXED
from tests.properties.programs import make_strategy

BROKER = BrokerConfig(size=0.4, pyramiding=2, slippage_ticks=1, leverage=2.0)
# A compilation each, seconds of it; the contract suite cuts the bars of every shipped strategy once by default.
QUICK = ("ema_cross", "supertrend", "pyramids_with_partial_brackets_and_trails")
N_BARS = 1_200
# Neither at an hour's nor at a day's end, nor a part of the bars that a loop might be cut into.
SHARES = (0.531, 0.847)


def _params(names: Iterable[str]) -> list:
    return [pytest.param(name, marks=[] if name in QUICK else [pytest.mark.slow]) for name in names]


@pytest.mark.parametrize("name", _params(shipped_strategies()))
def test_shipped_strategies_see_no_later_bar(name: str) -> None:
    strategy = load_strategy(name)
    rng = np.random.default_rng(1)
    batch = [strategy.defaults(), strategy.complete(contracts.random_parameters(strategy.inputs, rng))]
    assert_causal(strategy, batch, contracts.example_feed(N_BARS), BROKER)


# After its drawdown a run is over, long before the cuts: later bars change nothing there anyway.
@pytest.mark.parametrize("name", _params(n for n in FIXED if n != "runs_end_by_their_drawdown_on_close"))
def test_order_programs_see_no_later_bar(name: str) -> None:
    case: Case = replace(FIXED[name], lanes=4)
    feed = case.feeds()[-1]
    assert_causal(make_strategy(case.program), case.params(feed), feed, case.broker)


def assert_causal(strategy: type[Strategy], batch: list[Params], feed: Feed, broker: BrokerConfig) -> None:
    """For every parameter set: the bars until k alone, and followed by others, give the same equity, trades and lots until k."""
    cuts = [int(share * len(feed)) for share in SHARES]
    others = [other for k in cuts for other in (remade(feed, k, 0), remade(feed, k, len(feed) - k - 1))]
    engine = Engine(strategy, [feed, *others], broker, strategy.inputs, EngineConfig(n_threads=1, block=16))
    n_trades, differs = 0, False
    for i in range(len(batch)):
        trials = [*batch[i:], *batch[:i]]
        whole, *found = (record_first(engine, trials, d) for d in range(1 + len(others)))
        for k, alone, changed in zip(cuts, found[::2], found[1::2], strict=True):
            for other, what in ((alone, "ends"), (changed, "goes on otherwise")):
                assert same_until(whole, other, k) == "", f"the same bars until {k}, after which the feed {what}; parameters {batch[i]}"
            n_trades += sum(t.exit_bar <= k for t in whole.trades)
            differs |= bool((whole.equity[k + 1 :] != changed.equity[k + 1 :]).any())
    assert n_trades > 0, "nothing was traded before the cuts"
    assert differs, "the later bars change nothing: this test could not fail"


def remade(feed: Feed, k: int, n_more: int) -> Feed:
    """The bars 0..k of a feed, then n_more of its later ones in the opposite order, at other rates; HTF bars made anew."""
    ltf, n = feed.ltf, k + 1
    ohlcv = np.column_stack([ltf.open, ltf.high, ltf.low, ltf.close, ltf.volume])
    rows = np.concatenate([ohlcv[:n], ohlcv[n:][::-1][:n_more]])
    made = make_feed(ltf.time[: len(rows)], rows, str(feed.timeframe), symbol=f"UNTIL{k}+{n_more}", instrument=feed.instrument)
    if feed.rate is None:
        return made
    return replace(made, rate=np.concatenate([feed.rate[:n], feed.rate[n:][:n_more] * 1.01]))


def same_until(one: Detail, other: Detail, k: int) -> str:
    """The first thing that differs at or before bar k, or an empty text: equity (to the bit), closed trades, open lots."""
    equal = one.equity[: k + 1] == other.equity[: k + 1]
    if not equal.all():
        return f"equity differs from bar {int(np.flatnonzero(~equal)[0])} on"
    closed = [[t for t in detail.trades if not t.is_open and t.exit_bar <= k] for detail in (one, other)]
    if closed[0] != closed[1]:
        return f"trades closed by then: {closed[0]} and {closed[1]}"
    lots = [lots_at(detail, k) for detail in (one, other)]
    return "" if lots[0] == lots[1] else f"lots open then: {lots[0]} and {lots[1]}"


def lots_at(detail: Detail, k: int) -> Counter:
    """Lot steps open after bar k by direction, id, bar and price of the entry, whatever became of them later."""
    open_steps: Counter = Counter()
    for t in detail.trades:
        if t.entry_bar <= k and (t.is_open or t.exit_bar > k):
            open_steps[t.direction, t.entry_id, t.entry_bar, t.entry_price] += round(t.qty / detail.feed.instrument.lot_step)
    return open_steps
