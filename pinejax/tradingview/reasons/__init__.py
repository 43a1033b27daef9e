"""Why two lists differ: each likely cause is looked for in the numbers and named only with its evidence."""

from __future__ import annotations

from collections.abc import Callable

from pinejax.tradingview.reasons.case import Case, Reason
from pinejax.tradingview.reasons.data import bars_missing, other_feed, other_start, other_timeframe, other_zone
from pinejax.tradingview.reasons.fills import magnifier, on_close, slippage
from pinejax.tradingview.reasons.money import money_alone
from pinejax.tradingview.reasons.rules import bars_apart, held_longer, reversed_sides, same_entries
from pinejax.tradingview.reasons.sizes import currency, currency_notice, no_trades, pyramiding, quantities

__all__ = ["Case", "Reason", "currency_notice", "money_alone", "reasons"]

LOOKS: tuple[Callable[[Case], Reason | None], ...] = (
    bars_missing, other_feed, other_timeframe, other_start, other_zone, on_close, magnifier, slippage, no_trades, currency, quantities,
    pyramiding, held_longer, same_entries, bars_apart, reversed_sides,
)  # fmt: skip


def reasons(case: Case) -> list[Reason]:
    """What explains the differences, the most likely first."""
    found = [reason for look in LOOKS if (reason := look(case)) is not None]
    return sorted(found, key=lambda r: -r.weight)
