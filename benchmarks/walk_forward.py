"""How long walk-forward takes: 8 windows, each searched anew, on one symbol and on five, for a sampler that asks fast and one that learns.

    python -m pinejax.data import ../shared/data/{BTC,ETH,BNB,SOL,XRP}USDT_5m.csv --root outputs/bars
    nice -n 15 python benchmarks/walk_forward.py --root outputs/bars [--trials 256] [--windows 8] [--threads 0]

The main search is left out: the engine is made as a run makes it (traced and compiled before the clock starts), then the folds are
searched and their best sets traded behind them. Studies are in a fresh SQLite file, as a run's are.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import optuna

from pinejax.config import from_mapping
from pinejax.job.joint import prepare_search
from pinejax.job.plan import plan_search
from pinejax.job.session import memory_and_higher
from pinejax.search import StopRequest
from pinejax.search.config import resolved
from pinejax.selection.walk import walk_folds
from pinejax.validation.walk import Course, Plan, walk_forward

SEARCHES = (("ema_cross", "cmaes"), ("squeeze_momentum", "tpe"))
SYMBOLS = ("BTCUSDT", "ETHUSDT", "BNBUSDT", "SOLUSDT", "XRPUSDT")
"""Of one and the same time."""


def main() -> None:
    """Prints a row per search and number of symbols."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--trials", type=int, default=256)
    parser.add_argument("--windows", type=int, default=8)
    parser.add_argument("--threads", type=int, default=0, help="0: all cores")
    choices = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    print(f"{'strategy':<18}{'sampler':<8}{'symbols':>8}{'bars':>9}{'engine s':>10}{'walk s':>8}{'of it evaluating':>18}{'trials/s':>10}")
    for strategy, sampler in SEARCHES:
        for n in (1, len(SYMBOLS)):
            print(row(choices, strategy, sampler, SYMBOLS[:n]), flush=True)


def row(choices: argparse.Namespace, strategy: str, sampler: str, symbols: Sequence[str]) -> str:
    """One walk."""
    session = prepare_search(
        from_mapping(
            {
                "strategy": strategy,
                "symbol": list(symbols),
                "timeframe": "5m@1h",
                "data": {"root": str(choices.root)},
                "search": {"n_trials": choices.trials, "sampler": sampler, "seed": 1},
                "engine": {"n_threads": choices.threads},
                "validation": {"method": "walk_forward", "n_windows": choices.windows},
            }
        )
    )
    objective, settings = plan_search(session)
    started = time.perf_counter()
    engine = session.engine(resolved(settings, 1).batch_size)
    engine.warm_up()
    made_s = time.perf_counter() - started
    assert session.split is not None, "a search's session is divided"
    line, purge = session.split.timeline, session.purge_of(engine)
    folds = walk_folds(session.config.validation, line, line.n_bars, purge.bars)
    course = Course(engine, line, tuple(folds), memory_and_higher(engine.program, session.feeds[0])[0])
    spent = Clock()
    with TemporaryDirectory() as place:
        plan = Plan(session.space, objective, settings, f"sqlite:///{place}/studies.db", choices.trials)
        started = time.perf_counter()
        legs = walk_forward(spent.watching(course), plan, StopRequest())
        walked_s = time.perf_counter() - started
    n_trials = sum(leg.n_trials for leg in legs)
    return (
        f"{strategy:<18}{sampler:<8}{len(symbols):>8}{line.n_bars:>9,}{made_s:>10.1f}{walked_s:>8.1f}"
        f"{spent.evaluate_s / walked_s:>17.0%} {n_trials / walked_s:>9.0f}"
    )


class Clock:
    """Adds up the seconds that the engines of a course spend evaluating."""

    def __init__(self) -> None:
        self._engines: list = []

    def watching(self, course: Course) -> Course:
        """The same course, whose engines are remembered."""
        engines = self._engines

        class Watched(Course):
            def on(self, span):
                engines.append(super().on(span))
                return engines[-1]

        return Watched(course.engine, course.line, course.folds, course.warm_up)

    @property
    def evaluate_s(self) -> float:
        """Of all of them."""
        return sum(engine.timings.evaluate_s for engine in self._engines)


if __name__ == "__main__":
    main()
