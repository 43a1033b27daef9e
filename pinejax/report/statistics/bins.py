"""Equal bins with round edges, for a histogram."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float


def bins(low: float, high: float, n: int, split: bool) -> Float[np.ndarray, " edges"]:
    """Between 8 and 40 equal bins with round edges, 0 being one if `split`."""
    if high <= low:
        low, high = low - 0.5, high + 0.5
    wanted = (high - low) / min(max(int(2 * n ** (1 / 2)), 8), 40)
    power = 10.0 ** np.floor(np.log10(wanted))
    width = next(step * power for step in (1.0, 2.0, 2.5, 5.0, 10.0) if step * power >= wanted * (1 - 1e-9))
    first, last = np.floor(low / width), np.ceil(high / width)
    if last == first or (not split and last * width <= high):
        last += 1
    return np.arange(first, last + 1) * width
