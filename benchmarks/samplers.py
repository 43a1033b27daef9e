"""What samplers find for their trials and for their time: real strategies on real bars, best-so-far against random, several seeds.

    python -m pinejax.data import ../shared/data/{BTC,ETH}USDT_5m.csv --root outputs/bars
    nice -n 15 python benchmarks/samplers.py --root outputs/bars [--seeds 10] [--trials 512] [--results FILE] [--plots docs/img]

Every search is one line of the results file, written when it ends; what is there already is not run again, so the command may be stopped
and started as often as one likes. Seeds are the outer loop: an early end leaves fewer seeds, of everything. `--report` only prints.
Searches are in memory and their engine has one thread; seconds are the process's own CPU time from the first ask on (asking, evaluating and
telling, without compiling), which other work on the machine lengthens little.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from lines import Band, write_lines

from pinejax.config import from_mapping
from pinejax.engine.engine import Engine
from pinejax.job.session import Session, prepare
from pinejax.search import ObjectiveConfig, Progress, SearchConfig, build_objective, run_search

TIMEFRAME = "5m@1h"
STRATEGIES = ("squeeze_momentum", "supertrend")
MARKS = (64, 128, 256, 512, 1024, 2048)
YARDSTICK = "tpe 16"
OBJECTIVE = build_objective(ObjectiveConfig("sharpe", gates={"min_trades": 20}))


@dataclass(frozen=True)
class Entry:
    """One row of the tables: a sampler, its batch, and flags that are not its defaults.

    times: it runs for so many times the trials, so that a sampler that is asked in no time can be compared at equal seconds.
    """

    sampler: str
    batch: int
    times: int = 4
    flags: tuple[tuple[str, Any], ...] = ()

    @property
    def name(self) -> str:
        """`tpe 16`, or `nsga2 32 population_size=32`."""
        return " ".join([f"{self.sampler} {self.batch}", *(f"{flag}={value}" for flag, value in self.flags)])


ENTRIES = (
    Entry("random", 64),
    Entry("qmc", 64),
    Entry("tpe", 8, 1),
    Entry("tpe", 16, 2),
    Entry("tpe", 16, 1, (("max_history", 150),)),
    Entry("tpe", 64, 1),
    Entry("cmaes", 16),
    Entry("cmaes", 32),
    Entry("cmaes", 64),
    Entry("nsga2", 16, flags=(("population_size", 16),)),
    Entry("nsga2", 32, flags=(("population_size", 32),)),
    Entry("nsga2", 32, flags=(("population_size", 50),)),
    Entry("nsga2", 64, flags=(("population_size", 50),)),
)
PLOTTED = ("random 64", "qmc 64", "tpe 16", "tpe 64", "cmaes 32", "nsga2 32 population_size=32", "nsga2 64 population_size=50")
"""One curve per sampler at its own batch, and two that show what a larger batch or population does."""


@dataclass(frozen=True)
class Curve:
    """One search: the best value after every trial, and after every batch the trials and CPU seconds so far."""

    best: tuple[float, ...]
    clock: tuple[tuple[int, float], ...]

    def at_trials(self, n: int) -> float:
        """The best of the first n trials."""
        return self.best[min(n, len(self.best)) - 1]

    def at_seconds(self, seconds: float) -> float:
        """The best of the batches that ended within these seconds, and of the first batch anyway."""
        done = [n for n, spent in self.clock if spent <= seconds]
        return self.at_trials(done[-1] if done else self.clock[0][0])

    def seconds_of(self, n: int) -> float:
        """Until n trials were told."""
        return next(spent for told, spent in self.clock if told >= n)

    @property
    def total_s(self) -> float:
        """Of the whole search."""
        return self.clock[-1][1]


def main() -> None:
    """Run what is missing, then report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, help="a store with BTCUSDT and ETHUSDT of 5 minutes")
    parser.add_argument("--symbols", nargs="+", default=["BTCUSDT", "ETHUSDT"])
    parser.add_argument("--strategies", nargs="+", default=list(STRATEGIES))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--trials", type=int, default=512)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="samplers to run, such as tpe cmaes")
    parser.add_argument("--results", type=Path, default=Path("outputs/samplers.jsonl"))
    parser.add_argument("--report", action="store_true", help="print what the results file holds and run nothing")
    parser.add_argument("--plots", type=Path, help="a folder for samplers_<strategy>.svg")
    asked = parser.parse_args()
    if not asked.report:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        run_missing(asked)
    report(asked)


def run_missing(asked: argparse.Namespace) -> None:
    """Every search of the plan that the results file lacks."""
    asked.results.parent.mkdir(parents=True, exist_ok=True)
    done = {(line["strategy"], line["entry"], line["seed"]) for line in lines_of(asked.results) if line["trials"] == asked.trials}
    sessions = {name: session_of(asked, name) for name in asked.strategies}
    engines: dict[tuple[str, int], Engine] = {}
    for seed in range(1, asked.seeds + 1):
        for strategy, session in sessions.items():
            for entry in ENTRIES:
                if (strategy, entry.name, seed) in done or (asked.only and entry.sampler not in asked.only):
                    continue
                if (strategy, entry.batch) not in engines:
                    engines[strategy, entry.batch] = session.engine(entry.batch)
                    engines[strategy, entry.batch].warm_up()
                line = search(session, engines[strategy, entry.batch], entry, seed, asked.trials)
                with asked.results.open("a", encoding="utf-8") as file:
                    file.write(json.dumps({"strategy": strategy, **line}) + "\n")


