"""A neighbourhood score for the best trials, from the sets nearest to them that the study has evaluated. Nothing is run again."""

from __future__ import annotations

from typing import Any

import numpy as np

from pinejax.judge.case import Case
from pinejax.judge.figures import plain
from pinejax.judge.told import Told
from pinejax.search.coordinates import coordinates
from pinejax.selection.plateau import neighbourhoods

K_NEAREST = 10
TOP = 10


def among_trials(case: Case, seen: Told) -> dict[str, Any]:
    """The nearest evaluated sets of each of the best ten: mean and worst value, and how far away they are; which has the best mean.

    Between equal means their worst value decides. Errors: NotEnough below 20 complete sets, or where none has a score.
    """
    seen.need("neighbourhoods of trials")
    place = coordinates(case.session.space, [t.complete for t in seen.rows])
    top = _top(case, seen)
    found = neighbourhoods(place.points, seen.values, np.array(top), K_NEAREST, place.is_label)
    sign = case.objective.terms[0].sign
    rows = [
        {
            "trial": seen.rows[i].number,
            "value": plain(sign * seen.values[i]),
            "mean": plain(sign * found.mean[n]),
            "worst": plain(sign * found.worst[n]),
            "reach": plain(found.reach[n]),
        }
        for n, i in enumerate(top)
    ]
    best = max(range(len(top)), key=lambda n: (found.mean[n], found.worst[n], -n))
    said = "The best trial has the best neighbourhood of the best ten as well."
    if best:
        said = (
            f"Trial {rows[best]['trial']} has a lower peak ({rows[best]['value']:.4g}) than trial {rows[0]['trial']} "
            f"({rows[0]['value']:.4g}) but a better plateau: the {K_NEAREST} sets nearest to it come to {rows[best]['mean']:.4g} in the "
            f"mean, those of the best trial to {rows[0]['mean']:.4g}."
        )
    return {"k": K_NEAREST, "n_sets": len(seen), "trials": rows, "best_plateau": rows[best]["trial"], "said": said}


def _top(case: Case, seen: Told) -> list[int]:
    """Places of the best ten, the chosen one first, the others by their value among those that hold as many gates."""
    chosen = case.chosen.number
    order = sorted(
        range(len(seen)), key=lambda i: (seen.rows[i].number != chosen, seen.rows[i].violation, -seen.values[i], seen.rows[i].number)
    )
    return order[:TOP]
