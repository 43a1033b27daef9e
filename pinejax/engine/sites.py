"""State that call sites own: one slot per call, in the order of tracing, kept where a mask is off. Not what is computed from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np

from pinejax.core.bounded import Bounded, depends_on_parameters_only, plain
from pinejax.errors import StrategyError

Mode = Literal["discover", "prologue", "step"]


@runtime_checkable
class _Masked(Protocol):
    """What a site needs of its context."""

    sites: Sites
    mask: Any


@dataclass
class Sites:
    """The state of every call site in the order of tracing, and the per-lane constants hoisted out of the loop.

    discover: `initial` collects a NumPy pytree per site. step: `read` holds the values before the bar, `written` after it.
    longest: the largest length of its indicators; shared: previous values that several calls ask for. prologue: `hoisted` collects
    the constants, which step finds in `constants`.
    """

    mode: Mode
    dtype: Any
    lanes: int
    read: tuple = ()
    written: list = field(default_factory=list)
    initial: list = field(default_factory=list)
    hoisted: list = field(default_factory=list)
    constants: tuple = ()
    n_hoisted: int = 0
    longest: int = 1
    shared: dict = field(default_factory=dict)

    def open(self, initial: Any) -> tuple[int, Any]:
        """Register the next site; its index and its value before this bar."""
        index = len(self.written)
        if self.mode == "step":
            if index >= len(self.read):
                raise StrategyError(
                    "on_bar: expected the same calls on every tracing, found more than the first time. It may not depend on outside state."
                )
            value = self.read[index]
        else:
            self.initial.append(initial)
            value = jax.tree.map(jnp.asarray, initial)
        self.written.append(value)
        return index, value

    def hoist(self, compute: Callable[..., Any], *args: Any) -> Any:
        """`compute(*args)`, once per run where the arguments are parameters, on every bar otherwise."""
        if not depends_on_parameters_only(*args) or not any(isinstance(a, Bounded) for a in args):
            return compute(*(plain(a) for a in args))
        return self.keep(lambda: compute(*(plain(a) for a in args)))

    def keep(self, compute: Callable[[], Any]) -> Any:
        """The next constant: computed and collected before the loop, read back inside it."""
        self.n_hoisted += 1
        if self.mode == "step":
            return self.constants[self.n_hoisted - 1]
        self.hoisted.append(compute())
        return self.hoisted[-1]


class Site:
    """One call site's state while a bar is traced."""

    def __init__(self, context: _Masked, initial: Any):
        self._sites, self._mask = context.sites, context.mask
        self._index, self.value = self._sites.open(initial)

    def set(self, new: Any) -> Any:
        """Write the state for the next execution; lanes outside the current mask keep theirs. Returns what was kept."""
        if self._mask is None:
            return self.overwrite(new)
        return self.overwrite(jax.tree.map(lambda n, o: jnp.where(self._mask, n, o), new, self.value))

    def overwrite(self, new: Any) -> Any:
        """Write the state on all lanes, whatever the mask."""
        kept = jax.tree.map(as_carried, new, self.value)
        self._sites.written[self._index] = kept
        return kept


class Var:
    """A persistent variable of the user's: Pine's `var`."""

    def __init__(self, context: _Masked, initial: Any):
        start = plain(initial)
        kind = bool if isinstance(start, (bool, np.bool_)) else context.sites.dtype
        self._context = context
        self._index, self._value = context.sites.open(np.full(context.sites.lanes, _concrete(start), dtype=kind))

    @property
    def value(self) -> Any:
        """The value now: as of the last `set` on this bar or an earlier one."""
        return self._value

    def set(self, new: Any) -> None:
        """Assign; lanes outside the current mask keep their value."""
        mask = self._context.mask
        new = plain(new)
        self._value = as_carried(new if mask is None else jnp.where(mask, new, self._value), self._value)
        self._context.sites.written[self._index] = self._value


def as_carried(new: Any, old: Any) -> Any:
    """`new` with the shape and type of the carried `old`."""
    new = jnp.asarray(new)
    return jnp.broadcast_to(new, jnp.shape(old)).astype(old.dtype)


def nothing(dtype: Any) -> Any:
    return False if np.dtype(dtype) == bool else (np.nan if np.issubdtype(dtype, np.floating) else 0)


def _concrete(x: Any) -> Any:
    if isinstance(x, jax.Array):
        raise StrategyError(
            "ctx.var: expected a number or a bool as the initial value, got a traced value. Use ctx.var(na) and set it on the first bar."
        )
    return x
