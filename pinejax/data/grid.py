"""The UTC grid that bars of a timeframe open on. Not the bars themselves."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int

from pinejax.core.timeframe import Timeframe
from pinejax.errors import DataError

DAY_S = 86_400
WEEK_S = 7 * DAY_S
MONDAY_MS = 4 * DAY_S * 1_000
"""The first Monday after the epoch (1970-01-05), from which weeks are counted; the epoch itself was a Thursday."""


def require_gridded(timeframe: Timeframe) -> Timeframe:
    """The timeframe itself. Errors: DataError unless it divides a day or is one week, so that its grid is the same on every day."""
    if DAY_S % timeframe.seconds and timeframe.seconds != WEEK_S:
        raise DataError(
            f"timeframe: expected one that divides a day (1m, 3m, 5m, 15m, 1h, 4h, 1D, ...) or 1W, got {timeframe}. Choose another one."
        )
    return timeframe


def anchor_ms(timeframe: Timeframe) -> int:
    """Epoch milliseconds of one grid point of the timeframe."""
    return MONDAY_MS if timeframe.seconds == WEEK_S else 0


def bucket_open(time: Int[np.ndarray, " bars"], timeframe: Timeframe) -> Int[np.ndarray, " bars"]:
    """Open time of the bucket that holds each time: the last grid point at or before it, epoch milliseconds, UTC."""
    return time - (time - anchor_ms(require_gridded(timeframe))) % timeframe.ms


def nests(inner: Timeframe, outer: Timeframe) -> bool:
    """Whether every bucket of `outer` is made of whole buckets of `inner`."""
    return outer.seconds % inner.seconds == 0
