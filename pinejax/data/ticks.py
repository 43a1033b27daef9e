"""A price step guessed from prices: the decimals they use. Not a step such as 0.25, which has to be given."""

from __future__ import annotations

import numpy as np
import polars as pl

from pinejax.data.frame import PRICES

_MAX_DECIMALS = 10


def infer_tick_size(frame: pl.DataFrame) -> float:
    """10 to the minus (decimals of the most exact price), between 1 and 1e-10."""
    prices = frame.select(PRICES).to_numpy().ravel()
    for decimals in range(_MAX_DECIMALS):
        scaled = prices * 10.0**decimals
        # A decimal price is off its double by half an ulp, the product by half another.
        if (np.abs(scaled - np.rint(scaled)) <= 2 * np.spacing(np.abs(scaled))).all():
            return float(f"1e-{decimals}")
    return float(f"1e-{_MAX_DECIMALS}")
