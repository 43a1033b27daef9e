"""A traced function run with every array held as its elements: one vector over lanes each, or a number that lanes share.

Triton keeps vectors in registers but cannot slice, stack or concatenate them; lots and orders are arrays `[lots, lanes]`. Here their
outer axes become Python's, so that only arithmetic on vectors is left. Not the kernel (`pinejax.engine.kernel`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from math import prod
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.core import Tracer
from jax.extend import core

from pinejax.errors import PinejaxError

LARGEST = 16
"""Elements of an array that may be held in registers; a window of more would spill."""


class NotRowwise(PinejaxError):
    """A program holds something that cannot be taken apart: windows of bars, gathers, sorts."""


@dataclass(frozen=True)
class Table:
    """The bars, which stay in memory. read(row, column): a number."""

    read: Callable[[Any, int], Any]


@dataclass(frozen=True)
class Rowwise:
    """Runs jaxprs on elements. lanes: the length that marks an array's last axis as its lanes."""

    lanes: int

    def outer(self, shape: Sequence[int]) -> tuple[int, ...]:
        """A shape without its lanes."""
        return tuple(shape[:-1]) if self.has_lanes(shape) else tuple(shape)

    def has_lanes(self, shape: Sequence[int]) -> bool:
        """Whether an array of this shape goes by lanes."""
        return bool(shape) and shape[-1] == self.lanes

    def split(self, x: Any) -> np.ndarray:
        """An array's elements."""
        outer = self.outer(np.shape(x))
        return _filled(outer, (x[i] if i else x for i in np.ndindex(outer)))

    def join(self, elements: np.ndarray) -> Any:
        """The array of the elements."""
        if not elements.shape:
            return elements.item()
        flat = jnp.stack([jnp.asarray(x) for x in elements.flat])
        return flat.reshape(*elements.shape, *flat.shape[1:])

    def run(self, jaxpr: core.Jaxpr, consts: Sequence[Any], args: Sequence[Any]) -> list[Any]:
        """The results' elements. consts: arrays; args: elements, or a `Table`. Errors: NotRowwise."""
        values: dict[Any, Any] = {v: self.split(np.asarray(c)) for v, c in zip(jaxpr.constvars, consts, strict=True)}
        values.update(zip(jaxpr.invars, args, strict=True))
        for eqn in jaxpr.eqns:
            given = [_filled((), [v.val]) if isinstance(v, core.Literal) else values[v] for v in eqn.invars]
            found = self._apply(eqn, given)
            for var, value in zip(eqn.outvars, found, strict=True):
                if value.size > LARGEST:
                    raise NotRowwise(f"an array of {value.size} elements ({eqn.primitive.name})")
                values[var] = value
        return [_filled((), [v.val]) if isinstance(v, core.Literal) else values[v] for v in jaxpr.outvars]

    def _apply(self, eqn: Any, given: list[Any]) -> list[np.ndarray]:
        name, params = eqn.primitive.name, eqn.params
        if name in _CALLS:
            inner = params[_CALLS[name]]
            if params.get("name") == "any_lane":
                # Triton reduces numbers, not truths.
                return [_filled((), [jnp.max(given[0].item().astype(jnp.int32)) > 0])]
            return self.run(inner.jaxpr, inner.consts, given)
        if name == "optimization_barrier":
            return given
        if name == "while":
            return self._loop(params, given)
        if name == "scan":
            return self._unrolled(params, given)
        if name == "cond":
            return self._branch(params, given)
        shapes, out = [v.aval.shape for v in eqn.invars], eqn.outvars[0].aval
        if isinstance(given[0], Table) if given else False:
            return [self._read(name, params, given)]
        if name in _ARITHMETIC:
            return [self._each(eqn, [self._beside(x, s, out.shape) for x, s in zip(given, shapes, strict=True)], self.outer(out.shape))]
        if name in _MOVES:
            return [_MOVES[name](self, params, given, shapes, out)]
        raise NotRowwise(f"the operation {name}")

    def _each(self, eqn: Any, given: list[np.ndarray], outer: tuple[int, ...]) -> np.ndarray:
        """An operation element by element."""
        spread = np.broadcast_arrays(*given) if len({g.shape for g in given}) > 1 else given
        bind = _rounded if eqn.primitive is lax.round_p else eqn.primitive.bind
        return _filled(outer, (_folded(bind, [g[i] for g in spread], eqn.params) for i in np.ndindex(outer)))

    def _beside(self, x: np.ndarray, shape: Sequence[int], out: Sequence[int]) -> np.ndarray:
        """An operand that has one number for all lanes, `[..., 1]`, as its elements beside those that go by lanes."""
        return x[..., 0] if len(shape) == len(out) and self.has_lanes(out) and not self.has_lanes(shape) else x

    def _loop(self, params: Any, given: list[np.ndarray]) -> list[np.ndarray]:
        n, m = params["cond_nconsts"], params["body_nconsts"]
        test, body, first = given[:n], given[n : n + m], given[n + m :]
        flat, back = flattened(first)
        asks, does = params["cond_jaxpr"], params["body_jaxpr"]

        def again(carried: list) -> Any:
            return self.run(asks.jaxpr, asks.consts, [*test, *back(carried)])[0].item()

        def once(carried: list) -> list:
            return as_kinds(flattened(self.run(does.jaxpr, does.consts, [*body, *back(carried)]))[0], carried)

        held = [jnp.asarray(x) for x in flat]
        if is_gate(asks.jaxpr, does.jaxpr, n, m):
            # A GPU has branches, and Triton stumbles over some loops within loops.
            return back(lax.cond(held[0], once, lambda carried: carried, held))
        return back(lax.while_loop(again, once, held))

    def _unrolled(self, params: Any, given: list[np.ndarray]) -> list[np.ndarray]:
        """A loop of few rounds that stacks nothing, round after round."""
        n, m, body = params["num_consts"], params["num_carry"], params["jaxpr"]
        if len(given) > n + m or len(body.jaxpr.outvars) > m or params["length"] > LARGEST or params["reverse"]:
            raise NotRowwise("a long loop")
        carried = given[n:]
        for _ in range(params["length"]):
            carried = self.run(body.jaxpr, body.consts, [*given[:n], *carried])
        return carried

    def _branch(self, params: Any, given: list[np.ndarray]) -> list[np.ndarray]:
        index, *args = given
        backs = []

        def side(branch: Any) -> list:
            flat, back = flattened(self.run(branch.jaxpr, branch.consts, args))
            backs.append(back)
            return [jnp.asarray(x) for x in flat]

        sides = [lambda b=b: side(b) for b in params["branches"]]
        found = lax.switch(index.item(), sides)
        return backs[0](found)

    def _read(self, name: str, params: Any, given: list[Any]) -> np.ndarray:
        table, row, column = given
        if name != "dynamic_slice" or params["slice_sizes"][0] != 1:
            raise NotRowwise(f"the operation {name} on the bars")
        first, n = int(column.item()), params["slice_sizes"][1]
        return _filled((1, n), (table.read(row.item(), first + c) for c in range(n)))

    def broadcast(self, params: Any, given: list[np.ndarray], shapes: list, out: Any) -> np.ndarray:
        """broadcast_in_dim."""
        (x,), (shape,) = given, shapes
        dims = list(params["broadcast_dimensions"])
        outer = self.outer(out.shape)
        lanes = self.has_lanes(out.shape)
        if lanes and not self.has_lanes(shape):
            x = _filled(x.shape, (jnp.broadcast_to(jnp.asarray(e), (self.lanes,)) for e in x.flat))
            if len(out.shape) - 1 in dims:
                x, dims = x[..., 0], dims[:-1]
        elif lanes:
            if dims[-1] != len(out.shape) - 1:
                raise NotRowwise("lanes that become another axis")
            dims = dims[:-1]
        elif self.has_lanes(shape):
            raise NotRowwise("lanes that become another axis")
        placed = x.reshape([x.shape[dims.index(i)] if i in dims else 1 for i in range(len(outer))])
        return np.broadcast_to(placed, outer).copy()

    def reshape(self, params: Any, given: list[np.ndarray], shapes: list, out: Any) -> np.ndarray:
        """reshape and squeeze: the lanes stay the last axis."""
        if self.has_lanes(shapes[0]) != self.has_lanes(out.shape) or prod(self.outer(out.shape)) != given[0].size:
            raise NotRowwise("lanes that become another axis")
        return given[0].reshape(self.outer(out.shape))

    def slice(self, params: Any, given: list[np.ndarray], shapes: list, out: Any) -> np.ndarray:
        """slice: of the outer axes."""
        if self.has_lanes(shapes[0]) and not self.has_lanes(out.shape):
            raise NotRowwise("some of the lanes")
        steps = params["strides"] or (1,) * len(shapes[0])
        cuts = tuple(slice(*cut) for cut in zip(params["start_indices"], params["limit_indices"], steps, strict=True))
        return given[0][cuts[: given[0].ndim]]

    def pick(self, params: Any, given: list[np.ndarray], shapes: list, out: Any) -> np.ndarray:
        """dynamic_slice: one along the axes that move; a choice among all elements where the place is not known."""
        x, *starts = given
        for axis, (start, size) in enumerate(zip(starts, params["slice_sizes"][: x.ndim], strict=False)):
            n = x.shape[axis]
            if size == n:
                continue
            at = start.item()
            if not isinstance(at, Tracer):
                first = min(max(int(at), 0), n - size)
                x = x.take(range(first, first + size), axis=axis)
            elif size == 1:
                # Beyond either end it is the last one at that end.
                chosen = x.take([0], axis=axis)
                for k in range(1, n):
                    other = x.take([k], axis=axis)
                    chosen = _filled(chosen.shape, (jnp.where(at >= k, other[i], chosen[i]) for i in np.ndindex(*chosen.shape)))
                x = chosen
            else:
                raise NotRowwise("a window at a moving place")
        return x

    def concatenate(self, params: Any, given: list[np.ndarray], shapes: list, out: Any) -> np.ndarray:
        """concatenate: along an outer axis."""
        if params["dimension"] >= given[0].ndim:
            raise NotRowwise("more lanes than there are")
        return np.concatenate(given, axis=params["dimension"])

    def stack(self, params: Any, given: list[np.ndarray], shapes: list, out: Any) -> np.ndarray:
        """stack: along a new outer axis."""
        if self.has_lanes(shapes[0]) and params["axis"] > given[0].ndim:
            raise NotRowwise("lanes that become another axis")
        return np.stack(given, axis=params["axis"])

    def iota(self, params: Any, given: list[np.ndarray], shapes: list, out: Any) -> np.ndarray:
        """iota: along an outer axis."""
        axis, outer = params["dimension"], self.outer(out.shape)
        if axis >= len(outer):
            raise NotRowwise("the number of a lane")
        number = lambda i: jnp.asarray(i[axis], out.dtype)  # noqa: E731
        spread = (lambda x: jnp.broadcast_to(x, (self.lanes,))) if self.has_lanes(out.shape) else (lambda x: x)
        return _filled(outer, (spread(number(i)) for i in np.ndindex(outer)))

    def reduce(self, params: Any, given: list[np.ndarray], shapes: list, out: Any, by: Any) -> np.ndarray:
        """A reduction over outer axes, in order."""
        x, axes = given[0], tuple(params["axes"])
        if any(a >= x.ndim for a in axes):
            raise NotRowwise("a reduction over lanes")
        kept = [i for i in range(x.ndim) if i not in axes]
        moved = x.transpose(*kept, *axes).reshape(*(x.shape[i] for i in kept), -1)
        return _filled(moved.shape[:-1], (reduce(by, moved[i]) for i in np.ndindex(moved.shape[:-1])))


