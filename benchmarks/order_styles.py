"""What kinds of orders cost: lane-bars per second of one EMA cross with market orders, brackets, trailing stops, and a pyramid of three.

    python benchmarks/order_styles.py [--lanes 256] [--bars 50000] [--repeats 7]

One thread, float64, default costs, a random walk of 15-minute bars; the same parameter sets for all styles. Rates are the median of the
repeats (slowest .. fastest). Another checkout is measured by the same file with PYTHONPATH set to it.
"""

from __future__ import annotations

import argparse
import statistics
import time

from engines import engine_of
from strategies import STYLES
from workload import draw_sets, walk

__all__ = ["main", "walk"]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lanes", type=int, default=256)
    parser.add_argument("--bars", type=int, default=50_000)
    parser.add_argument("--repeats", type=int, default=7)
    asked = parser.parse_args()
    print(f"{asked.lanes} lanes x {asked.bars:,} bars, one thread, median of {asked.repeats} (slowest .. fastest)")
    print(f"{'orders':26} {'compile s':>9} {'trades a lane':>13} {'M lane-bars/s':>14}")
    for style in (s for s in STYLES.values() if not s.hourly):
        engine, batch = engine_of(style, asked.bars, "float64", 1), draw_sets(style.strategy, asked.lanes)
        compile_s, seconds, found = engine.warm_up(), [], engine.evaluate(batch)
        for _ in range(asked.repeats):
            started = time.perf_counter()
            engine.evaluate(batch)
            seconds.append(time.perf_counter() - started)
        rates = sorted(asked.lanes * asked.bars / s / 1e6 for s in seconds)
        trades = statistics.mean(float(e.metrics["n_trades"][0]) for e in found)
        print(
            f"{style.text:26} {compile_s:9.2f} {trades:13.0f} {statistics.median(rates):6.1f} ({rates[0]:.1f} .. {rates[-1]:.1f})",
            flush=True,
        )


if __name__ == "__main__":
    main()
