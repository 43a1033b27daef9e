"""Money that differs on trades that agree otherwise. It changes no verdict."""

from __future__ import annotations

import math

import numpy as np

from pinejax.core.feed import Feed
from pinejax.tradingview.match import Matched, money_differences


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
