"""The native form of a segment runner `(state, rows, params, terms, window, begin, end) -> state`: its text and its memory.

Lanes come in groups of one vector. A group's state is one piece of memory: first the small values, each in its cell, then the big
arrays; so are its parameters. What all lanes share (`pinejax.native.split`) has a state of its own. Bars are worked off in chunks: the
shared half of a chunk, whose results stay in the cache, then each group's half.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pinejax.native.blocks import Block, plain_block, uses
from pinejax.native.errors import NotLowered
from pinejax.native.lower import Lowering
from pinejax.native.machine import processor
from pinejax.native.split import split
from pinejax.native.values import Cell, Kind, Mem, Root, cell_bytes, dense, kind_of

ANY_LENGTH = 1 << 30
"""The number of rows that a program is traced for: the code does not depend on it."""
CHUNK_BYTES, FEWEST_BARS, MOST_BARS = 400_000, 32, 2_048
"""A chunk's shared results should stay in a core's second cache."""


@dataclass(frozen=True)
class Piece:
    """Where an array lies in a piece of memory."""

    kind: Kind
    offset: int

    def view(self, memory: np.ndarray, width: int) -> np.ndarray:
        """The array in every row of a memory, `[rows, *outer, lanes]`, without a copy; a bool per lane as a bit of its bytes."""
        size = cell_bytes(self.kind, width)
        part = memory[:, self.offset : self.offset + self.kind.size * size]
        store = np.uint8 if self.kind.dtype == bool else self.kind.dtype
        lanes = () if self.kind.axis is None else (width // 8 if self.kind.dtype == bool else width,)
        return part.view(store).reshape(len(memory), *self.kind.outer, *lanes)


@dataclass(frozen=True)
class Layout:
    """Where everything lies. leaves: per leaf of the state whether the lanes share it, and its piece of that memory; params: of
    a group's parameters; common: the types of the shared numbers, 8 bytes each. chunk: bars; passed_bytes: left per bar."""

    width: int
    leaves: list[tuple[bool, Piece]]
    shared_bytes: int
    group_bytes: int
    params: list[Piece]
    lane_bytes: int
    common: list[np.dtype]
    chunk: int
    passed_bytes: int


