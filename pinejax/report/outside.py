"""What a search's choice is worth on bars that it was not made on: one number, out of a verdict's evidence. Nothing is judged here."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

KINDS = ("holdout", "walk_forward", "test", "cross_validation")
"""In the order of what they prove: bars that nothing has looked at; bars behind each train span; bars on which other sets were ranked
too; parts on which the choice was made among sets that had seen them."""


def outside_values(evidence: Mapping[str, Any]) -> dict[str, float]:
    """By kind the value of the objective out of sample, in its own sign and without its gates; kinds that were not made are left out.

    holdout: the chosen set's on the kept-back bars. walk_forward: the mean over the test spans, each of the set of its own train span.
    test: the chosen set's on the test bars of `train_test`, or of a walk-forward that ranks. cross_validation: the mean over the folds,
    each of the set that was best on its other parts. Evidence of another layout counts as not made.
    """
    ranked = _at(evidence, "rerank", "sets")
    first = ranked[0] if isinstance(ranked, Sequence) and not isinstance(ranked, str) and ranked else {}
    found = {
        "holdout": _at(evidence, "holdout", "out_of_sample", "value"),
        "walk_forward": _at(evidence, "walk_forward", "efficiency", "objective", "out_of_sample"),
        "test": _at(first, "out_of_sample", "value"),
        "cross_validation": _at(evidence, "cross_validation", "mean_out_of_sample"),
    }
    return {kind: float(value) for kind, value in found.items() if _is_number(value)}


def common_kind(found: Sequence[Mapping[str, float]]) -> str:
    """The kind that most of some searches have, the first of KINDS where several are as common; empty where none has any. Values of
    different kinds are never compared.
    """
    counts = {kind: sum(kind in values for values in found) for kind in KINDS}
    most = max(counts.values())
    return next((kind for kind in KINDS if counts[kind] == most), "") if most else ""


def _at(content: Any, *path: str) -> Any:
    for key in path:
        if not isinstance(content, Mapping):
            return None
        content = content.get(key)
    return content


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
