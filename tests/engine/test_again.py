"""A compiled program on other bars, windows and broker numbers: the same bits as a new engine, nothing compiled again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import jax
import numpy as np
import pytest

from pinejax.broker.config import BrokerConfig, RiskRules
from pinejax.core.evaluation import Evaluation
from pinejax.core.feed import Feed
from pinejax.core.orders import LONG, SHORT
from pinejax.engine.config import EngineConfig
from pinejax.engine.engine import Engine
from pinejax.engine.loop import compiled
from pinejax.engine.on_gpu import GpuRunner
from pinejax.engine.program import Window
from pinejax.engine.runner import Job, advance_all, default_params, walk_all
from pinejax.errors import ConfigError, DataError
from pinejax.native.machine import is_available
from tests.engine.busy import BROKER, N_BARS, Busy, wave
from tests.engine.gpu import case, same_state

Trials = list[dict[str, Any]]
BACKENDS = [
    pytest.param("xla", marks=pytest.mark.slow),
    pytest.param("native", marks=pytest.mark.skipif(not is_available(), reason="llvmlite is not installed")),
]
OTHER_NUMBERS = replace(BROKER, initial_capital=3_000.0, size=0.7, commission=0.002, slippage_ticks=4, leverage=1.5)


class Light(Busy):
    """Busy's inputs, two averages, a higher timeframe and a stop: what other bars, windows and costs change, in a program that is compiled
    soon.
    """

    def on_bar(self, ctx: Any) -> None:
        """Traced."""
        bar, ta, broker = ctx.bar, ctx.ta, ctx.broker
        fast, slow = ta.ema(bar.close, self.fast), ta.sma(bar.close, self.slow)
        trend = ctx.htf(lambda bar, ta: ta.ema(bar.close, 3))
        broker.entry("L", LONG, ta.crossover(fast, slow))
        broker.entry("S", SHORT, ta.crossunder(fast, slow) & self.shorts & (bar.close < trend))
        broker.exit("out", "L", loss_ticks=self.stop_ticks)


def fresh(feeds: Sequence[Feed], backend: str, broker: BrokerConfig = BROKER, windows: Sequence[Window] = ()) -> Engine:
    config: dict[str, Any] = {"backend": backend, "n_threads": 1, "n_segments": 4}
    return Engine(Light, feeds, broker, Light.inputs, EngineConfig(**config), windows)


def table(found: Sequence[Evaluation]) -> np.ndarray:
    """All metrics and the status, `[trials, metrics, datasets]`."""
    return np.array([[*(e.metrics[name] for name in e.metrics), e.status] for e in found])


def window(start: int, trade_from: int, stop: int) -> Window:
    return Window(np.int32(start), np.int32(trade_from), np.int32(stop))


@pytest.fixture(scope="module", params=BACKENDS)
def made(request: Any) -> Engine:
    """On two datasets of 700 bars."""
    return fresh([wave(N_BARS, 1), wave(N_BARS, 2)], request.param)


def test_other_feeds_give_the_bits_of_a_new_engine(made: Engine, trials: Trials) -> None:
    before = table(made.evaluate(trials[:40]))
    feeds = [wave(N_BARS, 3), wave(1_500, 6), made.feeds[0], wave(300, 5)]
    expected = table(fresh(feeds, made.config.backend).evaluate(trials[:40]))
    np.testing.assert_array_equal(table(made.on(feeds=feeds).evaluate(trials[:40])), expected)
    np.testing.assert_array_equal(table(made.on(feeds=feeds[1:2]).evaluate(trials[:40])), expected[..., 1:2])
    np.testing.assert_array_equal(table(made.evaluate(trials[:40])), before)


def test_nothing_is_traced_or_compiled_again(made: Engine, trials: Trials, monkeypatch: pytest.MonkeyPatch) -> None:
    made.warm_up()
    monkeypatch.setattr("pinejax.engine.engine.discover", None)
    other = made.on(feeds=[wave(N_BARS, 3)], broker=OTHER_NUMBERS)
    other.evaluate(trials[:3])
    assert other.runner.n_compiled == 0 and other.runner.trace_s == 0.0 and other.timings.compile_s < 0.1
    assert 0 < other.timings.lane_bars == 3 * N_BARS


@pytest.mark.slow
def test_a_new_padded_length_is_compiled_for_both_by_xla(trials: Trials) -> None:
    first = fresh([wave(N_BARS, 1)], "xla")
    long = wave(1_500, 6)
    assert first.on(feeds=[long]).warm_up() > 0 and len(first.runner._warm) == 2  # type: ignore[attr-defined]
    again = first.on(feeds=[long])
    again.warm_up()
    assert again.runner.n_compiled == 0


def test_other_windows_give_the_bits_of_a_new_engine(made: Engine, trials: Trials) -> None:
    history, windows = made.feeds[0], [window(0, 24, 400), window(100, 148, N_BARS), window(50, 60, 300)]
    other = made.on(feeds=[history] * 3, windows=windows)
    assert other.datasets == (f"{history.name} [24:400]", f"{history.name} [148:700]", f"{history.name} [60:300]")
    assert other._need.bars == fresh([history], made.config.backend)._need.bars
    expected = fresh([history] * 3, made.config.backend, windows=windows).evaluate(trials[:20])
    np.testing.assert_array_equal(table(other.evaluate(trials[:20])), table(expected))
    back = other.on(feeds=made.feeds, windows=())
    np.testing.assert_array_equal(table(back.evaluate(trials[:20])), table(made.evaluate(trials[:20])))


def test_other_broker_numbers_give_the_bits_of_a_new_engine(made: Engine, trials: Trials) -> None:
    other, new = made.on(broker=OTHER_NUMBERS), fresh(made.feeds, made.config.backend, OTHER_NUMBERS)
    np.testing.assert_array_equal(table(other.evaluate(trials[:20])), table(new.evaluate(trials[:20])))
    keep = lambda segment, running, metrics: running % 2 == 0  # noqa: E731
    np.testing.assert_array_equal(table(other.evaluate(trials[:20], keep)), table(new.evaluate(trials[:20], keep)))
    a, b = other.detail(trials[2], 1), new.detail(trials[2], 1)
    assert a.metrics == pytest.approx(b.metrics, rel=0, abs=0, nan_ok=True) and a.trades == b.trades
    np.testing.assert_array_equal(a.equity, b.equity)
    assert a.metrics["net_profit"] != made.detail(trials[2], 1).metrics["net_profit"]


@pytest.mark.parametrize("verify", [0, 3])
def test_the_numbers_of_a_broker_are_in_no_program(verify: int) -> None:
    """So that none is missing among what is compiled in: the same trace, whatever they are."""
    first, second = replace(BROKER, limit_verify_ticks=verify), replace(OTHER_NUMBERS, limit_verify_ticks=verify and 1)
    texts = []
    for broker in (first, second):
        made = fresh([wave(N_BARS, 1)], "xla", broker)
        job, program = made.runner._job, made.program  # type: ignore[attr-defined]
        shapes = program.initial(), job.rows[0], default_params(program), job.terms[0], job.windows[0], np.int32(0), np.int32(1)
        texts.append(re.sub("0x[0-9a-f]+", "", str(compiled(program, False).trace(*shapes).jaxpr)))
    assert texts[0] == texts[1] and len(texts[0]) > 10_000


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"commission_type": "cash_per_order", "commission": 1.0}, "commission_type='cash_per_order' instead of 'percent'"),
        ({"size_type": "fixed", "size": 1.0}, "size_type"),
        ({"limit_verify_ticks": 2}, "limit_verify_ticks=2 instead of 0"),
        ({"leverage": 1.0}, "leverage=1.0 instead of 2.0"),
        ({"pyramiding": 2}, "pyramiding=2 instead of 1"),
        ({"close_entries_rule": "ANY"}, "close_entries_rule"),
        ({"process_orders_on_close": True}, "process_orders_on_close"),
        ({"liquidation": False}, "liquidation"),
        ({"risk": RiskRules(max_position_size=1.0)}, "risk"),
    ],
)
def test_a_broker_that_needs_another_program_is_refused(engine: Any, change: dict, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        engine().on(broker=replace(BROKER, **change))


def test_feeds_that_do_not_fit_are_refused(engine: Any) -> None:
    with pytest.raises(DataError, match="more bars than the longest indicator"):
        engine().on(feeds=[wave(30, 1)])
    with pytest.raises(DataError, match="at least one dataset"):
        engine().on(feeds=[])
    with pytest.raises(DataError, match="one per feed, 2, got 1"):
        engine().on(windows=[window(0, 0, 300)])
    with pytest.raises(ConfigError, match="convert money or none"):
        engine().on(feeds=[replace(wave(N_BARS, 1), rate=np.ones(N_BARS))])


@pytest.mark.slow
def test_the_way_of_gpus_on_other_bars() -> None:
    c, other = case("ema_cross", 64), case("ema_cross", 64, 200)
    runner = GpuRunner(Job(c.program, c.rows, c.terms, c.windows), jax.devices("cpu")[:1], 2)
    runner.prepare(0)
    windows = [other.windows[0]] * 3
    job = Job(c.program, [*c.rows, other.rows[0]], [*c.terms, other.terms[0]], windows)
    again, alone = runner.on(job), GpuRunner(job, jax.devices("cpu")[:1], 2)
    states = []
    for r in (again, alone):
        blocks = [_Part(d, 64, c.params) for d in range(3)]
        advance_all(r, blocks, [(0, 200)] * 3, 1, lambda block: None)
        states.append([r.whole(b.state) for b in blocks])
    assert again.n_compiled == 0 and again._together is runner._together
    assert all(same_state(a, b) for a, b in zip(*states, strict=True))
    stops, seen = [(0, 50, 200), (0, 50, 200), (0, 80, 200)], []
    blocks = [_Part(d, 64, c.params) for d in range(3)]
    walk_all(again, blocks, stops, 1, lambda block, i: seen.append((block.dataset, i, again.equity(block.state)[0])))
    assert sorted((d, i) for d, i, _ in seen) == [(d, i) for d in range(3) for i in (0, 1)]
    assert {d: e for d, i, e in seen if i == 1} == pytest.approx({d: s.track.equity[0] for d, s in enumerate(states[0])}, rel=1e-12)


class _Part:
    """A block."""

    def __init__(self, dataset: int, lanes: int, params: dict[str, np.ndarray]):
        self.dataset, self.lanes, self.params = dataset, lanes, params
        self.state: Any = None