def lay_out(kinds: Sequence[Kind], width: int) -> tuple[list[Piece], int, int]:
    """Pieces one behind the other, aligned for vectors, the big ones last; where those begin, and where they end."""
    pieces: dict[int, Piece] = {}
    offset = first_big = 0
    for big in (False, True):
        for i, kind in enumerate(kinds):
            if kind.big == big:
                pieces[i] = Piece(kind, offset)
                offset += -(-kind.size * cell_bytes(kind, width) // 64) * 64
        first_big = first_big if big else offset
    return [pieces[i] for i in range(len(kinds))], first_big, offset


def lower_runner(closed: Any, axes: Sequence[int], n_params: int, width: int) -> tuple[str, Layout]:
    """The LLVM module of a traced runner and where its arrays lie.

    axes: of each leaf of the state its lane axis, -1 where the lanes share it. Errors: NotLowered.
    """
    block = plain_block(closed, width)
    n = len(axes)
    state, rows, params, common = block.ins[:n], block.ins[n], block.ins[n + 1 : n + 1 + n_params], block.ins[n + 1 + n_params :]
    if any(v.shape for v in common):
        raise NotLowered("an array among the numbers that lanes share")
    if not block.eqns or block.eqns[-1].op != "while":
        raise NotLowered("a program that does not end in its loop")
    changing = {v for v, o in zip(state, block.outs, strict=True) if o is not v}
    if any(uses(e) & changing for e in block.eqns[:-1]):
        raise NotLowered("a program that reads the state before its loop, which begins anew with every chunk")
    halves = split(block, {rows, *common, *(v for v, a in zip(state, axes, strict=True) if a < 0)})
    kinds = [kind_of(v.shape, v.dtype, width) for v in state]
    places: list[Piece | None] = [None] * n
    sizes = {}
    for kept in (True, False):
        mine = [i for i in range(n) if halves.kept[i] == kept]
        pieces, *sizes[kept] = lay_out([kinds[i] for i in mine], width)
        for i, piece in zip(mine, pieces, strict=True):
            places[i] = piece
    passed, passed_bytes = _tight([kind_of(v.shape, v.dtype, width) for v in halves.exports], width)
    constants, _, lane_bytes = lay_out([kind_of(v.shape, v.dtype, width) for v in params], width)
    leaves = [(k, p) for k, p in zip(halves.kept, places, strict=True) if p is not None]
    chunk = min(max(CHUNK_BYTES // max(passed_bytes, 1), FEWEST_BARS), MOST_BARS)
    layout = Layout(
        width, leaves, sizes[True][1], sizes[False][1], constants, lane_bytes, [v.dtype for v in common[:-2]], chunk, passed_bytes
    )
    texts = []
    for kept, half in ((True, halves.shared), (False, halves.lanes)):
        low = Lowering(width, [p.offset for p in passed], passed_bytes)
        mine = [i for i in range(n) if halves.kept[i] == kept]
        _bind(low, half, layout, mine, n, sizes[kept][0])
        if not kept:
            _bind_fixed(low, half, layout, [i for i in range(n) if halves.kept[i] and block.outs[i] is state[i]])
        homes = [low.env[state[i]] for i in mine]
        low.run(half, homes, [state[i] for i in mine])
        low.store_all(half.outs, homes, [state[i] for i in mine])
        texts.append(low)
    return _module(texts[0], texts[1], layout, sizes), layout


def _tight(kinds: Sequence[Kind], width: int) -> tuple[list[Piece], int]:
    """Pieces one behind the other without room between them, the big ones last: numbers of 8 bytes each, vectors aligned."""
    pieces: dict[int, Piece] = {}
    offset = 0
    for i in sorted(range(len(kinds)), key=lambda i: kinds[i].size):
        step = 64 if kinds[i].axis is not None else 8
        offset = -(-offset // step) * step
        pieces[i] = Piece(kinds[i], offset)
        offset += kinds[i].size * cell_bytes(kinds[i], width)
    return [pieces[i] for i in range(len(kinds))], -(-offset // 64) * 64


def _bind(low: Lowering, half: Block, layout: Layout, mine: Sequence[int], n: int, first_big: int) -> None:
    """Give a half's inputs their places. Its parameters and numbers are read once."""
    for i in mine:
        var, (_, piece) = half.ins[i], layout.leaves[i]
        if piece.kind.big:
            pointer = low.memory.at("%big", piece.offset - first_big)
            low.write(var, Mem(piece.kind, pointer, dense(piece.kind.outer), Root(writable=True)))
        else:
            low.write(var, Cell(piece.kind, ("%state", piece.offset)))
    rows = half.ins[n]
    kind = low.kind(rows)
    low.write(rows, Mem(Kind(kind.shape, kind.dtype, None), "%rows", dense(rows.shape), Root(writable=False)))
    for var, piece in zip(half.ins[n + 1 :], layout.params, strict=False):
        low.write(var, low.memory.load(Cell(piece.kind, ("%lane", piece.offset))))
    *numbers, begin, end = half.ins[n + 1 + len(layout.params) :]
    for i, var in enumerate(numbers):
        low.write(var, low.memory.load(Cell(low.kind(var), ("%common", 8 * i))))
    for var, name in ((begin, "%begin"), (end, "%end")):
        low.write(var, low.memory.from_numbers(np.array(name, object), low.kind(var)))


def _bind_fixed(low: Lowering, half: Block, layout: Layout, fixed: Sequence[int]) -> None:
    """Let the lanes read those shared leaves that never change."""
    for i in fixed:
        var, (_, piece) = half.ins[i], layout.leaves[i]
        if piece.kind.big:
            pointer = low.memory.at("%shared", piece.offset)
            low.write(var, Mem(piece.kind, pointer, dense(piece.kind.outer), Root(writable=False)))
        else:
            low.write(var, Cell(piece.kind, ("%shared", piece.offset), writable=False))


def _module(shared: Lowering, lanes: Lowering, layout: Layout, sizes: dict[bool, list[int]]) -> str:
    cpu, features = processor()
    declared = "\n".join(sorted(shared.fn.declared | lanes.fn.declared))
    tables = "\n".join(shared.globals + [t.replace("@table", "@lane_table") for t in lanes.globals])
    bodies = ["\n".join([*low.fn.entry, *low.fn.lines]) for low in (shared, lanes)]
    bodies[1] = bodies[1].replace("@table", "@lane_table")
    arguments = "ptr noalias %state, ptr noalias %big, ptr noalias readonly %lane, ptr noalias readonly %common, ptr noalias readonly %rows"
    return f"""{tables}
{declared}
define internal void @shared({arguments}, ptr noalias %passed, i32 %begin, i32 %end) #0 {{
entry:
{bodies[0]}
  ret void
}}
define internal void @group({arguments}, ptr noalias readonly %shared, ptr noalias readonly %passed, i32 %begin, i32 %end) #0 {{
entry:
{bodies[1]}
  ret void
}}
define void @run(ptr %shared, ptr %groups, ptr %lanes, ptr %common, ptr %rows, ptr %passed, i32 %begin, i32 %end, i64 %n) #0 {{
entry:
  %shared_big = getelementptr i8, ptr %shared, i64 {sizes[True][0]}
  %any = icmp slt i32 %begin, %end
  br i1 %any, label %chunk, label %done
chunk:
  %first = phi i32 [ %begin, %entry ], [ %last, %chunk_done ]
  %wished = add i32 %first, {layout.chunk}
  %short = icmp slt i32 %wished, %end
  %last = select i1 %short, i32 %wished, i32 %end
  call void @shared(ptr %shared, ptr %shared_big, ptr %lanes, ptr %common, ptr %rows, ptr %passed, i32 %first, i32 %last)
  br label %head
head:
  %i = phi i64 [ 0, %chunk ], [ %following, %head ]
  %here = mul i64 %i, {layout.group_bytes}
  %state = getelementptr i8, ptr %groups, i64 %here
  %big = getelementptr i8, ptr %state, i64 {sizes[False][0]}
  %there = mul i64 %i, {layout.lane_bytes}
  %lane = getelementptr i8, ptr %lanes, i64 %there
  call void @group(ptr %state, ptr %big, ptr %lane, ptr %common, ptr %rows, ptr %shared, ptr %passed, i32 %first, i32 %last)
  %following = add i64 %i, 1
  %more = icmp slt i64 %following, %n
  br i1 %more, label %head, label %chunk_done
chunk_done:
  %on = icmp slt i32 %last, %end
  br i1 %on, label %chunk, label %done
done:
  ret void
}}
attributes #0 = {{ noinline nounwind "prefer-vector-width"="512" "target-cpu"="{cpu}" "target-features"="{features}" }}
"""
