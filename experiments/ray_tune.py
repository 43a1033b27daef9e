"""Which timeframe pair is best when Ray Tune does the searching? Pairs fixed by grid_search, the rest by OptunaSearch.

    python experiments/ray_tune.py 15m@1h,1h@4h --n-trials 64 --n-cpus 2 strategy=ema_cross symbol=SYNTH_A

The first word lists the pairs; unknown words are those of `python -m pinejax.run` (objective, data, broker). An actor per pair holds the
bars and the traced engine, so a trial of Tune is one evaluation, told in a call. That is also the answer to when to do this: a trial of
Tune costs tens of milliseconds of its own, a backtest of pinejax one; `python -m pinejax.run` asks for batches and is faster by far, Tune is for those who
have everything else in it. Conditional inputs are asked for always; those that a set switches off change nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import optuna
import ray
from ray import tune
from ray.tune.search.optuna import OptunaSearch

from pinejax.cli import main as compose
from pinejax.config import Config
from pinejax.job.plan import plan_search
from pinejax.job.session import Session, prepare


def session_of(words: Sequence[str], pair: str) -> Session:
    """What the command line would search on this pair. Errors: SystemExit for a mistake, which has been printed."""
    found: list[Config] = []

    def take(config: Config, folder: Path) -> None:
        found.append(config)

    code = compose(take, [*words, f"timeframe={pair}"])
    if code:
        raise SystemExit(code)
    return prepare(found[0])


@ray.remote(num_cpus=1)
class Evaluator:
    """The engine of one pair: traced and compiled once, asked for many sets."""

    def __init__(self, words: Sequence[str], pair: str):
        self.session = session_of(words, pair)
        self.objective, _ = plan_search(self.session)
        self.engine = self.session.engine(1)

    def value(self, params: dict[str, Any]) -> float:
        """The objective of one complete parameter set, as a trial would be told."""
        (evaluation,) = self.engine.evaluate([params])
        return self.objective.judge(evaluation).values[0]


def trial(config: dict[str, Any], evaluators: dict[str, Any]) -> dict[str, float]:
    """One trial of Tune: a call of the actor of its pair."""
    params = {name: value for name, value in config.items() if name != "pair"}
    return {"value": ray.get(evaluators[config["pair"]].value.remote(params))}


def main() -> int:
    """Searches, and prints the best set of each pair."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=lambda text: text.split(","))
    parser.add_argument("--n-trials", type=int, default=64, help="for each pair")
    parser.add_argument("--n-cpus", type=int, help="of this machine; all if not given")
    own, words = parser.parse_known_args()
    session = session_of(words, own.pairs[0])
    objective, settings = plan_search(session)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    ray.init("local", num_cpus=own.n_cpus, include_dashboard=False, log_to_driver=False)
    print(f"{'pair':10s} {objective.name:>12s}  parameters")
    ray.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
