"""What a shared study costs each worker as it grows, and how many batches a second its database takes from all of them.

    python benchmarks/pulls.py --storage postgresql+psycopg://user@host/database
    python benchmarks/pulls.py                       # an SQLite file in a temporary folder

No bars and no sampler: only what `pinejax.search` does with the storage. The first table: reserving and finishing a batch, pulling it
in another worker, and pulling the whole history as a new worker does, against trials in the study. The second: processes that write
at once.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import optuna
from optuna.distributions import FloatDistribution
from optuna.trial import FrozenTrial, TrialState

from pinejax.search import open_store
from pinejax.search.store import StudyStore

N_PARAMS = 20
SPACE = {f"p{i}": FloatDistribution(0.0, 1.0) for i in range(N_PARAMS)}


def batch(n: int, first: int = 1) -> list[FrozenTrial]:
    """Trials of 20 parameters that were just asked, with provisional ids as the search gives them."""
    return [
        FrozenTrial(
            number=first + i, trial_id=-(first + i), state=TrialState.RUNNING, value=None, values=None,
            datetime_start=datetime.now(), datetime_complete=None, params={name: random.random() for name in SPACE},
            distributions=dict(SPACE), user_attrs={}, system_attrs={}, intermediate_values={},
        )
        for i in range(n)
    ]  # fmt: skip


def put(store: StudyStore, n: int) -> tuple[float, float]:
    """Pulls, as a search does before it asks, then reserves and finishes a batch; seconds of the two."""
    store.read()
    trials = batch(n)
    started = time.perf_counter()
    ids = store.reserve(trials, 10**9, {})
    reserved = time.perf_counter()
    for trial in trials:
        trial._trial_id, trial.number = ids[trial._trial_id]
        trial.state, trial.values, trial.datetime_complete = TrialState.COMPLETE, [random.random()], datetime.now()
        trial.user_attrs = {"violation": 0.0, "metrics": {name: random.random() for name in ("sharpe", "max_drawdown", "n_trades")}}
    told = time.perf_counter()
    store.finish(trials, {})
    return reserved - started, time.perf_counter() - told


def seconds(action: Callable[[], object]) -> float:
    """How long it took."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def growth(url: str, sizes: list[int]) -> None:
    """The first table."""
    print(f"{'trials':>8} {'batch':>6} {'reserve ms':>11} {'finish ms':>10} {'pull ms':>8} {'whole history s':>16}")
    writer, reader = (open_store(url, "pulls", ["maximize"]) for _ in range(2))
    stored = 0
    for size in sizes:
        while stored < size:
            put(writer, min(500, size - stored))
            stored += min(500, size - stored)
        reader.read()
        for n in (16, 256):
            times = [(*put(writer, n), seconds(reader.read)) for _ in range(5)]
            stored += 5 * n
            reserve, finish, pull = (sorted(column)[2] * 1e3 for column in zip(*times, strict=True))
            newcomer = open_store(url, "pulls", ["maximize"])
            whole = seconds(newcomer.read)
            newcomer.close()
            print(f"{size:8,} {n:6} {reserve:11.1f} {finish:10.1f} {pull:8.1f} {whole:16.2f}", flush=True)
    for store in (writer, reader):
        store.close()


def write(url: str, n: int, for_s: float, ready: object, results: object) -> None:
    """One of many writers, which pulls what the others wrote and writes a batch, without a pause."""
    store = open_store(url, "writers", ["maximize"])
    put(store, n)
    ready.wait()  # type: ignore[attr-defined]
    end, count = time.perf_counter() + for_s, 0
    while time.perf_counter() < end:
        put(store, n)
        count += 1
    results.put(count)  # type: ignore[attr-defined]
    store.close()


def writers(url: str, counts: list[int], for_s: float) -> None:
    """The second table."""
    print(f"\n{'writers':>8} {'batch':>6} {'batches/s':>10} {'trials/s':>9}")
    context = multiprocessing.get_context("spawn")
    for n in (16, 256):
        for count in counts:
            ready, results = context.Barrier(count), context.Queue()
            processes = [context.Process(target=write, args=(url, n, for_s, ready, results)) for _ in range(count)]
            for process in processes:
                process.start()
            total = sum(results.get() for _ in processes)
            for process in processes:
                process.join()
            print(f"{count:8} {n:6} {total / for_s:10.1f} {total * n / for_s:9.0f}", flush=True)


def main() -> None:
    """Measures, and deletes what it stored."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--storage", help="a URL as storage.url takes it; an SQLite file if not given")
    parser.add_argument("--sizes", type=int, nargs="+", default=[0, 1_000, 10_000, 50_000])
    parser.add_argument("--writers", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--seconds", type=float, default=5.0, help="for each number of writers")
    asked = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        url = asked.storage or f"sqlite:///{Path(folder) / 'pulls.db'}"
        growth(url, asked.sizes)
        writers(url, asked.writers, asked.seconds)
        for name in ("pulls", "writers"):
            optuna.delete_study(study_name=name, storage=url)


if __name__ == "__main__":
    main()
