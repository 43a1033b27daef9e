"""What an account remembers from close to close beside its lots: swings of equity for a body, days and falls for the risk rules."""

from __future__ import annotations

from typing import Any

from pinejax.core.pytree import pytree


@pytree
class Swings:
    """Falls and rises of equity at closes, `[lanes]`. peak, trough: of the initial capital and all closes."""

    peak: Any
    trough: Any
    fall: Any
    rise: Any


@pytree
class RuleState:
    """What the risk rules remember, `[lanes]`; None where there is no rule that needs it. Days are trading days of the run, from 0.

    fills, fills_day: fills counted on that day; filled_day: the last day whose number of fills was used up, paused_day: the last day
    on which too much was lost, both -1; halted: for good; peak, day_peak: highest equity at a close so far and on this day;
    closing: equity at the last close; day_start: equity when this day began; loss_days: losing days in a row.
    """

    fills: Any = None
    fills_day: Any = None
    filled_day: Any = None
    paused_day: Any = None
    halted: Any = None
    peak: Any = None
    day_peak: Any = None
    closing: Any = None
    day_start: Any = None
    loss_days: Any = None
