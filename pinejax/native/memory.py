"""Loads, stores, copies and loops over arrays, for `lower` and `shaping`. A bool is a bit of a vector's byte, a byte on its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from pinejax.native.errors import NotLowered
from pinejax.native.text import Function, literal, scalar_type
from pinejax.native.values import Cell, Grid, Kind, Mem, Root, cell_bytes, dense, kind_of

Element = Callable[[Sequence[str]], str]


def objects(items: Sequence[str]) -> np.ndarray:
    """A one-dimensional object array."""
    out = np.empty(len(items), object)
    out[:] = items
    return out


def is_constant(operand: str) -> bool:
    """Whether an operand is no instruction's result."""
    return not operand.startswith("%")


@dataclass
class Memory:
    """What one function does with memory. lane_of: the vector and lane that a number was taken from."""

    fn: Function
    width: int
    globals: list[str]
    lane_of: dict[str, tuple[str, int]] = field(default_factory=dict)

    # Types

    def type(self, kind: Kind) -> str:
        """The LLVM type of one element in a register."""
        scalar = scalar_type(kind.dtype)
        return scalar if kind.axis is None else f"<{self.width} x {scalar}>"

    def stored(self, kind: Kind) -> str:
        """The LLVM type of one element in memory."""
        if kind.dtype == bool:
            return "i8" if kind.axis is None else f"i{self.width}"
        return self.type(kind)

    # Registers

    def constant(self, value: np.ndarray, kind: Kind) -> Grid | Mem:
        """A constant array."""
        if kind.big and value.size and ((value == value.flat[0]) | ((value != value) & (value.flat[0] != value.flat[0]))).all():
            number = literal(value.flat[0], kind.dtype)
            return self.uniform(kind, self.splat(number, kind) if kind.axis is not None else number)
        if kind.big:
            return self.global_table(value, kind)
        numbers = objects([literal(v, kind.dtype) for v in value.ravel()]).reshape(value.shape)
        return self.from_numbers(numbers, kind)

    def global_table(self, value: np.ndarray, kind: Kind) -> Mem:
        """A big constant array, in the module."""
        name, scalar = f"@table{len(self.globals)}", "i8" if kind.dtype == bool else scalar_type(kind.dtype)
        lanes_last = value if kind.axis is None else np.moveaxis(value, kind.axis, -1)
        if kind.dtype == bool:
            lanes_last = (np.packbits(lanes_last, axis=-1, bitorder="little") if kind.axis is not None else lanes_last).astype(np.int32)
        items = ", ".join(f"{scalar} {literal(v, lanes_last.dtype)}" for v in lanes_last.ravel())
        self.globals.append(f"{name} = private constant [{lanes_last.size} x {scalar}] [{items}], align 64")
        return Mem(kind, name, dense(kind.outer), Root(writable=False))

    def splat(self, operand: str, kind: Kind) -> str:
        """A number on every lane."""
        scalar = scalar_type(kind.dtype)
        if is_constant(operand):
            return f"splat ({scalar} {operand})"
        first = self.fn.op(f"insertelement <{self.width} x {scalar}> poison, {scalar} {operand}, i32 0")
        return self.fn.op(
            f"shufflevector <{self.width} x {scalar}> {first}, <{self.width} x {scalar}> poison, <{self.width} x i32> zeroinitializer"
        )

    def widen(self, grid: Grid, out: Kind) -> Grid:
        """A scalar as a vector where the result is one."""
        if out.axis is None or grid.kind.axis is not None:
            return grid
        shape = grid.kind.shape
        els = objects([self.splat(e, grid.kind) for e in grid.els.ravel()]).reshape(shape[:-1])
        return Grid(Kind((*shape[:-1], self.width), grid.kind.dtype, max(0, len(shape) - 1)), els)

    def stretched(self, mem: Mem, out: Kind) -> Mem:
        """A big array seen in the outer shape of a result, axes of length one being repeated."""
        if mem.uniform is not None or mem.kind.outer == out.outer:
            return mem
        # Without lanes its last axis, of length one, is where the result's lanes are.
        strides = mem.strides[:-1] if mem.kind.axis is None and out.axis is not None else mem.strides
        sizes = mem.kind.outer[: len(strides)]
        return Mem(mem.kind, mem.pointer, tuple(0 if n == 1 else s for n, s in zip(sizes, strides, strict=True)), mem.root)

    def numbers(self, grid: Grid) -> np.ndarray:
        """Every number of a small array on its own, as operands `[shape]`."""
        kind = grid.kind
        if kind.axis is None:
            return grid.els.reshape(kind.shape)
        vector, out = self.type(kind), np.empty((*kind.outer, self.width), object)
        for index in np.ndindex(*kind.outer):
            for lane in range(self.width):
                out[(*index, lane)] = number = self.fn.op(f"extractelement {vector} {grid.els[index]}, i32 {lane}")
                self.lane_of[number] = (str(grid.els[index]), lane)
        return np.moveaxis(out, -1, kind.axis)

    def vector_of(self, numbers: Sequence[str]) -> str | None:
        """The vector that some numbers are the lanes of, if they are."""
        found = [self.lane_of.get(n, ("", -1)) for n in numbers]
        whole = len(found) == self.width and [lane for _, lane in found] == list(range(self.width))
        return found[0][0] if whole and len({v for v, _ in found}) == 1 else None

    def from_numbers(self, numbers: np.ndarray, kind: Kind) -> Grid:
        """The inverse of `numbers`."""
        if kind.axis is None:
            return Grid(kind, numbers.reshape(kind.shape))
        scalar, moved = scalar_type(kind.dtype), np.moveaxis(numbers.reshape(kind.shape), kind.axis, -1)
        els = np.empty(kind.outer, object)
        for index in np.ndindex(*kind.outer):
            lanes = moved[index]
            if all(is_constant(x) for x in lanes):
                els[index] = f"splat ({scalar} {lanes[0]})" if len(set(lanes)) == 1 else f"<{', '.join(f'{scalar} {x}' for x in lanes)}>"
                continue
            vector = "poison"
            for lane, x in enumerate(lanes):
                vector = self.fn.op(f"insertelement <{self.width} x {scalar}> {vector}, {scalar} {x}, i32 {lane}")
            els[index] = vector
        return Grid(kind, els)

    def meet(self, kind: Kind, a: Grid, a_label: str, b: Grid, b_label: str) -> Grid:
        """A value that depends on where control came from."""
        vector = self.type(kind)
        pairs = zip(a.els.ravel(), b.els.ravel(), strict=True)
        els = [x if x == y else self.fn.op(f"phi {vector} [ {x}, %{a_label} ], [ {y}, %{b_label} ]") for x, y in pairs]
        return Grid(kind, objects(els).reshape(kind.outer))

    # Memory

    def at(self, pointer: str, offset: int) -> str:
        """A pointer some bytes further on."""
        return self.fn.op(f"getelementptr inbounds i8, ptr {pointer}, i64 {offset}") if offset else pointer

    def load_element(self, pointer: str, kind: Kind) -> str:
        """One element from memory."""
        align = min(64, cell_bytes(kind, self.width))
        got = self.fn.op(f"load {self.stored(kind)}, ptr {pointer}, align {align}")
        if kind.dtype != bool:
            return got
        return self.fn.op(f"trunc i8 {got} to i1" if kind.axis is None else f"bitcast i{self.width} {got} to <{self.width} x i1>")

    def store_element(self, x: str, pointer: str, kind: Kind) -> None:
        """One element into memory."""
        align = min(64, cell_bytes(kind, self.width))
        if kind.dtype == bool:
            x = self.fn.op(f"zext i1 {x} to i8" if kind.axis is None else f"bitcast <{self.width} x i1> {x} to i{self.width}")
        self.fn.do(f"store {self.stored(kind)} {x}, ptr {pointer}, align {align}")

    def load(self, cell: Cell) -> Grid:
        """A small array from its cell."""
        pointer, first = cell.address
        size = cell_bytes(cell.kind, self.width)
        els = [self.load_element(self.at(pointer, first + i * size), cell.kind) for i in range(cell.kind.size)]
        return Grid(cell.kind, objects(els).reshape(cell.kind.outer))

    def store(self, grid: Grid, cell: Cell) -> None:
        """A small array into its cell."""
        pointer, first = cell.address
        size = cell_bytes(cell.kind, self.width)
        for i, x in enumerate(grid.els.ravel()):
            self.store_element(x, self.at(pointer, first + i * size), cell.kind)

    def new_cell(self, kind: Kind) -> Cell:
        """Memory of its own for a small array."""
        return Cell(kind, (self.fn.alloca(max(1, kind.size) * cell_bytes(kind, self.width)), 0))

    def new(self, kind: Kind) -> Mem:
        """Memory of its own for an array."""
        pointer = self.fn.alloca(max(1, kind.size) * cell_bytes(kind, self.width))
        return Mem(kind, pointer, dense(kind.outer), Root(writable=True))

    def uniform(self, kind: Kind, operand: str) -> Mem:
        """A big array whose elements are all the same."""
        return Mem(kind, "", (0,) * len(kind.outer), Root(writable=False), uniform=operand)

    def in_registers(self, value: Grid | Mem) -> Grid:
        """A small array's elements."""
        if isinstance(value, Grid):
            return value
        els = [self.element(value, [str(i) for i in index], value.kind) for index in np.ndindex(*value.kind.outer)]
        return Grid(value.kind, objects(els).reshape(value.kind.outer))

    def in_memory(self, value: Grid | Mem) -> Mem:
        """An array that can be indexed."""
        if isinstance(value, Mem):
            return self.copy(value) if value.uniform is not None else value
        room = self.new(value.kind)
        self.store(value, Cell(value.kind, (room.pointer, 0)))
        return room

    def pointer_to(self, mem: Mem, index: Sequence[str]) -> str:
        """Where an element lies; the index as i64 operands."""
        total = ""
        for i, step in zip(index, mem.strides, strict=True):
            if step == 0 or i == "0":
                continue
            part = i if step == 1 else self.fn.op(f"mul i64 {i}, {step}")
            total = self.fn.op(f"add i64 {total}, {part}") if total else part
        if not total:
            return mem.pointer
        size = cell_bytes(mem.kind, self.width)
        bytes_on = total if size == 1 else self.fn.op(f"mul i64 {total}, {size}")
        return self.fn.op(f"getelementptr inbounds i8, ptr {mem.pointer}, i64 {bytes_on}")

    def element(self, mem: Mem, index: Sequence[str], out: Kind) -> str:
        """An element of a big array, as a vector if the result is one."""
        if mem.computed is not None:
            x = mem.computed(index)
        else:
            x = mem.uniform if mem.uniform is not None else self.load_element(self.pointer_to(mem, index), mem.kind)
        return self.splat(x, mem.kind) if out.axis is not None and mem.kind.axis is None else x

    def each(self, outer: Sequence[int], body: Callable[[list[str]], None]) -> None:
        """`body(index)` for every index of an outer shape, in nested loops."""

        def nest(done: list[str]) -> None:
            if len(done) == len(outer):
                body(done)
            elif outer[len(done)] == 1:
                nest([*done, "0"])
            else:
                self.fn.loop(outer[len(done)], lambda i: nest([*done, i]))

        nest([])

    def fill(self, out: Kind, element: Element, room: Mem | None = None) -> Mem:
        """An array from a function of the index, in a room of its own or the given one."""
        room = room or self.new(out)
        self.each(out.outer, lambda index: self.store_element(element(index), self.pointer_to(room, index), out))
        return room

    def copy(self, mem: Mem) -> Mem:
        """A copy in memory of its own."""
        return self.fill(mem.kind, lambda index: self.element(mem, index, mem.kind))

    def copy_into(self, mem: Mem, home: Mem) -> None:
        """Copy an array over another of its kind."""
        kind = home.kind
        self.each(kind.outer, lambda index: self.store_element(self.element(mem, index, kind), self.pointer_to(home, index), kind))

    def settle(self, mem: Mem) -> Grid | Mem:
        """A view that turned out small is loaded."""
        return mem if mem.kind.big else self.in_registers(mem)

    def row(self, mem: Mem, i: str, kind: Kind) -> Grid | Mem:
        """One row of an array along its first axis."""
        if mem.kind.axis == 0:
            raise NotLowered("a row along the lanes")
        pointer = self.pointer_to(mem, [i, *("0" for _ in mem.strides[1:])])
        return self.settle(Mem(kind, pointer, mem.strides[1:], mem.root))

    def kind(self, shape: tuple[int, ...], dtype: np.dtype) -> Kind:
        """The kind of an array."""
        return kind_of(shape, dtype, self.width)
