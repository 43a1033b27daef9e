"""How much each parameter decided, by Optuna's evaluators, from trials as plain values. What is made of it is not said here."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial, TrialState

from pinejax.core.inputs import Params
from pinejax.search.space import Space
from pinejax.search.view import StudyView

if TYPE_CHECKING:
    from optuna.importance import BaseImportanceEvaluator  # whose package imports all of scikit-learn, where that is installed

FOREST_SEED = 0
FOREST_TRIALS = 500
"""The forest takes 4 ms a trial."""


@dataclass(frozen=True)
class Importance:
    """shares: of the searched parameters, adding up to 1, largest first; all 0 where none of them decided anything.

    left_out: parameters that the method says nothing about, since not every trial has them.
    """

    shares: Mapping[str, float]
    left_out: tuple[str, ...] = ()


def ped_anova(space: Space, params: Sequence[Params], losses: Sequence[float]) -> Importance:
    """How much each parameter decides whether a trial is among the best tenth. params: each trial's active ones; losses: less is better.

    A conditional parameter counts where it is active, weighted with how often it is, among the best and among all. What the space does
    not search is left out. (Watanabe et al., "PED-ANOVA", 2023; "Conditional PED-ANOVA", 2026)
    """
    from optuna.importance import PedAnovaImportanceEvaluator

    study = _study(space, params, losses)
    return Importance(_shares(study, PedAnovaImportanceEvaluator()))


def fanova(space: Space, params: Sequence[Params], losses: Sequence[float]) -> Importance | None:
    """How much of the variance of the losses each parameter explains in a random forest; None without scikit-learn.

    Only of parameters that every trial has. Of more than FOREST_TRIALS so many are looked at, evenly over their order. (Hutter, Hoos,
    Leyton-Brown, "An efficient approach for assessing hyperparameter importance", 2014)
    """
    if importlib.util.find_spec("sklearn") is None:
        return None
    from optuna.importance import FanovaImportanceEvaluator

    some = np.linspace(0, len(params) - 1, min(len(params), FOREST_TRIALS)).round().astype(int).tolist()
    study = _study(space, [params[i] for i in some], [losses[i] for i in some])
    common = set.intersection(*(set(t.params) for t in study.get_trials(deepcopy=False)))
    searched = {name for t in study.get_trials(deepcopy=False) for name in t.params}
    left_out = tuple(name for name in space.distributions if name in searched - common)
    if not common:
        return Importance({}, left_out)
    return Importance(_shares(study, FanovaImportanceEvaluator(seed=FOREST_SEED)), left_out)


def _shares(study: Any, evaluator: BaseImportanceEvaluator) -> dict[str, float]:
    with warnings.catch_warnings():  # of conditions under which a trial or two are not enough to go by, and count for nothing
        warnings.simplefilter("ignore")
        raw = evaluator.evaluate(study)
    total = sum(raw.values())
    ordered = sorted(raw.items(), key=lambda item: (-item[1], item[0]))
    return {name: float(value / total) if total > 0 else 0.0 for name, value in ordered}


def _study(space: Space, params: Sequence[Params], losses: Sequence[float]) -> Any:
    """The trials as a study in memory, each shown as it is: to store thousands takes longer than to judge them."""
    known = space.distributions
    trials = [_trial(number, known, given, float(loss)) for number, (given, loss) in enumerate(zip(params, losses, strict=True))]
    return StudyView(optuna.create_study(direction="minimize"), trials)


def _trial(number: int, known: Mapping[str, BaseDistribution], params: Params, loss: float) -> FrozenTrial:
    mine = {name: value for name, value in params.items() if name in known}
    return FrozenTrial(
        number=number,
        state=TrialState.COMPLETE,
        value=loss,
        datetime_start=None,
        datetime_complete=None,
        params=mine,
        distributions={name: known[name] for name in mine},
        user_attrs={},
        system_attrs={},
        intermediate_values={},
        trial_id=number,
    )
