"""The operations of a jaxpr that move elements: slices, joins, broadcasts, gathers, updates, reductions over them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pinejax.native.blocks import Atom, Const, Eqn
from pinejax.native.elementwise import RULES as ELEMENTWISE
from pinejax.native.elementwise import Spot
from pinejax.native.errors import NotLowered
from pinejax.native.memory import objects
from pinejax.native.text import scalar_type
from pinejax.native.values import Grid, Kind, Mem, Value, cell_bytes, dense

if TYPE_CHECKING:
    from pinejax.native.lower import Lowering

Move = Callable[[np.ndarray], np.ndarray]


def _moved(low: Lowering, grid: Grid, out: Kind, move: Move, lanes_stay: bool) -> Grid:
    """A small array rearranged by a NumPy function of its elements; of its single numbers where the lanes take part."""
    if lanes_stay:
        return Grid(out, np.asarray(move(grid.els), object).reshape(out.outer))
    return low.memory.from_numbers(move(low.memory.numbers(grid)), out)


def _without(xs: Sequence[Any], axis: int | None) -> list[Any]:
    return [x for i, x in enumerate(xs) if i != axis]


def _seen(low: Lowering, x: Mem, out: Kind, pointer: str, strides: tuple[int, ...]) -> Value:
    """A view into a big array. A piece of shared numbers that happens to be as long as a vector is loaded into one."""
    if x.kind.axis is not None or out.axis is None:
        return low.memory.settle(Mem(out, pointer, strides, x.root))
    if out.size * low.width > 64:
        raise NotLowered("a big array of shared numbers as long as a vector")
    numbers = low.memory.in_registers(Mem(Kind(out.shape, out.dtype, None), pointer, strides, x.root))
    return low.memory.from_numbers(numbers.els, out)


def _as_numbers(low: Lowering, x: Mem) -> Mem:
    """A big array per lane in memory, every lane being an element of its own."""
    if x.kind.axis != len(x.kind.shape) - 1:
        raise NotLowered("a slice of a big array across lanes")
    x = low.memory.in_memory(x)
    return Mem(Kind(x.kind.shape, x.kind.dtype, None), x.pointer, (*(s * low.width for s in x.strides), 1), x.root)


def _one_lane(low: Lowering, x: Mem, out: Kind, cuts: Sequence[slice]) -> Mem:
    """A lane's bools, which share their bytes with the other lanes'."""
    *rows, lane = cuts
    if out.shape != (*x.kind.outer, 1) or any(c.start for c in rows):
        raise NotLowered("a slice of bools across lanes")
    pick = lambda e: low.fn.op(f"extractelement <{low.width} x i1> {e}, i32 {lane.start}")  # noqa: E731
    return low.memory.fill(out, lambda index: pick(low.memory.element(x, index[:-1], x.kind)))


def _slice(low: Lowering, eqn: Eqn) -> Value:
    x, out = low.read(eqn.ins[0]), low.kind(eqn.outs[0])
    first, last = eqn.params["start_indices"], eqn.params["limit_indices"]
    steps = eqn.params["strides"] or (1,) * len(first)
    cuts = [slice(a, b, s) for a, b, s in zip(first, last, steps, strict=True)]
    axis = x.kind.axis
    whole = axis is None or (out.axis == axis and cuts[axis] == slice(0, low.width, 1))
    if isinstance(x, Mem):
        if not whole and x.kind.dtype == bool:
            return low.memory.settle(_one_lane(low, x, out, cuts))
        if not whole:
            x, axis = _as_numbers(low, x), None
        picks = _without(cuts, axis)
        if x.uniform is not None:
            return low.memory.settle(low.memory.uniform(out, x.uniform))
        pointer = low.memory.pointer_to(x, [str(c.start) for c in picks])
        strides = tuple(s * c.step for s, c in zip(x.strides, picks, strict=True))
        return _seen(low, x, out, pointer, strides)
    return _moved(low, x, out, lambda els: els[tuple(_without(cuts, axis) if whole else cuts)], whole and out.axis == axis)


def _reshape(low: Lowering, eqn: Eqn) -> Value:
    x, out = low.read(eqn.ins[0]), low.kind(eqn.outs[0])
    if isinstance(x, Mem):
        if (x.kind.axis is None) != (out.axis is None) or (out.axis is not None and not _lanes_last(x.kind, out)):
            raise NotLowered("a reshape of a big array across lanes")
        if x.uniform is not None:
            return low.memory.settle(low.memory.uniform(out, x.uniform))
        x = x if x.contiguous else low.memory.copy(x)
        return low.memory.settle(Mem(out, x.pointer, dense(out.outer), x.root))
    grid = _moved(low, x, out, lambda els: els.reshape(-1), _lanes_last(x.kind, out))
    return low.memory.in_memory(grid) if out.big else grid


def _transpose(low: Lowering, eqn: Eqn) -> Value:
    x, out, order = low.read(eqn.ins[0]), low.kind(eqn.outs[0]), list(eqn.params["permutation"])
    lanes_stay = x.kind.axis == out.axis and (out.axis is None or order[out.axis] == x.kind.axis)
    outer = [i - (x.kind.axis is not None and i > x.kind.axis) for i in order if i != x.kind.axis] if lanes_stay else order
    if isinstance(x, Grid):
        return _moved(low, x, out, lambda els: np.transpose(els, outer), lanes_stay)
    if not lanes_stay:
        raise NotLowered("a transpose of a big array across lanes")
    x = low.memory.in_memory(x)
    return Mem(out, x.pointer, tuple(x.strides[i] for i in outer), x.root)


def _lanes_last(a: Kind, b: Kind) -> bool:
    """Whether both are without lanes, or both have only axes of length one behind their lanes."""
    if a.axis is None or b.axis is None:
        return a.axis == b.axis
    return all(n == 1 for k in (a, b) for n in k.shape[k.axis + 1 :])  # type: ignore[operator]


def _squeeze(low: Lowering, eqn: Eqn) -> Value:
    x, out = low.read(eqn.ins[0]), low.kind(eqn.outs[0])
    gone = {d % len(x.kind.shape) for d in eqn.params["dimensions"]}
    if isinstance(x, Mem):
        if (x.kind.axis is None) != (out.axis is None):
            raise NotLowered("a squeeze of a big array across lanes")
        if x.uniform is not None:
            return low.memory.settle(low.memory.uniform(out, x.uniform))
        kept = [i for i in range(len(x.kind.shape)) if i not in gone and i != x.kind.axis]
        where = {i: n for n, i in enumerate(_without(range(len(x.kind.shape)), x.kind.axis))}
        return low.memory.settle(Mem(out, x.pointer, tuple(x.strides[where[i]] for i in kept), x.root))
    return _moved(low, x, out, lambda els: els.reshape(-1), (x.kind.axis is None) == (out.axis is None))


def _broadcast(low: Lowering, eqn: Eqn) -> Value:
    x, out = low.read(eqn.ins[0]), low.kind(eqn.outs[0])
    places = eqn.params["broadcast_dimensions"]
    if isinstance(x, Grid):
        if x.els.size == 1 and (x.kind.axis is None or (out.axis is not None and places[x.kind.axis] == out.axis)):
            el = x.els.item()
            if out.axis is not None and x.kind.axis is None:
                el = low.memory.splat(el, x.kind)
            if out.big:
                return low.memory.uniform(out, el)
            return Grid(out, objects([el] * out.size).reshape(out.outer))
        if not out.big:
            return _broadcast_small(low, x, out, places)
    x = low.memory.in_memory(x)
    if x.kind.axis is not None and (out.axis is None or places[x.kind.axis] != out.axis):
        raise NotLowered("a broadcast of a big array across lanes")
    if x.kind.axis is None and out.axis is not None and out.axis in places and x.kind.shape[places.index(out.axis)] != 1:
        raise NotLowered("a broadcast of a big array into lanes")
    outer_axes, strides = _without(range(len(out.shape)), out.axis), [0] * len(out.outer)
    own = _without(range(len(x.kind.shape)), x.kind.axis)
    for n, i in enumerate(own):
        if x.kind.shape[i] != 1 and places[i] in outer_axes:
            strides[outer_axes.index(places[i])] = x.strides[n]
    if (x.kind.axis is None) == (out.axis is None):
        return low.memory.settle(Mem(out, x.pointer, tuple(strides), x.root))
    view = Mem(Kind(out.outer, x.kind.dtype, None), x.pointer, tuple(strides), x.root)
    return low.memory.settle(low.memory.fill(out, lambda index: low.memory.element(view, index, out)))


def _broadcast_small(low: Lowering, x: Grid, out: Kind, places: Sequence[int]) -> Grid:
    lanes_stay = (x.kind.axis is None and out.axis is None) or (x.kind.axis is not None and places[x.kind.axis] == out.axis)
    into_lanes = x.kind.axis is None and out.axis is not None and out.axis not in places
    if into_lanes:
        splats = objects([low.memory.splat(e, x.kind) for e in x.els.ravel()]).reshape(x.els.shape)
        x, lanes_stay = Grid(x.kind, splats), True
    axis = out.axis if lanes_stay else None
    sizes = _without(out.shape, axis)
    new_place = {p: n for n, p in enumerate(_without(range(len(out.shape)), axis))}
    spots = [new_place[p] for i, p in enumerate(places) if not (lanes_stay and i == x.kind.axis)]

    def move(els: np.ndarray) -> np.ndarray:
        shape = [1] * len(sizes)
        for n, spot in enumerate(spots):
            shape[spot] = els.shape[n]
        return np.broadcast_to(els.reshape(shape), sizes)

    return _moved(low, x, out, move, lanes_stay)


def _concatenate(low: Lowering, eqn: Eqn) -> Value:
    return _join(low, [low.read(a) for a in eqn.ins], low.kind(eqn.outs[0]), int(eqn.params["dimension"]))


def _stack(low: Lowering, eqn: Eqn) -> Value:
    out, axis = low.kind(eqn.outs[0]), int(eqn.params["axis"])
    parts = []
    for a in eqn.ins:
        x = low.read(a)
        shape = (*x.kind.shape[:axis], 1, *x.kind.shape[axis:])
        kind = low.memory.kind(shape, x.kind.dtype)
        if isinstance(x, Mem):
            if kind.axis is not None and (x.kind.axis is None or axis > x.kind.axis):
                raise NotLowered("a stack of big arrays across lanes")
            parts.append(Mem(kind, x.pointer, (*x.strides[:axis], 0, *x.strides[axis:]), x.root, x.uniform))
            continue
        parts.append(_moved(low, x, kind, lambda els: els.reshape(-1), _lanes_last(x.kind, kind)))
    return _join(low, parts, out, axis)


def _join(low: Lowering, parts: Sequence[Grid | Mem], out: Kind, axis: int) -> Value:
    parts = [p for p in parts if p.kind.shape[axis]]
    if not out.big:
        grids = [low.memory.in_registers(p) for p in parts]
        lanes_stay = axis != out.axis and all(g.kind.axis == out.axis for g in grids)
        at = axis - (out.axis is not None and out.axis < axis) if lanes_stay else axis
        els = [g.els if lanes_stay else low.memory.numbers(g) for g in grids]
        joined = np.concatenate(els, axis=at)
        return Grid(out, joined) if lanes_stay else low.memory.from_numbers(joined, out)
    if axis == out.axis or any((p.kind.axis is None) != (out.axis is None) for p in parts):
        raise NotLowered("a big array joined along lanes")
    room, outer_axis, first = low.memory.new(out), axis - (out.axis is not None and out.axis < axis), 0
    for part in parts:
        index = ["0"] * len(out.outer)
        index[outer_axis] = str(first)
        view = Mem(part.kind, low.memory.pointer_to(room, index), room.strides, room.root)
        low.memory.copy_into(low.memory.in_memory(part) if isinstance(part, Grid) else part, view)
        first += part.kind.shape[axis]
    return room


def _iota(low: Lowering, eqn: Eqn) -> Value:
    out = low.kind(eqn.outs[0])
    shape = [1] * len(out.shape)
    shape[eqn.params["dimension"]] = -1
    value = np.broadcast_to(np.arange(out.shape[eqn.params["dimension"]], dtype=out.dtype).reshape(shape), out.shape)
    return low.memory.constant(np.ascontiguousarray(value), out)


def _clamped(low: Lowering, atom: Atom, most: int) -> str:
    """An index within 0..most, as i64: what lax.dynamic_slice and its kin do with one outside."""
    if isinstance(atom, Const):
        return str(min(max(int(atom.value), 0), most))
    value, kind = low.number(atom), scalar_type(atom.dtype)
    if kind == "i32":
        value = low.fn.op(f"sext i32 {value} to i64")
    low_one = low.fn.call("llvm.smax.i64", "i64", [("i64", value), ("i64", "0")])
    return low.fn.call("llvm.smin.i64", "i64", [("i64", low_one), ("i64", str(most))])


def _start(low: Lowering, kind: Kind, indices: Sequence[Atom], sizes: Sequence[int]) -> list[str]:
    """The outer index at which a slice begins; the lanes must be whole."""
    if kind.axis is not None and sizes[kind.axis] != low.width:
        raise NotLowered("a dynamic slice across lanes")
    return [_clamped(low, a, n - s) for i, (a, n, s) in enumerate(zip(indices, kind.shape, sizes, strict=True)) if i != kind.axis]


def _dynamic_slice(low: Lowering, eqn: Eqn) -> Value:
    x, out = low.read(eqn.ins[0]), low.kind(eqn.outs[0])
    if isinstance(x, Grid) and x.kind.axis is not None and x.kind.axis != out.axis:
        # Numbers that the lanes share, as many of them as a vector has lanes.
        x = Grid(Kind(x.kind.shape, x.kind.dtype, None), low.memory.numbers(x))
    start = _start(low, x.kind, eqn.ins[1:], eqn.params["slice_sizes"])
    if isinstance(x, Grid) and all(i.isdigit() for i in start) and x.kind.axis == out.axis:
        cut = tuple(slice(int(i), int(i) + n) for i, n in zip(start, out.outer, strict=True))
        return Grid(out, np.asarray(x.els[cut], object))
    if x.kind.axis is not None and x.kind.axis != out.axis:
        raise NotLowered("a dynamic slice that changes the lanes")
    x = low.memory.in_memory(x)
    return _seen(low, x, out, low.memory.pointer_to(x, start), x.strides)


def _dynamic_update_slice(low: Lowering, eqn: Eqn) -> Value:
    x, new, out = low.read(eqn.ins[0]), low.read(eqn.ins[1]), low.kind(eqn.outs[0])
    start = _start(low, x.kind, eqn.ins[2:], new.kind.shape)
    if new.kind.axis != x.kind.axis:
        raise NotLowered("an update that changes the lanes")
    if isinstance(x, Grid) and isinstance(new, Grid) and all(i.isdigit() for i in start):
        els = x.els.copy()
        els[tuple(slice(int(i), int(i) + n) for i, n in zip(start, new.kind.outer, strict=True))] = new.els
        return Grid(out, els)
    if isinstance(x, Mem) and x.contiguous and low.may_overwrite(x.root):
        room = x
    else:
        room = low.memory.copy(x) if isinstance(x, Mem) else low.memory.in_memory(x)
    target = Mem(new.kind, low.memory.pointer_to(room, start), room.strides, room.root)
    if isinstance(new, Mem):
        low.memory.copy_into(low.memory.copy(new) if new.root is room.root else new, target)
    else:
        for index in np.ndindex(*new.kind.outer):
            low.memory.store_element(str(new.els[index]), low.memory.pointer_to(target, [str(i) for i in index]), new.kind)
    return low.memory.settle(Mem(out, room.pointer, room.strides, room.root))


def _gather(low: Lowering, eqn: Eqn) -> Value:
    """One number per index: of a table that the lanes share, or of each lane's own column."""
    numbers, sizes = eqn.params["dimension_numbers"], eqn.params["slice_sizes"]
    table, out = low.read(eqn.ins[0]), low.kind(eqn.outs[0])
    if set(sizes) != {1} or numbers.offset_dims or tuple(numbers.start_index_map) != (0,) or "FILL" in str(eqn.params["mode"]):
        raise NotLowered("this kind of gather")
    own_column = tuple(numbers.operand_batching_dims) == (1,) and table.kind.axis == 1
    if table.kind.dtype == bool or not (own_column or table.kind.axis is None) or (len(sizes) > 1 and not own_column):
        raise NotLowered("a gather from this kind of table")
    where = low.memory.numbers(low.memory.in_registers(low.read(eqn.ins[1]))).reshape(-1)
    table = low.memory.in_memory(table)
    size = table.kind.dtype.itemsize
    step = table.strides[0] * cell_bytes(table.kind, low.width)
    vector = low.memory.vector_of(list(where))
    if vector is not None and out.size == 1 and out.axis is not None:
        picked = _picked_together(low, table, vector, eqn.ins[1].dtype, step, size if own_column else 0)
        return Grid(out, objects([picked]).reshape(out.outer))
    picked = [_picked(low, table, i, eqn.ins[1].dtype, step, lane % low.width * size * own_column) for lane, i in enumerate(where)]
    return low.memory.from_numbers(objects(picked).reshape(out.shape), out)


