"""Daily returns of a study's sets: the same as the metrics are made of, whatever the windows."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pinejax.core.feed import Bars, Feed
from pinejax.core.inputs import Strategy, input
from pinejax.core.orders import LONG
from pinejax.core.timeframe import TimeframePair
from pinejax.engine.config import EngineConfig
from pinejax.engine.engine import Engine
from pinejax.engine.program import Window
from pinejax.judge import daily as module
from pinejax.judge.case import Case, Daily, Sets
from pinejax.judge.daily import Piece, returns_of
from tests.engine.busy import BROKER, wave

HOUR_MS = 3_600_000


class Above(Strategy):
    """Long above an average."""

    length = input.int(5, low=2, high=40)

    def on_bar(self, ctx: Any) -> None:
        above = ctx.bar.close > ctx.ta.sma(ctx.bar.close, self.length)
        ctx.broker.entry("L", LONG, above)
        ctx.broker.close("L", ~above)


BATCH = tuple(Above.complete({"length": n}) for n in (5, 2, 17, 40))


def window(start: int, trade_from: int, stop: int) -> Window:
    """As the engine takes it."""
    return Window(np.int32(start), np.int32(trade_from), np.int32(stop))


def flat(hours: int, first_hour: int = 0, symbol: str = "FLAT", timeframe: str = "1h") -> Feed:
    """Bars that say only when they are; the close rises by 1 a bar."""
    pair = TimeframePair.parse(timeframe)
    close = 100.0 + np.arange(hours)
    bars = Bars(first_hour * HOUR_MS + np.arange(hours, dtype=np.int64) * pair.ltf.ms, close - 1, close, close - 1, close, close)
    return Feed(symbol, pair, bars, bars, np.ones(hours, bool))


class Told:
    """An engine whose equity is what it is told: `equity_of(dataset, bar)` times 1 for the first set, 2 for the second ..."""

    def __init__(self, feeds: list[Feed], equity_of: Any, windows: tuple[Window, ...] = ()) -> None:
        self.feeds, self.windows, self.equity_of, self.asked = feeds, windows, equity_of, 0
        self.broker = SimpleNamespace(initial_capital=1.0)

    def window(self, dataset: int) -> Window:
        """As of the engine."""
        return self.windows[dataset] if self.windows else window(0, 0, len(self.feeds[dataset]))

    def equity(self, batch: Any, edges: Any) -> np.ndarray:
        """[edges, trials, datasets]"""
        self.asked += 1
        assert len({len(e) for e in edges}) == 1
        growth = np.array([[self.equity_of(d, int(bars[i])) for d, bars in enumerate(edges)] for i in range(len(edges[0]))])
        return growth[:, None, :] ** np.array([p["power"] for p in batch])[None, :, None]


def daily_of(engine: Any, params: tuple = ({"power": 1.0}, {"power": 2.0})) -> Daily:
    """Of a case with such sets."""
    case: Any = Case.__new__(Case)
    case.engine = engine
    case.__dict__["sets"] = Sets(np.arange(len(params)), params, np.zeros(len(params)), len(params))
    return case.daily


@pytest.fixture(scope="module")
def engine() -> Engine:
    """Two datasets of about a month."""
    return Engine(Above, [wave(700, 1), wave(650, 2)], BROKER, Above.inputs, EngineConfig(n_threads=1))


def test_the_sharpe_ratio_of_daily_returns_is_the_metric(engine: Engine):
    for d, feed in enumerate(engine.feeds):
        returns = daily_of(engine.on(feeds=[feed]), BATCH).returns
        told = [e.metrics["sharpe"][d] for e in engine.evaluate(BATCH)]
        np.testing.assert_allclose(returns.mean(axis=0) / returns.std(axis=0) * 365**0.5, told, rtol=1e-9)


def test_datasets_have_equal_weight_and_the_chosen_set_is_shown_on_each(engine: Engine):
    found = daily_of(engine, BATCH)
    one, two = found.datasets
    assert (one.name, two.name) == ("WAVE1 1h@4h", "WAVE2 1h@4h") and len(two.days) < len(one.days) == len(found.days) == 30
    both = found.returns[: len(two.days), 0]
    np.testing.assert_allclose(both, (one.returns[: len(two.days)] + two.returns) / 2, atol=1e-15)
    np.testing.assert_array_equal(found.returns[len(two.days) :, 0], one.returns[len(two.days) :])
    told = [float(x) for x in engine.evaluate(BATCH[:1])[0].metrics["total_return"]]
    assert [np.prod(1 + d.returns) - 1 for d in found.datasets] == pytest.approx(told, rel=1e-9)
    close = engine.feeds[0].ltf.close
    assert np.prod(1 + one.hold) == pytest.approx(close[-1] / engine.feeds[0].ltf.open[0])


def test_chunks_change_nothing(engine: Engine, monkeypatch):
    whole = daily_of(engine, BATCH)
    monkeypatch.setattr(module, "CHUNK_BYTES", 1)
    monkeypatch.setattr(module, "FEWEST_SETS", 3)
    np.testing.assert_array_equal(daily_of(engine, BATCH).returns, whole.returns)


def test_windows_of_one_dataset_join_up_and_parts_of_a_day_multiply():
    feed = flat(96)
    # The second window begins at noon of the second day; equity doubles by the end of the first, triples in the second.
    growth = {0: lambda bar: 1.0 + bar / 36, 1: lambda bar: 1.0 + 2 * (bar - 36) / 60}
    engine = Told([feed, feed], lambda d, bar: growth[d](bar), (window(0, 0, 36), window(12, 36, 96)))
    found = daily_of(engine)
    assert found.days.tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(np.prod(1 + found.returns, axis=0), [6.0, 36.0])
    assert 1 + found.returns[1, 0] == pytest.approx((2.0 / (1 + 24 / 36)) * (1 + 2 * 12 / 60))
    assert len(found.datasets) == 1 and found.datasets[0].returns.tolist() == found.returns[:, 0].tolist()
    assert np.prod(1 + found.hold) == pytest.approx(feed.ltf.close[-1] / feed.ltf.open[0])


def test_windows_that_overlap_are_averaged():
    feed = flat(96)
    engine = Told([feed, feed], lambda d, bar: 2.0 ** (bar / 24) if d == 0 else 1.0, (window(0, 0, 72), window(0, 24, 96)))
    np.testing.assert_allclose(daily_of(engine).returns[:, 0], [1.0, 0.5, 0.5, 0.0])


def test_a_warm_up_has_no_days():
    engine = Told([flat(96)], lambda d, bar: 1.0 + max(bar - 48, 0), (window(0, 48, 96),))
    assert daily_of(engine).days.tolist() == [2, 3]


def test_datasets_of_other_spans_count_on_their_days():
    feeds = [flat(48, 0, "A"), flat(48, 24, "B")]
    engine = Told(feeds, lambda d, bar: (2.0 if d == 0 else 4.0) ** (bar / 24))
    np.testing.assert_allclose(daily_of(engine).returns[:, 0], [1.0, 2.0, 3.0])


def test_a_gap_of_days_makes_no_days_of_its_own():
    feed = flat(48)
    time = feed.ltf.time + np.where(np.arange(48) >= 24, 5 * 24 * HOUR_MS, 0)
    assert daily_of(Told([replace(feed, ltf=replace(feed.ltf, time=time))], lambda d, bar: 1.0)).days.tolist() == [0, 6]


@pytest.mark.parametrize("timeframe", ["1D", "1W"])
def test_bars_of_a_day_or_more_are_a_return_each(timeframe: str):
    found = daily_of(Told([flat(9, timeframe=timeframe)], lambda d, bar: 1.0 + bar))
    np.testing.assert_allclose(found.returns[:, 0], 1 / np.arange(1, 10))
    assert len(found.days) == 9


def test_edges_are_those_of_utc_days():
    feed = flat(60, first_hour=10)
    piece = Piece.of(Told([feed], None), 0)  # type: ignore[arg-type]
    assert piece.edges.tolist() == [14, 38, 60] and piece.days.tolist() == [0, 1, 2]


def test_returns_end_with_the_money():
    found = returns_of(np.array([[1.2, 1.0], [0.0, np.nan], [-0.5, 1.0], [3.0, 1.0]]), 1.0)
    np.testing.assert_allclose(found[:, 0], [0.2, -1.0, 0.0, 0.0])
    assert found[0, 1] == 0.0 and np.isnan(found[1:3, 1]).all()
