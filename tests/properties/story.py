"""A difference between the engines, told so that it can be replayed by hand: program, numbers, trades and bars near it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pinejax.core.feed import Feed
from pinejax.core.trade import TradeRecord
from tests.properties.programs import describe

if TYPE_CHECKING:
    from tests.properties.compare import Case

Trades = Sequence[TradeRecord]
# Trades told before and after the first difference; bars before and after it.
TRADES_NEAR, BARS_BEFORE, BARS_AFTER = 2, 5, 2


def story(
    case: Case, feed: Feed, params: Mapping[str, Any], problem: str, ours: Sequence[TradeRecord], theirs: Sequence[TradeRecord]
) -> str:
    """Everything about one lane. problem: what differs first; ours: the engine's trades, theirs: the reference's."""
    first = next((i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if str(a) != str(b)), min(len(ours), len(theirs)))
    parts = [
        problem,
        describe(case.program, params),
        f"  {_said(case.broker)}",
        f"  {feed.instrument}, seed {case.seed}",
        f"  tick {params['tick']}",
    ]
    for name, trades in (("engine", ours), ("reference", theirs)):
        near = list(enumerate(trades))[max(0, first - TRADES_NEAR) : first + TRADES_NEAR + 1]
        parts.append(f"  trades of the {name}:")
        parts += [f"    {i}: {_trade(t)}" for i, t in near]
    return "\n".join([*parts, *_bars(feed, [*ours[first : first + 1], *theirs[first : first + 1]])])


def _bars(feed: Feed, trades: Sequence[TradeRecord]) -> list[str]:
    """The bars around the entries and exits of some trades."""
    near = {t.entry_bar for t in trades} | {t.exit_bar for t in trades}
    shown = sorted({i for bar in near for i in range(max(0, bar - BARS_BEFORE), min(len(feed), bar + BARS_AFTER + 1))})
    b, rate = feed.ltf, feed.rate
    return [
        "  bars:",
        *(f"    {i}: {b.open[i]} {b.high[i]} {b.low[i]} {b.close[i]}{'' if rate is None else f' at {rate[i]}'}" for i in shown),
    ]


def _trade(t: TradeRecord) -> str:
    side = "long" if t.direction > 0 else "short"
    entry = f"{side} {t.qty:g} of {t.entry_id} ({t.entry_signal}) bar {t.entry_bar} at {t.entry_price!r}"
    return f"{entry}, {t.exit_signal} bar {t.exit_bar} at {t.exit_price!r}: pnl {t.pnl!r}, fees {t.commission!r}, {t.mfe!r}/{t.mae!r}"


def _said(broker: Any) -> str:
    """A configuration without what is as by default."""
    default = type(broker)()
    return ", ".join(f"{k}={v}" for k, v in vars(broker).items() if v != getattr(default, k)) or "default broker"
