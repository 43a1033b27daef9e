"""A strategy's inputs and evaluators without backtests, for the search's tests and their child processes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pinejax.core.inputs import Params, Strategy, input
from pinejax.search import Evaluation, KeepFn, ObjectiveConfig, build_objective


class Bowl(Strategy):
    """Conditional: `offset` counts only with `use_offset`, `depth` only with `mode` deep."""

    length = input.int(9, low=3, high=40)
    mult = input.float(1.0, low=0.0, high=4.0, step=0.1)
    use_offset = input.bool(True)
    offset = input.float(0.5, low=0.0, high=1.0, active_if="use_offset")
    mode = input.choice("flat", ["flat", "deep"])
    depth = input.int(2, low=1, high=9, step=2, active_if=lambda p: p.mode == "deep")


class Steps(Strategy):
    """A finite space: 3 x 2 x (1 + 2) combinations."""

    a = input.int(1, low=1, high=3)
    wide = input.bool(False)
    use_b = input.bool(False)
    b = input.int(4, low=4, high=6, step=2, active_if="use_b")


def bowl_score(p: Params) -> float:
    """Best at length 20, mult 2, offset 0.3 on, mode deep at depth 5."""
    total = ((p["length"] - 20) / 10) ** 2 + (p["mult"] - 2) ** 2
    total += (p["offset"] - 0.3) ** 2 if p["use_offset"] else 0.5
    total += ((p["depth"] - 5) / 4) ** 2 if p["mode"] == "deep" else 1.0
    return -total


@dataclass
class Quadratic:
    """Scores parameter sets on two datasets, in segments; remembers what it was asked."""

    score: Any = bowl_score
    datasets: tuple[str, ...] = ("one", "two")
    n_segments: int = 4
    n_evaluated: int = 0
    seen: list[dict[str, Any]] = field(default_factory=list)
    n_batches: int = 0
    raise_at: int | None = None

    def evaluate(self, batch: Sequence[Params], keep: KeepFn | None = None) -> list[Evaluation]:
        """As the protocol says."""
        self.n_batches += 1
        if self.raise_at is not None and self.n_batches == self.raise_at:
            raise RuntimeError("the device is gone")
        self.n_evaluated += len(batch)
        self.seen += [dict(params) for params in batch]
        metrics = [self.metrics(params) for params in batch]
        pruned: list[int | None] = [None] * len(batch)
        alive = np.arange(len(batch))
        for step in range(self.n_segments - 1 if keep is not None else 0):
            if keep is None or not len(alive):
                break
            so_far = {name: np.stack([metrics[i][name] for i in alive]) for name in metrics[0]}
            kept = keep(step, alive, so_far)
            for i in alive[~kept]:
                pruned[int(i)] = step
            alive = alive[kept]
        return [Evaluation(m, np.zeros(len(self.datasets), int), at) for m, at in zip(metrics, pruned, strict=True)]

    def metrics(self, params: Params) -> dict[str, np.ndarray]:
        """Deterministic in the parameters."""
        value = float(self.score(params))
        return {
            "sharpe": np.array([value, value - 1.0]),
            "max_drawdown": np.array([0.1, 0.1 + abs(value) / 10]),
            "n_trades": np.array([40.0, 20.0]),
            "profit_factor": np.array([np.inf, np.nan]),
        }


SHARPE = build_objective(ObjectiveConfig("sharpe"))
