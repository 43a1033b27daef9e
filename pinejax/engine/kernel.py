"""The loop over bars as one GPU kernel (Pallas, Triton): a block of lanes per program, its state in registers. Not the plain loop.

The plain loop starts several kernels on every bar; this one starts once. It takes strategies whose state is numbers per lane: averages,
orders, lots. Windows of bars (`pinejax.ta.window`) need memory that a lane can index, which Triton's registers are not: NotRowwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.experimental import pallas as pl
from jax.experimental.pallas import triton as plgpu

from pinejax.broker.account import Terms
from pinejax.engine.loop import Constants, bar_step, hoist
from pinejax.engine.program import Program, State, Window
from pinejax.engine.rowwise import Rowwise, Table, as_kinds, flattened

LANES = 128
"""A block's lanes: four warps of one lane a thread."""


def compiled_kernel(program: Program, *, interpret: bool = False) -> Callable[..., State]:
    """The jitted runner `(state, rows, which, params, terms, window, begin, end) -> state`.

    state, params: with a leading axis of blocks, each of `program.lanes` (a power of two) lanes; rows `[datasets, bars, columns]`, terms
    and window `[datasets]`; which `[blocks]`: each block's dataset. interpret: on any device, slowly, for tests.
    Errors: NotRowwise while tracing.
    """
    assert program.lanes & (program.lanes - 1) == 0

    def outer(state: State, rows: Any, which: Any, params: Any, terms: Terms, window: Window, begin: Any, end: Any) -> State:
        hoisted = jax.vmap(lambda p: tuple(hoist(program, p)))(params)
        own = jax.tree.map(lambda x: x[which], (terms, window))
        constants = Constants(params, hoisted, *own)
        spans = jnp.stack([which.astype(jnp.int32), *(jnp.broadcast_to(x, which.shape).astype(jnp.int32) for x in (begin, end))], axis=1)
        return _call(program, state, constants, spans, rows, interpret)

    return jax.jit(outer, donate_argnums=0)


