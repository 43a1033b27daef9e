"""A price step guessed from prices: the decimals they use. Not a step such as 0.25, which has to be given."""

from __future__ import annotations

import numpy as np
import polars as pl

from pinejax.data.frame import PRICES

_MAX_DECIMALS = 10


def infer_tick_size(frame: pl.DataFrame) -> float:
    """10 to the minus (decimals of the most exact price), between 1 and 1e-10."""
    decimals = 0
    for name in PRICES:  # One column at a time: with all of them the copies of ten million bars take gigabytes.
        prices = frame[name].to_numpy()
        while decimals < _MAX_DECIMALS and not _are_whole(prices * 10.0**decimals):
            decimals += 1
    return float(f"1e-{decimals}")


def _are_whole(scaled: np.ndarray) -> bool:
    # A decimal price is off its double by half an ulp, the product by half another.
    return bool((np.abs(scaled - np.rint(scaled)) <= 2 * np.spacing(np.abs(scaled))).all())
