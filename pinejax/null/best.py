"""The best that a search found on one history, and how often histories without an edge gave one as good. Not how it was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pinejax.search import Objective
from pinejax.search.many import Judgements

FAILED = 1e300
"""The violation of a set that failed: it ranks behind every other."""


@dataclass(frozen=True)
class Best:
    """value: as told, the metric's own sign; violation: of the gates, 0 where all hold. A study ranks by violation first."""

    value: float
    violation: float = 0.0

    def is_as_good_as(self, other: Best, sign: float) -> bool:
        """Whether a study would not rank it behind. sign: +1 where more is better."""
        return (self.violation, -sign * self.value) <= (other.violation, -sign * other.value)


def best_of(judged: Judgements, objective: Objective) -> Best:
    """The first in a study's order; a set that failed counts `-penalty` and is behind every other."""
    sign = objective.terms[0].sign
    failed = np.isnan(judged.values)
    values, violations = np.where(failed, -sign * objective.penalty, judged.values), np.where(failed, FAILED, judged.violations)
    at = np.lexsort((-sign * values, violations))[0]
    return Best(float(values[at]), float(violations[at]))


def p_value(real: Best, nulls: Sequence[Best], sign: float) -> float:
    """(1 + histories at least as good) / (1 + histories), the real one being one of the equally likely. (Davison and Hinkley 1997, 4.2)"""
    return (1 + sum(null.is_as_good_as(real, sign) for null in nulls)) / (1 + len(nulls))
