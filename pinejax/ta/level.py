"""Pivot point levels of the period before: supports and resistances. Pivots of a series are in `pinejax.ta.pivot`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np

from pinejax.core.bounded import plain
from pinejax.errors import StrategyError, did_you_mean
from pinejax.ops import divide

N_LEVELS = 11
KINDS = ("Traditional", "Fibonacci", "Woodie", "Classic", "DM", "Camarilla")


class Levels:
    """`ta.pivot_point_levels`: a mixin of `Ta`."""

    ctx: Any

    def pivot_point_levels(self, kind: str, anchor: Any, developing: bool = False) -> tuple[Any, ...]:
        """(P, R1, S1, R2, S2, ..., R5, S5) of the period that ended before the last bar on which `anchor` was true; na before the first.

        A period begins on an anchor's bar, the first one on the first bar. developing: of the period so far instead, this bar
        included. Levels that a kind does not have are na. Kinds: Traditional, Fibonacci, Woodie (with the new period's open, never
        developing), Classic, DM, Camarilla. Source: TradingView's page on Pivot Points Standard.

        Errors: StrategyError for another kind, and for a developing Woodie.
        """
        _check(kind, developing)
        ctx, bar, anchor = self.ctx, self.ctx.bar, jnp.asarray(plain(anchor), bool)
        nothing = np.full(ctx.shape_of(anchor, bar.close), np.nan, jnp.asarray(bar.close).dtype)
        site = ctx.site({"now": (nothing,) * 4, "before": (nothing,) * 4, "opened": nothing})
        last = site.value
        open_, high, low, _ = last["now"]
        begins = anchor | jnp.isnan(open_)
        now = (
            jnp.where(begins, bar.open, open_),
            jnp.where(begins, bar.high, jnp.maximum(high, bar.high)),
            jnp.where(begins, bar.low, jnp.minimum(low, bar.low)),
            bar.close,
        )
        before = tuple(jnp.where(anchor, new, old) for new, old in zip(last["now"], last["before"], strict=True))
        kept = site.set({"now": now, "before": before, "opened": jnp.where(anchor, bar.open, last["opened"])})
        levels = _LEVELS[kind](*kept["now" if developing else "before"], kept["opened"])
        return (*levels, *[jnp.full_like(levels[0], jnp.nan)] * (N_LEVELS - len(levels)))


def _check(kind: Any, developing: Any) -> None:
    if kind not in KINDS:
        raise StrategyError(f"ta.pivot_point_levels: expected one of {', '.join(KINDS)}, got {kind!r}. {did_you_mean(str(kind), KINDS)}")
    if kind == "Woodie" and developing:
        raise StrategyError("ta.pivot_point_levels: Woodie's levels depend on the next period's open and are never developing.")


def _around(middle: Any, *distances: Any) -> tuple[Any, ...]:
    """middle, then a level above and one below it for every distance."""
    return (middle, *(level for d in distances for level in (middle + d, middle - d)))


def _traditional(open_: Any, high: Any, low: Any, close: Any, opened: Any) -> tuple[Any, ...]:
    p, reach = (high + low + close) / 3, high - low
    pairs = [(p * 2 - low, p * 2 - high), (p + reach, p - reach)]
    pairs += [(p * k + (high - k * low), p * k - (k * high - low)) for k in (2, 3, 4)]
    return (p, *(level for pair in pairs for level in pair))


def _fibonacci(open_: Any, high: Any, low: Any, close: Any, opened: Any) -> tuple[Any, ...]:
    reach = high - low
    return _around((high + low + close) / 3, 0.382 * reach, 0.618 * reach, reach)


def _woodie(open_: Any, high: Any, low: Any, close: Any, opened: Any) -> tuple[Any, ...]:
    p, reach = (high + low + 2 * opened) / 4, high - low
    r3, s3 = high + 2 * (p - low), low - 2 * (high - p)
    return p, 2 * p - low, 2 * p - high, p + reach, p - reach, r3, s3, r3 + reach, s3 - reach


def _classic(open_: Any, high: Any, low: Any, close: Any, opened: Any) -> tuple[Any, ...]:
    p, reach = (high + low + close) / 3, high - low
    return p, 2 * p - low, 2 * p - high, *_around(p, reach, 2 * reach, 3 * reach)[1:]


def _demark(open_: Any, high: Any, low: Any, close: Any, opened: Any) -> tuple[Any, ...]:
    falls, rises = 2 * low + high + close, 2 * high + low + close
    x = jnp.where(open_ == close, high + low + 2 * close, jnp.where(close > open_, rises, falls))
    return x / 4, x / 2 - low, x / 2 - high


def _camarilla(open_: Any, high: Any, low: Any, close: Any, opened: Any) -> tuple[Any, ...]:
    reach = 1.1 * (high - low)
    r5 = divide(high, low) * close
    return (high + low + close) / 3, *_around(close, reach / 12, reach / 6, reach / 4, reach / 2)[1:], r5, close - (r5 - close)


_LEVELS: dict[str, Callable[..., tuple[Any, ...]]] = dict(
    zip(KINDS, (_traditional, _fibonacci, _woodie, _classic, _demark, _camarilla), strict=True)
)
