"""A parameter's values over lanes together with their declared bounds. Not a general array: other operands make it one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from pinejax.errors import StrategyError, did_you_mean

Number = (int, float, bool, np.integer, np.floating, np.bool_)


class Bounded:
    """Values that depend on parameters alone, and an interval that holds them: what sizes buffers and may be hoisted.

    array: `[lanes]` (or a scalar); low, high: numbers known while tracing. Arithmetic with numbers and other `Bounded`
    values stays `Bounded`; with anything else it gives a plain array. Comparisons give a `Bounded` bool. options: the texts that the
    values are indices of, so that they compare with a text.
    """

    __slots__ = ("array", "high", "low", "options")
    __array_priority__ = 1_000

    def __init__(self, array: Any, low: float, high: float, options: tuple[str, ...] = ()):
        self.array, self.low, self.high, self.options = array, low, high, options

    def __jax_array__(self) -> jax.Array:
        return jnp.asarray(self.array)

    @property
    def shape(self) -> tuple[int, ...]:
        return jnp.shape(self.array)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def dtype(self) -> Any:
        return jnp.asarray(self.array).dtype

    def __bool__(self) -> bool:
        return bool(jnp.asarray(self.array))

    def __index__(self) -> int:
        raise StrategyError("expected a fixed whole number here, got an input, which differs from lane to lane.")

    def _combine(self, other: Any, op: Callable, bound: Callable, swap: bool = False) -> Any:
        if isinstance(other, Bounded):
            a, b, corners = self.array, other.array, [(x, y) for x in (self.low, self.high) for y in (other.low, other.high)]
        elif isinstance(other, Number):
            a, b, corners = self.array, other, [(x, other) for x in (self.low, self.high)]
        else:
            return op(other, jnp.asarray(self.array)) if swap else op(jnp.asarray(self.array), other)
        if swap:
            a, b, corners = b, a, [(y, x) for x, y in corners]
        ends = [bound(x, y) for x, y in corners]
        return Bounded(op(a, b), min(ends), max(ends))

    def __add__(self, o: Any) -> Any:
        return self._combine(o, lambda a, b: a + b, lambda a, b: a + b)

    def __radd__(self, o: Any) -> Any:
        return self._combine(o, lambda a, b: a + b, lambda a, b: a + b, True)

    def __sub__(self, o: Any) -> Any:
        return self._combine(o, lambda a, b: a - b, lambda a, b: a - b)

    def __rsub__(self, o: Any) -> Any:
        return self._combine(o, lambda a, b: a - b, lambda a, b: a - b, True)

    def __mul__(self, o: Any) -> Any:
        return self._combine(o, lambda a, b: a * b, lambda a, b: a * b)

    def __rmul__(self, o: Any) -> Any:
        return self._combine(o, lambda a, b: a * b, lambda a, b: a * b, True)

    def __truediv__(self, o: Any) -> Any:
        return self._combine(o, lambda a, b: a / b, _ratio)

    def __rtruediv__(self, o: Any) -> Any:
        return self._combine(o, lambda a, b: a / b, _ratio, True)

    def __floordiv__(self, o: Any) -> Any:
        return self._combine(o, lambda a, b: a // b, lambda a, b: _ratio(a, b) // 1)

    def __neg__(self) -> Bounded:
        return Bounded(-self.array, -self.high, -self.low)

    def _compare(self, other: Any, op: Callable) -> Any:
        if isinstance(other, str):
            if other not in self.options:
                raise StrategyError(
                    f"expected one of the input's options to compare with, got {other!r}. {did_you_mean(other, self.options)}"
                )
            other = self.options.index(other)
        out = self._combine(other, op, lambda a, b: 0)
        return Bounded(out.array, 0, 1) if isinstance(out, Bounded) else out

    def __lt__(self, o: Any) -> Any:
        return self._compare(o, lambda a, b: a < b)

    def __le__(self, o: Any) -> Any:
        return self._compare(o, lambda a, b: a <= b)

    def __gt__(self, o: Any) -> Any:
        return self._compare(o, lambda a, b: a > b)

    def __ge__(self, o: Any) -> Any:
        return self._compare(o, lambda a, b: a >= b)

    def __eq__(self, o: Any) -> Any:
        return self._compare(o, lambda a, b: a == b)

    def __ne__(self, o: Any) -> Any:
        return self._compare(o, lambda a, b: a != b)

    __hash__ = None  # type: ignore[assignment]

    def __and__(self, o: Any) -> Any:
        return self._compare(o, lambda a, b: a & b)

    def __or__(self, o: Any) -> Any:
        return self._compare(o, lambda a, b: a | b)

    __rand__, __ror__ = __and__, __or__

    def __invert__(self) -> Bounded:
        return Bounded(jnp.logical_not(self.array), 0, 1)


def _ratio(a: float, b: float) -> float:
    return a / b if b else float("inf")


def plain(x: Any) -> Any:
    """The array inside a `Bounded`; anything else unchanged."""
    return x.array if isinstance(x, Bounded) else x


def upper_bound(x: Any) -> float | None:
    """The largest value `x` can take, where that is known while tracing; None otherwise."""
    if isinstance(x, Bounded):
        return x.high
    return float(x) if isinstance(x, Number) else None


def depends_on_parameters_only(*xs: Any) -> bool:
    """Whether every value is a number or `Bounded`, so that it does not change from bar to bar."""
    return all(isinstance(x, (Bounded, *Number)) for x in xs)
