"""Whether the engine has become slow: its rate over that of a numba loop with the same rules, in one process, in turns.

    python benchmarks/guard.py        # exit status 1 where a ratio is below its floor

A ratio does not depend on the machine's clock, and little on its load. The floors are about half of what was measured.
"""

from __future__ import annotations

import statistics
import sys
import time
from dataclasses import dataclass

from engines import engine_of, feed_of
from peers import numba_loops
from strategies import STYLES
from workload import draw_sets, task_of

FLOORS = {"market": 0.45, "bracket": 0.42}
"""Least rate of one thread of pinejax in float64, as a fraction of the numba loop's. Raise them when the engine becomes faster."""

LANES, BARS, ROUNDS = 256, 20_000, 7


@dataclass(frozen=True)
class Verdict:
    """Rates in millions of lane-bars per second, and the engine's over the loop's: medians of the rounds."""

    style: str
    pinejax: float
    numba: float
    ratio: float

    def __str__(self) -> str:
        word = "fast enough" if self.ratio >= FLOORS[self.style] else "TOO SLOW"
        return (
            f"{self.style}: {word}: pinejax {self.pinejax:.1f}, numba {self.numba:.1f} M lane-bars/s, "
            f"ratio {self.ratio:.3f}, floor {FLOORS[self.style]}"
        )


def judge(name: str) -> Verdict:
    """Measure one style."""
    style = STYLES[name]
    sets = draw_sets(style.strategy, LANES, style.fixed)
    engine, task = engine_of(style, BARS, "float64", 1), task_of(name, feed_of(BARS, False), sets, style.broker)
    runs = {"pinejax": lambda: engine.evaluate(sets), "numba": lambda: numba_loops.run(task, 1)}
    seconds: dict[str, list[float]] = {program: [] for program in runs}
    for turn in range(ROUNDS + 1):
        for program, run in runs.items():
            started = time.perf_counter()
            run()
            if turn > 0:  # the first compiles
                seconds[program].append(time.perf_counter() - started)
    rates = {program: LANES * BARS / statistics.median(s) / 1e6 for program, s in seconds.items()}
    # Of each round its own ratio: what else the machine does then slows both.
    ratio = statistics.median(b / a for a, b in zip(seconds["pinejax"], seconds["numba"], strict=True))
    return Verdict(name, **rates, ratio=ratio)


def main() -> int:
    """Print the verdicts."""
    if numba_loops.missing():
        print(f"skipped: {numba_loops.missing()}")
        return 0
    verdicts = [judge(name) for name in FLOORS]
    print(*verdicts, sep="\n")
    return int(any(v.ratio < FLOORS[v.style] for v in verdicts))


if __name__ == "__main__":
    sys.exit(main())
