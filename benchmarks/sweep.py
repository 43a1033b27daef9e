"""What a sweep of six combinations costs beside six runs of their own: wall and processor seconds of whole processes.

    python benchmarks/sweep.py [--trials 200] [--strategy ema_cross] [--repeats 3]

Two symbols x three pairs of the bundled sample, cmaes, a new SQLite file each time, programs from a warm cache. Sweep and single runs take
turns; the repeat with the median processor time is shown, because other work on the machine counts less in it.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

PAIRS, SYMBOLS = ("15m@1h", "15m@4h", "1h@4h"), ("SYNTH_A", "SYNTH_B")


@dataclass(frozen=True, order=True)
class Cost:
    """Seconds of one or more processes."""

    cpu_s: float
    wall_s: float

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.cpu_s + other.cpu_s, self.wall_s + other.wall_s)


def run(place: Path, programs: Path, words: list[str]) -> Cost:
    """One process."""
    environment = {name: value for name, value in os.environ.items() if name != "OPTUNA_STORAGE_URL"}
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "pinejax.run", *words],
        cwd=place,
        env={**environment, "JAX_COMPILATION_CACHE_DIR": str(programs), "XDG_CACHE_HOME": str(programs)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr.strip())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, time.perf_counter() - started)


def main() -> None:
    """Print both costs and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--strategy", default="ema_cross")
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    words = [f"strategy={asked.strategy}", f"search.n_trials={asked.trials}", "search.sampler=cmaes"]
    sweeps, singles, joints = [], [], []
    with tempfile.TemporaryDirectory() as kept:
        for repeat in range(asked.repeats + 1):  # the first only fills the cache
            place = Path(kept) / str(repeat)
            place.mkdir()
            programs = Path(kept) / "programs"
            axes = [f"timeframe={','.join(PAIRS)}", f"symbol={','.join(SYMBOLS)}"]
            swept = run(place, programs, ["-m", *axes, *words, "storage.sqlite=sweep.db"])
            joint = run(place, programs, ["-m", *axes, *words, "storage.sqlite=joint.db", "sweep.mode=joint"])
            single = Cost(0.0, 0.0)
            for pair in PAIRS:
                for symbol in SYMBOLS:
                    single += run(place, programs, [f"timeframe={pair}", f"symbol={symbol}", *words, "storage.sqlite=single.db"])
            if repeat:
                sweeps.append(swept)
                singles.append(single)
                joints.append(joint)
    print(f"{asked.strategy}, {asked.trials} trials of cmaes per study, {len(PAIRS)} pairs x {len(SYMBOLS)} symbols")
    for name, costs in (("six single runs", singles), ("a sweep of six", sweeps), ("two joint studies of three pairs", joints)):
        cost, single = sorted(costs)[len(costs) // 2], sorted(singles)[len(singles) // 2]
        print(f"{name:<34} {cost.cpu_s:6.1f} s of processor  {cost.cpu_s / single.cpu_s:5.0%}   {cost.wall_s:6.1f} s")


if __name__ == "__main__":
    main()
