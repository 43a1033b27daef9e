"""What a series of daily returns comes to, by the definitions of `pinejax.metrics`, and what of a result is left out of sample."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, nan, sqrt

import numpy as np
from jaxtyping import Float

from pinejax.metrics.finalize import DAYS_PER_YEAR
from pinejax.selection.sharpe import moments, probabilistic_sharpe


@dataclass(frozen=True)
class Performance:
    """Fractions; ratios for a year. max_drawdown: of equity at days' ends. sharpe, sortino: NaN below two days and where
    nothing moved. probability: that the true Sharpe ratio is above 0, NaN below three days.
    """

    n_days: int
    total_return: float
    cagr: float
    max_drawdown: float
    sharpe: float
    sortino: float
    probability: float


def performance_of(returns: Float[np.ndarray, " days"], years: float, per_year: float = DAYS_PER_YEAR) -> Performance:
    """Of returns that follow each other. years: that were traded, for the yearly growth; per_year: returns in a year, for the ratios."""
    growth = growth_of(returns)
    end = float(growth[-1]) if len(growth) else 1.0
    level = np.r_[1.0, growth]
    peak = np.maximum.accumulate(level)
    spread = float(returns.std()) if len(returns) else 0.0
    down = sqrt(float((np.minimum(returns, 0.0) ** 2).mean())) if len(returns) else 0.0
    mean, enough = float(returns.mean()) if len(returns) else 0.0, len(returns) >= 2
    return Performance(
        n_days=len(returns),
        total_return=end - 1.0,
        cagr=nan if years <= 0 else max(end, 0.0) ** (1.0 / years) - 1.0,
        max_drawdown=float((1.0 - level / peak).max()),
        sharpe=mean / spread * sqrt(per_year) if enough and spread > 1e-12 else nan,
        sortino=mean / down * sqrt(per_year) if enough and down > 1e-12 else nan,
        probability=probabilistic_sharpe(moments(returns)),
    )


def growth_of(returns: Float[np.ndarray, " days"]) -> Float[np.ndarray, " days"]:
    """What one unit has become at each day's end."""
    return np.cumprod(1.0 + returns)


def yearly(returns: Float[np.ndarray, " windows"], years: Float[np.ndarray, " windows"]) -> float:
    """Return per year of windows that each start anew: their sum over the sum of their years. NaN without time.

    Not compounded: a good week would make a yearly growth of thousands of percent.
    """
    return float(returns.sum() / years.sum()) if years.sum() > 0 else nan


def efficiency(inside: float, outside: float) -> float:
    """Walk-forward efficiency: what out of sample, per year, is of what it was in sample. NaN where that was no gain: nothing can be left.

    Pardo, The Evaluation and Optimization of Trading Strategies (2008), chapter 11.
    """
    return outside / inside if 0.0 < inside < inf else nan
