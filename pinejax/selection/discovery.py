"""Which of many findings hold up, when so many were looked at: control of the false discovery rate.

Benjamini and Hochberg, "Controlling the false discovery rate" (1995); Benjamini and Yekutieli, "The control of the false discovery rate
in multiple testing under dependency" (2001).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite, nan
from typing import Literal

import numpy as np
from jaxtyping import Float

from pinejax.errors import ConfigError


@dataclass(frozen=True)
class Discovery:
    """p: its own p-value; q: the smallest rate of false discoveries at which it is one; NaN without a p-value. holds: q <= alpha."""

    p: float
    q: float
    holds: bool


def discoveries(p_values: Mapping[str, float], alpha: float = 0.05, method: Literal["bh", "by"] = "bh") -> dict[str, Discovery]:
    """By name. Those whose p-value is NaN are no findings and do not count as tests.

    bh: for independent or positively dependent tests, such as one strategy's on symbols that move together (1995); by: for any dependence
    (2001). Errors: ConfigError for a p-value outside 0..1.
    """
    known = [name for name, p in p_values.items() if isfinite(p)]
    wrong = [name for name in known if not 0.0 <= p_values[name] <= 1.0]
    if wrong:
        raise ConfigError(f"discoveries: expected p-values in 0..1, got {p_values[wrong[0]]} for {wrong[0]}.")
    q = dict(zip(known, _adjusted(np.array([p_values[name] for name in known], float), method).tolist(), strict=True))
    return {name: Discovery(float(p), q.get(name, nan), q.get(name, nan) <= alpha) for name, p in p_values.items()}


def _adjusted(p: Float[np.ndarray, " tests"], method: Literal["bh", "by"]) -> Float[np.ndarray, " tests"]:
    """q-values, in the order of `p`. As `scipy.stats.false_discovery_control`, whose module takes long to import."""
    order, n = np.argsort(p), len(p)
    places = np.arange(1, n + 1)
    scaled = p[order] * n / places * ((1.0 / places).sum() if method == "by" else 1.0)
    q = np.empty(n)
    q[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return q
