"""The tracing context: what `on_bar` sees. Call sites own state, masks decide who keeps it. Not the loop over bars."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np

from pinejax.core.bounded import Bounded, depends_on_parameters_only, plain
from pinejax.core.gate import where_asked
from pinejax.errors import StrategyError

Mode = Literal["discover", "prologue", "step"]


@dataclass
class Sites:
    """The state of every call site in the order of tracing, and the per-lane constants hoisted out of the loop.

    discover: `initial` collects a NumPy pytree per site. step: `read` holds the values before the bar, `written` after it.
    prologue: `hoisted` collects the constants; step reads them back.
    """

    mode: Mode
    dtype: Any
    lanes: int
    read: tuple = ()
    written: list = field(default_factory=list)
    initial: list = field(default_factory=list)
    hoisted: list | tuple = field(default_factory=list)
    n_hoisted: int = 0

    def open(self, initial: Any) -> tuple[int, Any]:
        """Register the next site; its index and its value before this bar."""
        index = len(self.written)
        if self.mode == "step":
            if index >= len(self.read):
                raise StrategyError("on_bar: expected the same calls on every tracing, found more than the first time. It may not depend on outside state.")
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
        if self.mode == "step":
            value = self.hoisted[self.n_hoisted]
        else:
            value = compute(*(plain(a) for a in args))
            self.hoisted.append(value)
        self.n_hoisted += 1
        return value


@dataclass(frozen=True)
class BarView:
    """One bar as scalars shared by all lanes of the block; `time` is its open in epoch milliseconds, UTC."""

    open: Any
    high: Any
    low: Any
    close: Any
    volume: Any
    time: Any
    index: Any
    is_first: Any

    @property
    def hl2(self) -> Any:
        """(high + low) / 2."""
        return (self.high + self.low) / 2

    @property
    def hlc3(self) -> Any:
        """(high + low + close) / 3."""
        return (self.high + self.low + self.close) / 3

    @property
    def ohlc4(self) -> Any:
        """(open + high + low + close) / 4."""
        return (self.open + self.high + self.low + self.close) / 4

    @property
    def hlcc4(self) -> Any:
        """(high + low + close + close) / 4."""
        return (self.high + self.low + self.close + self.close) / 4


class Site:
    """One call site's state while a bar is traced."""

    def __init__(self, context: Context, initial: Any):
        self._sites, self._mask = context.sites, context.mask
        self._index, self.value = self._sites.open(initial)

    def set(self, new: Any) -> Any:
        """Write the state for the next execution; lanes outside the current mask keep theirs. Returns what was kept."""
        if self._mask is None:
            return self.overwrite(new)
        return self.overwrite(jax.tree.map(lambda n, o: jnp.where(self._mask, n, o), new, self.value))

    def overwrite(self, new: Any) -> Any:
        """Write the state on all lanes, whatever the mask."""
        kept = jax.tree.map(_as, new, self.value)
        self._sites.written[self._index] = kept
        return kept


class Var:
    """A persistent variable of the user's: Pine's `var`."""

    def __init__(self, context: Context, initial: Any):
        start = plain(initial)
        kind = context.sites.dtype if not isinstance(start, (bool, np.bool_)) and jnp.result_type(start) != bool else bool
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
        self._value = _as(new if mask is None else jnp.where(mask, new, self._value), self._value)
        self._context.sites.written[self._index] = self._value


