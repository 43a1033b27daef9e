"""A number of a section that may lack what it needs while the others have it. Whole sections are `pipeline`'s business."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import TypeVar

import numpy as np
from jaxtyping import Int

from pinejax.judge.case import Case, NotEnough
from pinejax.metrics.finalize import DAYS_PER_YEAR

T = TypeVar("T")


def piece(make: Callable[[], T]) -> T | dict[str, str]:
    """What is made, or `{"not_enough": text}`."""
    try:
        return make()
    except NotEnough as error:
        return {"not_enough": str(error)}


def finite(value: float, otherwise: str) -> float:
    """The number. Errors: NotEnough, `otherwise` being the reason, where it is none."""
    if not isfinite(value):
        raise NotEnough(otherwise)
    return float(value)


def per_year(case: Case) -> float:
    """Daily returns in a year, every day being one, as in the metrics; on bars longer than a day, such bars."""
    return DAYS_PER_YEAR / _bar_days(case)


def in_a_year_of(case: Case, days: Int[np.ndarray, " returns"]) -> float:
    """Returns in a year of 365 days, those without bars among them, as a yearly growth has it: fewer where a market is closed on some.

    days: of the returns, UTC days since 1970, in order.
    """
    return len(days) * DAYS_PER_YEAR / (float(days[-1] - days[0]) + _bar_days(case))


def _bar_days(case: Case) -> float:
    """What a return is of, at least a day."""
    engine = getattr(case.engine, "whole", case.engine)
    return max(engine.feeds[0].timeframe.ltf.seconds / 86_400, 1.0)


def enough_days(case: Case, n: int) -> None:
    """Errors: NotEnough for fewer returns than `verdict.min_days`."""
    least = case.config.verdict.min_days
    if n < least:
        raise NotEnough(f"expected daily returns on {least} days or more (verdict.min_days), found {n}.")
