"""The tracing context: what `on_bar` sees. Call sites own state, masks decide who keeps it. Not the loop over bars."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from pinejax.core.bounded import Bounded, Number, plain
from pinejax.core.clock import zone_of
from pinejax.core.gate import where_asked
from pinejax.core.period import Period
from pinejax.core.session import ALL_DAYS, Session
from pinejax.engine.bar import BarView, Clock, epoch_ms
from pinejax.engine.columns import PAIR, Complete, InSession, Moment, NewPeriod, OfInstrument, Price
from pinejax.engine.sites import Site, Sites, Var, as_carried, nothing
from pinejax.errors import ConfigError, StrategyError


class Context:
    """What a strategy's `on_bar` gets: `bar`, `ta`, `broker`, and the tools for state, laziness and higher timeframes."""

    def __init__(self, sites: Sites, bar: BarView, ta: type, broker: Any = None):
        self.sites, self.bar, self.broker = sites, bar, broker
        self.mask: Any = None
        self.htf_longest: dict[str, int] = {}
        self._inside_htf = False
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

    def history(self, x: Any, n: Any = 1) -> Any:
        """`x` as it was `n` executions of this call ago; na (False for a bool) before that. `n` is a fixed whole number, 0 for x itself.

        Errors: StrategyError for any other n.
        """
        if not isinstance(n, (int, np.integer)) or isinstance(n, bool) or n < 0:
            found = repr(n) if isinstance(n, Number) else "an input or a bar's value, which is not fixed"
            raise StrategyError(f"ctx.history: expected n as a fixed whole number, 0 or more, got {found}.")
        x = self._with_na(x)
        if n == 0:
            return x
        shape = self.shape_of(x)
        site = self.site(np.full((n, *shape), nothing(x.dtype), dtype=x.dtype))
        before = site.value[n - 1]
        site.set(jnp.concatenate([jnp.broadcast_to(x, shape)[None], site.value[: n - 1]]) if n > 1 else jnp.broadcast_to(x, shape)[None])
        return before

    def before(self, x: Any) -> Any:
        """A float as it was at the previous execution, NaN before the first. Calls with one `x` under one mask share one state."""
        source, shared = plain(x), self.sites.shared
        key = (id(source), id(self.mask))
        if key not in shared:
            value = jnp.asarray(source, self.sites.dtype)
            site = self.site(np.full(self.shape_of(value), np.nan, value.dtype))
            site.set(value)
            # What the ids belong to is kept as well, so that they stay theirs.
            shared[key] = (site.value, source, self.mask)
        return shared[key][0]

    def htf(self, body: Callable[[BarView, Any], Any], *, timeframe: str | None = None, gaps: bool = False, lookahead: bool = False) -> Any:
        """Run `body(bar, ta)` on completed HTF bars; its value(s) as of the last one, na (False) before the first.

        While it runs, this context is the HTF's: `ctx.history`, `ctx.var`, `ctx.when` and `ctx.session` in it live in HTF bars too.
        A value changes on the LTF bar that completes the HTF bar, not before (request.security with lookahead off).
        timeframe: None is the dataset's own HTF; or a text such as `4h`, `1D`, `1W`, `1M`. gaps: na (False) on every LTF bar but
        that one. lookahead is refused: it would show a bar before it is complete. Errors: StrategyError. (docs/semantics.md, 10.1)
        """
        if self.mask is not None:
            raise StrategyError("ctx.htf: expected outside ctx.when, found inside. Call it before and use its value inside.")
        if self._inside_htf:
            raise StrategyError("ctx.htf: found inside another ctx.htf. Call it from on_bar itself.")
        if lookahead:
            raise StrategyError(
                "ctx.htf: lookahead=True would show values of an HTF bar before it is complete: a look into the future. "
                "For Pine's close[1] with lookahead_on, whose value appears on the first bar after, use ctx.history(ctx.htf(...))."
            )
        series = PAIR if timeframe is None else str(_checked("ctx.htf", Period.parse, timeframe))
        outer, columns = self.sites, self.bar.columns
        complete = columns.read(Complete(series)) > 0

        def run(inner: Sites, count: Any) -> Any:
            with self._inside(inner, self._higher_bar(series, count)):
                return jax.tree.map(self._with_na, body(self.bar, self.ta), is_leaf=lambda x: isinstance(x, Bounded))

        if outer.mode != "step":
            probe = Sites(outer.mode, outer.dtype, outer.lanes)
            outs = run(probe, jnp.int32(0))
            held = jax.tree.map(_nothing_like, outs)
            initial = {"sites": tuple(probe.initial), "held": held, "count": np.int32(0)}
            outer.keep(lambda: tuple(probe.hoisted))
            self.htf_longest[series] = max(self.htf_longest.get(series, 1), probe.longest)
            _, value = outer.open(initial)
            return value["held"]

        constants = outer.keep(tuple)
        index, state = outer.open(None)

        def advance(state: Any) -> Any:
            inner = Sites("step", outer.dtype, outer.lanes, read=state["sites"], constants=constants)
            outs = run(inner, state["count"])
            after = {"sites": tuple(inner.written), "held": outs, "count": state["count"] + 1}
            return jax.tree.map(as_carried, after, state)

        after = where_asked(complete, advance, state)
        outer.written[index] = after
        return jax.tree.map(lambda x: jnp.where(complete, x, _nothing_like(x)), after["held"]) if gaps else after["held"]

    def session(self, hours: str, *, zone: str | None = None, days: str = ALL_DAYS) -> Any:
        """Whether the bar opens in a session such as `0930-1600`, on the wall clock of a zone (None: the exchange's).

        Several spans with commas, over midnight as `1800-0900`, `24x7`; days as digits, 1 being Sunday. Pine's
        `not na(time(tf, session, zone))`. Errors: StrategyError. (docs/semantics.md, 10.5)
        """
        session = _checked("ctx.session", Session.parse, hours, days)
        return self.bar.columns.read(InSession(self.bar.series, session, _checked_zone("ctx.session", zone))) > 0

    def new_period(self, timeframe: str) -> Any:
        """Whether the bar opens in another day, week, ... than the bar before it; false on the first. Pine's timeframe.change.

        Days, weeks and months are the exchange's. Errors: StrategyError. (docs/semantics.md, 10.5)
        """
        return self.bar.columns.read(NewPeriod(self.bar.series, _checked("ctx.new_period", Period.parse, timeframe))) > 0

    def clock(self, zone: str) -> Clock:
        """The bar's `hour`, `dayofweek` and so on in another zone than the exchange's. Errors: StrategyError."""
        return Clock(columns=self.bar.columns, series=self.bar.series, zone=_checked_zone("ctx.clock", zone))

    @property
    def tick_size(self) -> Any:
        """The symbol's smallest price step: Pine's syminfo.mintick."""
        return self.bar.columns.read(OfInstrument("tick_size"))

    @property
    def point_value(self) -> Any:
        """Quote currency per 1.0 of price and one contract: Pine's syminfo.pointvalue."""
        return self.bar.columns.read(OfInstrument("point_value"))

    def _with_na(self, x: Any) -> Any:
        """A value as an array that can be na: whole numbers as the engine's floats."""
        x = jnp.asarray(plain(x))
        return x.astype(self.sites.dtype) if jnp.issubdtype(x.dtype, jnp.integer) else x

    def _higher_bar(self, series: str, count: Any) -> BarView:
        columns = self.bar.columns
        first, high, low, close, volume = (columns.read(Price(series, name)) for name in ("open", "high", "low", "close", "volume"))
        day, second = (columns.read(Moment(series, "open", part)) for part in ("day", "second"))
        return BarView(first, high, low, close, volume, epoch_ms(day, second), count, count == 0, columns=columns, series=series)

    @contextmanager
    def _inside(self, sites: Sites, bar: BarView) -> Iterator[None]:
        """This context as an HTF's, for a while."""
        outer = self.sites, self.bar, self.broker
        self.sites, self.bar, self.broker, self._inside_htf = sites, bar, _NoBroker(), True
        try:
            yield
        finally:
            (self.sites, self.bar, self.broker), self._inside_htf = outer, False


class _NoBroker:
    """What an HTF's body finds in the place of the broker."""

    def __getattr__(self, name: str) -> Any:
        raise StrategyError(f"ctx.broker.{name}: found inside ctx.htf, whose body sees HTF bars only. Use it in on_bar itself.")


def _nothing_like(x: Any) -> Any:
    return np.full(x.shape, nothing(x.dtype), dtype=x.dtype)


def _checked(call: str, parse: Callable[..., Any], *args: Any) -> Any:
    """What `parse` makes of texts; its ConfigError as a mistake in the strategy."""
    try:
        return parse(*args)
    except ConfigError as error:
        raise StrategyError(f"{call}: {error}") from None


def _checked_zone(call: str, zone: str | None) -> str | None:
    if zone is not None:
        _checked(call, zone_of, zone)
    return zone
