"""On bars without an edge the null search's p-values are uniform: what it is for. (Kolmogorov and Smirnov)"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats
from unchecked import unchecked

from pinejax.broker.config import BrokerConfig
from pinejax.core.align import align_htf
from pinejax.core.feed import Bars, Feed, Instrument
from pinejax.core.inputs import Strategy, input
from pinejax.core.orders import LONG, SHORT
from pinejax.core.timeframe import TimeframePair
from pinejax.engine.config import EngineConfig
from pinejax.engine.engine import Engine
from pinejax.null.best import Best
from pinejax.null.ground import Ground
from pinejax.null.replay import replay
from pinejax.null.research import research, settings_for
from pinejax.null.surrogate import Method
from pinejax.search import ObjectiveConfig, SearchConfig, build_objective, build_space

N_HISTORIES, N_SURROGATES, N_TRIALS, N_BARS = 200, 19, 16, 256
TICK = 1e-4
OBJECTIVE = build_objective(ObjectiveConfig(metric="total_return"))


class Reverses(Strategy):
    """Long above an average, short below it."""

    length = input.int(5, low=2, high=24)
    turned = input.bool(False)

    def on_bar(self, ctx: Any) -> None:
        """Traced."""
        bar, ta, broker = ctx.bar, ctx.ta, ctx.broker
        above = (bar.close > ta.sma(bar.close, self.length)) ^ self.turned
        broker.entry("L", LONG, above)
        broker.entry("S", SHORT, ~above)


def noise(seed: int, edge: float = 0.0) -> Feed:
    """Independent bars, equally distributed; edge: what a bar keeps of the one before it."""
    rng = np.random.default_rng([7, seed])
    moves, last = rng.standard_t(5, N_BARS) * 2e-3 + 1e-4, 0.0
    for i in range(N_BARS):
        last = moves[i] = moves[i] + edge * last
    close = 1_000 * np.exp(np.cumsum(moves))
    open_ = np.append(1_000.0, close[:-1])
    wicks = rng.exponential(5e-4, (2, N_BARS))
    high, low = np.maximum(open_, close) * (1 + wicks[0]), np.minimum(open_, close) * (1 - wicks[1])
    prices = (np.round(x / TICK) * TICK for x in (open_, high, low, close))
    bars, pair = Bars(np.arange(N_BARS, dtype=np.int64) * 3_600_000, *prices, rng.exponential(1.0, N_BARS)), TimeframePair.parse("1h")
    htf, marks = align_htf(bars, pair)
    return Feed("NOISE", pair, bars, htf, marks, Instrument(tick_size=TICK))


@pytest.fixture(scope="module")
def engine() -> Engine:
    """Compiled once for all histories."""
    made = Engine(Reverses, [noise(0)], BrokerConfig(size=0.5), Reverses.inputs, EngineConfig(n_threads=1))
    made.warm_up()
    return made


def randomised(real: Best, nulls: list[Best], rng: np.random.Generator) -> float:
    """The p-value, ties and steps broken by chance, so that it is exactly uniform where the histories are exchangeable."""
    above = sum(null.value > real.value for null in nulls)
    equal = sum(null.value == real.value for null in nulls)
    return (above + rng.random() * (1 + equal)) / (1 + len(nulls))


def by_research(engine: Engine, history: int, edge: float = 0.0) -> float:
    """The p-value of one history's whole search."""
    ground = Ground(engine.on(feeds=[noise(history, edge)]))
    space = build_space(Reverses, {})
    settings = SearchConfig("noise", N_TRIALS, sampler="random", batch_size=N_TRIALS, seed=history)
    real = research(ground, OBJECTIVE, space, settings, ground.engine.feeds)
    recipe = ground.recipe("permutation", None, history)
    nulls = [
        research(ground, OBJECTIVE, space, settings_for(settings, N_TRIALS, history, b), ground.surrogate(recipe, b))
        for b in range(N_SURROGATES)
    ]
    return randomised(real, nulls, np.random.default_rng([history, 1]))


@pytest.mark.slow
def test_a_research_of_white_noise_has_uniform_p_values(engine: Engine) -> None:
    with unchecked():
        found = [by_research(engine, history) for history in range(1, 1 + N_HISTORIES)]
    assert stats.kstest(found, "uniform").pvalue > 0.01, np.histogram(found, 10, (0, 1))[0]
    assert np.mean(np.array(found) <= 0.05) < 0.11


@pytest.mark.slow
def test_a_research_finds_an_edge_that_is_there(engine: Engine) -> None:
    with unchecked():
        found = [by_research(engine, history, 0.35) for history in range(1, 13)]
    assert np.median(found) < 0.1


@pytest.mark.slow
@pytest.mark.parametrize("method", ["permutation", "mirror"])
def test_a_replay_of_fixed_sets_has_uniform_p_values(engine: Engine, method: Method) -> None:
    """The sets were not looked for on these bars, so that replaying them is not optimistic."""
    sets = [Reverses.complete({"length": n, "turned": t}) for n in range(2, 25, 3) for t in (False, True)]

    def p_of(history: int) -> float:
        ground = Ground(engine.on(feeds=[noise(history)]))
        recipe = ground.recipe(method, None, history)
        all_of_them = [list(ground.engine.feeds), *(ground.surrogate(recipe, b) for b in range(N_SURROGATES))]
        real, *nulls = (one.best for one in replay(ground, OBJECTIVE, sets, all_of_them))
        return randomised(real, nulls, np.random.default_rng([history, 2]))

    with unchecked():
        found = [p_of(history) for history in range(1, 1 + N_HISTORIES)]
    assert stats.kstest(found, "uniform").pvalue > 0.01, np.histogram(found, 10, (0, 1))[0]
