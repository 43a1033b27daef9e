"""Returns of equity month by month, UTC. Not the tables and pictures of them."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int


def monthly(
    time: Int[np.ndarray, " bars"], equity: Float[np.ndarray, " bars"], capital: float | None = None
) -> dict[tuple[int, int], float]:
    """(year, month from 0) -> return from the last close of the month before; of the first month from the capital, or its first close.

    time: opens of the bars, ms, rising; equity: at their closes.
    """
    month = time.astype("datetime64[ms]").astype("datetime64[M]").astype(np.int64)
    last = np.flatnonzero(np.diff(month, append=month[-1] + 1))
    ends = equity[last]
    before = np.concatenate([[equity[0] if capital is None else capital], ends[:-1]])
    return {(1970 + int(m) // 12, int(m) % 12): float(r) for m, r in zip(month[last], ends / before - 1.0, strict=True)}


def whole_year(returns: dict[tuple[int, int], float], year: int) -> float:
    """The known months of a year, one after the other."""
    return float(np.prod([1 + value for (y, _), value in returns.items() if y == year])) - 1
