"""LLVM IR as text: types, constants, instructions, labels. No meaning of values."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from pinejax.native.errors import NotLowered

SCALARS = {"float64": "double", "float32": "float", "int32": "i32", "int64": "i64", "bool": "i1"}


def scalar_type(dtype: np.dtype) -> str:
    """The LLVM type of one number."""
    try:
        return SCALARS[np.dtype(dtype).name]
    except KeyError:
        raise NotLowered(f"the type {np.dtype(dtype).name}") from None


def literal(value: object, dtype: np.dtype) -> str:
    """A number as an LLVM constant, without its type."""
    kind = np.dtype(dtype)
    if kind.kind == "b":
        return "true" if value else "false"
    if kind.kind in "iu":
        return str(int(value))  # type: ignore[call-overload]
    if value != value:
        return "0x7FF8000000000000"
    # LLVM writes a float's constant with the bits of the double of the same value.
    return f"0x{struct.unpack('<Q', struct.pack('<d', float(np.asarray(value, kind))))[0]:016X}"


@dataclass
class Function:
    """The text of one function while it is written. entry: what belongs to its first block (allocations)."""

    lines: list[str] = field(default_factory=list)
    entry: list[str] = field(default_factory=list)
    label: str = "entry"
    n: int = 0
    declared: set[str] = field(default_factory=set)

    def name(self) -> str:
        """A fresh value name."""
        self.n += 1
        return f"%v{self.n}"

    def op(self, text: str) -> str:
        """Append `name = text`; the name."""
        name = self.name()
        self.lines.append(f"  {name} = {text}")
        return name

    def do(self, text: str) -> None:
        """Append an instruction without a result."""
        self.lines.append(f"  {text}")

    def new_label(self, hint: str) -> str:
        """A fresh label."""
        self.n += 1
        return f"{hint}{self.n}"

    def start(self, label: str) -> None:
        """Begin a basic block."""
        self.lines.append(f"{label}:")
        self.label = label

    def jump(self, label: str) -> None:
        """End the basic block with a jump."""
        self.do(f"br label %{label}")

    def branch(self, cond: str, yes: str, no: str) -> None:
        """End the basic block with a conditional jump."""
        self.do(f"br i1 {cond}, label %{yes}, label %{no}")

    def alloca(self, n_bytes: int) -> str:
        """Memory on the stack, aligned for vectors."""
        name = self.name()
        self.entry.append(f"  {name} = alloca [{n_bytes} x i8], align 64")
        return name

    def call(self, name: str, result: str, args: Sequence[tuple[str, str]]) -> str:
        """Call an intrinsic or library function with (type, operand) arguments."""
        self.declared.add(f"declare {result} @{name}({', '.join(kind for kind, _ in args)})")
        text = f"call {result} @{name}({', '.join(f'{kind} {x}' for kind, x in args)})"
        if result != "void":
            return self.op(text)
        self.do(text)
        return ""

    def loop(self, n: int, body: Callable[[str], None]) -> None:
        """`body(i)` for the i64 i in 0..n - 1."""
        if n == 0:
            return
        before, head, end = self.label, self.new_label("each"), self.new_label("done")
        i, following = self.name(), self.name()
        self.jump(head)
        self.start(head)
        at = len(self.lines)
        body(i)
        self.lines.insert(at, f"  {i} = phi i64 [ 0, %{before} ], [ {following}, %{self.label} ]")
        self.do(f"{following} = add i64 {i}, 1")
        more = self.op(f"icmp slt i64 {following}, {n}")
        self.branch(more, head, end)
        self.start(end)
