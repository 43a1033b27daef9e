"""What a purged and embargoed k-fold costs: the search whose trials are valued by their parts, and the folds' own choices after it.

    python benchmarks/validation.py --root FOLDER [--symbols BTCUSDT ETHUSDT ...] [--timeframe 5m@1h] [--trials 1000] [--method cpcv]

The bars are those of a store that `python -m pinejax.data import` made, all of its symbols without --symbols; the study is kept in a
temporary SQLite file. Seconds by part, of one process with as many threads as cores, and the seconds of all its threads together, which
say more on a machine that others use too; the start of Python is not among them.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pinejax.config import Config, from_mapping
from pinejax.job.joint import prepare_search
from pinejax.job.plan import plan_search
from pinejax.job.study_table import StudyTable
from pinejax.judge.case import Case
from pinejax.judge.cross_validation import cross_validation
from pinejax.search import run_search

Table = dict[str, tuple[float, ...]]


def chosen(asked: argparse.Namespace) -> Config:
    """The search as a command line would have it."""
    groups = {"purged_kfold": {"k": asked.parts}, "cpcv": {"n_groups": asked.parts}}[asked.method]
    return from_mapping(
        {
            "strategy": asked.strategy,
            "symbol": asked.symbols,
            "timeframe": asked.timeframe,
            "data": {"root": asked.root},
            "search": {"n_trials": asked.trials, "sampler": asked.sampler},
            "validation": {"method": asked.method, "embargo": asked.embargo, "purge": asked.purge, **groups},
            "verdict": {"sets": None},
        },
        broker_given=(),
    )


@contextmanager
def timed(table: Table, part: str) -> Iterator[None]:
    """Seconds of a part."""
    begun, spent = time.perf_counter(), time.process_time()
    yield
    table[part] = time.perf_counter() - begun, time.process_time() - spent


def measure(asked: argparse.Namespace, place: Path) -> tuple[Table, Case, Any]:
    """Seconds by part, the finished search, and its folds."""
    table: Table = {}
    with timed(table, "load"):
        session = prepare_search(chosen(asked))
    objective, settings = plan_search(session)
    with timed(table, "trace and compile"):
        engine = session.engine(settings.batch_size or asked.trials)
        engine.warm_up()
    with timed(table, "search"):
        result = run_search(settings, session.space, objective, engine, f"sqlite:///{place / 'study.db'}")
    study = StudyTable(settings.study_name, session.strategy.name, session.space, objective, session.columns, 10).of(result.trials)
    case = Case(session, engine, objective, settings, study, "", place)
    with timed(table, "folds"):
        found = cross_validation(case)
    return table, case, found


def main() -> None:
    """Print the parts and what the folds say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", help="a store that `python -m pinejax.data import` made")
    parser.add_argument("--symbols", nargs="*", default=[])
    parser.add_argument("--timeframe", default="5m@1h")
    parser.add_argument("--strategy", default="squeeze_momentum")
    parser.add_argument("--sampler", default="cmaes")
    parser.add_argument("--trials", type=int, default=1_000)
    parser.add_argument("--method", choices=["purged_kfold", "cpcv"], default="purged_kfold")
    parser.add_argument("--parts", type=int, default=5)
    parser.add_argument("--embargo", type=float, default=0.01)
    parser.add_argument("--purge", help="bars or a duration, instead of what is needed")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        table, case, found = measure(asked, Path(place))
    bars = ", ".join(f"{row.name} {row.n_bars:,}" for row in case.session.histories)
    print(f"{asked.strategy}, {asked.sampler}, {asked.trials:,} trials, {len(case.sets):,} distinct sets; {bars}; {os.cpu_count()} cores")
    print(
        f"{asked.method}: {len(found['folds'])} folds of {found['n_parts']} parts, embargo {found['embargo_bars']} bars, {found['purge']}"
    )
    table["together"] = tuple(map(sum, zip(*table.values(), strict=True)))
    for part, (wall, cpu) in table.items():
        print(f"  {part:<18} {wall:7.2f} s   {cpu:7.2f} s of the cores")
    print(f"mean in sample {found['mean_in_sample']}, out of sample {found['mean_out_of_sample']}, slope {found['slope']}")


if __name__ == "__main__":
    main()