def session_of(asked: argparse.Namespace, strategy: str) -> Session:
    """The strategy on the symbols' bars."""
    tree = {"strategy": strategy, "symbol": asked.symbols, "timeframe": TIMEFRAME, "engine": {"n_threads": 1}}
    if asked.root:
        tree["data"] = {"root": str(asked.root)}
    return prepare(from_mapping(tree))


def search(session: Session, engine: Engine, entry: Entry, seed: int, n_trials: int) -> dict[str, Any]:
    """One search; its line of the results file."""
    clock: list[tuple[int, float]] = []
    started = time.process_time()

    def note(progress: Progress) -> None:
        clock.append((progress.n_new, round(time.process_time() - started, 4)))

    config = SearchConfig(
        "s", n_trials * entry.times, sampler=entry.sampler, seed=seed, batch_size=entry.batch, sampler_flags=dict(entry.flags)
    )
    result = run_search(config, session.space, OBJECTIVE, engine, callbacks=[note])
    values = [trial.values[0] for trial in result.trials if trial.values]
    spent = {"ask_s": result.timings.ask_s, "evaluate_s": result.timings.evaluate_s}
    return {"entry": entry.name, "seed": seed, "trials": n_trials, "values": values, "clock": clock, **spent}


def lines_of(path: Path) -> Iterator[dict[str, Any]]:
    """The results file's lines; a last one that was cut off is left out."""
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        try:
            yield json.loads(line)
        except ValueError:
            continue


def curves_of(asked: argparse.Namespace, strategy: str) -> dict[str, list[Curve]]:
    """Entry -> the curve of each seed, in the order of ENTRIES; only seeds that every entry has."""
    found: dict[str, dict[int, Curve]] = {}
    for line in lines_of(asked.results):
        if line["strategy"] == strategy and line["trials"] == asked.trials and line["seed"] <= asked.seeds:
            best = [max(line["values"][: i + 1]) for i in range(len(line["values"]))]
            found.setdefault(line["entry"], {})[line["seed"]] = Curve(tuple(best), tuple((n, s) for n, s in line["clock"]))
    order = [entry.name for entry in ENTRIES if entry.name in found]
    common = set.intersection(*(set(found[name]) for name in order)) if order else set()
    return {name: [found[name][seed] for seed in sorted(common)] for name in order}


def report(asked: argparse.Namespace) -> None:
    """Tables, and plots if asked for."""
    for strategy in asked.strategies:
        curves = curves_of(asked, strategy)
        n_seeds = len(next(iter(curves.values()), []))
        if not n_seeds:
            print(f"{strategy}: nothing to report yet.")
            continue
        print(f"{strategy}: {n_seeds} seeds, {len(asked.symbols)} symbols, {TIMEFRAME}, {asked.trials} trials\n")
        print(table(curves, asked.trials) + "\n")
        if asked.plots:
            write_plots(asked.plots, strategy, curves, asked.trials, n_seeds)


def table(curves: Mapping[str, Sequence[Curve]], n_trials: int) -> str:
    """Median (lower .. upper quartile) of the best after so many trials, and within a quarter and all of the seconds that `tpe 16` took
    for `n_trials` of them. A search that ended sooner counts with its end.
    """
    longest = max(len(curve.best) for found in curves.values() for curve in found)
    marks = [n for n in MARKS if n <= longest]
    tpe_s = statistics.median(curve.seconds_of(n_trials) for curve in curves[YARDSTICK])
    limits = (tpe_s / 4, tpe_s)
    header = ["sampler, batch", *(f"{n} trials" for n in marks), *(f"{limit:.2g} s" for limit in limits), f"seconds for {n_trials}"]
    rows = [header, ["---", *["---:"] * (len(header) - 1)]]
    for name, found in curves.items():
        cells = [quartiles([curve.at_trials(n) for curve in found]) if n <= len(found[0].best) else "" for n in marks]
        cells += [quartiles([curve.at_seconds(limit) for curve in found]) for limit in limits]
        rows.append([f"`{name}`", *cells, f"{statistics.median(curve.seconds_of(n_trials) for curve in found):.1f}"])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def quartiles(values: Sequence[float]) -> str:
    """`2.31 (1.98 .. 2.60)`."""
    low, middle, high = spread(values)
    return f"{middle:.2f} ({low:.2f} .. {high:.2f})"


def spread(values: Sequence[float]) -> tuple[float, float, float]:
    """Lower quartile, median, upper quartile."""
    if len(values) == 1:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high


def write_plots(folder: Path, strategy: str, curves: Mapping[str, Sequence[Curve]], n_trials: int, n_seeds: int) -> None:
    """Median best-so-far against trials, with a band between the quartiles, for as long as each sampler ran, up to twice the trials."""
    bands: dict[str, Band] = {}
    for name in (name for name in PLOTTED if name in curves):
        found = curves[name]
        steps = range(16, min(2 * n_trials, len(found[0].best)) + 1, 16)
        bands[name] = [(float(n), *spread([curve.at_trials(n) for curve in found])) for n in steps]
    title = f"{strategy}: best sharpe so far, median and quartiles of {n_seeds} seeds"
    write_lines(folder / f"samplers_{strategy}.svg", title, "trials", "sharpe", bands)


if __name__ == "__main__":
    main()
