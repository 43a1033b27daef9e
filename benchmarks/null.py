"""Seconds of a null search: the study's sets on surrogate histories, or the whole search again on each.

python benchmarks/null.py                       # bars of a generator
python benchmarks/null.py --root outputs/bars   # a store's BTCUSDT
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from pinejax.config import from_mapping
from pinejax.job.joint import prepare_search
from pinejax.job.plan import plan_search
from pinejax.job.study_table import StudyTable
from pinejax.judge.case import Case
from pinejax.judge.null_search import null_search
from pinejax.search import run_search

N_BARS = 25_920


def case_of(strategy: str, arguments: argparse.Namespace, folder: Path) -> Case:
    """A finished random search of distinct sets on one symbol."""
    data = {"root": str(arguments.root)} if arguments.root else {}
    tree: dict[str, Any] = {"strategy": strategy, "timeframe": arguments.timeframe, "symbol": [arguments.symbol], "data": data}
    search = {"n_trials": arguments.trials, "sampler": arguments.sampler, "batch_size": arguments.batch, "seed": 1}
    null = {"mode": arguments.mode, "n_surrogates": arguments.surrogates, "budget_s": None}
    session = prepare_search(from_mapping({**tree, "search": search, "null": null}))
    session = replace(session, feeds=tuple(feed.cut(min(N_BARS, len(feed))) for feed in session.feeds))
    objective, settings = plan_search(session)
    engine = session.engine(arguments.batch)
    started = time.perf_counter()
    result = run_search(settings, session.space, objective, engine)
    table = StudyTable(settings.study_name, session.strategy.name, session.space, objective, session.columns, settings.top_k)
    case = Case(session, engine, objective, settings, table.of(result.trials), "sqlite:///none.db", folder)
    bars = ", ".join(f"{feed.name} {len(feed):,} bars" for feed in session.feeds)
    print(f"{strategy}: {bars}, {len(case.sets)} distinct sets, searched in {time.perf_counter() - started:.1f} s", flush=True)
    return case


def main() -> None:
    """Print the seconds of each strategy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path)
    parser.add_argument("--symbol", default="SYNTH_A")
    parser.add_argument("--timeframe", default="5m@1h")
    parser.add_argument("--strategies", nargs="+", default=["ema_cross", "squeeze_momentum"])
    parser.add_argument("--mode", default="replay", choices=("replay", "research"))
    parser.add_argument("--trials", type=int, default=1_000)
    parser.add_argument("--surrogates", type=int, default=0, help="100 for replay, 20 for research where not given")
    parser.add_argument("--sampler", default="random")
    parser.add_argument("--batch", type=int, default=250)
    parser.add_argument("--profile", action="store_true")
    arguments = parser.parse_args()
    arguments.surrogates = arguments.surrogates or {"replay": 100, "research": 20}[arguments.mode]
    for strategy in arguments.strategies:
        with tempfile.TemporaryDirectory() as folder:
            case = case_of(strategy, arguments, Path(folder))
            profile = cProfile.Profile()
            started, cpu = time.perf_counter(), time.process_time()
            found = profile.runcall(null_search, case) if arguments.profile else null_search(case)
            took, cpu = time.perf_counter() - started, time.process_time() - cpu
            print(
                f"  null={arguments.mode}: {found['n_made']} surrogates in {took:.2f} s ({cpu:.1f} s of CPU); p = {found['p_value']:.3f}, "
                f"best {found['best']:.3f}, surrogates' bests {np.min(found['distribution']):.3f} .. {np.max(found['distribution']):.3f}",
                flush=True,
            )
            if arguments.profile:
                pstats.Stats(profile).sort_stats("cumulative").print_stats(28)


if __name__ == "__main__":
    main()
