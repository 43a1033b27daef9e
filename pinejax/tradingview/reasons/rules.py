"""Reasons in the strategy's own rules: exits elsewhere, signals some bars apart, sides exchanged."""

from __future__ import annotations

from collections import Counter

from pinejax.tradingview.reasons.case import MOST, Case, Reason

_MOST_BARS = 12
"""How far apart the same entries are looked for."""


def held_longer(case: Case) -> Reason | None:
    """Same entries that one side leaves later, and meanwhile enters nothing."""
    time = case.feed.ltf.time
    ends = int(time[-1]) + 1
    spans = [
        (ends if theirs.exit_ms is None else theirs.exit_ms, ends if ours.is_open else int(time[ours.exit_bar]))
        for theirs, ours in case.both
        if case.same_entry_price(theirs, ours)
    ]
    missing = [p.entry_ms(case.feed) for p in case.matched.of("missing")]
    extra = [p.entry_ms(case.feed) for p in case.matched.of("extra")]
    for their_side, held, absent in (
        (False, [(a, b) for a, b in spans if b > a], missing), (True, [(b, a) for a, b in spans if a > b], extra),
    ):  # fmt: skip
        meanwhile = sum(any(leave <= ms <= until for leave, until in held) for ms in absent)
        if not held or len(held) + meanwhile < 0.5 * case.n_different:
            continue
        n_open = sum(until == ends for _, until in held)
        who, other = ("TradingView", "ours") if their_side else ("we", "theirs")
        verb = "leaves" if their_side else "leave"
        said = f"Exits elsewhere: of {len(held)} trade{'s' if len(held) > 1 else ''} with the same entry {who} {verb} later than {other}"
        said += f" ({n_open} still open)" if n_open else ""
        said += f"; {meanwhile} of {other} begin{'s' if meanwhile == 1 else ''} meanwhile" if meanwhile else ""
        where = "the script lacks or that is true too often in the strategy" if their_side else "is missing in the strategy, or never true"
        return Reason(0.9 * (len(held) + meanwhile) / case.n_different, f"{said}. An exit {'that ' if their_side else ''}{where}.")
    return None


def same_entries(case: Case) -> Reason | None:
    """Entries agree, exits come on other bars."""
    time = case.feed.ltf.time
    others = [1 for theirs, ours in case.both if case.same_entry(theirs, ours) and (ours.is_open or theirs.exit_ms != time[ours.exit_bar])]
    if len(others) < MOST * case.n_different:
        return None
    return Reason(
        0.55, f"Exits: {len(others)} trades have the same entry and leave on another bar. Look at the exit rules and their prices."
    )


def bars_apart(case: Case) -> Reason | None:
    """The same entries some bars earlier or later."""
    step = case.feed.timeframe.ltf
    theirs = Counter((t.entry_ms, t.exported.direction) for p in case.matched.of("missing", "differs") if (t := p.theirs) is not None)
    ours = [(int(case.feed.ltf.time[t.entry_bar]), t.direction) for p in case.matched.of("extra", "differs") if (t := p.ours) is not None]
    shifts = [sign * n for n in range(1, _MOST_BARS + 1) for sign in (1, -1)]
    counts = [sum((Counter((ms + shift * step.ms, d) for ms, d in ours) & theirs).values()) for shift in shifts]
    n = max(counts)
    shift = shifts[counts.index(n)]
    share = 0.5 if abs(shift) == 1 else MOST
    if n < 3 or n < share * theirs.total():
        return None
    word, many = "later" if shift > 0 else "earlier", abs(shift)
    begin = f"Bars: {n} of their entries come {many if many > 1 else 'one'} bar{'s' if many > 1 else ''} {word} than ours"
    if many == 1:
        return Reason(0.7, f"{begin} in the same direction. A signal is read one bar {word}, or fills at the close.")
    hours = many * step.ms / 3_600_000
    zone = f" ({hours:g} h: the zone of a session or an hour in the strategy)" if hours % 1 == 0 else ""
    return Reason(0.7, f"{begin} in the same direction{zone}: a history offset [{many}], or a length that differs.")


def reversed_sides(case: Case) -> Reason | None:
    """The same entries with long and short exchanged."""
    theirs = Counter((t.entry_ms, -t.exported.direction) for p in case.matched.of("missing") if (t := p.theirs) is not None)
    ours = Counter((int(case.feed.ltf.time[t.entry_bar]), t.direction) for p in case.matched.of("extra") if (t := p.ours) is not None)
    n = (theirs & ours).total()
    if n < 3 or n < 0.5 * theirs.total():
        return None
    return Reason(0.9, f"Sides: {n} entries are on the same bars in the other direction.")
