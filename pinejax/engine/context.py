"""The tracing context: what `on_bar` sees. Call sites own state, masks decide who keeps it. Not the loop over bars."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from pinejax.core.bounded import Bounded, plain
from pinejax.core.gate import where_asked
from pinejax.engine.bar import BarView
from pinejax.engine.sites import Site, Sites, Var, as_carried, nothing
from pinejax.errors import StrategyError


class Context:
    """What a strategy's `on_bar` gets: `bar`, `ta`, `broker`, and the tools for state, laziness and higher timeframes."""

    def __init__(self, sites: Sites, bar: BarView, ta: type, broker: Any = None, htf: BarView | None = None, htf_complete: Any = None):
        self.sites, self.bar, self.broker = sites, bar, broker
        self.mask: Any = None
        self.used_htf = False
        self.htf_longest = 1
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
        site = self.site(np.full((n, *shape), nothing(x.dtype), dtype=x.dtype))
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

        if outer.mode != "step":
            probe = Sites(outer.mode, outer.dtype, outer.lanes)
            outs = run(probe, jnp.int32(0))
            held = jax.tree.map(lambda x: np.full(x.shape, nothing(x.dtype), dtype=x.dtype), outs)
            initial = {"sites": tuple(probe.initial), "held": held, "count": np.int32(0)}
            outer.keep(lambda: tuple(probe.hoisted))
            self.htf_longest = max(self.htf_longest, probe.longest)
            _, value = outer.open(initial)
            return value["held"]

        constants = outer.keep(tuple)
        index, state = outer.open(None)

        def advance(state: Any) -> Any:
            inner = Sites("step", outer.dtype, outer.lanes, read=state["sites"], constants=constants)
            outs = run(inner, state["count"])
            after = {"sites": tuple(inner.written), "held": outs, "count": state["count"] + 1}
            return jax.tree.map(as_carried, after, state)

        after = where_asked(self._htf_complete, advance, state)
        outer.written[index] = after
        return after["held"]
