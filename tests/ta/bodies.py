"""Bodies that call every indicator: on bar series, on a series per lane, with na in it, under a mask."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pinejax.ops import where

nan = float("nan")
N_LEVELS = {"Traditional": 11, "Fibonacci": 7, "Woodie": 9, "Classic": 9, "DM": 3, "Camarilla": 11}


def anchor(ctx: Any) -> Any:
    """Where vwap and pivot point levels begin anew."""
    return ctx.bar.index % 10 == 3


def levels(ctx: Any, kinds: Iterable[str] = N_LEVELS) -> dict[str, Any]:
    """The pivot point levels of some kinds, and developing ones; those that a kind does not have left out."""
    given = {kind: ctx.ta.pivot_point_levels(kind, anchor(ctx)) for kind in kinds}
    developing = ctx.ta.pivot_point_levels("DM", anchor(ctx), developing=True)
    found = {f"{kind} {i}": given[kind][i] for kind in kinds for i in range(N_LEVELS[kind])}
    return found | {f"developing {i}": developing[i] for i in range(N_LEVELS["DM"])}


def of_a_source(ctx: Any, p: Any, x: Any) -> dict[str, Any]:
    """Indicators of one series. Lengths differ from lane to lane."""
    ta, bar = ctx.ta, ctx.bar
    macd = ta.macd(x, p.m, p.n, p.one)
    bb, kc = ta.bb(x, p.n, p.f), ta.kc(x, p.n, p.f)
    moved = ctx.history(x)
    vwap = ta.vwap(x, anchor(ctx), p.f)
    return {
        "x": x, "sma": ta.sma(x, p.n), "sma of one": ta.sma(x, p.one), "ema": ta.ema(x, p.n), "ema of a number": ta.ema(x, 7),
        "rma": ta.rma(x, p.n),
        "wma": ta.wma(x, p.n), "hma": ta.hma(x, p.n), "vwma": ta.vwma(x, p.n),
        "swma": ta.swma(x),
        "alma": ta.alma(x, p.n, 0.85, 6.0), "alma of a number": ta.alma(x, 5), "sum": ta.sum(x, p.n),
        "highest": ta.highest(x, p.n), "lowest": ta.lowest(x, p.n),
        "range": ta.range(x, p.n), "highestbars": ta.highestbars(x, p.n), "lowestbars": ta.lowestbars(x, p.n),
        "variance": ta.variance(x, p.n), "stdev": ta.stdev(x, p.n), "stdev of a sample": ta.stdev(x, p.n, False),
        "variance of a sample": ta.variance(x, p.n, biased=False), "dev": ta.dev(x, p.n), "linreg": ta.linreg(x, p.n),
        "linreg with offset": ta.linreg(x, p.n, p.m), "linreg of one": ta.linreg(x, p.one, 0), "linreg of a number": ta.linreg(x, 9, 2),
        "bb": bb[0], "bb upper": bb[1], "bb lower": bb[2], "bbw": ta.bbw(x, p.n, p.f),
        "kc": kc[0], "kc upper": kc[1], "kc lower": kc[2], "kcw": ta.kcw(x, p.n, p.f),
        "rsi": ta.rsi(x, p.n), "macd": macd[0], "macd signal": macd[1], "macd histogram": macd[2],
        "stoch": ta.stoch(x, x + p.one, x - p.one, p.n), "cci": ta.cci(x, p.n), "cmo": ta.cmo(x, p.n), "mfi": ta.mfi(x, p.n),
        "tsi": ta.tsi(x, p.m, p.n), "change": ta.change(x), "change of lanes": ta.change(x, p.n),
        "mom": ta.mom(x, 4), "roc": ta.roc(x, p.m),
        "roc of a number": ta.roc(x, 3), "crossover": ta.crossover(x, moved), "crossunder": ta.crossunder(moved, x),
        "cross": ta.cross(x, ta.sma(x, p.n)), "rising": ta.rising(x, p.one), "falling": ta.falling(x, p.one),
        "pivothigh": ta.pivothigh(x, p.m, p.one), "pivotlow": ta.pivotlow(x, p.one, p.m), "pivothigh of numbers": ta.pivothigh(x, 2, 3),
        "pivotlow of no bars after": ta.pivotlow(x, p.m, 0), "barssince": ta.barssince(x > moved), "valuewhen": ta.valuewhen(x > moved, x),
        "valuewhen before": ta.valuewhen(x > moved, x, 2), "cum": ta.cum(x), "fixnan": ta.fixnan(where(x > moved, x, nan)),
        "median": ta.median(x, p.n), "median of one": ta.median(x, p.one), "mode": ta.mode(x, p.n), "percentrank": ta.percentrank(x, p.n),
        "percentrank of a number": ta.percentrank(x, 6), "nearest rank": ta.percentile_nearest_rank(x, p.n, 70),
        "nearest rank of 0": ta.percentile_nearest_rank(x, p.m, 0), "interpolated": ta.percentile_linear_interpolation(x, p.n, 20 * p.one),
        "rci": ta.rci(x, p.n), "rci of a number": ta.rci(x, 8), "cog": ta.cog(x, p.n), "max": ta.max(x), "min": ta.min(x),
        "correlation": ta.correlation(x, bar.volume, p.n), "correlation of lanes": ta.correlation(x, bar.high * p.f, p.n),
        "alma floored": ta.alma(x, p.n, 0.6, 4.0, floor=True), "change of a bool": ta.change(x > moved),
        "change of a bool of lanes": ta.change(x > moved, p.m), "range of bars kc": ta.kc(x, p.m, p.f, False)[1],
        "vwap": vwap[0], "vwap upper": vwap[1], "vwap lower": vwap[2],
    }  # fmt: skip


def of_the_bar(ctx: Any, p: Any) -> dict[str, Any]:
    """Indicators that take no series."""
    ta = ctx.ta
    line, direction = ta.supertrend(p.one, p.n)
    tight, turned = ta.supertrend(p.one / 4, p.m)
    plus, minus, adx = ta.dmi(p.n, p.m)
    heikin = ta.heikin_ashi()
    return {
        "tr": ta.tr(), "tr with na": ta.tr(False), "atr": ta.atr(p.n), "wpr": ta.wpr(p.n), "supertrend": line, "direction": direction,
        "tight supertrend": tight, "tight direction": turned, "plus di": plus, "minus di": minus, "adx": adx,
        "sar": ta.sar(), "sar of lanes": ta.sar(p.one / 50, p.one / 100, 0.3), "obv": ta.obv(), "accdist": ta.accdist(), "pvt": ta.pvt(),
        "nvi": ta.nvi(), "pvi": ta.pvi(), "iii": ta.iii(), "wad": ta.wad(), "wvad": ta.wvad(),
        "heikin open": heikin[0], "heikin high": heikin[1], "heikin low": heikin[2], "heikin close": heikin[3],
    }  # fmt: skip


def with_na_on_bars(ctx: Any, p: Any) -> dict[str, Any]:
    """na at the start, then single ones, further apart than the longest window and closer."""
    unknown = (ctx.bar.index < 7) | (ctx.bar.index % 43 == 12) | (ctx.bar.index == 70) | (ctx.bar.index == 75)
    return of_a_source(ctx, p, where(unknown, nan, ctx.bar.hl2)) | of_the_bar(ctx, p) | levels(ctx)


def with_na_on_lanes(ctx: Any, p: Any) -> dict[str, Any]:
    """The same, on other bars of every lane."""
    unknown = (ctx.bar.index < 3 * p.m) | (ctx.bar.index % (40 + p.m) == 12) | (ctx.bar.index == 70 + p.m) | (ctx.bar.index == 75)
    return of_a_source(ctx, p, where(unknown, nan, ctx.bar.hl2 * p.f + p.m))


def active_bars(ctx: Any) -> Any:
    """A mask shared by the lanes: about two bars in three, none of the first three."""
    return (ctx.bar.index > 2) & (ctx.bar.close <= ctx.bar.open + 0.25)


def active_lanes(ctx: Any, p: Any) -> Any:
    """A mask that differs from lane to lane."""
    return (ctx.bar.index % (p.m + 1)) > 0


def under_a_bar_mask(ctx: Any, p: Any) -> dict[str, Any]:
    with ctx.when(active_bars(ctx)):
        found = of_a_source(ctx, p, ctx.bar.close) | of_the_bar(ctx, p)
    return found | {"mask": active_bars(ctx)}


def under_a_lane_mask(ctx: Any, p: Any) -> dict[str, Any]:
    mask = active_lanes(ctx, p)
    with ctx.when(mask):
        found = of_a_source(ctx, p, ctx.bar.close * p.f) | of_the_bar(ctx, p) | levels(ctx, ["Woodie"])
    return found | {"mask": mask}
