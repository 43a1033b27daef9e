"""How a trial's results are written into its Optuna attributes, and read back. Nothing here decides anything."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from optuna.trial import FrozenTrial

from pinejax.search.store import DUPLICATE_OF, ERROR_KEY, STATUS_KEY, counts

__all__ = ["ERROR_KEY", "METRICS_KEY", "STATUS_KEY", "VIOLATIONS_KEY", "counts", "duplicate_of", "encode_metrics", "metrics_of"]

METRICS_KEY = "metrics"
VIOLATIONS_KEY = "violations"


def encode_metrics(metrics: Mapping[str, np.ndarray]) -> dict[str, list[float | str | None]]:
    """Per-dataset metrics as strict JSON: NaN is null, infinities are "inf" and "-inf"."""
    return {name: [_encoded(float(value)) for value in np.atleast_1d(values)] for name, values in metrics.items()}


def metrics_of(trial: FrozenTrial) -> dict[str, np.ndarray]:
    """name -> float [datasets] as evaluated; empty for a trial without results (pruned by its source, failed)."""
    stored: Mapping[str, list[Any]] = trial.user_attrs.get(METRICS_KEY, {})
    return {name: np.array([math.nan if v is None else float(v) for v in values]) for name, values in stored.items()}


def duplicate_of(trial: FrozenTrial) -> int | None:
    """The number of the trial whose results were reused, None for an evaluated one."""
    return trial.user_attrs.get(DUPLICATE_OF)


def _encoded(value: float) -> float | str | None:
    if math.isnan(value):
        return None
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return value