def _call(program: Program, state: State, constants: Constants, spans: Any, rows: Any, interpret: bool) -> State:
    n_blocks = spans.shape[0]
    (leaves, tree), (fixed, fixed_tree) = jax.tree.flatten(state), jax.tree.flatten(constants)
    one = lambda xs: [jax.ShapeDtypeStruct(x.shape[1:], x.dtype) for x in xs]  # noqa: E731
    n_rows, n_columns = rows.shape[1:]

    def step(t: Any, leaves: Any, table: Any, fixed: Any) -> Any:
        return jax.tree.leaves(bar_step(t, jax.tree.unflatten(tree, leaves), program, table, jax.tree.unflatten(fixed_tree, fixed)))

    traced = jax.make_jaxpr(step)(np.int32(0), one(leaves), jax.ShapeDtypeStruct((n_rows, n_columns), rows.dtype), one(fixed))
    by = Rowwise(program.lanes)
    packs, fixed_packs = _Packs(by, one(leaves)), _Packs(by, one(fixed))
    n_in, n_fixed = len(packs.shapes), len(fixed_packs.shapes)

    def kernel(*refs: Any) -> None:
        span, table, *rest = refs
        ins, fixed_in, outs = rest[:n_in], rest[n_in : n_in + n_fixed], rest[n_in + n_fixed :]
        first = span[0] * n_rows
        bars = Table(lambda row, column: table[(first + row) * n_columns + column])
        held = fixed_packs.read(fixed_in)
        flat, back = flattened(packs.read(ins))

        def bar(t: Any, carried: list) -> list:
            args = [_number(t), *back(carried), bars, *held]
            return as_kinds(flattened(by.run(traced.jaxpr, traced.consts, args))[0], carried)

        packs.write(outs, back(lax.fori_loop(span[1], span[2], bar, flat)))

    block = lambda shape: pl.BlockSpec((None, *shape), lambda b: (b, *(0,) * len(shape)))  # noqa: E731
    whole = lambda x: pl.BlockSpec(x.shape, lambda b: (0,) * x.ndim)  # noqa: E731
    table = rows.reshape(-1)
    after = pl.pallas_call(
        kernel,
        grid=(n_blocks,),
        in_specs=[block((3,)), whole(table), *map(block, packs.shapes), *map(block, fixed_packs.shapes)],
        out_specs=[block(s) for s in packs.shapes],
        out_shape=[jax.ShapeDtypeStruct((n_blocks, *s), d) for s, d in zip(packs.shapes, packs.dtypes, strict=True)],
        input_output_aliases={2 + i: i for i in range(n_in)},
        compiler_params=plgpu.CompilerParams(num_warps=max(1, program.lanes // 32), num_stages=1),
        interpret=interpret,
        name="bars",
    )(spans, table, *packs.pack(leaves), *fixed_packs.pack(fixed))
    return jax.tree.unflatten(tree, packs.unpack(after, leaves))


def _number(x: Any) -> np.ndarray:
    out = np.empty((), object)
    out[()] = x
    return out


class _Packs:
    """Arrays of a block packed into few: per type one of lanes `[elements, lanes]` and one of shared numbers `[elements]`.

    Bools travel as int32.
    """

    def __init__(self, by: Rowwise, leaves: Sequence[Any]):
        self._by, self._leaves = by, leaves
        self._at: list[tuple[int, int]] = []
        kinds: dict[tuple, int] = {}
        self.counts: list[int] = []
        for leaf in leaves:
            kind = (_stored(leaf.dtype), by.has_lanes(leaf.shape))
            pack = kinds.setdefault(kind, len(kinds))
            if pack == len(self.counts):
                self.counts.append(0)
            self._at.append((pack, self.counts[pack]))
            self.counts[pack] += int(np.prod(by.outer(leaf.shape)))
        self.dtypes = [dtype for dtype, _ in kinds]
        self.shapes = [(n, by.lanes) if lanes else (n,) for n, (_, lanes) in zip(self.counts, kinds, strict=True)]

    def pack(self, leaves: Sequence[Any]) -> list[Any]:
        """Arrays with a leading axis of blocks, packed."""
        parts: list[list] = [[] for _ in self.counts]
        for leaf, one, (pack, _) in zip(leaves, self._leaves, self._at, strict=True):
            n = int(np.prod(self._by.outer(one.shape)))
            parts[pack].append(leaf.astype(self.dtypes[pack]).reshape(leaf.shape[0], n, *self.shapes[pack][1:]))
        return [jnp.concatenate(p, axis=1) for p in parts]

    def unpack(self, packed: Sequence[Any], leaves: Sequence[Any]) -> list[Any]:
        """The way back, to the shapes and types of `leaves`."""
        out = []
        for leaf, one, (pack, first) in zip(leaves, self._leaves, self._at, strict=True):
            n = int(np.prod(self._by.outer(one.shape)))
            out.append(packed[pack][:, first : first + n].reshape(leaf.shape).astype(leaf.dtype))
        return out

    def read(self, refs: Sequence[Any]) -> list[np.ndarray]:
        """A block's elements out of its packs, inside the kernel."""
        out = []
        for one, (pack, first) in zip(self._leaves, self._at, strict=True):
            elements = np.empty(self._by.outer(one.shape), object)
            for i, place in enumerate(np.ndindex(*elements.shape)):
                elements[place] = refs[pack][first + i].astype(one.dtype)
            out.append(elements)
        return out

    def write(self, refs: Sequence[Any], values: Sequence[np.ndarray]) -> None:
        """A block's elements into its packs, inside the kernel."""
        for elements, (pack, first) in zip(values, self._at, strict=True):
            for i, place in enumerate(np.ndindex(*elements.shape)):
                refs[pack][first + i] = elements[place].astype(self.dtypes[pack])


def _stored(dtype: Any) -> Any:
    return np.dtype(np.int32) if np.dtype(dtype) == bool else np.dtype(dtype)
