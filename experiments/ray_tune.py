"""What does Ray Tune find for each timeframe pair? The pairs are fixed by grid_search, the rest is searched by its OptunaSearch.

    python experiments/ray_tune.py 15m@1h,1h@4h --n-trials 64 --n-cpus 2 strategy=ema_cross symbol=SYNTH_A

The first word lists the pairs; unknown words are those of `python -m pinejax.run` (strategy, objective, data, broker). Tune refuses a
grid inside of OptunaSearch, and a trial of Tune costs a process where a backtest costs a millisecond. So a trial of Tune is a pair: an
actor that holds its bars and its traced engine, asks OptunaSearch for a batch of sets, evaluates it in one go, and reports the best so
far. Stopping and looking on work per pair. On one machine `python -m pinejax.run -m timeframe=...` does the same with less.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import optuna
import ray
from ray import tune
from ray.tune.search.optuna import OptunaSearch

from pinejax.cli import main as composed
from pinejax.config import Config
from pinejax.core.inputs import Params
from pinejax.job.plan import plan_search
from pinejax.job.session import Session, prepare

BATCH = 16
"""Sets asked for at a time: TPE's quality falls with more."""


def session_of(words: Sequence[str], pair: str) -> Session:
    """Bars, strategy and space of a command line on this pair. Errors: SystemExit for a mistake, whose message has been printed."""
    found: list[Config] = []

    def take(config: Config, folder: Path) -> None:
        found.append(config)

    code = composed(take, [*words, f"timeframe={pair}"])
    if code:
        raise SystemExit(code)
    return prepare(found[0])


def search_pair(config: dict[str, Any]) -> None:
    """A trial of Tune: one pair, searched with OptunaSearch; reports after every batch."""
    os.chdir(config["place"])
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    session = session_of(config["words"], config["pair"])
    objective, _ = plan_search(session)
    (direction,) = objective.directions
    space, engine = session.space, session.engine(BATCH)

    def suggest(trial: optuna.Trial) -> None:
        space.suggest(trial)  # inputs that a switch turns off are not asked for

    optuna_search = OptunaSearch(space=suggest, metric="value", mode="max" if direction == "maximize" else "min", seed=config["seed"])
    best: tuple[float, Params] | None = None
    for first in range(0, config["n_trials"], BATCH):
        names = [str(i) for i in range(first, min(first + BATCH, config["n_trials"]))]
        sets = [space.complete(optuna_search.suggest(name) or {}) for name in names]
        for name, params, result in zip(names, sets, engine.evaluate(sets), strict=True):
            (value,) = objective.judge(result.metrics, result.status).values
            optuna_search.on_trial_complete(name, {"value": value})
            if best is None or (value > best[0]) == (direction == "maximize"):
                best = value, space.active(params)
        assert best is not None, "a batch has at least one set"
        tune.report({"value": best[0], "n_trials": first + len(names), "params": dict(best[1])})


def main() -> int:
    """Searches all pairs at once, as far as there are CPUs, and prints the best set of each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=lambda text: text.split(","))
    parser.add_argument("--n-trials", type=int, default=64, help="for each pair")
    parser.add_argument("--n-cpus", type=int, help="of this machine; all if not given")
    parser.add_argument("--seed", type=int, default=1)
    own, words = parser.parse_known_args()
    session_of(words, own.pairs[0])  # a mistake in the words is found before anything is started
    ray.init("local", num_cpus=own.n_cpus, include_dashboard=False, log_to_driver=False, logging_level=logging.WARNING)
    fixed = {"words": words, "place": os.getcwd(), "n_trials": own.n_trials, "seed": own.seed}
    tuner = tune.Tuner(
        tune.with_resources(search_pair, {"cpu": 1}),
        param_space={"pair": tune.grid_search(own.pairs), **fixed},
        run_config=tune.RunConfig(storage_path=str(Path("outputs/ray_tune").resolve()), verbose=0),
    )
    results = tuner.fit()
    ray.shutdown()
    for result in results:
        if result.error is not None:
            print(f"{result.config['pair']:10s} failed: {result.error}", file=sys.stderr)
            continue
        typed = " ".join(f"{name}={value}" for name, value in result.metrics["params"].items())
        print(f"{result.config['pair']:10s} {result.metrics['value']:12.6g}  after {result.metrics['n_trials']} trials: {typed}")
    return 1 if results.num_errors else 0


if __name__ == "__main__":
    sys.exit(main())
