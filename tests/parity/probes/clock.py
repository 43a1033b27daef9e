"""Times of day on the exchange's clock. For the probes' bodies."""

from __future__ import annotations

from typing import Any


def at(bar: Any, clock: str) -> Any:
    """Whether the bar opens at hh:mm."""
    hours, minutes = clock.split(":")
    return (bar.hour == int(hours)) & (bar.minute == int(minutes))


def is_monday_midnight(bar: Any) -> Any:
    """Monday 00:00."""
    return (bar.dayofweek == 2) & at(bar, "00:00")