def is_gate(asks: core.Jaxpr, does: core.Jaxpr, n: int, m: int) -> bool:
    """Whether a loop is `pinejax.core.gate.where_asked`: one round at most, where the first value carried is true. n, m: of constants."""
    if asks.eqns or asks.outvars[0] is not asks.invars[n] or len(does.outvars) == 0 or does.outvars[0] in does.invars[m:]:
        return False
    makers = [e for e in does.eqns if does.outvars[0] in e.outvars]
    return all(e.primitive is lax.broadcast_in_dim_p and isinstance(v, core.Literal) and not v.val for e in makers for v in e.invars)


def flattened(arrays: Sequence[np.ndarray]) -> tuple[list, Callable[[Sequence], list[np.ndarray]]]:
    """All elements in one list, and the way back."""
    shapes = [a.shape for a in arrays]

    def back(flat: Sequence) -> list[np.ndarray]:
        left = iter(flat)
        return [_filled(s, (next(left) for _ in range(prod(s)))) for s in shapes]

    return [x for a in arrays for x in a.flat], back


def as_kinds(new: Sequence, old: Sequence) -> list:
    """Each value with the shape and type of the one it follows in a loop."""
    return [_as_kind(n, o) for n, o in zip(new, old, strict=True)]


def _as_kind(new: Any, old: Any) -> Any:
    if not isinstance(new, Tracer) and not np.shape(old):
        # Pallas cannot return a known number from a loop: one that looks computed.
        return jnp.where(old == old, np.asarray(new, old.dtype)[()], np.asarray(new, old.dtype)[()])
    return jnp.broadcast_to(jnp.asarray(new), jnp.shape(old)).astype(old.dtype)


