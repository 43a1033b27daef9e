"""Section `intervals`: how far the chosen set's numbers could have been others, had its days come in other stretches."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from pinejax.judge.case import Case, NotEnough
from pinejax.judge.piece import enough_days, in_a_year_of, per_year
from pinejax.selection.bootstrap import (
    Interval,
    Resampled,
    Statistic,
    block_length,
    max_drawdown,
    resample,
    total_return,
    win_share,
    yearly_growth,
    yearly_sharpe,
)
from pinejax.selection.sharpe import moments

LEVELS = (0.90, 0.95)
FEWEST_DRAWS = 100
"""With fewer the ends of an interval of 95 % are those of the two or three most extreme histories."""
SEED = 0


def intervals(case: Case) -> Mapping[str, Any]:
    """By metric its value of daily returns and its intervals, and the share of the drawn histories that lose.

    `stress.n_bootstrap` histories of a stationary bootstrap of the chosen set's daily returns, equal weight over the datasets. BCa
    intervals of the Sharpe ratio, percentiles for the others: a drawdown's are those of the drawn histories, since the real one is one
    order of the days among many. Errors: NotEnough for too few days or histories, or returns that do not vary.
    """
    returns, n_draws, year = case.daily.returns[:, 0], case.config.stress.n_bootstrap, per_year(case)
    enough_days(case, len(returns))
    if n_draws < FEWEST_DRAWS:
        raise NotEnough(f"expected {FEWEST_DRAWS} histories or more for intervals, found stress.n_bootstrap={n_draws}.")
    if not (np.isfinite(returns).all() and np.isfinite(moments(returns).sharpe)):
        raise NotEnough("expected returns of the chosen set that vary, found the same on every day, or some that are no numbers.")
    statistics: dict[str, Statistic] = {
        "total_return": total_return,
        "cagr": partial(yearly_growth, per_year=in_a_year_of(case, case.daily.days)),
        "sharpe": partial(yearly_sharpe, per_year=year),
        "max_drawdown": max_drawdown,
        "win_share": win_share,
    }
    length = block_length(returns)
    found = resample(returns, statistics, length, n_draws, SEED)
    return {
        "n_days": len(returns),
        "n_draws": n_draws,
        "block_days": length,
        "loss_share": float((found["total_return"].drawn < 0).mean()),
        "metrics": {name: _shown(name, number) for name, number in found.items()},
    }


def _shown(name: str, number: Resampled) -> dict[str, Any]:
    ends = {f"{level:.0%}": _ends(number.bca(level) if name == "sharpe" else number.percentile(level)) for level in LEVELS}
    return {"value": number.estimate, "median": float(np.median(number.drawn)), **ends}


def _ends(interval: Interval) -> list[float] | dict[str, str]:
    if not np.isfinite([interval.low, interval.high]).all():
        return {"not_enough": "expected a number in every drawn history, found some without."}
    return [interval.low, interval.high]
