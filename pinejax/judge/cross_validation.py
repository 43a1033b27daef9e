"""The study's sets on purged and embargoed folds: what each fold's own choice is worth on the bars that it was not chosen on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from jaxtyping import Float

from pinejax.errors import PinejaxError
from pinejax.job.plan import objective_of
from pinejax.judge.case import Case, NotEnough
from pinejax.search.coordinates import coordinates
from pinejax.search.parts import PartsObjective
from pinejax.selection.plateau import distances, rank_correlation
from pinejax.selection.splits import paths
from pinejax.validation.folds import Judged, judge_folds

FEWEST_SETS = 10
"""Of fewer, a rank says nothing."""
MOST_COMPARED = 200
"""Sets, evenly over the ranks, whose mean distance is that of any two."""
NOTE = (
    "The sampler saw every part, and the sets it tried are those that did well on all of them: each fold's own choice is judged on bars it "
    "was not chosen on, but out of sets that were. Walk-forward and a holdout do not have that fault."
)


def cross_validation(case: Case) -> Mapping[str, Any]:
    """For purged_kfold and cpcv; nothing for other methods. Values in the objective's own sign and without its gates, None where a dataset
    had no score (as without a trade). Errors: NotEnough for too few sets, or a purge that leaves too little.
    """
    session = case.session
    if not session.n_parts:
        return {}
    if len(case.sets) < FEWEST_SETS:
        raise NotEnough(f"expected at least {FEWEST_SETS} distinct sets that were evaluated, found {len(case.sets)}.")
    objective = objective_of(session)
    assert isinstance(objective, PartsObjective), "the objective of a search with parts"
    whole = getattr(case.engine, "whole", case.engine)
    try:
        judged = judge_folds(session, whole, objective, case.sets.params)
    except PinejaxError as error:
        raise NotEnough(str(error)) from error
    folds = [_fold(judged, f, case.sets.numbers.tolist()) for f in range(len(judged.folds))]
    return {
        "note": NOTE,
        "method": session.config.validation.method,
        "objective": objective.terms[0].name,
        "combined_by": objective.combination,
        "n_sets": len(case.sets),
        "n_parts": session.n_parts,
        "purge_bars": judged.purge.bars,
        "purge": str(judged.purge),
        "warning": judged.purge.warning,
        "embargo_bars": judged.split.embargo,
        "folds": folds,
        **_summary(folds),
        "paths": _paths(judged) if session.config.validation.method == "cpcv" else [],
        "stability": _stability(case, judged),
    }


def _fold(judged: Judged, f: int, numbers: Sequence[int]) -> dict[str, Any]:
    """One fold: its bars, the set it chooses, and that set's values and rank among all sets on the test bars."""
    fold, best, scores = judged.folds[f], judged.chosen[f], judged.scores
    inside, outside = scores.cells(judged.train[f])[best], scores.cells(judged.test(f))[best]
    everywhere = scores.over(judged.test(f))
    rank = 1 + int((everywhere > everywhere[best]).sum())
    n_train, n_test = (sum(map(len, spans)) for spans in (fold.train, fold.test))
    dates = lambda spans: [list(judged.split.timeline.dates(span)) for span in spans]  # noqa: E731
    return {
        "train": dates(fold.train),
        "test": dates(fold.test),
        "n_train": n_train,
        "n_test": n_test,
        "n_left_out": len(judged.split.searched) - n_train - n_test,
        "trial": numbers[best],
        "in_sample": _value(judged, inside),
        "out_of_sample": _value(judged, outside),
        "rank": rank,
        "below_median": bool(everywhere[best] < np.median(everywhere)),
    }


def _value(judged: Judged, cells: Float[np.ndarray, "datasets pieces"]) -> float | None:
    """In the objective's own sign; None where a dataset has no score on a piece."""
    scores = judged.scores
    if not scores.has_scores(cells):
        return None
    return scores.objective.terms[0].sign * float(scores.combined(cells))


def _summary(folds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Over the folds whose choice has a value in and out of sample. slope: of the line through (in sample, out of sample); one of 1 keeps
    what it promised, 0 or less says that a better value in sample promised nothing. (Bailey, Borwein, Lopez de Prado and Zhu, "The
    probability of backtest overfitting", 2017, on performance degradation)
    """
    both = [(fold["in_sample"], fold["out_of_sample"]) for fold in folds if None not in (fold["in_sample"], fold["out_of_sample"])]
    inside, outside = np.array(both, float).reshape(-1, 2).T
    differ = len(both) > 2 and np.ptp(inside) > 1e-12 * max(1.0, np.abs(inside).max())
    return {
        "n_valued": len(both),
        "mean_in_sample": float(inside.mean()) if len(both) else None,
        "mean_out_of_sample": float(outside.mean()) if len(both) else None,
        "slope": float(np.polyfit(inside, outside, 1)[0]) if differ else None,
        "below_median_rate": sum(fold["below_median"] for fold in folds) / len(folds),
    }


def _paths(judged: Judged) -> list[float | None]:
    """The value of each whole out-of-sample history that the folds' choices make: every part by a fold that tested it."""
    found = []
    for path in paths(judged.folds, len(judged.split.parts)):
        cells = [judged.scores.cells([judged.tested[part]])[judged.chosen[fold]] for part, (fold, _) in enumerate(path)]
        found.append(_value(judged, np.concatenate(cells, axis=-1)))
    return found


def _stability(case: Case, judged: Judged) -> dict[str, Any]:
    """Whether the folds agree. Distances: 0 for equal sets, 1 for such as have nothing in common, beside the mean of all pairs of sets.
    same_region: of how many folds the choice lies within `stress.radius` of one fold's, at most. rank_correlations: Spearman's, of all
    sets, mean over pairs; None where there is no pair, or no order.
    """
    places = coordinates(case.session.space, case.sets.params)
    points, chosen = places.points, judged.chosen
    away = np.array([distances(points[chosen], points[i], places.is_label) for i in chosen])
    some = points[np.unique(np.linspace(0, len(points) - 1, MOST_COMPARED).round().astype(int))]
    any_two = [distances(some[i + 1 :], some[i], places.is_label) for i in range(len(some) - 1)]
    cells = judged.scores.cells(judged.tested)
    scores = judged.scores.objective
    of_parts = scores.of_parts(cells.reshape(len(cells), -1))
    of_datasets = np.stack([scores.over_parts(cells[:, d]) for d in range(cells.shape[1])], axis=-1)
    most = max(set(chosen), key=lambda i: (chosen.count(i), -i))
    return {
        "most_chosen": {"trial": int(case.sets.numbers[most]), "n_folds": chosen.count(most)},
        "n_chosen": len(set(chosen)),
        "same_region": int((away <= case.config.stress.radius).sum(axis=1).max()),
        "distance": _mean([float(away[a, b]) for a, b in combinations(range(len(chosen)), 2)]),
        "distance_of_any": _mean(np.concatenate(any_two).tolist()),
        "rank_correlation_of_parts": _off_diagonal(rank_correlation(of_parts)),
        "rank_correlation_of_datasets": _off_diagonal(rank_correlation(of_datasets)),
    }


def _off_diagonal(matrix: Float[np.ndarray, "n n"]) -> float | None:
    return _mean([float(matrix[a, b]) for a, b in combinations(range(len(matrix)), 2)])


def _mean(values: Sequence[float]) -> float | None:
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else None
