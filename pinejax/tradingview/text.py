"""A comparison as a terminal shows it, and as comparison.csv. Nothing is decided here."""

from __future__ import annotations

import csv
import io
import math

from pinejax.core.trade import TradeRecord
from pinejax.report.csv_file import as_text
from pinejax.tradingview.compare import Verdict
from pinejax.tradingview.match import Pair, Status
from pinejax.tradingview.place import PlacedTrade
from pinejax.tradingview.zone import Zone, clock

COLUMNS = (
    "status", "number", "direction", "entry_time", "their_entry_price", "our_entry_price", "their_qty", "our_qty", "their_exit_time",
    "our_exit_time", "their_exit_price", "our_exit_price", "their_pnl", "our_pnl", "their_mfe", "our_mfe", "their_mae", "our_mae",
    "their_entry_signal", "our_entry_signal", "their_exit_signal", "our_exit_signal",
)  # fmt: skip
_MOST_REASONS = 4
_MOST_STARTS = 4


def verdict_text(verdict: Verdict) -> str:
    """How many trades agree, the first that does not with both sides and their bars, and likely reasons."""
    matched, asked = verdict.found.matched, verdict.asked
    n_theirs, feed = len(verdict.placed.trades), matched.feed
    lines = [f"Compared with {asked.path} ({n_theirs} trades) on {feed.name}:"]
    lines += [f"  {note}" for note in _circumstances(verdict)]
    lines.append("")
    if verdict.agrees or (verdict.found.complete and verdict.placed.undecided):
        lines.append(f"All {matched.n_equal} trades agree: entry bar, direction, entry price, quantity, exit bar and exit price.")
        if not verdict.agrees:
            lines.append(
                f"But the clock of {' or '.join(verdict.placed.undecided)} fits exactly as well, a bar or less away, under which they do "
                f"not: set compare_zone, to {verdict.placed.zone.name} if that is the chart's."
            )
        if n_after := matched.count("outside"):
            lines.append(f"{n_after} trades of the export begin after data.end: not compared.")
        return "\n".join([*lines, *verdict.money])
    counts = {word: matched.count(status) for status, word in _WORDS.items() if matched.count(status)}
    lines.append(f"{matched.n_equal} of {n_theirs} trades agree; " + ", ".join(f"{n} {word}" for word, n in counts.items()) + ".")
    first = matched.first_difference
    if first is not None:
        lines += ["", *_first(first, verdict)]
    if verdict.reasons:
        lines += ["", "Likely reasons:", *(f"  {i}. {reason.text}" for i, reason in enumerate(verdict.reasons[:_MOST_REASONS], start=1))]
    elif matched.n_different:
        lines += ["", *_no_reason(verdict)]
    return "\n".join([*lines, *verdict.money])


_WORDS: dict[Status, str] = {
    "differs": "begin alike but differ",
    "missing": "of theirs are missing",
    "extra": "of ours are too many",
    "outside": "of theirs lie where we have no bars",
}


def _no_reason(verdict: Verdict) -> list[str]:
    pair = verdict.found.run.feed.timeframe
    htf = f", ctx.htf without timeframe= (timeframe={pair} has no @, so that its bars are those of {pair})" if pair.alone else ""
    return [
        "No usual reason shows in the numbers: compare the strategy's rules and inputs, beginning with the trade above.",
        "What the numbers cannot show: a condition that Pine computes only where the one before it holds (`and`, `or`, `?:`, `if`: "
        f"ctx.when), a wrong length{htf}.",
    ]


def _circumstances(verdict: Verdict) -> list[str]:
    """The range, the zone and the reading that the comparison is based on, and how they were found."""
    found, placed, asked = verdict.found, verdict.placed, verdict.asked
    time = found.run.feed.ltf.time
    start, end = clock(int(time[0])), clock(int(time[-1]))
    notes = [f"bars from {start} to {end} UTC, the export's last bar" if not asked.end else f"bars from {start} to {end} UTC"]
    if not asked.start:
        notes.append(f"data.start was not given; {_start(verdict)}")
    if placed.export.zoned and asked.zone is None:
        notes.append("the export's times name their own offset")
    elif asked.zone is not None:
        notes.append(f"chart zone {placed.zone.name} (compare_zone); {_fit(verdict)}")
    else:
        others = [name for name in verdict.zones if name != placed.zone.name]
        chosen = "our trades decided" if verdict.zones and placed.zone.name != verdict.zones[0] else "compare_zone= sets it"
        also = f"; {', '.join(others)} would fit too, {chosen}" if others else ""
        notes.append(f"chart zone {placed.zone.name}, guessed: {_fit(verdict)}{also}")
    if "year first" not in placed.export.reading or "point" not in placed.export.reading:
        notes.append(f"read with {placed.export.reading}")
    if min(t.exported.number for t in placed.trades) > 1:
        notes.append(f"the export begins with trade {min(t.exported.number for t in placed.trades)}: our earlier ones are left out")
    return notes


