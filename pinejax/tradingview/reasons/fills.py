"""Reasons in how orders fill: at closes, inside bars, with slippage."""

from __future__ import annotations

from collections import Counter

import numpy as np

from pinejax.tradingview.reasons.case import MOST, Case, Reason


def on_close(case: Case) -> Reason | None:
    """They fill at closes, we at opens, or the other way round."""
    bars, tolerance = case.feed.ltf, 0.5 * case.tick
    index = {int(ms): i for i, ms in enumerate(bars.time)}
    their_fills = [(index[t.entry_ms], t.exported.entry_price) for t in case.placed.trades if t.entry_ms in index]
    our_fills = [(t.entry_bar, t.entry_price) for t in case.ours]
    if len(their_fills) < 5 or len(our_fills) < 5:
        return None

    def share(fills: list[tuple[int, float]], column: np.ndarray, other: np.ndarray) -> float:
        """Of the fills at that price and not at the other."""
        return sum(abs(column[i] - p) <= tolerance and abs(other[i] - p) > tolerance for i, p in fills) / len(fills)

    theirs, ours = (share(fills, bars.close, bars.open) for fills in (their_fills, our_fills))
    if theirs > 0.5 > 2 * ours:
        return Reason(
            1.0,
            f"Fills at the close: {100 * theirs:.0f} % of their entries are at a bar's close, {100 * ours:.0f} % of ours. "
            "Set broker.process_orders_on_close=true.",
        )
    if ours > 0.5 > 2 * theirs:
        return Reason(
            1.0,
            f"Fills at the close: {100 * ours:.0f} % of our entries are at a bar's close, {100 * theirs:.0f} % of theirs. "
            "Set broker.process_orders_on_close=false.",
        )
    return None


def magnifier(case: Case) -> Reason | None:
    """Same entry, exit on the same bar, another price within it."""
    time = case.feed.ltf.time
    same_bar = [
        (theirs, ours)
        for theirs, ours in case.both
        if case.same_entry(theirs, ours)
        and not ours.is_open
        and theirs.exit_ms == time[ours.exit_bar]
        and abs(theirs.exported.exit_price - ours.exit_price) > 0.5 * case.tick
    ]
    if not same_bar or len(same_bar) < 0.1 * case.n_different:
        return None
    gaps = [abs(theirs.exported.exit_price - ours.exit_price) / case.tick for theirs, ours in same_bar]
    return Reason(
        len(same_bar) / case.n_different,
        f"Inside the bar: {len(same_bar)} trades have the same entry and leave on the same bar at another price "
        f"(median {np.median(gaps):.0f} ticks). "
        "The bar magnifier was on in TradingView (it looks at finer bars), or an exit's distance differs.",
    )


def slippage(case: Case) -> Reason | None:
    """Entries on the same bars at prices that are a constant number of ticks worse."""
    gaps = [round((theirs.exported.entry_price - ours.entry_price) * ours.direction / case.tick) for theirs, ours in case.both]
    off = [gap for gap in gaps if gap]
    if not off or len(off) < 0.3 * case.n_different:
        return None
    gap, n = Counter(off).most_common(1)[0]
    if n < MOST * len(off):
        return None
    return Reason(
        n / case.n_different,
        f"Slippage: {n} entries are {abs(gap)} tick{'s' if abs(gap) > 1 else ''} {'worse' if gap > 0 else 'better'} than ours. "
        f"Set broker.slippage_ticks={max(case.broker.slippage_ticks + gap, 0)}.",
    )
