"""Where the time of whole runs goes: `python -m pinejax.run` in processes of its own, with a cold and a warm cache of compiled programs.

    python benchmarks/end_to_end.py [--quick] [--root FOLDER] [--symbols BTCUSDT ETHUSDT] [--timeframe 5m@1h] [--repeats 1]

Every run is a new study in files that are thrown away; its figures are those of its manifest.json. The cold run finds no compiled programs
and no database, the warm ones find the cold one's; of several warm runs the one with the median total is shown. Without --root the bars
are the bundled synthetic ones (three symbols of 25,920 5-minute bars).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CASES = (("ema_cross", "cmaes", 1000), ("ema_cross", "tpe", 512), ("squeeze_momentum", "cmaes", 1000), ("squeeze_momentum", "tpe", 512))
QUICK = (("ema_cross", "cmaes", 64), ("squeeze_momentum", "cmaes", 64), ("squeeze_momentum", "tpe", 32))
START_UP = ("import", "load", "trace", "compile", "open")


@dataclass(frozen=True)
class Run:
    """One column of a table. manifest: what the run wrote."""

    title: str
    manifest: dict[str, Any]

    @property
    def seconds(self) -> dict[str, float]:
        """By part, with the total."""
        return self.manifest["timings_s"]

    def share_after_start(self, part: str) -> float:
        """Of the time after start-up."""
        return self.seconds[part] / (self.seconds["total"] - sum(self.seconds[name] for name in START_UP))


def search(asked: argparse.Namespace, kept: Path, strategy: str, sampler: str, n_trials: int) -> dict[str, Any]:
    """Run one search in a process of its own. kept: a folder for the compiled programs and the database, with the studies of other runs."""
    with tempfile.TemporaryDirectory() as place:
        studies = len(list(kept.glob("study_*")))
        (kept / f"study_{studies}").touch()
        words = [f"storage.sqlite={kept / 'studies.db'}", f"search.study_name=study_{studies}"]
        words += [f"strategy={strategy}", f"search.sampler={sampler}", f"search.n_trials={n_trials}", f"timeframe={asked.timeframe}"]
        words += [f"data.root={Path(asked.root).resolve()}"] if asked.root else []
        words += [f"symbol=[{','.join(asked.symbols)}]"] if asked.symbols else []
        environment = {name: value for name, value in os.environ.items() if name != "OPTUNA_STORAGE_URL"}
        done = subprocess.run(
            [sys.executable, "-m", "pinejax.run", *words, "hydra.run.dir=run"],
            cwd=place,
            env={**environment, "JAX_COMPILATION_CACHE_DIR": str(kept / "programs")},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(words)}\n{done.stderr.strip()}")
        return json.loads((Path(place) / "run" / "manifest.json").read_text())


def table(runs: list[Run]) -> str:
    """Seconds and shares of the total by part, one column per run."""
    lines = [["", *(run.title for run in runs)]]
    for part in runs[0].seconds:
        cells = [f"{run.seconds[part]:.2f} {run.seconds[part] / run.seconds['total']:>5.0%}" for run in runs]
        lines.append([part, *cells])
    lines.append(["to the first trial, s", *(f"{run.manifest['seconds_to_first_trial']:.2f}" for run in runs)])
    lines.append(["evaluate, of the time after start-up", *(f"{run.share_after_start('evaluate'):.0%}" for run in runs)])
    lines.append(["trials per second", *(f"{run.manifest['trials_per_s']:.1f}" for run in runs)])
    lines.append(["of them repeated", *(f"{run.manifest['n_duplicates'] / run.manifest['n_new']:.0%}" for run in runs)])
    lines.append(["lane-bars per second, M", *(f"{(run.manifest['lane_bars_per_s'] or 0) / 1e6:.1f}" for run in runs)])
    lines.append(["peak memory, MB", *(f"{run.manifest['peak_memory_bytes'] / 1e6:.0f}" for run in runs)])
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.rjust(width) if i else cell.ljust(width) for i, (cell, width) in enumerate(zip(line, widths, strict=True)))
        for line in lines
    )


def main() -> None:
    """Print a table per strategy and sampler."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer trials and cases")
    parser.add_argument("--root", help="a store that `python -m pinejax.data import` made")
    parser.add_argument("--symbols", nargs="*", default=[])
    parser.add_argument("--timeframe", default="5m@1h")
    parser.add_argument("--repeats", type=int, default=1, help="warm runs")
    asked = parser.parse_args()
    for strategy, sampler, n_trials in QUICK if asked.quick else CASES:
        with tempfile.TemporaryDirectory() as kept:
            cold = search(asked, Path(kept), strategy, sampler, n_trials)
            warm = [search(asked, Path(kept), strategy, sampler, n_trials) for _ in range(asked.repeats)]
        warm.sort(key=lambda manifest: manifest["timings_s"]["total"])
        bars = ", ".join(f"{dataset['name']} ({dataset['n_bars']:,} bars)" for dataset in cold["datasets"])
        print(f"{strategy}, {n_trials:,} trials of {sampler}, {bars}")
        print(table([Run("cold cache", cold), Run("warm cache", warm[len(warm) // 2])]), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