class Context:
    """What a strategy's `on_bar` gets: `bar`, `ta`, `broker`, and the tools for state, laziness and higher timeframes."""

    def __init__(self, sites: Sites, bar: BarView, ta: type, broker: Any = None, htf: BarView | None = None, htf_complete: Any = None):
        self.sites, self.bar, self.broker = sites, bar, broker
        self.mask: Any = None
        self.used_htf = False
        self._ta_type, self._htf_bar, self._htf_complete = ta, htf, htf_complete
        self.ta = ta(self)

    def site(self, initial: Any) -> Site:
        """A new call site. `initial`: a pytree of NumPy arrays; `[lanes]`-shaped where a lane's mask may differ."""
        return Site(self, initial)

    def hoist(self, compute: Callable[..., Any], *args: Any) -> Any:
        """A value that depends on parameters alone, computed once before the loop."""
        return self.sites.hoist(compute, *args)

    def shape_of(self, *xs: Any) -> tuple[int, ...]:
        """The shape a call site's state needs: `()` if every input is shared by the lanes and no lane mask is on, else `[lanes]`."""
        shapes = [jnp.shape(plain(x)) for x in xs] + ([jnp.shape(self.mask)] if self.mask is not None else [])
        return np.broadcast_shapes(*shapes)

    @contextmanager
    def when(self, cond: Any) -> Iterator[None]:
        """Run a block of the body under a mask: call sites inside keep their state, and orders do nothing, where it is false."""
        outer = self.mask
        cond = jnp.asarray(plain(cond), dtype=bool)
        self.mask = cond if outer is None else outer & cond
        try:
            yield
        finally:
            self.mask = outer

    def var(self, initial: Any) -> Var:
        """A persistent variable, initialised once: read `.value`, assign with `.set(new)`. Its initial value is a number or a bool."""
        return Var(self, initial)

    def history(self, x: Any, n: int = 1) -> Any:
        """`x` as it was `n` executions of this call ago; na (False for a bool) before that. `n` is a whole number >= 1."""
        x = jnp.asarray(plain(x))
        shape = self.shape_of(x)
        site = self.site(np.full((n, *shape), _nothing(x.dtype), dtype=x.dtype))
        before = site.value[n - 1]
        site.set(jnp.concatenate([jnp.broadcast_to(x, shape)[None], site.value[: n - 1]]) if n > 1 else jnp.broadcast_to(x, shape)[None])
        return before

    def htf(self, body: Callable[[BarView, Any], Any]) -> Any:
        """Run `body(bar, ta)` on completed HTF bars; its value(s) as of the last one, na (False) before the first.

        Call sites inside live in HTF bars: they keep their state on every other LTF bar. A value changes on the LTF bar that
        completes the HTF bar, not before (request.security with lookahead off, gaps off).
        """
        if self.mask is not None:
            raise StrategyError("ctx.htf: expected outside ctx.when, found inside. Call it before and use its value inside.")
        if self._htf_bar is None:
            raise StrategyError("ctx.htf: found inside another ctx.htf; there is one higher timeframe. Call it from on_bar itself.")
        self.used_htf = True
        htf_bar = self._htf_bar
        outer = self.sites

        def run(inner_sites: Sites, count: Any) -> Any:
            bar = BarView(htf_bar.open, htf_bar.high, htf_bar.low, htf_bar.close, htf_bar.volume, htf_bar.time, count, count == 0)
            child = Context(inner_sites, bar, self._ta_type)
            return jax.tree.map(jnp.asarray, body(child.bar, child.ta), is_leaf=lambda x: isinstance(x, Bounded))

        probe = Sites("discover", outer.dtype, outer.lanes) if outer.mode != "step" else None
        if probe is not None:
            if outer.mode == "prologue":
                probe.mode = "prologue"
            outs = run(probe, jnp.int32(0))
            held = jax.tree.map(lambda x: np.full(x.shape, _nothing(x.dtype), dtype=x.dtype), outs)
            initial = {"sites": tuple(probe.initial), "held": held, "count": np.int32(0)}
            outer.hoisted.append(tuple(probe.hoisted))
            outer.n_hoisted += 1
            _, value = outer.open(initial)
            return value["held"]

        inner_hoisted = outer.hoisted[outer.n_hoisted]
        outer.n_hoisted += 1
        index, state = outer.open(None)

        def advance(state: Any) -> Any:
            inner = Sites("step", outer.dtype, outer.lanes, read=state["sites"], hoisted=list(inner_hoisted))
            outs = run(inner, state["count"])
            after = {"sites": tuple(inner.written), "held": outs, "count": state["count"] + 1}
            return jax.tree.map(_as, after, state)

        after = where_asked(self._htf_complete, advance, state)
        outer.written[index] = after
        return after["held"]


def _as(new: Any, old: Any) -> Any:
    """`new` with the shape and type of the carried `old`."""
    new = jnp.asarray(new)
    return jnp.broadcast_to(new, jnp.shape(old)).astype(old.dtype)


def _nothing(dtype: Any) -> Any:
    return False if np.dtype(dtype) == bool else (np.nan if np.issubdtype(dtype, np.floating) else 0)


def _concrete(x: Any) -> Any:
    if isinstance(x, jax.core.Tracer):
        raise StrategyError("ctx.var: expected a number or a bool as the initial value, got a traced value. Use ctx.var(na) and set it on the first bar.")
    return x
