"""Whether the best region is the same on every dataset. From the study alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from pinejax.judge.case import Case, NotEnough
from pinejax.judge.figures import plain
from pinejax.judge.told import Told
from pinejax.selection.plateau import best_overlap, rank_correlation

BEST_SHARE = 0.1


def stability(case: Case, seen: Told) -> dict[str, Any]:
    """Of each dataset's best tenth of the sets the part that is in the best tenth overall, and how alike the datasets rank the sets.

    by_chance: the overlap to expect of rankings that have nothing to do with each other. correlation: Spearman's, None for a dataset on
    which all sets are equal. Errors: NotEnough with one dataset, below 20 complete sets, or where none has a score.
    """
    names = [row.name for row in case.study.datasets]
    if seen.scores.shape[1] < 2:
        raise NotEnough("stability over datasets: expected two datasets or more, there is one.")
    seen.need("stability over datasets")
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
