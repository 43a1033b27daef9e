"""How an array of the jaxpr is held while its code is written: as vectors over lanes or numbers, in registers or in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import prod

import numpy as np

BIG = 16
"""Arrays of more elements (vectors of lanes or numbers) live in memory and are worked on in loops."""


def lane_axis(shape: tuple[int, ...], width: int) -> int | None:
    """The axis that is held as one vector: the last one if it is as long as a vector (or the last but one of a gather's indices)."""
    if shape and shape[-1] == width:
        return len(shape) - 1
    if len(shape) >= 3 and shape[-1] == 1 and shape[-2] == width:
        return len(shape) - 2
    return None


@dataclass(frozen=True)
class Kind:
    """shape and dtype of an array, axis: its lane axis or None. outer: the shape of its elements."""

    shape: tuple[int, ...]
    dtype: np.dtype
    axis: int | None

    @cached_property
    def outer(self) -> tuple[int, ...]:
        """The shape without the lane axis."""
        return tuple(n for i, n in enumerate(self.shape) if i != self.axis)

    @cached_property
    def size(self) -> int:
        """How many elements."""
        return prod(self.outer)

    @property
    def big(self) -> bool:
        """Whether it lives in memory."""
        return self.size > BIG


def kind_of(shape: tuple[int, ...], dtype: np.dtype, width: int) -> Kind:
    """The kind of an array under a vector width."""
    return Kind(tuple(shape), np.dtype(dtype), lane_axis(tuple(shape), width))


@dataclass
class Grid:
    """Elements in registers or constants: els, an object array of the outer shape with an operand each."""

    kind: Kind
    els: np.ndarray


@dataclass
class Cell:
    """A small array in memory that is read where it is used: a value carried from bar to bar. address: (pointer, first byte)."""

    kind: Kind
    address: tuple[str, int]
    writable: bool = True


@dataclass(eq=False)
class Root:
    """One piece of memory. users: the variables that look into it; writable: whether an update may happen in place; behind: of an
    array that is computed where it is read, what that reads."""

    writable: bool
    users: set = field(default_factory=set)
    behind: set = field(default_factory=set)


@dataclass
class Mem:
    """A big array: pointer to its first element, strides in elements per outer axis. uniform: the operand that all elements are;
    computed: writes the code of an element where it is read, of an array that is read once and never stored."""

    kind: Kind
    pointer: str
    strides: tuple[int, ...]
    root: Root
    uniform: str | None = None
    computed: Callable[[Sequence[str]], str] | None = None

    @property
    def contiguous(self) -> bool:
        """Whether it lies in memory as a new array would."""
        return self.strides == dense(self.kind.outer) and self.uniform is None and self.computed is None


Value = Grid | Cell | Mem


def dense(outer: tuple[int, ...]) -> tuple[int, ...]:
    """The strides of a contiguous array."""
    out, step = [], 1
    for n in reversed(outer):
        out.append(step)
        step *= n
    return tuple(reversed(out))


def cell_bytes(kind: Kind, width: int) -> int:
    """Bytes of one element: a bool is a bit of a vector, a byte on its own."""
    if kind.axis is None:
        return 1 if kind.dtype == bool else kind.dtype.itemsize
    return width // 8 if kind.dtype == bool else width * kind.dtype.itemsize