def _picked(low: Lowering, table: Mem, index: str, dtype: np.dtype, step: int, first: int) -> str:
    """The number of a table at an index, steps and first byte in bytes."""
    kind = scalar_type(table.kind.dtype)
    index = low.fn.op(f"sext {scalar_type(dtype)} {index} to i64") if dtype != np.int64 else index
    index = low.fn.call("llvm.smax.i64", "i64", [("i64", index), ("i64", "0")])
    index = low.fn.call("llvm.smin.i64", "i64", [("i64", index), ("i64", str(table.kind.shape[0] - 1))])
    offset = low.fn.op(f"mul i64 {index}, {step}")
    offset = low.fn.op(f"add i64 {offset}, {first}") if first else offset
    pointer = low.fn.op(f"getelementptr inbounds i8, ptr {table.pointer}, i64 {offset}")
    return low.fn.op(f"load {kind}, ptr {pointer}, align {table.kind.dtype.itemsize}")


def _picked_together(low: Lowering, table: Mem, index: str, dtype: np.dtype, step: int, per_lane: int) -> str:
    """The same for an index per lane; each lane's column begins so many bytes after the one before it."""
    width, kind = low.width, scalar_type(table.kind.dtype)
    spot = Spot(low.fn, [dtype] * 2, dtype, width, {})
    inside = spot.call("smin", spot.call("smax", index, spot.const(0, dtype)), spot.const(table.kind.shape[0] - 1, dtype))
    wide = low.fn.op(f"sext {spot.type(dtype)} {inside} to <{width} x i64>") if dtype != np.int64 else inside
    offset = low.fn.op(f"mul <{width} x i64> {wide}, splat (i64 {step})")
    if per_lane:
        columns = ", ".join(f"i64 {lane * per_lane}" for lane in range(width))
        offset = low.fn.op(f"add <{width} x i64> {offset}, <{columns}>")
    found = "poison"
    for lane in range(width):
        place = low.fn.op(f"extractelement <{width} x i64> {offset}, i32 {lane}")
        pointer = low.fn.op(f"getelementptr inbounds i8, ptr {table.pointer}, i64 {place}")
        number = low.fn.op(f"load {kind}, ptr {pointer}, align {table.kind.dtype.itemsize}")
        found = low.fn.op(f"insertelement <{width} x {kind}> {found}, {kind} {number}, i32 {lane}")
    return found


