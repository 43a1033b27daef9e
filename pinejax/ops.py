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
EQUAL_WITHIN = 1e-10
"""How far apart Pine's comparisons take two numbers for equal. (docs/semantics.md, 11.1)"""


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


def lt(a: Any, b: Any) -> Any:
    """Pine's `a < b`: not where they are within 1e-10 of each other; False with na, as all six comparisons."""
    return _truth(lambda a, b: b - a > EQUAL_WITHIN, a, b)


def gt(a: Any, b: Any) -> Any:
    """Pine's `a > b`."""
    return lt(b, a)


def le(a: Any, b: Any) -> Any:
    """Pine's `a <= b`."""
    return _truth(lambda a, b: (a - b <= EQUAL_WITHIN) | (a == b), a, b)


def ge(a: Any, b: Any) -> Any:
    """Pine's `a >= b`."""
    return le(b, a)


def eq(a: Any, b: Any) -> Any:
    """Pine's `a == b` of numbers: within 1e-10 of each other."""
    return _truth(lambda a, b: (abs(a - b) <= EQUAL_WITHIN) | (a == b), a, b)


def ne(a: Any, b: Any) -> Any:
    """Pine's `a != b` of numbers: further than 1e-10 apart. False with na, where Python's `!=` is true."""
    return _truth(lambda a, b: abs(a - b) > EQUAL_WITHIN, a, b)


def _truth(compare: Callable, a: Any, b: Any) -> Any:
    """A comparison of numbers, infinities of one sign being equal; 0..1 bounds where it depends on parameters only."""
    xp = _xp(a, b)
    with np.errstate(invalid="ignore"):
        out = compare(xp.asarray(plain(a))[()], xp.asarray(plain(b))[()])
    known = depends_on_parameters_only(a, b) and xp is jnp
    return Bounded(out, 0, 1) if known else out


def maximum(a: Any, b: Any, *more: Any) -> Any:
    """The largest; na if one is na."""
    out = _keep_bounds(_xp(a, b).maximum(plain(a), plain(b)), max, a, b)
    return maximum(out, *more) if more else out


def minimum(a: Any, b: Any, *more: Any) -> Any:
    """The smallest; na if one is na."""
    out = _keep_bounds(_xp(a, b).minimum(plain(a), plain(b)), min, a, b)
    return minimum(out, *more) if more else out


def avg(a: Any, *more: Any) -> Any:
    """The mean of some values; na if one is na."""
    return sum(more, a) / (1 + len(more))


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


def round_half_up(a: Any, digits: int = 0) -> Any:
    """To so many decimals, a half upwards (-1.5 is -1): Pine's math.round. `digits` is a plain whole number."""
    xp, scale = _xp(a), 10.0**digits
    scaled = plain(a) * scale
    below = xp.floor(scaled)
    return (below + (scaled - below >= 0.5)) / scale


def exp(a: Any) -> Any:
    """e to the a."""
    return _xp(a).exp(plain(a))


def log(a: Any) -> Any:
    """Natural logarithm; na for negatives."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return _xp(a).log(plain(a))


def log10(a: Any) -> Any:
    """Decimal logarithm; na for negatives."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return _xp(a).log10(plain(a))


def power(a: Any, b: Any) -> Any:
    """a to the b; na for a fractional power of a negative."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return _xp(a, b).power(plain(a) * 1.0, plain(b))


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
