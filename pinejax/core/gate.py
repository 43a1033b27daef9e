"""Work that only some bars need, skipped on the others: gates over a block of lanes. Not masks, which are per lane."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax


def any_lane(mask: Any) -> Any:
    """Whether any lane of the block is true, as a scalar for `lax.cond`."""
    if jnp.ndim(mask) == 0:  # a condition made of constants and pinned switches
        return jnp.asarray(mask)
    return _any_lane(mask)


def _by_halves(mask: jax.Array) -> jax.Array:
    n = mask.shape[0]
    while n > 1 and n % 2 == 0:
        n //= 2
        mask = mask[:n] | mask[n:]
    return mask[0] if n == 1 else jnp.any(mask)


# A call of its own by this name, which `pinejax.native` has an instruction for.
_by_halves.__name__ = "any_lane"
_any_lane = jax.jit(_by_halves)


def where_asked(asked: Any, change: Callable[[Any], Any], state: Any) -> Any:
    """`change(state)` if the scalar `asked` is true, else `state`, without copying it.

    A loop of at most one round: XLA updates a loop's state in place, but copies every array through both sides of a condition.
    """

    def once(carried: tuple[Any, Any]) -> tuple[Any, Any]:
        return jnp.zeros((), bool), change(carried[1])

    return lax.while_loop(lambda carried: carried[0], once, (asked, state))[1]