def _start(verdict: Verdict) -> str:
    """Which start was taken, and which were tried."""
    found = verdict.found
    start, tried = clock(int(found.run.feed.ltf.time[0])), found.tried
    first = f"{start} UTC is " + ("the first bar there is" if found.from_first else "the first start that can be run (data.rates)")
    if len(tried) == 1:
        return first
    shown = [clock(ms) for ms in tried]
    listed = ", ".join(shown) if len(shown) <= _MOST_STARTS else f"{shown[0]}, then the midnights from {shown[1]} back to {shown[-1]}"
    if not found.helped:
        return f"{first}, and no other start does really better (tried: {listed})"
    alike = f" ({found.n_alike} agree equally well)" if found.n_alike > 1 else ""
    return f"of {len(tried)} starts tried {start} UTC agrees best{alike} (tried: {listed})"


def _fit(verdict: Verdict) -> str:
    placed = verdict.placed
    every = "all" if placed.n_fit == placed.n_fills else f"{placed.n_fit} of"
    return f"{every} {placed.n_fills} fills lie within their bars"


def _first(pair: Pair, verdict: Verdict) -> list[str]:
    """Both sides of a trade and the bars of its fills."""
    feed, zone = verdict.found.run.feed, verdict.placed.zone
    title = {"differs": "both sides have it", "missing": "we do not have it", "extra": "TradingView does not have it"}[pair.status]
    lines = [f"The first that differs ({title}):"]
    if pair.theirs is not None:
        lines.append(f"  TradingView  {_theirs(pair.theirs)}")
    if pair.ours is not None:
        lines.append(f"  pinejax      {_ours(pair.ours, verdict)}")
    index = {int(ms): i for i, ms in enumerate(feed.ltf.time)}
    bars: dict[int, list[str]] = {}
    if pair.theirs is not None:
        bars.setdefault(index.get(pair.theirs.entry_ms, -1), []).append("their entry")
        if pair.theirs.exit_ms is not None:
            bars.setdefault(index.get(pair.theirs.exit_ms, -1), []).append("their exit")
    if pair.ours is not None:
        bars.setdefault(pair.ours.entry_bar, []).append("our entry")
        if not pair.ours.is_open:
            bars.setdefault(pair.ours.exit_bar, []).append("our exit")
    lines += [f"  bar {_bar(verdict, i, zone)}  {', '.join(what)}" for i, what in sorted(bars.items()) if i >= 0]
    return lines


def _bar(verdict: Verdict, i: int, zone: Zone) -> str:
    ltf = verdict.found.run.feed.ltf
    ms = int(ltf.time[i])
    prices = "  ".join(
        f"{letter} {values[i]:.10g}" for letter, values in zip("OHLC", (ltf.open, ltf.high, ltf.low, ltf.close), strict=True)
    )
    on_chart = "" if zone.name == "UTC" else f" ({clock(ms, zone)} {zone.name})"
    return f"{clock(ms)} UTC{on_chart}: {prices}"


def _theirs(trade: PlacedTrade) -> str:
    x = trade.exported
    end = f"exit {clock(trade.exit_ms)} at {x.exit_price:.10g} ({x.exit_signal})" if trade.exit_ms is not None else "still open"
    return f"#{x.number} {_side(x.direction)} {x.qty:.10g}  entry {clock(trade.entry_ms)} at {x.entry_price:.10g} ({x.entry_signal})  {end}"


def _ours(trade: TradeRecord, verdict: Verdict) -> str:
    time = verdict.found.run.feed.ltf.time
    at = f"exit {clock(int(time[trade.exit_bar]))} at {trade.exit_price:.10g} ({trade.exit_signal})"
    begin = f"entry {clock(int(time[trade.entry_bar]))} at {trade.entry_price:.10g} ({trade.entry_signal or trade.entry_id})"
    return f"{_side(trade.direction)} {trade.qty:.10g}  {begin}  {'still open' if trade.is_open else at}"


def _side(direction: int) -> str:
    return "long" if direction > 0 else "short"


def comparison_csv(verdict: Verdict) -> str:
    """One row per trade: status equal, differs, missing (we lack it), extra (they lack it) or outside (no bars); times in UTC."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for pair in verdict.found.matched.pairs:
        writer.writerow(_row(pair, verdict))
    return out.getvalue()


def _row(pair: Pair, verdict: Verdict) -> list[str]:
    feed, theirs, ours = verdict.found.matched.feed, pair.theirs, pair.ours
    x, time = (theirs.exported if theirs else None), feed.ltf.time
    direction = x.direction if x else ours.direction if ours else 0
    their_end = clock(theirs.exit_ms) if theirs and theirs.exit_ms is not None else ""
    our_end = clock(int(time[ours.exit_bar])) if ours and not ours.is_open else ""
    both = [
        (x.entry_price if x else None, ours.entry_price if ours else None),
        (x.qty if x else None, ours.qty if ours else None),
        (their_end, our_end),
        (x.exit_price if x and their_end else None, ours.exit_price if ours and our_end else None),
        (x.pnl if x else None, ours.pnl if ours else None),
        (x.mfe if x else None, ours.mfe if ours else None),
        (x.mae if x else None, ours.mae if ours else None),
        (x.entry_signal if x else "", (ours.entry_signal or ours.entry_id) if ours else ""),
        (x.exit_signal if x else "", ours.exit_signal if ours else ""),
    ]
    head = [pair.status, str(x.number) if x else "", _side(direction), clock(pair.entry_ms(feed))]
    return [*head, *(_cell(value) for pair_of in both for value in pair_of)]


def _cell(value: float | str | None) -> str:
    if isinstance(value, str):
        return as_text(value)
    return "" if value is None or math.isnan(value) else f"{value:.10g}"
