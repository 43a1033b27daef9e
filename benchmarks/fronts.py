"""What samplers find with two objectives: return against drawdown of real strategies on real bars, several seeds.

    nice -n 15 python benchmarks/fronts.py --root outputs/bars [--seeds 10] [--trials 1024] [--results FILE]

The measure is the area that the Pareto front of the first n trials dominates, from no return and a drawdown of WORST. As with `samplers`
(where the strategies, the bars and the results file are explained) the command may be stopped and started as often as one likes.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import optuna
from samplers import STRATEGIES, Entry, lines_of, quartiles, session_of

from pinejax.engine.engine import Engine
from pinejax.job.session import Session
from pinejax.search import ObjectiveConfig, SearchConfig, build_objective, run_search

WORST = 0.5
MARKS = (128, 256, 512, 1024)
OBJECTIVE = build_objective(ObjectiveConfig(["total_return", "max_drawdown"], gates={"min_trades": 20}))
ENTRIES = (
    Entry("random", 64),
    Entry("nsga2", 16, flags=(("population_size", 16),)),
    Entry("nsga2", 32, flags=(("population_size", 32),)),
    Entry("nsga2", 64, flags=(("population_size", 50),)),
    Entry("nsga2", 64, flags=(("population_size", 64),)),
    Entry("nsga3", 64, flags=(("population_size", 50),)),
)


def main() -> None:
    """Run what is missing, then print a table for each strategy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, help="a store with BTCUSDT and ETHUSDT of 5 minutes")
    parser.add_argument("--symbols", nargs="+", default=["BTCUSDT", "ETHUSDT"])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--trials", type=int, default=1024)
    parser.add_argument("--results", type=Path, default=Path("outputs/fronts.jsonl"))
    asked = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    asked.results.parent.mkdir(parents=True, exist_ok=True)
    done = {(line["strategy"], line["entry"], line["seed"]) for line in lines_of(asked.results)}
    sessions = {name: session_of(asked, name) for name in STRATEGIES}
    engines: dict[tuple[str, int], Engine] = {}
    for seed in range(1, asked.seeds + 1):
        for strategy, session in sessions.items():
            for entry in ENTRIES:
                if (strategy, entry.name, seed) in done:
                    continue
                if (strategy, entry.batch) not in engines:
                    engines[strategy, entry.batch] = session.engine(entry.batch)
                line = {"strategy": strategy, **search(session, engines[strategy, entry.batch], entry, seed, asked.trials)}
                with asked.results.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(line) + "\n")
    for strategy in STRATEGIES:
        print(f"{strategy}\n\n{table(asked.results, strategy)}\n")


def search(session: Session, engine: Engine, entry: Entry, seed: int, n_trials: int) -> dict[str, Any]:
    """One search; its line of the results file: the area after each of MARKS."""
    config = SearchConfig("s", n_trials, sampler=entry.sampler, seed=seed, batch_size=entry.batch, sampler_flags=dict(entry.flags))
    result = run_search(config, session.space, OBJECTIVE, engine)
    points = [(trial.values[0], trial.values[1]) for trial in result.trials if trial.values]
    areas = {str(n): area(points[:n]) for n in MARKS if n <= n_trials}
    return {"entry": entry.name, "seed": seed, "areas": areas, "n_front": len(result.pareto), "ask_s": result.timings.ask_s}


def area(points: Sequence[tuple[float, float]]) -> float:
    """What the front of (return, drawdown) dominates, in hundredths."""
    total, reached = 0.0, 0.0
    for drawdown, gain in sorted((drawdown, -gain) for gain, drawdown in points):
        if drawdown < WORST and -gain > reached:
            total += (-gain - reached) * (WORST - drawdown)
            reached = -gain
    return 100.0 * total


def table(results: Path, strategy: str) -> str:
    """Median (lower .. upper quartile) of the area, and the median size of the front at the end; of seeds that every entry has."""
    found: dict[str, dict[int, dict[str, Any]]] = {}
    for line in lines_of(results):
        if line["strategy"] == strategy:
            found.setdefault(line["entry"], {})[line["seed"]] = line
    seeds = sorted(set.intersection(*(set(lines) for lines in found.values())))
    marks = list(next(iter(found.values()))[seeds[0]]["areas"])
    rows = [[f"{len(seeds)} seeds", *(f"{n} trials" for n in marks), "on the front"], ["---", *["---:"] * (len(marks) + 1)]]
    for name, lines in found.items():
        kept = [lines[seed] for seed in seeds]
        cells = [quartiles([line["areas"][n] for line in kept]) for n in marks]
        rows.append([f"`{name}`", *cells, f"{statistics.median(line['n_front'] for line in kept):g}"])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


if __name__ == "__main__":
    main()
