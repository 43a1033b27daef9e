"""How fast the engine is: lane-bars per second of the shipped strategies, one thread and all, on the bundled synthetic bars.

    python benchmarks/throughput.py [--lanes 256] [--bars 25000] [--repeats 5] [strategy ...]

A lane-bar is one bar of one parameter set on one dataset. Parameter sets are drawn at random from the whole declared space
(so every switch is on in half of them); figures are the median of the repeats, with the spread from the fastest to the slowest.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from dataclasses import dataclass

from pinejax.broker.config import BrokerConfig
from pinejax.core.feed import Feed
from pinejax.core.inputs import Input, Strategy, Value
from pinejax.core.timeframe import TimeframePair
from pinejax.data import load_feed, open_store
from pinejax.engine.config import EngineConfig
from pinejax.engine.engine import Engine
from pinejax.strategies import load_strategy

SHIPPED = ("ema_cross", "donchian_breakout", "supertrend", "rsi_reversion", "squeeze_momentum")


@dataclass(frozen=True)
class Row:
    """One line of the table; rates in millions of lane-bars per second: median, slowest, fastest."""

    strategy: str
    threads: int
    compile_s: float
    rate: tuple[float, float, float]


def draw(item: Input, rng: random.Random) -> Value:
    """A random value of an input's declaration."""
    if item.kind == "bool":
        return rng.random() < 0.5
    if item.kind == "choice":
        return rng.choice(item.options)
    assert item.low is not None and item.high is not None
    if item.kind == "int":
        return rng.randint(int(item.low), int(item.high))
    return rng.uniform(item.low, item.high)


def draw_sets(strategy: type[Strategy], n: int) -> list[dict[str, Value]]:
    """n parameter sets, the same for every run."""
    rng = random.Random(7)
    return [strategy.complete({name: draw(item, rng) for name, item in strategy.inputs.items()}) for _ in range(n)]


def measure(strategy: type[Strategy], feed: Feed, n_lanes: int, threads: int, repeats: int) -> Row:
    """Evaluate the same batch several times on a compiled engine."""
    engine = Engine(strategy, [feed], BrokerConfig(), strategy.inputs, EngineConfig(n_threads=threads, n_segments=1))
    compile_s = engine.warm_up()
    batch = draw_sets(strategy, n_lanes)
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        engine.evaluate(batch)
        seconds.append(time.perf_counter() - started)
    rates = sorted(n_lanes * len(feed) / s / 1e6 for s in seconds)
    return Row(strategy.__name__, threads, compile_s, (statistics.median(rates), rates[0], rates[-1]))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("strategies", nargs="*", default=SHIPPED)
    parser.add_argument("--lanes", type=int, default=256)
    parser.add_argument("--bars", type=int, default=25_000)
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    feed = load_feed(open_store(None), "SYNTH_A", TimeframePair.parse("5m@1h"), None, None)
    print(f"{asked.lanes} lanes x {min(asked.bars, len(feed)):,} bars, float64, median of {asked.repeats} (slowest .. fastest)")
    print(f"{'strategy':20} {'threads':>7} {'compile s':>9} {'M lane-bars/s':>14}")
    for name in asked.strategies:
        for threads in (1, EngineConfig().threads):
            row = measure(load_strategy(name), first_bars(feed, asked.bars), asked.lanes, threads, asked.repeats)
            rate = "{:6.1f} ({:.1f} .. {:.1f})".format(*row.rate)
            print(f"{row.strategy:20} {row.threads:7} {row.compile_s:9.2f} {rate}", flush=True)


def first_bars(feed: Feed, n: int) -> Feed:
    """The first n bars of a feed."""
    from dataclasses import fields, replace

    def cut(bars: object) -> object:
        return replace(bars, **{f.name: getattr(bars, f.name)[:n] for f in fields(bars)})  # type: ignore[type-var, arg-type]

    return replace(feed, ltf=cut(feed.ltf), htf=cut(feed.htf), htf_complete=feed.htf_complete[:n])  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
