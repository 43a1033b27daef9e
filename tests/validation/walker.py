"""One process that walks forward, for the tests: `walker.py URL SECONDS_PER_BATCH WORKER`. It says every batch."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import Any

import optuna

from pinejax.core.inputs import Params
from pinejax.engine.config import EngineConfig
from pinejax.engine.engine import Engine
from pinejax.search import ObjectiveConfig, SearchConfig, StopRequest, build_objective, build_space
from pinejax.selection.config import ValidationConfig
from pinejax.selection.timeline import Timeline
from pinejax.selection.walk import walk_folds
from pinejax.validation.walk import Course, Plan, walk_forward
from tests.engine.busy import BROKER, Busy, wave

CHOICES = ValidationConfig(method="walk_forward", n_windows=3, train_ratio=2.0)


def course_of() -> Course:
    """Three folds on one feed."""
    line = Timeline.of([wave(700, 1)])
    engine = Engine(Busy, list(line.feeds), BROKER, Busy.inputs, EngineConfig(n_segments=2, n_threads=1))
    return Course(engine, line, tuple(walk_folds(CHOICES, line, line.n_bars)), 48)


def plan_on(url: str, worker: int = 0) -> Plan:
    """24 trials in batches of 4."""
    search = SearchConfig("study", 99, sampler="random", batch_size=4, seed=5, worker=worker, heartbeat_s=0.5, grace_s=5.0)
    return Plan(build_space(Busy), build_objective(ObjectiveConfig("total_return")), search, url, 24)


if __name__ == "__main__":
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    url, seconds, number = sys.argv[1:]
    real = Engine.evaluate

    def slowly(self: Engine, batch: Sequence[Params], keep: Any = None) -> Any:
        """As ever, later."""
        time.sleep(float(seconds))
        return real(self, batch, keep)

    Engine.evaluate = slowly  # type: ignore[method-assign]
    legs = walk_forward(course_of(), plan_on(url, int(number)), StopRequest(), lambda text, *_: print(text, flush=True))
    print("done", [(leg.n_trials, leg.trial) for leg in legs], flush=True)
