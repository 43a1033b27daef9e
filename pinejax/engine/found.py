"""The metrics of a batch, written block by block and read trial by trial. What they mean is `pinejax.metrics`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from pinejax.engine.blocks import Block
from pinejax.metrics import METRICS

PLACES = {name: i for i, name in enumerate(METRICS)}


@dataclass(frozen=True, eq=False)
class Row(Mapping[str, np.ndarray]):
    """Name -> `[datasets]` of one trial. An array for each name of each trial would take longer to make than a GPU computes."""

    values: Float[np.ndarray, "metrics datasets"]

    def __getitem__(self, name: str) -> np.ndarray:
        return self.values[PLACES[name]]

    def __iter__(self) -> Iterator[str]:
        return iter(PLACES)

    def __len__(self) -> int:
        return len(PLACES)


class Found:
    """The metrics and status of all trials."""

    def __init__(self, n_trials: int, n_datasets: int):
        self._metrics = np.full((n_trials, len(METRICS), n_datasets), np.nan)
        self._status = np.zeros((n_trials, n_datasets), np.int32)

    def put(self, block: Block, metrics: Mapping[str, np.ndarray], status: np.ndarray) -> None:
        """From any thread: blocks write apart from each other."""
        n = len(block.trials)
        self._metrics[block.trials, :, block.dataset] = np.stack([metrics[name][:n] for name in METRICS], axis=1)
        self._status[block.trials, block.dataset] = status[:n]

    def of(self, trials: np.ndarray) -> dict[str, np.ndarray]:
        """Name -> `[running, datasets]` of some trials so far."""
        return dict(zip(METRICS, np.moveaxis(self._metrics[trials], 1, 0), strict=True))

    def row(self, trial: int) -> tuple[Row, np.ndarray]:
        """One trial's metrics and its status, which a later segment does not change."""
        return Row(self._metrics[trial].copy()), self._status[trial].copy()