def _filled(shape: Sequence[int], values: Any) -> np.ndarray:
    """An object array: NumPy must not look into JAX's arrays."""
    out = np.empty(tuple(shape), object)
    for i, value in zip(np.ndindex(*shape), values, strict=True):
        out[i] = value
    return out


def _folded(bind: Any, args: list, params: dict) -> Any:
    """An operation on one element each; numbers that are known already stay known."""
    if any(isinstance(x, Tracer) for x in args):
        return bind(*args, **params)
    with jax.ensure_compile_time_eval():
        return np.asarray(bind(*args, **params))[()]


def _rounded(x: Any, *, rounding_method: Any) -> Any:
    """`round`, which Triton lacks: halves to even or away from zero, exactly."""
    size = jnp.abs(x)
    down = jnp.floor(size)
    rest, goes_up = size - down, True
    if rounding_method == lax.RoundingMethod.TO_NEAREST_EVEN:
        goes_up = down - 2.0 * jnp.floor(down / 2.0) == 1.0
    near = jnp.where((rest > 0.5) | ((rest == 0.5) & goes_up), down + 1.0, down)
    return jnp.where(x < 0, -near, near)


_CALLS = {"jit": "jaxpr", "pjit": "jaxpr", "closed_call": "call_jaxpr", "custom_jvp_call": "call_jaxpr"}
_ARITHMETIC = frozenset(
    (
        "add", "sub", "mul", "div", "rem", "neg", "sign", "abs", "floor", "ceil", "round", "sqrt", "exp", "log", "pow", "integer_pow",
        "square", "max", "min", "clamp", "eq", "ne", "lt", "le", "gt", "ge", "and", "or", "not", "xor", "select_n",
        "convert_element_type", "is_finite", "copy", "stop_gradient",
    )
)  # fmt: skip
_MOVES: dict[str, Callable[..., np.ndarray]] = {
    "broadcast_in_dim": Rowwise.broadcast,
    "reshape": Rowwise.reshape,
    "squeeze": Rowwise.reshape,
    "slice": Rowwise.slice,
    "dynamic_slice": Rowwise.pick,
    "concatenate": Rowwise.concatenate,
    "stack": Rowwise.stack,
    "iota": Rowwise.iota,
    "reduce_sum": lambda *a: Rowwise.reduce(*a, by=jnp.add),
    "reduce_max": lambda *a: Rowwise.reduce(*a, by=jnp.maximum),
    "reduce_min": lambda *a: Rowwise.reduce(*a, by=jnp.minimum),
    "reduce_or": lambda *a: Rowwise.reduce(*a, by=jnp.logical_or),
    "reduce_and": lambda *a: Rowwise.reduce(*a, by=jnp.logical_and),
}
