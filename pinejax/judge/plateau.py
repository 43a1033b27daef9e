"""Whether the chosen set stands on a plateau or on a peak: three looks at it, each a module of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pinejax.judge.case import Case, NotEnough
from pinejax.judge.nearest import among_trials
from pinejax.judge.neighbours import drawn
from pinejax.judge.region import stability
from pinejax.judge.told import told


def plateau(case: Case) -> Mapping[str, Any]:
    """Three looks, each with a text under `not_enough` where there is too little: drawn, what freshly drawn neighbours are worth and the
    slope along each parameter; study, a neighbourhood score of the best trials; stability, of the best region over the datasets.

    Values are those of the first objective. Errors: NotEnough without a best set.
    """
    if not case.study.best:
        raise NotEnough("plateau: expected a best set, found none: no trial of the study is complete.")
    seen = told(case)
    looks = {"drawn": lambda: drawn(case, seen), "study": lambda: among_trials(case, seen), "stability": lambda: stability(case, seen)}
    found: dict[str, Any] = {}
    for name, look in looks.items():
        try:
            found[name] = look()
        except NotEnough as error:
            found[name] = {"not_enough": str(error)}
    return found
