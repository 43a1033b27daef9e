"""The engine in the shape that the search asks for. Two packages that do not know each other meet here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pinejax.core.inputs import Params
from pinejax.engine.engine import Engine
from pinejax.search import Evaluation, KeepFn


@dataclass(frozen=True)
class EngineEvaluator:
    """`pinejax.search.Evaluator` on an engine."""

    engine: Engine

    @property
    def datasets(self) -> tuple[str, ...]:
        """The engine's."""
        return self.engine.datasets

    @property
    def n_segments(self) -> int:
        """The engine's."""
        return self.engine.n_segments

    def evaluate(self, batch: Sequence[Params], keep: KeepFn | None = None) -> list[Evaluation]:
        """One Evaluation per parameter set of the batch."""
        results = self.engine.evaluate(batch, keep)
        return [Evaluation(result.metrics, result.status, result.pruned_at) for result in results]
