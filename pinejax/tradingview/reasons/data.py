"""Reasons in the data: bars, feed, timeframe, start and zone. Not the strategy's or the broker's."""

from __future__ import annotations

from collections import Counter

from pinejax.tradingview.reasons.case import Case, Reason
from pinejax.tradingview.reasons.fills import on_close
from pinejax.tradingview.refusal import grid_of
from pinejax.tradingview.zone import OFFSETS_MINUTES, clock

_CHARTS = ("3m", "5m", "15m", "30m", "45m", "1h", "2h", "3h", "4h", "1D", "1W")
"""Timeframes that a chart offers."""
_ENOUGH_TIMES = 20


def bars_missing(case: Case) -> Reason | None:
    """Trades of theirs where we have no bars."""
    time = case.feed.ltf.time
    before = sum(t.entry_ms < time[0] for t in case.placed.trades)
    after = sum(t.entry_ms > time[-1] for t in case.placed.trades)
    if not before + after:
        return None
    said = [f"{before} begin before our first bar ({clock(int(time[0]))} UTC)"] if before else []
    said += [f"{after} after our last ({clock(int(time[-1]))} UTC)"] if after else []
    return Reason(
        1.1 if before else 0.05, f"Bars are missing: of the export's trades {' and '.join(said)}. Import those bars, or widen the range."
    )


def other_feed(case: Case) -> Reason | None:
    """Fills outside the bars: prices of another exchange or contract, or bars that were corrected."""
    placed = case.placed
    outside = placed.n_fills - placed.n_fit
    if not outside:
        return None
    share = outside / placed.n_fills
    return Reason(
        1.0 if share > 0.02 else 0.5,
        f"Other bars: {outside} of the export's {placed.n_fills} fills ({100 * share:.1f} %) lie outside the high and low of our bars. "
        "The chart showed another symbol, exchange or contract, or bars corrected since. Export the chart's own bars and import them.",
    )


def other_timeframe(case: Case) -> Reason | None:
    """All their times on a coarser grid than our bars."""
    grid, ltf = grid_of(case.placed.export), case.feed.timeframe.ltf
    if grid <= ltf or str(grid) not in _CHARTS or case.placed.n_fills < _ENOUGH_TIMES:
        return None
    if any(t.entry_ms % grid.ms for t in case.placed.trades):  # no chart of that timeframe has such bars
        return None
    return Reason(
        1.02 if case.placed.n_fit < case.placed.n_fills else 0.5,
        f"Timeframe: all the export's times lie on a grid of {grid}, our bars are {ltf}. Use timeframe={grid} if the chart had that.",
    )


def other_start(case: Case) -> Reason | None:
    """Only the beginning differs: indicators had other bars to warm up."""
    pairs = [p for p in case.matched.pairs if p.status != "outside"]
    last_bad = max((i for i, p in enumerate(pairs) if p.status != "equal"), default=-1)
    after = len(pairs) - last_bad - 1
    if last_bad < 0 or after < 3 or after < 0.3 * len(pairs):
        return None
    began = clock(pairs[last_bad + 1].entry_ms(case.feed))
    how = (
        "Set data.start to the first bar of the chart's range"
        if case.start_given
        else "No midnight before the first entry does better; set data.start"
    )
    return Reason(
        0.95,
        f"Another start: from {began} UTC on all {after} trades agree. TradingView computes cold from the first bar of its range. {how}.",
    )


def other_zone(case: Case) -> Reason | None:
    """The same entries a constant time apart, under an offset that is in use. A bar apart they may be fills at the close instead."""
    if not case.zone_given:
        return None
    first, ltf = case.placed.first_ms, case.feed.timeframe.ltf.ms
    offset = (case.placed.zone.wall(first) - first) // 60_000
    shifts = [minutes - offset for minutes in OFFSETS_MINUTES if abs(minutes - offset) >= 60]
    if on_close(case) is not None:
        shifts = [shift for shift in shifts if 60_000 * abs(shift) != ltf]
    theirs = Counter((t.entry_ms, t.exported.direction, round(t.exported.entry_price / case.tick)) for t in case.placed.trades)
    ours = [(int(case.feed.ltf.time[t.entry_bar]), t.direction, round(t.entry_price / case.tick)) for t in case.ours]
    counts = {m: sum((Counter((ms + m * 60_000, d, p) for ms, d, p in ours) & theirs).values()) for m in shifts}
    best, n = max(counts.items(), key=lambda x: x[1])
    if n <= case.matched.n_equal or n < 0.3 * len(case.placed.trades):
        return None
    return Reason(
        1.05,
        f"Another zone: {n} entries agree when the export's times are {abs(best) / 60:g} h {'earlier' if best > 0 else 'later'}. "
        "Leave compare_zone out to have it guessed.",
    )
