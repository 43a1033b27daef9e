"""Blocks run by XLA on one or more GPUs: blocks as large as planned (`pinejax.engine.devices`), dealt out to the devices in turn."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

import jax
import numpy as np

from pinejax.engine.devices import Plan, footprint_of, memory_of, plan_calls
from pinejax.engine.program import Program, State
from pinejax.engine.runner import Job, default_params
from pinejax.engine.ungated import compiled_ungated


def plan_for(program: Program, rows: Sequence[np.ndarray], devices: Sequence[Any], n_trials: int) -> Plan:
    """The calls for batches of so many trials. program: of any number of lanes."""
    return plan_calls(
        footprint_of(program), n_trials=n_trials, n_datasets=len(rows), rows_bytes=max(r.nbytes for r in rows),
        memory=memory_of(devices[0]), n_devices=len(devices),
    )  # fmt: skip


class GpuRunner:
    """A `Runner`. A block stays on the device that its first state was put on, so how many there are changes no result."""

    def __init__(self, job: Job, devices: Sequence[Any]):
        self._job, self._devices = job, list(devices)
        self.unit = self.most_lanes = job.program.lanes
        self.trace_s, self.compile_s, self.n_compiled = 0.0, 0.0, 0
        self._rows = {d: [jax.device_put(r, d) for r in job.rows] for d in devices}
        self._run = compiled_ungated(job.program)
        self._turns = cycle(self._devices)
        self._warm: set[tuple[int, ...]] = set()

    def prepare(self, dataset: int) -> None:
        """Compile for the padded length of a dataset, on every device: from the second on it is found in the persistent cache."""
        shape = self._job.rows[dataset].shape
        if shape in self._warm:
            return
        started = time.perf_counter()
        for device in self._devices:
            first = jax.device_put(self._job.program.initial(), device)
            self.advance(first, default_params(self._job.program), dataset, 0, 0)
        self._warm.add(shape)
        self.n_compiled += 1
        self.compile_s += time.perf_counter() - started

    def initial(self, lanes: int) -> State:
        """On the next device."""
        return self.hold(self._job.program.initial())

    def hold(self, state: State) -> State:
        """On the next device."""
        return jax.device_put(jax.tree.map(np.array, state), next(self._turns))

    def whole(self, state: State) -> State:
        """Copied from its device."""
        return jax.tree.map(np.asarray, state)

    def measured(self, state: State) -> State:
        """The arrays as they are: who needs one fetches it."""
        return state

    def advance(self, state: State, params: Mapping[str, np.ndarray], dataset: int, begin: int, end: int) -> State:
        """One call of the jitted loop, where the state is."""
        (device,) = state.account.status.devices()
        rows, job = self._rows[device][dataset], self._job
        after = self._run(state, rows, dict(params), job.terms[dataset], job.windows[dataset], np.int32(begin), np.int32(end))
        return jax.block_until_ready(after)
