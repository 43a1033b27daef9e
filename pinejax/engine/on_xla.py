"""Blocks run by XLA: the jitted loop on a JAX device."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from pinejax.engine.loop import compiled
from pinejax.engine.program import State
from pinejax.engine.runner import Job, default_params


class XlaRunner:
    """A `Runner`. small_call: the loop as one native function of XLA's, where that works (`pinejax.engine.onefunction`)."""

    def __init__(self, job: Job, device: Any, small_call: bool):
        self._job, self._device, self._small_call = job, device, small_call
        self.unit = self.most_lanes = job.program.lanes
        self.trace_s, self.compile_s, self.n_compiled = 0.0, 0.0, 0
        self._rows = [jax.device_put(r, device) for r in job.rows]
        self._run = compiled(job.program, small_call)
        self._warm: set[tuple[int, ...]] = set()

    def prepare(self, dataset: int) -> None:
        """Compile for the padded length of a dataset."""
        shape = self._rows[dataset].shape
        if shape in self._warm:
            return
        started = time.perf_counter()
        try:
            self._compile(dataset)
        except jax.errors.JaxRuntimeError:
            # A body may hold an operation that XLA cannot put into one function (a sort, a large reduction).
            if not self._small_call:
                raise
            self._small_call = False
            self._run = compiled(self._job.program, False)
            self._compile(dataset)
        self._warm.add(shape)
        self.n_compiled += 1
        self.compile_s += time.perf_counter() - started

    def _compile(self, dataset: int) -> None:
        self.advance(self.initial(self.unit), default_params(self._job.program), dataset, 0, 0)

    def initial(self, lanes: int) -> State:
        """NumPy arrays, shared by all new blocks."""
        return self._job.program.initial()

    def hold(self, state: State) -> State:
        """The same."""
        return state

    def whole(self, state: State) -> State:
        """Copied from the device."""
        return jax.tree.map(np.asarray, state)

    def measured(self, state: State) -> State:
        """The arrays as they are: who needs one fetches it."""
        return state

    def advance(self, state: State, params: Mapping[str, np.ndarray], dataset: int, begin: int, end: int) -> State:
        """One call of the jitted loop."""
        # Committed to the device like what comes back of it: else the second segment would compile once more.
        state = jax.device_put(jax.tree.map(jnp.array, state), self._device)
        job = self._job
        after = self._run(
            state, self._rows[dataset], dict(params), job.terms[dataset], job.windows[dataset], np.int32(begin), np.int32(end)
        )
        return jax.block_until_ready(after)
