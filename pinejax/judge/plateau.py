"""Whether the chosen set stands on a plateau or on a peak: sets around it drawn afresh, and those that the study has seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pinejax.core.evaluation import Evaluation
from pinejax.core.inputs import Params, Value
from pinejax.judge.case import Case, NotEnough
from pinejax.judge.figures import plain, scores_of
from pinejax.judge.told import Told, told
from pinejax.search.coordinates import coordinates
from pinejax.search.nearby import drawn_around, movable, one_step_away
from pinejax.search.scale import unit_of
from pinejax.selection.plateau import best_overlap, neighbourhoods, rank_correlation

K_NEAREST = 10
TOP = 10
FEWEST_SETS = 20
"""Of which the nearest ten are not just all, and a tenth is two."""
BEST_SHARE = 0.1
HALF = 0.5


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


def drawn(case: Case, seen: Told) -> dict[str, Any]:
    """Sets drawn within `stress.radius` around the chosen one: mean, median and worst of their values, which share keeps more than half of
    the chosen one's value (None where that is not above 0) and which share has a profit; and every parameter one step down and up.

    A neighbour without a score on some dataset is in `n_failed`; the mean and the worst take it for the least value of the study, and
    it keeps nothing. Errors: NotEnough where nothing can be moved, or none is drawn.
    """
    chosen, choices = case.chosen.complete, case.config.stress
    if not movable(case.session.space, chosen):
        raise NotEnough("neighbours: expected a searched number in the best set, it has switches, choices and pins alone.")
    rng = np.random.default_rng([case.config.search.seed, case.chosen.number])
    around = drawn_around(case.session.space, chosen, choices.n_neighbours, choices.radius, rng)
    if not around:
        raise NotEnough(f"neighbours: expected sets around the best one, found none (stress.n_neighbours={choices.n_neighbours}).")
    steps = one_step_away(case.session.space, chosen, choices.radius)
    stepped = [params for pair in steps.values() for params in pair if params is not None]
    found = case.engine.evaluate([chosen, *around, *stepped])
    own = _values(case, found[:1], seen)[0]
    values = _values(case, found[1 : 1 + len(around)], seen)
    sign = case.objective.terms[0].sign
    slopes = _slopes(case, steps, dict(zip(map(case.session.space.key, stepped), found[1 + len(around) :], strict=True)), own, seen)
    profit = [float(np.mean(e.metrics["total_return"])) > 0 for e in found[1 : 1 + len(around)]]
    failed = np.array([_has_failed(case, e) for e in found[1 : 1 + len(around)]])
    return {
        "n": len(around),
        "n_asked": choices.n_neighbours,
        "radius": choices.radius,
        "value": plain(sign * own),
        "mean": plain(sign * float(values.mean())),
        "median": plain(sign * float(np.median(values))),
        "worst": plain(sign * float(values.min())),
        "n_failed": int(failed.sum()),
        "keeps_half": plain(float(np.mean((values > HALF * own) & ~failed))) if own > 0 else None,
        "profitable": float(np.mean(profit)),
        "slopes": slopes,
        "stands_on": slopes[0]["name"] if slopes and slopes[0]["worst_change"] < 0 else None,
    }


def among_trials(case: Case, seen: Told) -> dict[str, Any]:
    """The nearest evaluated sets of each of the best ten: mean and worst value, and how far away they are; which of the ten has the best mean.

    The worst value among the neighbours decides between equal means. Errors: NotEnough below 20 complete sets, or where none has a score.
    """
    _need_sets(seen, "neighbourhoods of trials")
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


def stability(case: Case, seen: Told) -> dict[str, Any]:
    """Of each dataset's best tenth of the sets the part that is in the best tenth overall, and how alike the datasets rank the sets.

    by_chance: the overlap to expect of rankings that have nothing to do with each other. correlation: Spearman's, None for a dataset on which
    all sets are equal. Errors: NotEnough with one dataset, below 20 complete sets, or where none has a score.
    """
    names = [row.name for row in case.session.columns]
    names = names if len(names) == seen.scores.shape[1] else list(case.engine.datasets)
    if seen.scores.shape[1] < 2:
        raise NotEnough("stability over datasets: expected two datasets or more, there is one.")
    _need_sets(seen, "stability over datasets")
    correlation = rank_correlation(seen.scores)
    pairs = correlation[np.triu_indices(len(correlation), 1)]
    known = pairs[np.isfinite(pairs)]
    overlap = best_overlap(seen.scores, seen.values, BEST_SHARE)
    return {
        "n_sets": len(seen),
        "share": BEST_SHARE,
        "by_chance": BEST_SHARE,
        "overlap": {name: float(x) for name, x in zip(names, overlap, strict=True)},
        "correlation": [[plain(float(x)) for x in row] for row in correlation],
        "mean_correlation": plain(float(known.mean())) if len(known) else None,
        "lowest_correlation": plain(float(known.min())) if len(known) else None,
    }


def _need_sets(seen: Told, what: str) -> None:
    if len(seen) < FEWEST_SETS or seen.failed.all():
        n = int((~seen.failed).sum())
        raise NotEnough(f"{what}: expected {FEWEST_SETS} complete sets or more and some with a score, there are {len(seen)}, {n} with one.")


def _top(case: Case, seen: Told) -> list[int]:
    """Places of the best ten, the chosen one first, the others by their value among those that hold as many gates."""
    chosen = case.chosen.number
    order = sorted(
        range(len(seen)), key=lambda i: (seen.rows[i].number != chosen, seen.rows[i].violation, -seen.values[i], seen.rows[i].number)
    )
    return order[:TOP]


def _values(case: Case, found: Sequence[Evaluation], seen: Told) -> np.ndarray:
    """More is better; a failed set's is the least of the study, or of the sets here."""
    sign = case.objective.terms[0].sign
    verdicts = [case.objective.judge(e.metrics, e.status).values for e in found]
    values = np.array([np.nan if v is None else sign * v[0] for v in verdicts])
    failed = np.array([_has_failed(case, e) for e in found]) | ~np.isfinite(values)
    least = seen.floor if np.isfinite(seen.floor) else np.min(values[~failed], initial=0.0)
    return np.where(failed, least, values)


def _has_failed(case: Case, found: Evaluation) -> bool:
    return not np.isfinite(scores_of(case.objective, found.metrics, found.status)).all()


def _slopes(
    case: Case,
    steps: Mapping[str, tuple[dict[str, Value] | None, dict[str, Value] | None]],
    found: Mapping[Any, Evaluation],
    own: float,
    seen: Told,
) -> list[dict[str, Any]]:
    """Per parameter what a step down and one up make of the value, the steepest fall first. moved: the step as a part of the range."""
    rows = []
    for name, pair in steps.items():
        ends = [_end(case, name, params, found, own, seen) for params in pair]
        changes = [end["change"] for end in ends if end is not None]
        worst = min((case.objective.terms[0].sign * c for c in changes), default=0.0)
        rows.append({"name": name, "value": case.chosen.complete[name], "down": ends[0], "up": ends[1], "worst_change": worst})
    return sorted(rows, key=lambda row: row["worst_change"])


def _end(case: Case, name: str, params: Params | None, found: Mapping[Any, Evaluation], own: float, seen: Told) -> dict[str, Any] | None:
    if params is None:
        return None
    space, sign = case.session.space, case.objective.terms[0].sign
    value = float(_values(case, [found[space.key(params)]], seen)[0])
    moved = abs(unit_of(space.domains[name], params[name]) - unit_of(space.domains[name], case.chosen.complete[name]))
    return {"to": params[name], "value": sign * value, "change": sign * (value - own), "moved": moved}
