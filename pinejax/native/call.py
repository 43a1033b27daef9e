"""A traced program as native code: compiled once, called for any number of lanes on any dataset. Not how blocks are cut."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np

from pinejax.native.errors import NotLowered
from pinejax.native.machine import Code, load
from pinejax.native.packing import aligned, put, take
from pinejax.native.program import ANY_LENGTH, Layout, lower_runner

UNFORESEEN = (AssertionError, AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError)
logger = logging.getLogger(__name__)


@dataclass
class Packed:
    """The state of some groups of lanes as native code has it. groups: `[groups, bytes]`; shared: `[1, bytes]`; params: the groups'."""

    shared: np.ndarray
    groups: np.ndarray
    params: np.ndarray | None = None


@dataclass(frozen=True)
class NativeProgram:
    """One compiled runner. axes: per leaf of the state its lane axis, -1 where the lanes share it; paths: its name in the state; tree:
    how leaves make a state."""

    code: Code
    layout: Layout
    axes: tuple[int, ...]
    paths: tuple[str, ...]
    tree: Any
    from_disk: bool

    def pack(self, state: Any) -> Packed:
        """A state of NumPy arrays `[..., lanes]`, the lanes being whole groups, in native form."""
        leaves, width = jax.tree.leaves(state), self.layout.width
        lanes = next(np.shape(x)[a] for x, a in zip(leaves, self.axes, strict=True) if a >= 0)
        packed = Packed(aligned(1, self.layout.shared_bytes), aligned(lanes // width, self.layout.group_bytes))
        for leaf, axis, (shared, piece) in zip(leaves, self.axes, self.layout.leaves, strict=True):
            put(packed.shared if shared else packed.groups, np.asarray(leaf), piece, axis, width)
        return packed

    def repeated(self, packed: Packed, n_groups: int) -> Packed:
        """The state of one group as that of many."""
        groups = aligned(n_groups, self.layout.group_bytes)
        groups[...] = packed.groups[:1]
        shared = aligned(1, self.layout.shared_bytes)
        shared[...] = packed.shared
        return Packed(shared, groups)

    def unpack(self, packed: Packed, wanted: Callable[[str], bool] = lambda path: True) -> Any:
        """The state as NumPy arrays `[..., lanes]`; None for leaves whose paths are not wanted."""
        found = [
            take(packed.shared if shared else packed.groups, piece, axis, self.layout.width) if wanted(path) else None
            for path, axis, (shared, piece) in zip(self.paths, self.axes, self.layout.leaves, strict=True)
        ]
        return jax.tree.unflatten(self.tree, found)

    def run(self, packed: Packed, params: Mapping[str, np.ndarray], rows: np.ndarray, common: np.ndarray, begin: int, end: int) -> None:
        """Move a state over the bars begin..end, in place. Other threads may run meanwhile.

        rows: contiguous `[padded, columns]`; common: of `common_numbers`.
        """
        layout = self.layout
        if packed.params is None:
            packed.params = aligned(len(packed.groups), layout.lane_bytes)
            for name, piece in zip(sorted(params), layout.params, strict=True):
                put(packed.params, params[name], piece, 0, layout.width)
        passed = aligned(layout.chunk, layout.passed_bytes)
        arrays = (packed.shared, packed.groups, packed.params, common, rows, passed)
        self.code.run(*(a.ctypes.data for a in arrays), begin, end, len(packed.groups))

    def common_numbers(self, *trees: Any) -> np.ndarray:
        """Scalars that all lanes share, 8 bytes each, as the code reads them."""
        out = np.zeros((len(self.layout.common), 8), np.uint8)
        for row, value, dtype in zip(out, jax.tree.leaves(trees), self.layout.common, strict=True):
            row[: dtype.itemsize] = np.frombuffer(np.asarray(value, dtype).tobytes(), np.uint8)
        return out


def traced(runner: Any, state: Any, params: Mapping[str, np.ndarray], columns: int, dtype: Any, terms: Any, window: Any) -> Any:
    """The jaxpr of a jitted segment runner for any number of rows."""
    rows = jax.ShapeDtypeStruct((ANY_LENGTH, columns), dtype)
    return runner.trace(state, rows, dict(params), terms, window, np.int32(0), np.int32(1)).jaxpr


def compile_program(closed: Any, state: Any, axes: Sequence[int], n_params: int, width: int, folder: Path | None) -> NativeProgram:
    """Native code for a traced runner. state, axes: an example of one group and its leaves' lane axes. Errors: NotLowered."""
    try:
        text, layout = lower_runner(closed, axes, n_params, width)
        code, known = load(text, folder)
    except NotLowered:
        raise
    except UNFORESEEN as error:
        # A hole in the compiler must not stop a run that XLA can do.
        logger.warning("Please report: the native backend failed with %s: %s", type(error).__name__, error)
        raise NotLowered(f"what it takes to avoid a {type(error).__name__}") from error
    named, tree = jax.tree_util.tree_flatten_with_path(state)
    paths = tuple(jax.tree_util.keystr(path) for path, _ in named)
    return NativeProgram(code, layout, tuple(axes), paths, tree, known)
