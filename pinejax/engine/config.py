"""How backtests are computed: precision, device, block size, threads. Changes no result beyond the last bits."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

from pinejax.errors import ConfigError


@dataclass(frozen=True)
class EngineConfig:
    """dtype: float64 (as TradingView computes) or float32 for screening. device: auto, cpu or gpu.

    block: lanes per compiled program; n_threads: blocks at a time, 0 for one per core; small_call: compile the loop as one native
    function on the CPU, with a fallback; n_segments: time segments between which a pruner may drop trials; max_trades: the detail
    run's room for trades per chunk of bars.
    """

    dtype: Literal["float64", "float32"] = "float64"
    device: Literal["auto", "cpu", "gpu"] = "auto"
    block: int = 64
    n_threads: int = 0
    n_segments: int = 8
    small_call: bool = True

    def __post_init__(self) -> None:
        checks = (
            ("dtype", self.dtype in ("float64", "float32"), "float64 or float32"),
            ("device", self.device in ("auto", "cpu", "gpu"), "auto, cpu or gpu"),
            ("block", self.block >= 1, "1 or more lanes (64 is fast on a CPU)"),
            ("n_threads", self.n_threads >= 0, "0 (one per core) or more"),
            ("n_segments", self.n_segments >= 1, "1 or more"),
        )
        for name, good, expected in checks:
            if not good:
                raise ConfigError(f"engine.{name}: expected {expected}, got {getattr(self, name)!r}.")

    @property
    def threads(self) -> int:
        """Blocks computed at a time."""
        return self.n_threads or len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else self.n_threads or os.cpu_count() or 1
