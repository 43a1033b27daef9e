"""One worker process on a study, for the tests: `worker.py URL N_TRIALS SAMPLER WORKER SECONDS_PER_BATCH [wait | wait meet]`.

wait: after it has said that it is ready it begins when it gets a line. meet: once it holds its first batch it says `holding`, and evaluates
when it gets another line.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

import optuna
from quadratic import SHARPE, Bowl, Quadratic

from pinejax.core.inputs import Params
from pinejax.search import Evaluation, KeepFn, SearchConfig, build_space, run_search


class Slow(Quadratic):
    """Takes a while, like a backtest. meet: its first batch waits for the line."""

    def __init__(self, seconds: float, meet: bool):
        super().__init__()
        self.seconds, self.meet = seconds, meet

    def evaluate(self, batch: Sequence[Params], keep: KeepFn | None = None) -> list[Evaluation]:
        """As Quadratic's, later."""
        if self.meet:
            self.meet = False
            print("holding", flush=True)
            sys.stdin.readline()
        time.sleep(self.seconds)
        return super().evaluate(batch, keep)


if __name__ == "__main__":
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    url, n_trials, sampler, worker, seconds, *wait = sys.argv[1:]
    config = SearchConfig("study", int(n_trials), sampler=sampler, batch_size=8, seed=3, worker=int(worker), pruner="median")
    print("ready", flush=True)
    if "wait" in wait:
        sys.stdin.readline()
    evaluator = Slow(float(seconds), meet="meet" in wait)
    result = run_search(config, build_space(Bowl), SHARPE, evaluator, url, [lambda p: print(p.n_counted, flush=True)])
    print(result.stopped, result.n_new, flush=True)
