"""Seconds of the sections stress, plateau and importance after a search: python benchmarks/stress.py --root data/real"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import optuna

from pinejax.config import from_mapping
from pinejax.job.plan import plan_search
from pinejax.job.session import prepare
from pinejax.job.study_table import StudyTable
from pinejax.judge.case import Case
from pinejax.judge.importance import importance
from pinejax.judge.plateau import plateau
from pinejax.judge.stress import stress
from pinejax.search import run_search


def main() -> None:
    """One line per section, after a search that is not counted."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", required=True)
    parser.add_argument("--strategy", default="squeeze_momentum")
    parser.add_argument("--timeframe", default="5m@1h")
    parser.add_argument("--symbols", nargs="+", default=["BNBUSDT", "BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT"])
    parser.add_argument("--trials", type=int, default=512)
    chosen = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    symbols = list(chosen.symbols)
    search = {"n_trials": chosen.trials, "sampler": "random", "batch_size": 256}
    config = from_mapping(
        {"strategy": chosen.strategy, "timeframe": chosen.timeframe, "symbol": symbols, "data": {"root": chosen.root}, "search": search}
    )
    session = prepare(config)
    objective, settings = plan_search(session)
    engine = session.engine(256)
    result = run_search(settings, session.space, objective, engine, None)
    table = StudyTable(settings.study_name, session.strategy.name, session.space, objective, session.columns, settings.top_k)
    case = Case(session, engine, objective, settings, table.of(result.trials), "", Path())
    engine.detail(case.chosen.complete, 0)  # a run has done so by then
    print(f"{chosen.strategy}, {len(symbols)} symbols x {len(session.feeds[0]):,} bars, {chosen.trials} trials")
    for section in (stress, plateau, importance):
        started, used = time.perf_counter(), time.process_time()
        section(case)
        wall, cpu = time.perf_counter() - started, time.process_time() - used
        print(f"{section.__name__}: {wall:.2f} s, {cpu:.2f} s of CPU", flush=True)


if __name__ == "__main__":
    main()
