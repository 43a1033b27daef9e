"""Windows of a history as datasets: they see their own bars and nothing else, whatever runs beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import jax
import numpy as np
import pytest

from pinejax.core.evaluation import Evaluation
from pinejax.core.feed import Bars, Feed
from pinejax.core.inputs import Strategy, input
from pinejax.core.orders import LONG
from pinejax.engine.config import EngineConfig
from pinejax.engine.engine import Engine
from pinejax.engine.program import Window
from pinejax.errors import DataError
from pinejax.native.machine import is_available
from tests.engine.busy import BROKER, N_BARS, Busy, wave

Trials = list[dict[str, Any]]
BACKENDS = ["xla", pytest.param("native", marks=pytest.mark.skipif(not is_available(), reason="llvmlite is not installed"))]
HISTORY = wave(N_BARS, 1)


def window(start: int, trade_from: int, stop: int) -> Window:
    """As the engine takes it."""
    return Window(np.int32(start), np.int32(trade_from), np.int32(stop))


def on(feeds: Sequence[Feed], *windows: Window, strategy: type[Strategy] = Busy, **config: Any) -> Engine:
    """An engine on windows."""
    return Engine(strategy, list(feeds), BROKER, strategy.inputs, EngineConfig(**{"n_segments": 3, "n_threads": 1, **config}), windows)


def table(found: Sequence[Evaluation], dataset: int = 0) -> np.ndarray:
    """All metrics of all trials on one dataset."""
    return np.array([[e.metrics[name][dataset] for name in e.metrics] for e in found])


def part(feed: Feed, first: int, stop: int) -> Feed:
    """A feed of some of the bars."""
    cut = lambda bars: Bars(*(getattr(bars, f)[first:stop] for f in Bars.__dataclass_fields__))  # noqa: E731
    return replace(feed, ltf=cut(feed.ltf), htf=cut(feed.htf), htf_complete=feed.htf_complete[first:stop])


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_window_is_a_history_of_its_own(trials: Trials, backend: str) -> None:
    both = on([HISTORY, HISTORY], window(0, 0, 300), window(300, 300, N_BARS), backend=backend).evaluate(trials)
    # Bar 300 begins a day and a bar of the higher timeframe.
    for d, (first, stop) in enumerate(((0, 300), (300, N_BARS))):
        alone = on([part(HISTORY, first, stop)], backend=backend).evaluate(trials)
        np.testing.assert_array_equal(table(both, d), table(alone))


@pytest.mark.parametrize("backend", BACKENDS)
def test_no_window_sees_a_bar_of_another(trials: Trials, backend: str) -> None:
    windows = window(50, 120, 300), window(300, 340, 600)
    before = on([HISTORY, HISTORY], *windows, backend=backend).evaluate(trials)
    for d, (start, stop) in enumerate(((50, 300), (300, 600))):
        outside = np.ones(N_BARS, bool)
        outside[start:stop] = False
        marked = lambda x, outside=outside: np.where(outside, 7_777.0, x)  # noqa: E731
        ltf, htf = (
            replace(bars, **{name: marked(getattr(bars, name)) for name in ("open", "high", "low", "close", "volume")})
            for bars in (HISTORY.ltf, HISTORY.htf)
        )
        planted = replace(HISTORY, ltf=ltf, htf=htf)
        after = on([planted, planted], *windows, backend=backend).evaluate(trials)
        np.testing.assert_array_equal(table(before, d), table(after, d))
        assert not np.array_equal(table(before, 1 - d), table(after, 1 - d))


def test_a_warm_up_trades_nothing_and_counts_for_nothing() -> None:
    class Averages(Strategy):
        length = input.int(5, low=2, high=20)

        def on_bar(self, ctx: Any) -> None:
            above = ctx.bar.close > ctx.ta.sma(ctx.bar.close, self.length)
            ctx.broker.entry("L", LONG, above)
            ctx.broker.close("L", ~above)

    batch = [Averages.complete({"length": n}) for n in (2, 9, 20)]
    short, long = (on([HISTORY], window(w, 264, 600), strategy=Averages) for w in (240, 24))
    np.testing.assert_array_equal(table(short.evaluate(batch)), table(long.evaluate(batch)))
    detail = long.detail(batch[1])
    assert detail.trades and min(t.entry_bar for t in detail.trades) > 264
    assert len(detail.equity) == 600 - 24 and (detail.equity[: 264 - 24] == BROKER.initial_capital).all()
    assert detail.metrics["n_trades"] == sum(t.exit_signal != "Open" for t in detail.trades)


@pytest.mark.parametrize("backend", BACKENDS)
def test_segments_and_pruning_change_nothing_in_a_window(trials: Trials, backend: str) -> None:
    engine = on([HISTORY, HISTORY], window(0, 24, 400), window(100, 148, N_BARS), backend=backend)
    whole, seen = engine.evaluate(trials), []

    def keep(segment: int, running: np.ndarray, metrics: Any) -> np.ndarray:
        seen.append((segment, metrics["n_trades"].sum(axis=0)))
        return running % 3 != 0

    cut = engine.evaluate(trials, keep)
    for a, b in zip(whole, cut, strict=True):
        if b.pruned_at is None:
            np.testing.assert_array_equal(table([a]), table([b]))
    assert [s for s, _ in seen] == [0, 1] and {e.pruned_at for e in cut} == {None, 0}


def test_the_recording_run_of_a_late_window_gives_the_sweeps_numbers(trials: Trials, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pinejax.engine.detail.CHUNK_BARS", 128)
    engine = on([HISTORY], window(90, 120, 655))
    detail, (found,) = engine.detail(trials[3]), engine.evaluate(trials[3:4])
    np.testing.assert_array_equal([detail.metrics[name] for name in found.metrics], table([found])[0])
    assert detail.equity[-1] == detail.metrics["total_assets"] and len(detail.equity) == 655 - 90
    assert (detail.equity[:30] == BROKER.initial_capital).all()


def test_one_history_is_held_once_however_many_windows_it_has() -> None:
    few, many = (on([HISTORY] * n, *[window(20 * i, 20 * i, 20 * i + 200) for i in range(n)]) for n in (1, 20))
    assert few._need.bars == many._need.bars
    assert len(set(many.datasets)) == 20


@pytest.mark.parametrize("bad", [(-1, 0, 100), (50, 20, 100), (0, 100, 100), (0, 0, N_BARS + 1)])
def test_a_window_that_a_history_does_not_have_is_refused(bad: tuple[int, int, int]) -> None:
    with pytest.raises(DataError, match=r"0 <= start <= trade_from < stop <= 700"):
        on([HISTORY], window(*bad))


def test_windows_and_feeds_must_be_as_many() -> None:
    with pytest.raises(DataError, match="one per feed"):
        on([HISTORY], window(0, 0, 300), window(0, 0, 400))


def test_a_window_shorter_than_an_indicator_is_refused() -> None:
    with pytest.raises(DataError, match=r"more bars than the longest indicator"):
        on([HISTORY], window(600, 600, 640))


def test_windows_of_one_span_share_a_call_on_gpus_and_others_do_not() -> None:
    from pinejax.engine.on_gpu import GpuRunner
    from pinejax.engine.runner import Job

    made = on([HISTORY, HISTORY, wave(N_BARS, 2)], window(0, 24, 400), window(100, 148, 500), window(0, 24, 400), backend="xla")
    program = made.program
    runner = GpuRunner(Job(program, made.runner._job.rows, made._terms, list(made.windows)), jax.devices("cpu")[:1], 4)  # type: ignore[attr-defined]
    assert runner._sizes == [2, 1, 2]
