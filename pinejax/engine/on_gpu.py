"""Blocks run by XLA on one or more GPUs: as large as planned (`pinejax.engine.devices`), datasets of one length together in a call."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import jax
import numpy as np

from pinejax.engine.devices import Plan, deal, footprint_of, memory_of, plan_calls
from pinejax.engine.groups import advance_group, compiled_group, group_blocks
from pinejax.engine.program import Program, State
from pinejax.engine.runner import Job, P, default_params
from pinejax.engine.ungated import compiled_ungated


def plan_for(program: Program, rows: Sequence[np.ndarray], devices: Sequence[Any], n_trials: int, memory: int | None = None) -> Plan:
    """The calls for batches of so many trials. program: of any number of lanes; memory: bytes of a device, None for what it says itself."""
    return plan_calls(
        footprint_of(program), n_trials=n_trials, n_datasets=len(rows), rows_bytes=max(r.nbytes for r in rows),
        memory=memory or memory_of(devices[0]), n_devices=len(devices),
    )  # fmt: skip


@dataclass
class _Probe:
    """A block to compile with."""

    dataset: int
    lanes: int
    params: dict[str, np.ndarray]
    state: Any


class GpuRunner:
    """A `Together`. A call runs whole on one device, so how many there are changes no result. datasets: the most of one call."""

    def __init__(self, job: Job, devices: Sequence[Any], datasets: int = 1):
        self._devices = list(devices)
        self.unit = self.most_lanes = job.program.lanes
        self.trace_s, self.compile_s, self.n_compiled = 0.0, 0.0, 0
        self._take(job, datasets)
        self._together, self._alone = compiled_group(job.program), compiled_ungated(job.program)
        self._warm: set[tuple[int, ...]] = set()

    def _take(self, job: Job, datasets: int) -> None:
        self._job, self._datasets = job, datasets
        self._shared = list(zip(job.rows, job.terms, job.windows, strict=True))
        self._spans = [(int(w.start), int(w.stop)) for w in job.windows]
        self._sizes = [min(datasets, self._spans.count(s)) for s in self._spans]

    def on(self, job: Job) -> GpuRunner:
        """The same traced loop; a call of another number of datasets or length of bars than before is compiled when it is met.

        As many datasets in a call as were planned, fewer where longer bars leave no room for them.
        """
        longest, before = (max(r.nbytes for r in rows) for rows in (job.rows, self._job.rows))
        other = copy(self)
        other._take(job, self._datasets if longest <= before else max(1, self._datasets * before // longest))
        other.trace_s, other.compile_s, other.n_compiled = 0.0, 0.0, 0
        return other

    def prepare(self, dataset: int) -> None:
        """Compile for the padded length of a dataset, on every device: from the second on it is found in the persistent cache."""
        shape = (self._sizes[dataset], *self._job.rows[dataset].shape)
        if shape in self._warm:
            return
        started = time.perf_counter()
        params = default_params(self._job.program)
        for device in self._devices:
            self._advance_group([_Probe(dataset, self.unit, params, None)], 0, 0, device)
        self._warm.add(shape)
        self.n_compiled += 1
        self.compile_s += time.perf_counter() - started

    def initial(self, lanes: int) -> State:
        """NumPy arrays, shared by all new blocks."""
        return self._job.program.initial()

    def hold(self, state: State) -> State:
        """The same: the next call puts it where that runs."""
        return state

    def whole(self, state: State) -> State:
        """Copied from its device."""
        return jax.tree.map(np.asarray, state)

    def measured(self, state: State) -> State:
        """The arrays as they are: who needs one fetches it."""
        return state

    def equity(self, state: State) -> np.ndarray:
        """Copied from its device."""
        return np.asarray(state.track.equity)

    def advance(self, state: State, params: Mapping[str, np.ndarray], dataset: int, begin: int, end: int) -> State:
        """One block on the first device, in a program of its own: what a detail run needs, whose state has logs."""
        held = jax.device_put((jax.tree.map(np.array, state), self._job.rows[dataset], dict(params)), self._devices[0])
        after = self._alone(*held, self._job.terms[dataset], self._job.windows[dataset], np.int32(begin), np.int32(end))
        return jax.block_until_ready(after)

    def walk_all(self, blocks: Sequence[P], stops: Sequence[Sequence[int]], seen: Callable[[P, int], None]) -> None:
        """Groups of blocks with the same stops, dealt out to the devices."""

        def move(group: list[P], device: Any) -> None:
            for i, (begin, end) in enumerate(pairwise(stops[group[0].dataset])):
                self._advance_group(group, begin, end, device)
                for block in group:
                    seen(block, i)

        deal(self._grouped(blocks, stops), self._devices, move)

    def _grouped(self, blocks: Sequence[P], stops: Sequence[Sequence[int]]) -> list[list[P]]:
        out: list[list[P]] = []
        alike = [(span, *bars) for span, bars in zip(self._spans, stops, strict=True)]
        for key, size in dict(zip(alike, self._sizes, strict=True)).items():
            out += group_blocks([b for b in blocks if alike[b.dataset] == key], alike, size)
        return out

    def _advance_group(self, group: Sequence[Any], begin: int, end: int, device: Any) -> None:
        for block in group:
            block.state = self.initial(block.lanes) if block.state is None else block.state
        advance_group(self._together, group, self._shared, begin, end, device=device, size=self._sizes[group[0].dataset])
