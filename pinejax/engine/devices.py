"""Which devices a run uses, how many lanes and datasets one call to them holds, and how calls are dealt out to them.

A GPU is fast with very many lanes in one program, since every bar costs it the same few microseconds whatever the lanes; so blocks
there are as large as the batch and the memory allow, and datasets of one length share a call (`pinejax.engine.groups`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import ceil
from typing import Any, TypeVar

import jax
import numpy as np

from pinejax.engine.blocks import state_axes
from pinejax.engine.config import FULL_BLOCK
from pinejax.engine.program import Program
from pinejax.errors import ConfigError

T = TypeVar("T")
R = TypeVar("R")

GPU_KINDS = frozenset({"gpu", "cuda", "rocm"})

MOST_LANES = 262_144
"""Of one call: more lanes than any GPU of today works on at a time, so more calls lose nothing."""

STATE_COPIES = 3
"""A call holds its state twice (the loop's two ends) and about as much again of what a bar computes."""

USABLE_RATE = 0.8
"""Of a device's memory; the rest is the compiler's and the driver's."""


def devices_of(name: str) -> list[Any]:
    """The JAX devices for `engine.device`: every GPU, or one CPU. Errors: ConfigError where a GPU was asked for and none is there."""
    found = jax.devices()
    gpus = [d for d in found if d.platform in GPU_KINDS]
    if name == "gpu" and not gpus:
        kinds = ", ".join(sorted({d.platform for d in found}))
        raise ConfigError(f"engine.device: expected a GPU, found {kinds}. Install pinejax[gpu] or use engine.device=auto.")
    if name == "cpu":
        return jax.devices("cpu")[:1]
    return gpus or found[:1]


def is_gpu(device: Any) -> bool:
    """Whether a device wants large blocks and no native code of the CPU's."""
    return device.platform in GPU_KINDS


def memory_of(device: Any) -> int | None:
    """Bytes that a program may use on a device; None where JAX does not know (a CPU)."""
    try:
        stats = device.memory_stats()
    except (jax.errors.JaxRuntimeError, NotImplementedError):
        return None
    return int(stats["bytes_limit"]) if stats and "bytes_limit" in stats else None


@dataclass(frozen=True)
class Footprint:
    """Bytes of a program's arrays on the device. lane: of the state and parameters per lane; dataset: of the state that lanes share."""

    lane: int
    dataset: int

    def of_call(self, lanes: int, datasets: int, rows_bytes: int) -> int:
        """What one call needs. rows_bytes: of one dataset's bars."""
        return datasets * (rows_bytes + STATE_COPIES * (self.dataset + lanes * self.lane))


def footprint_of(program: Program) -> Footprint:
    """Read from the shapes of the initial state."""
    initial = program.initial()
    lane = shared = 0
    for leaf, axis in zip(jax.tree.leaves(initial), jax.tree.leaves(state_axes(program, initial)), strict=True):
        if axis < 0:
            shared += np.asarray(leaf).nbytes
        else:
            lane += np.asarray(leaf).nbytes // program.lanes
    n_params = len(program.inputs) - len(program.static)
    return Footprint(lane + n_params * np.dtype(program.dtype).itemsize, shared)


@dataclass(frozen=True)
class Plan:
    """lanes: of each dataset in a call; datasets: of a call; calls: of the whole batch; bytes: that one call needs."""

    lanes: int
    datasets: int
    calls: int
    bytes: int

    def __str__(self) -> str:
        return f"{self.calls} x ({self.datasets} datasets x {self.lanes:,} lanes), {self.bytes / 1e6:,.0f} MB each"


def plan_calls(
    footprint: Footprint, *, n_trials: int, n_datasets: int, rows_bytes: int, memory: int | None = None, n_devices: int = 1
) -> Plan:
    """The largest calls that fit a device's memory and leave no device idle. memory: bytes; None: no limit.

    n_datasets: those of one length, which may share a call; rows_bytes: of the bars of one. Errors: ConfigError where not even the
    smallest call fits.
    """
    usable = None if memory is None else int(memory * USABLE_RATE)
    fits = lambda lanes, datasets: usable is None or footprint.of_call(lanes, datasets, rows_bytes) <= usable  # noqa: E731
    if not fits(FULL_BLOCK, 1):
        needed = footprint.of_call(FULL_BLOCK, 1, rows_bytes)
        raise ConfigError(f"engine.device: expected room for {needed:,} bytes, found {usable:,} usable. Choose a shorter range of bars.")
    most = min(MOST_LANES, ceil(n_trials * n_datasets / n_devices))
    lanes = lane_bucket(min(n_trials, most))
    while not fits(lanes, 1):
        lanes = lane_bucket(lanes, below=True)
    parts = ceil(n_trials / lanes)
    datasets = 1
    while parts == 1 and datasets < n_datasets and (datasets + 1) * min(lanes, n_trials) <= most and fits(lanes, datasets + 1):
        datasets += 1
    return Plan(lanes, datasets, parts * ceil(n_datasets / datasets), footprint.of_call(lanes, datasets, rows_bytes))


def lane_bucket(n: int, *, below: bool = False) -> int:
    """The block for n lanes: 64 times the next of 1, 2, 3 and 4, 5, 6 or 7 times a power of two, so that few sizes mean few programs.

    below: the next smaller one instead, or the smallest.
    """
    sizes = [FULL_BLOCK * part for part in (1, 2, 3, *(part << k for k in range(40) for part in (4, 5, 6, 7)))]
    return max((s for s in sizes if s < n), default=FULL_BLOCK) if below else next(s for s in sizes if s >= n)


def deal(work: Sequence[T], devices: Sequence[Any], run: Callable[[T, Any], R]) -> list[R]:
    """`run(item, device)` for every item, dealt out to the devices in turn, one thread a device; the results in the order of the work.

    Each item runs whole on one device, so how many there are changes no result.
    """
    n = len(devices)
    with ThreadPoolExecutor(n) as pool:
        parts = list(pool.map(lambda k: [run(item, devices[k]) for item in work[k::n]], range(n)))
    return [parts[i % n][i // n] for i in range(len(work))]
