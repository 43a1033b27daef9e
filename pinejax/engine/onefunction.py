"""A jitted loop as one native function: the XLA:CPU internals that make a scan fast, and a test whether they work here.

By default XLA:CPU runs each fusion of a loop's body as a separate thunk, about 30 ns each. A call marked as small becomes one
LLVM function with full vectors. Only on the CPU; `one_function_works` compares it with the plain loop.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

try:
    from jax.experimental import xla_metadata
except ImportError:  # a JAX without the marker: the plain loop it is
    xla_metadata = None

ONE_FUNCTION_OPTIONS: dict[str, Any] = {"xla_cpu_prefer_vector_width": 512}


def as_one_function(f: Callable[..., Any], lanes: int) -> Callable[..., Any]:
    """`f(big, state, constants, begin, end) -> state` as one native function, inside a jit with `ONE_FUNCTION_OPTIONS`.

    big: an array that `f` certainly reads; state: a pytree that it returns; constants: a pytree of scalars and `[lanes]` vectors.
    """
    assert xla_metadata is not None
    mark = xla_metadata.set_xla_metadata

    def outer(big: Any, state: Any, constants: Any, begin: Any, end: Any) -> Any:
        leaves, tree = jax.tree.flatten((constants, begin, end))
        kinds = [(x.shape, x.dtype) for x in map(jnp.asarray, leaves)]

        def unmarked(big: Any, state: Any, packed: Any) -> Any:
            # The mark is for this call alone: functions that the body jits itself (jnp.where) must stay inlineable.
            with mark(xla_cpu_small_call=None, inlineable=None):
                rows = [(packed[i] if shape else packed[i, 0]).astype(dtype) for i, (shape, dtype) in enumerate(kinds)]
                inner, first, last = jax.tree.unflatten(tree, rows)
                return f(big, state, inner, first, last)

        with mark(xla_cpu_small_call="true", inlineable="false"):
            return jax.jit(unmarked)(big, state, _pack(leaves, lanes))

    return outer


def _pack(leaves: list, lanes: int) -> jax.Array:
    """All constants as rows of one float64 array: an argument of its own that turned out unused would abort XLA (jaxlib 0.10).

    Whole numbers below 2**53 and bools survive the detour exactly.
    """
    return jnp.stack([jnp.broadcast_to(jnp.asarray(x, jnp.float64), (lanes,)) for x in leaves])


@cache
def one_function_works() -> bool:
    """Compile a small gated loop both ways and compare. False where the marker is unknown, refused, or changes the result."""
    return xla_metadata is not None and _try()


def _loop(ring: jax.Array, mean: jax.Array, rate: jax.Array, begin: jax.Array, end: jax.Array) -> jax.Array:
    def step(t: jax.Array, mean: jax.Array) -> jax.Array:
        mean = mean + rate * (ring[t % 8, 0] - mean)
        return lax.cond(jnp.any(mean > 0.5), lambda m: m * 0.5, lambda m: m, mean)

    return lax.fori_loop(begin, end, step, mean)


def _try() -> bool:
    args = (jnp.arange(16.0).reshape(8, 2), jnp.linspace(0.0, 1.0, 64), jnp.linspace(0.1, 0.3, 64), jnp.int32(0), jnp.int32(100))
    try:
        fast = jax.jit(as_one_function(_loop, 64), compiler_options=ONE_FUNCTION_OPTIONS)(*args)
    except jax.errors.JaxRuntimeError:  # XLA refuses the marker or an option
        return False
    return bool(np.allclose(fast, jax.jit(_loop)(*args), rtol=1e-6, atol=1e-6))
