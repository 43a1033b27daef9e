"""Which parameters decided the study's results. The evaluators are Optuna's (`pinejax.search.importance`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from pinejax.judge.case import Case, NotEnough
from pinejax.judge.told import told
from pinejax.search.importance import fanova, ped_anova

FEWEST_TRIALS = 32


def importance(case: Case) -> Mapping[str, Any]:
    """Each searched parameter's share, by what it takes to be among the best tenth (`ped_anova`), and of the variance (`fanova`, with
    scikit-learn alone, else None), of the first objective.

    active: the parameters that the chosen set has, those of a switched-off part not among them; left_out: what fanova says nothing about,
    since not every trial has it. Errors: NotEnough below 32 complete sets, where they all
    have one value, or where none has a score.
    """
    seen = told(case)
    if len(seen) < FEWEST_TRIALS:
        raise NotEnough(f"importance: expected {FEWEST_TRIALS} complete sets or more, there are {len(seen)}.")
    if seen.failed.all() or np.ptp(seen.values) == 0:
        raise NotEnough(f"importance: expected sets of different values, all {len(seen)} come to the same.")
    params, losses = [t.params for t in seen.rows], (-seen.values).tolist()
    best, variance = ped_anova(case.session.space, params, losses), fanova(case.session.space, params, losses)
    return {
        "n_trials": len(seen),
        "ped_anova": dict(best.shares),
        "active": [name for name in best.shares if name in case.chosen.params],
        "fanova": None if variance is None else {"shares": dict(variance.shares), "left_out": list(variance.left_out)},
    }
