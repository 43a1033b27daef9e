"""How backtests are computed: precision, device, block size, threads. Changes no result beyond the last bits."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields, replace
from typing import Literal

from pinejax.engine.memory import DEFAULT_RATE, available_bytes, bytes_of
from pinejax.errors import ConfigError

FULL_BLOCK = 64
SMALL_BLOCKS = (16, 32)
USUAL_BATCH = 4_096
"""Trials of a batch where nobody says how many."""


@dataclass(frozen=True)
class EngineConfig:
    """dtype: float64 (as TradingView computes) or float32 for screening. device: auto, cpu or gpu.

    backend: native for machine code of our own on the CPU (`pinejax.native`, the extra `native`), xla for XLA's, auto for native where
    it can be had. n_threads: blocks at a time, 0 for one per core; n_segments: time segments between which a pruner may drop trials.
    memory_limit: bytes (a number, or text as `4GB`) of bars and states at once, of each device on GPUs; None for 70 % of what is available.
    Of XLA alone: block, lanes per compiled program, 0 for what suits the batch (`for_batch`); small_call, the loop as one function on
    the CPU (`pinejax.engine.onefunction`), with a fallback.
    """

    dtype: Literal["float64", "float32"] = "float64"
    device: Literal["auto", "cpu", "gpu"] = "auto"
    backend: Literal["auto", "native", "xla"] = "auto"
    block: int = 0
    n_threads: int = 0
    n_segments: int = 8
    small_call: bool = True
    memory_limit: int | str | None = None

    def __post_init__(self) -> None:
        checks = (
            ("dtype", self.dtype in ("float64", "float32"), "float64 or float32"),
            ("device", self.device in ("auto", "cpu", "gpu"), "auto, cpu or gpu"),
            ("backend", self.backend in ("auto", "native", "xla"), "auto, native or xla"),
            ("block", self.block >= 0, "0 (what suits the batch) or a number of lanes"),
            ("n_threads", self.n_threads >= 0, "0 (one per core) or more"),
            ("n_segments", self.n_segments >= 1, "1 or more"),
        )
        for name, good, expected in checks:
            if not good:
                raise ConfigError(f"engine.{name}: expected {expected}, got {getattr(self, name)!r}.")

        if self.memory_limit is not None:
            bytes_of(self.memory_limit)

    def shared(self, n: int) -> EngineConfig:
        """Of one of n processes on this machine: its part of the threads and of the memory."""
        available = available_bytes()
        whole = (
            bytes_of(self.memory_limit) if self.memory_limit is not None else None if available is None else int(available * DEFAULT_RATE)
        )
        return replace(self, n_threads=max(1, self.threads // n), memory_limit=None if whole is None else max(1, whole // n))

    def for_batch(self, n_trials: int) -> SizedConfig:
        """The same for batches of so many trials."""
        return SizedConfig(**{f.name: getattr(self, f.name) for f in fields(EngineConfig)}, n_trials=n_trials)

    @property
    def batch_size(self) -> int:
        """Trials that a batch is expected to have."""
        return USUAL_BATCH

    @property
    def lanes(self) -> int:
        """Lanes of a block of XLA's on the CPU."""
        return self.block or FULL_BLOCK

    @property
    def threads(self) -> int:
        """Blocks computed at a time."""
        return self.n_threads or len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else self.n_threads or os.cpu_count() or 1


@dataclass(frozen=True)
class SizedConfig(EngineConfig):
    """A configuration for batches of `n_trials` trials, from which follows what it leaves open."""

    n_trials: int = USUAL_BATCH

    @property
    def batch_size(self) -> int:
        """Trials of a batch."""
        return self.n_trials

    @property
    def lanes(self) -> int:
        """64 lanes are the fastest by far per lane; fewer trials fill a smaller block, since empty lanes cost as much as full ones."""
        return self.block or next((b for b in SMALL_BLOCKS if self.n_trials <= b), FULL_BLOCK)
