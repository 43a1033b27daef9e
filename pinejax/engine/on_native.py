"""Blocks run by `pinejax.native`: any number of vectors of lanes in a call, with the same bits for any of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jax.core import Tracer

from pinejax.core.bounded import Bounded
from pinejax.engine.blocks import state_axes
from pinejax.engine.digest import Unknown, described, digest_of, text_digest
from pinejax.engine.kept import keep, loaded, lowered, recall
from pinejax.engine.loop import compiled
from pinejax.engine.program import State
from pinejax.engine.runner import Job, default_params
from pinejax.native.call import NativeProgram, Packed, traced
from pinejax.native.machine import processor


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
        self._digest: str | None = None

    def on(self, job: Job) -> NativeRunner:
        """The programs are shared, and whatever is compiled later; the first state is the job's own, whose capital may be another."""
        other = copy(self)
        other._job, other._rows, other._first = job, [np.ascontiguousarray(r) for r in job.rows], None
        other.trace_s, other.compile_s, other.n_compiled = 0.0, 0.0, 0
        return other

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

    def equity(self, state: Held) -> np.ndarray:
        """One leaf of the state, unpacked."""
        return state.program.unpack(state.packed, lambda path: path == ".track.equity").track.equity

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
        """Traced, lowered, compiled; of a program that was kept by an earlier process only what its digest needs.

        The digest is of the trace of the block's own state. The program that also records is told by that and by `recording_of`: the
        strategy's body is the same, so that it is not traced again.
        """
        job, axes, started = self._job, self._axes(state), time.perf_counter()
        own = state.account.log is None and state.equity_log is None
        n_params = len(default_params(job.program))
        key = None if own or self._digest is None else recording_digest(self._digest, job, state, axes)
        kept = recall(self._folder, key)
        if kept is None:
            rows = self._rows[0]
            closed = traced(
                compiled(job.program, False), state, default_params(job.program), rows.shape[1], rows.dtype, job.terms[0], job.windows[0]
            )
            self.trace_s += time.perf_counter() - started
            started = time.perf_counter()
            if own and self._folder is not None:
                key = self._digest = digest_of(closed, tuple(axes), n_params, self.unit, processor())
                kept = recall(self._folder, key)
            if kept is None:
                kept = lowered(closed, axes, n_params, self.unit)
                keep(self._folder, key, *kept)
        program = loaded(*kept, state, axes, self._folder)
        self.n_compiled += not program.from_disk
        self.compile_s += time.perf_counter() - started
        return program


def is_measured(path: str) -> bool:
    """Whether metrics are made of a leaf of the state. path: as `jax.tree_util.keystr` writes it."""
    return path.startswith((".track", ".account.stats", ".account.lots", ".account.status"))


def recording_digest(own: str, job: Job, state: State, axes: list[int]) -> str | None:
    """The digest of the program that records what `own` computes, without tracing it; None where that cannot be told for sure.

    A record holds nothing of the body's that is not in `own` but what is fixed about its orders: ids, comments, their places.
    """
    program = job.program
    orders = [[type(c).__name__, *(_fixed(getattr(c, name)) for name in type(c).__dataclass_fields__)] for c in program.commands]
    leaves, tree = jax.tree.flatten(state)
    numbers, kind = jax.tree.flatten((job.terms[0], job.windows[0]))
    shapes = [(np.shape(x), np.asarray(x).dtype) for x in [*leaves, *numbers]]
    try:
        return text_digest(own, described([orders, program.spec, program.broker, program.signals(), shapes, axes]), str(tree), str(kind))
    except Unknown:
        return None


def _fixed(value: Any) -> Any:
    """An order's value if it is known while tracing."""
    return "traced" if isinstance(value, (Tracer, Bounded)) else value
