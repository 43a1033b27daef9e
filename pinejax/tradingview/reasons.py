"""Why two lists differ: each likely cause is looked for in the numbers and named only with its evidence."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pinejax.broker.config import BrokerConfig
from pinejax.core.feed import Feed
from pinejax.core.trade import TradeRecord
from pinejax.tradingview.match import Matched, money_differences
from pinejax.tradingview.place import Placed, PlacedTrade
from pinejax.tradingview.zone import clock

_MOST = 0.8
"""Share of cases that must show a pattern before it is named as the reason for them."""


@dataclass(frozen=True)
class Reason:
    """weight: the share of what differs that it explains, for ranking. text: a sentence with the evidence, and what to do."""

    weight: float
    text: str


@dataclass(frozen=True)
class Case:
    """All that reasons are looked for in."""

    placed: Placed
    matched: Matched
    ours: Sequence[TradeRecord]
    broker: BrokerConfig
    start_given: bool
    zone_given: bool

    @property
    def feed(self) -> Feed:
        """The bars of our run."""
        return self.matched.feed

    @property
    def tick(self) -> float:
        """The smallest price step."""
        return self.feed.instrument.tick_size

    @cached_property
    def n_different(self) -> int:
        """At least 1, to divide by."""
        return max(self.matched.n_different, 1)

    @cached_property
    def both(self) -> list[tuple[PlacedTrade, TradeRecord]]:
        """Trades that differ though they begin on the same bar in the same direction."""
        return [(p.theirs, p.ours) for p in self.matched.of("differs") if p.theirs is not None and p.ours is not None]


def reasons(case: Case) -> list[Reason]:
    """What explains the differences, the most likely first."""
    found = [reason for look in LOOKS if (reason := look(case)) is not None]
    return sorted(found, key=lambda r: -r.weight)


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
    """The same fills a constant time apart."""
    if not case.zone_given:
        return None
    theirs = Counter((t.entry_ms, t.exported.direction, round(t.exported.entry_price / case.tick)) for t in case.placed.trades)
    ours = [(int(case.feed.ltf.time[t.entry_bar]), t.direction, round(t.entry_price / case.tick)) for t in case.ours]
    best, n = max(
        ((q, sum((Counter((ms + q * 900_000, d, p) for ms, d, p in ours) & theirs).values())) for q in range(-104, 105)), key=lambda x: x[1]
    )
    if not best or n <= case.matched.n_equal or n < 0.3 * len(case.placed.trades):
        return None
    return Reason(
        1.05,
        f"Another zone: {n} entries agree when the export's times are {abs(best) / 4:g} h {'earlier' if best > 0 else 'later'}. "
        "Leave compare_zone out to have it guessed.",
    )


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
        if _same_entry(case, theirs, ours)
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


def quantities(case: Case) -> Reason | None:
    """Everything but the size agrees."""
    step = case.feed.instrument.lot_step
    ratios = [
        theirs.exported.qty / ours.qty
        for theirs, ours in case.both
        if _same_fills(case, theirs, ours) and abs(theirs.exported.qty - ours.qty) > 0.5 * step
    ]
    if not ratios or len(ratios) < 0.1 * case.n_different:
        return None
    middle, spread = float(np.median(ratios)), float(np.max(ratios) - np.min(ratios))
    weight, begin = len(ratios) / case.n_different, f"Sizes: {len(ratios)} trades differ in quantity alone, theirs "
    if spread < 1e-3 * middle and abs(middle - 1) > 0.005:
        return Reason(
            weight,
            f"{begin}{middle:.4g} times ours throughout: another default size, initial capital or currency "
            "(broker.size, broker.initial_capital).",
        )
    if abs(middle - 1) <= 0.005 and max(abs(r - 1) for r in ratios) < 0.02:
        return Reason(
            weight,
            f"{begin}{middle:.5f} times ours (by {100 * min(ratios) - 100:+.3f} to {100 * max(ratios) - 100:+.3f} %): the account's "
            "currency is another than the symbol's (data.rates), or commission is reserved from the size.",
        )
    return Reason(
        weight,
        f"{begin}{min(ratios):.3g} to {max(ratios):.3g} times ours: sizes that follow equity (size_type, initial capital, commission, "
        "pyramiding).",
    )


def slippage(case: Case) -> Reason | None:
    """Entries on the same bars at prices that are a constant number of ticks worse."""
    gaps = [round((theirs.exported.entry_price - ours.entry_price) * ours.direction / case.tick) for theirs, ours in case.both]
    off = [gap for gap in gaps if gap]
    if not off or len(off) < 0.3 * case.n_different:
        return None
    gap, n = Counter(off).most_common(1)[0]
    if n < _MOST * len(off):
        return None
    return Reason(
        n / case.n_different,
        f"Slippage: {n} entries are {abs(gap)} tick{'s' if abs(gap) > 1 else ''} {'worse' if gap > 0 else 'better'} than ours. "
        f"Set broker.slippage_ticks={max(case.broker.slippage_ticks + gap, 0)}.",
    )


def pyramiding(case: Case) -> Reason | None:
    """More entries held at once than we allow, or fewer."""
    ends = int(case.feed.ltf.time[-1]) + 1
    theirs = _most_at_once([(t.entry_ms, t.exit_ms or ends) for t in case.placed.trades])
    time = case.feed.ltf.time
    ours = _most_at_once([(int(time[t.entry_bar]), ends if t.is_open else int(time[t.exit_bar])) for t in case.ours])
    if theirs == ours or not case.matched.of("missing", "extra"):
        return None
    return Reason(0.6, f"Entries at once: they hold up to {theirs}, we up to {ours} (broker.pyramiding={case.broker.pyramiding}).")


def same_entries(case: Case) -> Reason | None:
    """Entries agree, exits come on other bars."""
    time = case.feed.ltf.time
    others = [
        1 for theirs, ours in case.both if _same_entry(case, theirs, ours) and (ours.is_open or theirs.exit_ms != time[ours.exit_bar])
    ]
    if len(others) < _MOST * case.n_different:
        return None
    return Reason(
        0.55, f"Exits: {len(others)} trades have the same entry and leave on another bar. Look at the exit rules and their prices."
    )


def bar_later(case: Case) -> Reason | None:
    """The same trades a bar earlier or later."""
    step = case.feed.timeframe.ltf.ms
    theirs = Counter((t.entry_ms, t.exported.direction) for p in case.matched.of("missing", "differs") if (t := p.theirs) is not None)
    ours = [(int(case.feed.ltf.time[t.entry_bar]), t.direction) for p in case.matched.of("extra", "differs") if (t := p.ours) is not None]
    for shift, word in ((1, "later"), (-1, "earlier")):
        n = sum((Counter((ms + shift * step, d) for ms, d in ours) & theirs).values())
        if n >= 3 and n >= 0.5 * theirs.total():
            return Reason(
                0.7,
                f"Bars: {n} of their entries come one bar {word} than ours in the same direction. "
                f"A signal is read one bar {word}, or fills at the close.",
            )
    return None


def reversed_sides(case: Case) -> Reason | None:
    """The same entries with long and short exchanged."""
    theirs = Counter((t.entry_ms, -t.exported.direction) for p in case.matched.of("missing") if (t := p.theirs) is not None)
    ours = Counter((int(case.feed.ltf.time[t.entry_bar]), t.direction) for p in case.matched.of("extra") if (t := p.ours) is not None)
    n = (theirs & ours).total()
    if n < 3 or n < 0.5 * theirs.total():
        return None
    return Reason(0.9, f"Sides: {n} entries are on the same bars in the other direction.")


def money_alone(matched: Matched) -> list[str]:
    """How many equal trades differ in P&L or excursions by more than a cent, and what that looks like; empty where none does."""
    found = money_differences(matched)
    labels = {"pnl": "P&L", "mfe": "favorable excursion", "mae": "adverse excursion"}
    counts = [f"{labels[name]} of {len(rows)}" for name, rows in found.items() if rows]
    if not counts:
        return []
    lines = [f"Money differs by more than 0.01 on trades that agree: {', '.join(counts)}."]
    closed = [
        (p.theirs.exported, p.ours)
        for p in matched.of("equal")
        if p.theirs and p.ours and not p.ours.is_open and not math.isnan(p.theirs.exported.pnl)
    ]
    if found["pnl"] and (said := _money_pattern(closed, matched.feed)):
        lines.append(said)
    return lines


def _money_pattern(closed: list, feed: Feed) -> str:
    """What their P&L is made of that ours is not: a factor (currency), a share of the value or a sum per trade (commission)."""
    theirs, ours = np.array([t.pnl for t, _ in closed]), np.array([o.pnl for _, o in closed])
    value = np.array([(o.entry_price + o.exit_price) * o.qty * feed.instrument.point_value for _, o in closed])
    gap, big = theirs - ours, np.abs(ours) > 1.0
    rate = gap / value
    if np.ptp(gap) <= 0.03 and abs(np.median(gap)) > 0.01:
        return f"  They are {np.median(gap):+.2f} each: commission per order."
    middle = float(np.median(rate))
    if abs(middle) > 1e-6 and np.max(np.abs(gap - middle * value)) <= 0.02 + 1e-3 * np.max(np.abs(gap)):
        return f"  They differ by {100 * middle:+.4f} % of the traded value: broker.commission."
    if big.any():
        factors = theirs[big] / ours[big]
        if np.all(np.abs(factors - np.median(factors)) < 0.02):
            return f"  They are {np.min(factors):.5f} to {np.max(factors):.5f} times ours: the account's currency (data.rates)."
    return ""


def _same_entry(case: Case, theirs: PlacedTrade, ours: TradeRecord) -> bool:
    """Entry bar and direction are the same by how they were paired."""
    step = case.feed.instrument.lot_step
    return abs(theirs.exported.entry_price - ours.entry_price) <= 0.5 * case.tick and abs(theirs.exported.qty - ours.qty) <= 0.5 * step


def _same_fills(case: Case, theirs: PlacedTrade, ours: TradeRecord) -> bool:
    if abs(theirs.exported.entry_price - ours.entry_price) > 0.5 * case.tick:
        return False
    if theirs.exit_ms is None or ours.is_open:
        return ours.is_open and theirs.exit_ms is None
    same_bar = theirs.exit_ms == case.feed.ltf.time[ours.exit_bar]
    return bool(same_bar) and abs(theirs.exported.exit_price - ours.exit_price) <= 0.5 * case.tick


def _most_at_once(spans: list[tuple[int, int]]) -> int:
    """The largest number of spans [begin, end) that share a moment."""
    events = sorted([(begin, 1) for begin, end in spans if end > begin] + [(end, -1) for begin, end in spans if end > begin])
    return int(np.max(np.cumsum([step for _, step in events]), initial=0)) if events else 0


LOOKS: tuple[Callable[[Case], Reason | None], ...] = (
    bars_missing, other_feed, other_start, other_zone, on_close, magnifier, quantities, slippage, pyramiding, same_entries, bar_later,
    reversed_sides,
)  # fmt: skip
