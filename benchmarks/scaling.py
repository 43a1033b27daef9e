"""What a search's cost grows with, each over two decades: bars, lanes, datasets, parameters, trials in the study.

    python benchmarks/scaling.py [bars lanes datasets parameters trials] [--quick] [--repeats 3] [--plots docs/img]

Prints a table for each and writes it as a plot. The engine's four are medians of the repeats on made-up bars (one EMA cross with a bracket,
or as many averages as there are parameters); `trials` is the time to ask a sampler for one more trial of squeeze_momentum's space when the
study holds so many, with results made up without a backtest.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from loglog import Curve, write_loglog
from optuna.trial import FrozenTrial

from pinejax.broker.config import BrokerConfig
from pinejax.core.feed import Bars, Feed
from pinejax.core.inputs import Params, Strategy, input
from pinejax.core.orders import LONG, SHORT
from pinejax.core.timeframe import TimeframePair
from pinejax.engine.config import EngineConfig
from pinejax.engine.engine import Engine
from pinejax.metrics import METRICS
from pinejax.search import Evaluation, KeepFn, ObjectiveConfig, SearchConfig, build_objective, build_space, run_search
from pinejax.search.store import MemoryStore
from pinejax.strategies import load_strategy

BARS, LANES, DATASETS = 10_000, 256, 1
"""What stays the same while another number grows."""


class Cross(Strategy):
    """An EMA cross with a stop and a limit."""

    fast = input.int(9, low=3, high=40)
    slow = input.int(21, low=20, high=120)

    def on_bar(self, ctx: Any) -> None:
        """Traced."""
        bar, ta, broker = ctx.bar, ctx.ta, ctx.broker
        fast, slow, atr = ta.ema(bar.close, self.fast), ta.ema(bar.close, self.slow), ta.atr(14)
        up, down = ta.crossover(fast, slow), ta.crossunder(fast, slow)
        broker.entry("L", LONG, up)
        broker.entry("S", SHORT, down)
        broker.exit("XL", "L", up, stop=bar.close - 2 * atr, limit=bar.close + 4 * atr)
        broker.exit("XS", "S", down, stop=bar.close + 2 * atr, limit=bar.close - 4 * atr)


def averages(n: int) -> type[Strategy]:
    """A strategy of n parameters: it is long while the close is above the mean of n EMAs of its own lengths."""

    def on_bar(self: Any, ctx: Any) -> None:
        close = ctx.bar.close
        mean = sum(ctx.ta.ema(close, getattr(self, f"length{i}")) for i in range(n)) / n
        ctx.broker.entry("L", LONG, ctx.ta.crossover(close, mean))
        ctx.broker.entry("S", SHORT, ctx.ta.crossunder(close, mean))

    inputs = {f"length{i}": input.int(10 + i, low=3, high=120) for i in range(n)}
    return type(f"Averages{n}", (Strategy,), {**inputs, "on_bar": on_bar, "__doc__": "See averages."})


def walk(n: int, seed: int = 0) -> Feed:
    """n bars of a random walk on a grid of cents."""
    rng = np.random.default_rng(seed)
    close = np.round(2_000 * np.exp(np.cumsum(rng.normal(size=n) * 1e-3)), 2)
    open_ = np.r_[close[0], close[:-1]]
    high = np.round(np.maximum(open_, close) + rng.exponential(2, n), 2)
    low = np.round(np.maximum(np.minimum(open_, close) - rng.exponential(2, n), 0.01), 2)
    bars = Bars(np.arange(n, dtype=np.int64) * 300_000, open_, high, low, close, np.ones(n))
    return Feed(f"WALK{seed}", TimeframePair.parse("5m"), bars, bars, np.ones(n, bool))


def draw(strategy: type[Strategy], n: int) -> list[Params]:
    """n parameter sets, the same for every run."""
    rng = np.random.default_rng(7)
    ranges = {name: (int(item.low or 0), int(item.high or 0) + 1) for name, item in strategy.inputs.items()}
    return [strategy.complete({name: int(rng.integers(*bounds)) for name, bounds in ranges.items()}) for _ in range(n)]


def evaluate_s(strategy: type[Strategy], feeds: Sequence[Feed], lanes: int, repeats: int) -> tuple[float, float]:
    """Seconds to make and compile an engine, and the median seconds of evaluating a batch."""
    started = time.perf_counter()
    engine = Engine(strategy, feeds, BrokerConfig(size=0.3), strategy.inputs, EngineConfig().for_batch(lanes))
    engine.warm_up()
    compile_s, batch, found = time.perf_counter() - started, draw(strategy, lanes), []
    for _ in range(repeats):
        started = time.perf_counter()
        engine.evaluate(batch)
        found.append(time.perf_counter() - started)
    return compile_s, statistics.median(found)


def against(sizes: Sequence[int], measure: Callable[[int], tuple[float, float]]) -> dict[str, Curve]:
    """The two times of every size."""
    times = [measure(n) for n in sizes]
    return {
        "evaluate": [(n, seconds) for n, (_, seconds) in zip(sizes, times, strict=True)],
        "trace and compile": [(n, seconds) for n, (seconds, _) in zip(sizes, times, strict=True)],
    }


def bars(asked: argparse.Namespace) -> dict[str, Curve]:
    """Seconds against bars."""
    sizes = (1_000, 10_000) if asked.quick else (10_000, 30_000, 100_000, 300_000, 1_000_000)
    return against(sizes, lambda n: evaluate_s(Cross, [walk(n)], LANES, asked.repeats))


def lanes(asked: argparse.Namespace) -> dict[str, Curve]:
    """Seconds against parameter sets evaluated at once."""
    sizes = (16, 64) if asked.quick else (16, 64, 256, 1_024, 4_096, 8_192)
    return against(sizes, lambda n: evaluate_s(Cross, [walk(BARS)], n, asked.repeats))


def datasets(asked: argparse.Namespace) -> dict[str, Curve]:
    """Seconds against datasets."""
    sizes = (1, 3) if asked.quick else (1, 3, 10, 30, 100)
    return against(sizes, lambda n: evaluate_s(Cross, [walk(BARS, seed) for seed in range(n)], 64, asked.repeats))


def parameters(asked: argparse.Namespace) -> dict[str, Curve]:
    """Seconds against parameters, each with an average of its own."""
    sizes = (1, 4) if asked.quick else (1, 3, 10, 30, 100)
    return against(sizes, lambda n: evaluate_s(averages(n), [walk(BARS)], LANES, asked.repeats))


class MadeUp:
    """Results without backtests: best where every parameter is in the middle of its range."""

    datasets = ("made up",)
    n_segments = 1

    def __init__(self, strategy: type[Strategy]):
        self._inputs = strategy.inputs

    def evaluate(self, batch: Sequence[Params], keep: KeepFn | None = None) -> list[Evaluation]:
        """As the protocol says."""
        return [Evaluation({name: np.array([self.score(params)]) for name in METRICS}, np.zeros(1, np.int32), None) for params in batch]

    def score(self, params: Params) -> float:
        """At most 0."""
        total = 0.0
        for name, item in self._inputs.items():
            if item.low is not None and item.high is not None:
                total -= ((float(params[name]) - item.low) / (item.high - item.low) - 0.5) ** 2
        return total


class Known(MemoryStore):
    """A study in memory that holds trials from the beginning."""

    def __init__(self, trials: Sequence[FrozenTrial], attrs: Mapping[str, Any]):
        super().__init__()
        self._n_trials, self._user = len(trials), dict(attrs)
        self._new = list(trials)

    def read(self) -> list[FrozenTrial]:
        """All of them, once."""
        found, self._new = self._new, []
        return found


SAMPLERS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "random": ("random", {}),
    "nsga2": ("nsga2", {}),
    "cmaes": ("cmaes", {}),
    "tpe": ("tpe", {}),
    "tpe, max_history=150": ("tpe", {"max_history": 150}),
}


def trials(asked: argparse.Namespace) -> dict[str, Curve]:
    """Milliseconds per ask against trials in the study.

    The study grows by the sampler's own trials, but for tpe, for which random ones are put in beforehand.
    """
    sizes = (10, 100) if asked.quick else (10, 30, 100, 300, 1_000, 3_000, 10_000)
    strategy = load_strategy("squeeze_momentum")
    space, objective, made_up = build_space(strategy), build_objective(ObjectiveConfig()), MadeUp(strategy)

    def search(sampler: str, flags: Mapping[str, Any], n: int, store: MemoryStore, batch: int | None = None) -> tuple[Any, Curve]:
        asks: list[tuple[float, float]] = [(0, 0.0)]
        config = SearchConfig("scaling", n, sampler=sampler, seed=1, batch_size=batch, sampler_flags=flags)
        result = run_search(config, space, objective, made_up, store, [lambda p: asks.append((p.n_counted, p.timings.ask_s))])
        return result, asks

    held = MemoryStore()
    known = search("random", {}, sizes[-1], held)[0].trials
    found: dict[str, Curve] = {}
    for name, (sampler, flags) in SAMPLERS.items():
        curve = []
        search(sampler, flags, 64, MemoryStore(), 16)  # what it imports at its first asks is no cost of a trial
        if sampler == "tpe":
            for n in sizes:
                batch = 8
                # A first batch in vain: the first ask of a process imports and looks for the space of all trials.
                asks = search(sampler, flags, n + 2 * batch, Known(known[:n], held.study_attrs()[0]), batch)[1]
                curve.append((n, 1e3 * (asks[-1][1] - asks[-2][1]) / batch))
        else:
            asks = search(sampler, flags, sizes[-1] + 64, MemoryStore())[1]
            for n in sizes:
                last = next(i for i, (counted, _) in enumerate(asks) if counted > n)
                first = max(0, last - 4) if n > 300 else last - 1
                curve.append((n, 1e3 * (asks[last][1] - asks[first][1]) / (asks[last][0] - asks[first][0])))
        found[name] = curve
    return found


PARTS: Mapping[str, tuple[Callable[[argparse.Namespace], dict[str, Curve]], str, str, str]] = {
    "bars": (bars, f"Cost against bars ({LANES} parameter sets)", "bars", "seconds"),
    "lanes": (lanes, f"Cost against lanes ({BARS:,} bars)", "parameter sets in a batch", "seconds"),
    "datasets": (datasets, f"Cost against datasets (64 sets, {BARS:,} bars each)", "datasets", "seconds"),
    "parameters": (parameters, f"Cost against parameters ({LANES} sets, {BARS:,} bars)", "parameters", "seconds"),
    "trials": (trials, "Asking for one more trial (43 conditional parameters)", "trials in the study", "milliseconds"),
}


def table(x_label: str, y_label: str, curves: Mapping[str, Curve]) -> str:
    """A Markdown table, one column per curve."""
    lines = [f"| {x_label} | " + " | ".join(f"{name} ({y_label})" for name in curves) + " |", "| ---: |" + " ---: |" * len(curves)]
    for i, (x, _) in enumerate(next(iter(curves.values()))):
        lines.append(f"| {x:,} | " + " | ".join(f"{curve[i][1]:.3g}" for curve in curves.values()) + " |")
    return "\n".join(lines)


def main() -> None:
    """Measure, print, plot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=[])
    parser.add_argument("--quick", action="store_true", help="two small sizes of each")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--plots", type=Path, help="a folder for scaling_<part>.svg")
    asked = parser.parse_args()
    for name in asked.parts or PARTS:
        measure, title, x_label, y_label = PARTS[name]
        curves = measure(asked)
        print(f"{title}\n\n{table(x_label, y_label, curves)}\n", flush=True)
        if asked.plots:
            write_loglog(asked.plots / f"scaling_{name}.svg", title, x_label, y_label, curves)


if __name__ == "__main__":
    main()
