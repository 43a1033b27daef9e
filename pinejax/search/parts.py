"""An objective whose trials are run on parts of each dataset's history: k-fold in the objective. What a part is, is not said here.

Datasets' values lie side by side, each dataset's parts in order of time. A trial's value, per objective: within each part the datasets are
aggregated as `objective.aggregate` says, then the parts are combined: their mean, median, worst, or mean less `std_weight` (population)
standard deviations. Everything else is as `pinejax.search.objective` has it; a part without a score counts `-penalty`.

Gates look at each dataset over all its parts together: counts of trades and liquidations and the commission are added up; of a
drawdown, and of losses in a row, the part that is worst for the gate counts; of all other metrics the mean of the parts that have one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np
from jaxtyping import Float

from pinejax.search.objective import Gate, Objective

Combination = Literal["mean", "median", "worst", "mean_std"]
ADDED = frozenset({"n_trades", "n_liquidations", "commission_paid", "net_profit"})
EXTREME = frozenset({"max_drawdown", "max_consecutive_losses"})


@dataclass(frozen=True)
class PartsObjective(Objective):
    """n_datasets: whose parts the values are of, as many parts of each, also where a pruner has seen some of them only."""

    n_datasets: int = 1
    combination: Combination = "mean"
    std_weight: float = 1.0

    @classmethod
    def of(cls, objective: Objective, n_datasets: int, combination: Combination, std_weight: float) -> PartsObjective:
        """The same objective over parts."""
        own = {f.name: getattr(objective, f.name) for f in fields(Objective)}
        return cls(**own, n_datasets=n_datasets, combination=combination, std_weight=std_weight)

    @property
    def plain(self) -> Objective:
        """The same of whole histories."""
        return Objective(self.config, self.terms, self.gates, self.penalty)

    def gated(self, gate: Gate, metrics: Mapping[str, np.ndarray]) -> Float[np.ndarray, "*trials datasets"]:
        """One value per dataset, of all its parts."""
        values = self._parted(np.asarray(metrics[gate.metric], float))
        if gate.metric in ADDED:
            return values.sum(axis=-1)
        if gate.metric in EXTREME:
            return gate.sense * (gate.sense * values).max(axis=-1)
        known = np.isfinite(values)
        n_known = known.sum(axis=-1)
        return np.where(n_known, np.where(known, values, 0.0).sum(axis=-1) / np.maximum(n_known, 1), np.nan)

    def combined(self, scores: Float[np.ndarray, "*trials parts_of_datasets"]) -> Float[np.ndarray, "*trials"]:
        """Over the datasets of each part, then over the parts."""
        return self.over_parts(self.of_parts(scores))

    def of_parts(self, scores: Float[np.ndarray, "*trials parts_of_datasets"]) -> Float[np.ndarray, "*trials parts"]:
        """One score per part, more is better."""
        return super().combined(np.swapaxes(self._parted(scores), -1, -2))

    def over_parts(self, scores: Float[np.ndarray, "*trials parts"]) -> Float[np.ndarray, "*trials"]:
        """One score of all parts."""
        if self.combination == "mean_std":
            return np.asarray(scores.mean(axis=-1) - self.std_weight * scores.std(axis=-1))
        reduce = {"mean": np.mean, "median": np.median, "worst": np.min}[self.combination]
        return np.asarray(reduce(scores, axis=-1))

    def _parted(self, values: np.ndarray) -> np.ndarray:
        """[..., datasets, parts]"""
        return values.reshape(*values.shape[:-1], self.n_datasets, -1)
