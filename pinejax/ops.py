"""Element-wise operations for strategy bodies: one spelling for traced arrays and for plain NumPy scalars. Not indicators."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from pinejax.core.bounded import Bounded, depends_on_parameters_only, plain

na = float("nan")


def _xp(*xs: Any) -> Any:
    return jnp if any(isinstance(x, (jax.Array, Bounded)) for x in xs) else np


def _keep_bounds(out: Any, bound: Callable, *xs: Any) -> Any:
    """`out` with the bounds that follow from its operands', where all of them depend on parameters only."""
    if not any(isinstance(x, Bounded) for x in xs) or not depends_on_parameters_only(*xs):
        return out
    lows = [x.low if isinstance(x, Bounded) else x for x in xs]
    highs = [x.high if isinstance(x, Bounded) else x for x in xs]
    return Bounded(out, bound(lows), bound(highs))


def where(cond: Any, a: Any, b: Any) -> Any:
    """`a` where the condition holds, else `b`: Pine's `cond ? a : b`, both sides evaluated. A pinned switch picks once and for all."""
    if isinstance(cond, (bool, np.bool_)) and not isinstance(a, (int, float)) and not isinstance(b, (int, float)):
        return a if cond else b
    out = _xp(cond, a, b).where(plain(cond), plain(a), plain(b))
    if not depends_on_parameters_only(cond, a, b) or _xp(cond, a, b) is np:
        return out
    ends = [x.low if isinstance(x, Bounded) else x for x in (a, b)] + [x.high if isinstance(x, Bounded) else x for x in (a, b)]
    return Bounded(out, min(ends), max(ends))


def maximum(a: Any, b: Any) -> Any:
    """The larger; na if either is na."""
    return _keep_bounds(_xp(a, b).maximum(plain(a), plain(b)), max, a, b)


def minimum(a: Any, b: Any) -> Any:
    """The smaller; na if either is na."""
    return _keep_bounds(_xp(a, b).minimum(plain(a), plain(b)), min, a, b)


def absolute(a: Any) -> Any:
    """Magnitude."""
    return _xp(a).abs(plain(a))


def sqrt(a: Any) -> Any:
    """Square root; na for negatives."""
    with np.errstate(invalid="ignore"):
        return _xp(a).sqrt(plain(a))


def floor(a: Any) -> Any:
    """Largest whole number not above."""
    return _xp(a).floor(plain(a))


def ceil(a: Any) -> Any:
    """Smallest whole number not below."""
    return _xp(a).ceil(plain(a))


def sign(a: Any) -> Any:
    """-1, 0 or 1."""
    return _xp(a).sign(plain(a))


def isnan(a: Any) -> Any:
    """Whether a value is na."""
    return _xp(a).isnan(plain(a))


def nz(a: Any, replacement: Any = 0.0) -> Any:
    """`a`, or the replacement where it is na."""
    return where(isnan(a), replacement, a)


def invert(a: Any) -> Any:
    """Logical not, also of a plain Python bool."""
    return _xp(a).logical_not(plain(a))


def divide(a: Any, b: Any) -> Any:
    """a / b; na where b is 0, as in Pine."""
    xp, a, b = _xp(a, b), plain(a), plain(b)
    return xp.where(b == 0, na, a / xp.where(b == 0, 1.0, b))


def tighter_stop(direction: int, a: Any, b: Any) -> Any:
    """The stop nearer to the market of two, na meaning none: the higher for a long, the lower for a short."""
    xp = _xp(a, b)
    return xp.fmax(a, b) if direction > 0 else xp.fmin(a, b)


def floor_sqrt(a: Any) -> Any:
    """The whole part of a square root, bounds kept: for lengths such as the Hull average's."""
    if isinstance(a, Bounded):
        root = jnp.floor(jnp.sqrt(jnp.asarray(a.array, jnp.float32) + 0.5)).astype(jnp.int32)
        return Bounded(root, math.floor(math.sqrt(a.low)), math.floor(math.sqrt(a.high)))
    return math.floor(math.sqrt(a))


def may_be(flag: Any) -> bool:
    """Whether a switch is on for some lane: False only for one pinned off, whose module then need not be traced at all."""
    return not isinstance(flag, (bool, np.bool_)) or bool(flag)
