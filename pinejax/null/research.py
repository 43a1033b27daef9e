"""The whole search again on a history without an edge: the same sampler, pruner, rules of stopping and number of trials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pinejax.core.feed import Feed
from pinejax.null.best import FAILED, Best
from pinejax.null.ground import Ground
from pinejax.search import Objective, SearchConfig, Space, StopRequest, run_search
from pinejax.search.ranking import violation


def settings_for(settings: SearchConfig, n_trials: int, seed: int, number: int) -> SearchConfig:
    """Those of the search on one surrogate. n_trials: that the study came to; seed, number: of the surrogate; no limit of time."""
    words = [seed, number, 0 if settings.seed is None else settings.seed]
    own = int(np.random.SeedSequence(words).generate_state(1, np.uint32)[0])
    return replace(settings, study_name=f"null {number}", n_trials=n_trials, seed=own, context={}, timeout_s=None, worker=0)


def research(
    ground: Ground, objective: Objective, space: Space, settings: SearchConfig, history: Sequence[Feed], *, stop: StopRequest | None = None
) -> Best:
    """The best that the search finds on a history. stop: is set by Ctrl-C.

    Errors: KeyboardInterrupt where the search was asked to end, also in its last batch.
    """
    stop = stop or StopRequest()
    result = run_search(settings, space, objective, ground.on(history), stop=stop)
    if stop.is_set:
        raise KeyboardInterrupt
    best = result.best
    if best is None or not best.values:
        return Best(-objective.terms[0].sign * objective.penalty, FAILED)
    return Best(float(best.values[0]), violation(best))