def _any_lane(low: Lowering, eqn: Eqn) -> Value:
    x, out = low.memory.in_registers(low.read(eqn.ins[0])), low.kind(eqn.outs[0])
    if x.kind.axis is None:
        numbers = list(x.els.ravel())
        total = numbers[0]
        for n in numbers[1:]:
            total = low.fn.op(f"or i1 {total}, {n}")
        return Grid(out, objects([total]).reshape(()))
    bits = low.fn.op(f"bitcast <{low.width} x i1> {x.els.item()} to i{low.width}")
    return Grid(out, objects([low.fn.op(f"icmp ne i{low.width} {bits}, 0")]).reshape(()))


def _reduction(op: str) -> Callable[[Lowering, Eqn], Value]:
    """A reduction over outer axes, first element first."""

    def rule(low: Lowering, eqn: Eqn) -> Value:
        x, out, axes = low.read(eqn.ins[0]), low.kind(eqn.outs[0]), set(eqn.params["axes"])
        lanes_stay = x.kind.axis is None or x.kind.axis not in axes
        if (x.kind.axis is None) != (out.axis is None) and lanes_stay:
            raise NotLowered("a reduction that changes the lanes")
        spot = Spot(low.fn, [x.kind.dtype] * 2, out.dtype, low.width if lanes_stay and out.axis is not None else 0, {})
        combine = lambda a, b: ELEMENTWISE[op](spot, a, b)  # noqa: E731
        if isinstance(x, Mem):
            if not lanes_stay or len(x.kind.outer) != 1 or out.size != 1:
                raise NotLowered("a reduction of this kind of big array")
            total = low.memory.new_cell(out)
            low.memory.store(Grid(out, objects([low.memory.element(x, ["0"], out)]).reshape(out.outer)), total)

            def add(i: str) -> None:
                following = low.fn.op(f"add i64 {i}, 1")
                so_far = low.memory.load(total).els.item()
                low.memory.store(Grid(out, objects([combine(so_far, low.memory.element(x, [following], out))]).reshape(out.outer)), total)

            low.fn.loop(x.kind.outer[0] - 1, add)
            return low.memory.load(total)
        els = x.els if lanes_stay else low.memory.numbers(x)
        over = sorted(a - (lanes_stay and x.kind.axis is not None and x.kind.axis < a) for a in axes)
        moved = np.moveaxis(els, over, range(len(over))).reshape(-1, *[n for i, n in enumerate(els.shape) if i not in over])
        if not len(moved):
            raise NotLowered("a reduction of nothing")
        total = moved[0]
        for row in moved[1:]:
            pairs = zip(np.ravel(total), np.ravel(row), strict=True)
            total = objects([combine(a, b) for a, b in pairs]).reshape(np.shape(row))
        total = np.asarray(total, object)
        return Grid(out, total.reshape(out.outer)) if lanes_stay else low.memory.from_numbers(total, out)

    return rule


RULES: dict[str, Callable[[Lowering, Eqn], Value]] = {
    "slice": _slice,
    "reshape": _reshape,
    "squeeze": _squeeze,
    "expand_dims": _reshape,
    "transpose": _transpose,
    "broadcast_in_dim": _broadcast,
    "spread": _broadcast,
    "concatenate": _concatenate,
    "stack": _stack,
    "iota": _iota,
    "dynamic_slice": _dynamic_slice,
    "dynamic_update_slice": _dynamic_update_slice,
    "gather": _gather,
    "any_lane": _any_lane,
    "reduce_or": _reduction("or"),
    "reduce_and": _reduction("and"),
    "reduce_sum": _reduction("add"),
    "reduce_max": _reduction("max"),
    "reduce_min": _reduction("min"),
}
"""By the name of JAX's primitive: `rule(lowering, equation) -> value`."""
