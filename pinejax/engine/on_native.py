"""Blocks run by `pinejax.native`: any number of vectors of lanes in a call, with the same bits for any of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np

from pinejax.engine.blocks import state_axes
from pinejax.engine.loop import compiled
from pinejax.engine.program import State
from pinejax.engine.runner import Job, default_params
from pinejax.native.call import NativeProgram, Packed, compile_program, traced


@dataclass
class Held:
    """A block's state in the memory that a compiled program reads."""

    program: NativeProgram
    packed: Packed


class NativeRunner:
    """A `Runner`. folder: where machine code is kept between processes, None for nowhere."""

    def __init__(self, job: Job, folder: Path | None):
        self._job, self._folder, self.unit, self.most_lanes = job, folder, job.program.lanes, 0
        self.trace_s, self.compile_s, self.n_compiled = 0.0, 0.0, 0
        self._rows = [np.ascontiguousarray(r) for r in job.rows]
        self._programs: dict[tuple, NativeProgram] = {}
        self._lock = threading.Lock()
        self._first: Held | None = None

    def prepare(self, dataset: int) -> None:
        """Compile once: the code does not depend on the dataset."""
        if self._first is None:
            self._first = self.hold(self._job.program.initial())

    def initial(self, lanes: int) -> Held:
        """The first state, for so many lanes."""
        self.prepare(0)
        assert self._first is not None
        program = self._first.program
        return Held(program, program.repeated(self._first.packed, lanes // self.unit))

    def hold(self, state: State) -> Held:
        """Packed for the program of states of this shape: a detail run's hold logs."""
        program = self._program_for(state)
        return Held(program, program.pack(state))

    def whole(self, state: Held) -> State:
        """Unpacked."""
        return state.program.unpack(state.packed)

    def measured(self, state: Held) -> State:
        """What metrics are made of, unpacked."""
        return state.program.unpack(state.packed, is_measured)

    def advance(self, state: Held, params: Mapping[str, np.ndarray], dataset: int, begin: int, end: int) -> Held:
        """In place."""
        common = state.program.common_numbers(self._job.terms[dataset], self._job.windows[dataset])
        state.program.run(state.packed, params, self._rows[dataset], common, begin, end)
        return state

    def _program_for(self, state: State) -> NativeProgram:
        leaves, tree = jax.tree.flatten(state)
        key = (tree, *(np.shape(x)[:-1] if a >= 0 else np.shape(x) for x, a in zip(leaves, self._axes(state), strict=True)))
        with self._lock:
            if key not in self._programs:
                self._programs[key] = self._compile(state)
            return self._programs[key]

    def _axes(self, state: State) -> list[int]:
        return jax.tree.leaves(state_axes(self._job.program, state))

    def _compile(self, state: State) -> NativeProgram:
        job, started = self._job, time.perf_counter()
        params, rows = default_params(job.program), self._rows[0]
        closed = traced(compiled(job.program, False), state, params, rows.shape[1], rows.dtype, job.terms[0], job.windows[0])
        self.trace_s += time.perf_counter() - started
        started = time.perf_counter()
        program = compile_program(closed, state, self._axes(state), len(params), self.unit, self._folder)
        self.n_compiled += not program.from_disk
        self.compile_s += time.perf_counter() - started
        return program


def is_measured(path: str) -> bool:
    """Whether metrics are made of a leaf of the state. path: as `jax.tree_util.keystr` writes it."""
    return path.startswith((".track", ".account.stats", ".account.lots", ".account.status"))
