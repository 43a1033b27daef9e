"""Blocks run by XLA: the jitted loop on a JAX device."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from copy import copy
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
        self._rows = _placed(job.rows, device)
        self._run = compiled(job.program, small_call)
        self._warm: set[tuple[int, ...]] = set()

    def on(self, job: Job) -> XlaRunner:
        """The jitted loop is shared, and which lengths of bars it is compiled for."""
        known = {id(r): placed for r, placed in zip(self._job.rows, self._rows, strict=True)}
        other = copy(self)
        other._job, other._rows = job, _placed(job.rows, self._device, known)
        other.trace_s, other.compile_s, other.n_compiled = 0.0, 0.0, 0
        return other

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

    def equity(self, state: State) -> np.ndarray:
        """Copied from the device."""
        return np.asarray(state.track.equity)

    def advance(self, state: State, params: Mapping[str, np.ndarray], dataset: int, begin: int, end: int) -> State:
        """One call of the jitted loop."""
        # Committed to the device like what comes back of it: else the second segment would compile once more.
        state = jax.device_put(jax.tree.map(jnp.array, state), self._device)
        job = self._job
        after = self._run(
            state, self._rows[dataset], dict(params), job.terms[dataset], job.windows[dataset], np.int32(begin), np.int32(end)
        )
        return jax.block_until_ready(after)


def _placed(rows: Sequence[np.ndarray], device: Any, known: Mapping[int, Any] | None = None) -> list[Any]:
    """Each history once on the device, however many windows it has. known: by id, what is there already."""
    found = dict(known or {})
    for values in rows:
        if id(values) not in found:
            found[id(values)] = jax.device_put(values, device)
    return [found[id(values)] for values in rows]
