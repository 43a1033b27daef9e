"""Section `deflation`: how good the best of so many sets looks by luck, and what is left of the chosen set's Sharpe ratio after that.

The statistics are `pinejax.selection.sharpe`, `overfit`, `superior` and `clusters`; here they are asked about a study.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, sqrt
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from pinejax.errors import ConfigError
from pinejax.judge.case import Case, NotEnough, Sets
from pinejax.judge.piece import enough_days, finite, per_year, piece
from pinejax.selection.clusters import Clusters, alike, correlation_of
from pinejax.selection.overfit import FEWEST_PER_BLOCK, cscv
from pinejax.selection.sharpe import (
    Moments,
    deflated_sharpe,
    effective_sets,
    expected_maximum,
    minimum_backtest_years,
    minimum_track_record,
    moments,
    probabilistic_sharpe,
    sharpe_ratios,
)
from pinejax.selection.superior import FEWEST_DAYS, contest, reality_check, superior_ability, superior_sets

N_BLOCKS = 10
"""Of CSCV: 252 splits. Sixteen, as in the paper, take 50 times as long and leave two months of days in blocks of four."""
N_NULL, N_DRAWS, SEED = 40, 1_000, 0
"""Histories without skill for the band around PBO, drawn histories of the tests, and their seed."""
ASSUMPTIONS = (
    "Daily returns at the ends of UTC days, equal weight on every dataset that has the day; a position that is held counts each day.",
    "Probabilistic, deflated Sharpe ratio and track record take days as independent of each other.",
    "The deflated ratio over distinct sets takes them as independent; similar sets are not, so it errs on the careful side.",
    "Effective numbers of trials err on the other side: the best of similar sets is chosen too. They are for reading, not for deciding.",
    "An effective number by entropy is never above the number of days.",
    "Buy and hold is of the same datasets, equal weight, without costs and leverage.",
)


@dataclass(frozen=True)
class Looked:
    """The sets whose returns are numbers and vary. columns: of `case.sets`, the first is the chosen set; weights: how many distinct sets
    each stands for; ratios: Sharpe ratios per day.
    """

    columns: Int[np.ndarray, " sets"]
    returns: Float[np.ndarray, "days sets"]
    weights: Float[np.ndarray, " sets"]
    ratios: Float[np.ndarray, " sets"]

    @property
    def variance(self) -> float:
        """Of the ratios over the distinct sets."""
        if len(self.columns) < 2:
            raise NotEnough(f"expected 2 sets or more whose returns vary, found {len(self.columns)}.")
        return float(np.cov(self.ratios, aweights=self.weights, ddof=0))


def deflation(case: Case) -> Mapping[str, Any]:
    """Plain JSON; a number that lacks something is `{"not_enough": text}`. Ratios are per day unless `annual` is in their name.

    Errors: NotEnough for fewer than `verdict.min_days` days, or a chosen set whose returns do not vary.
    """
    daily, alpha = case.daily, case.config.verdict.alpha
    enough_days(case, len(daily.days))
    chosen = moments(daily.returns[:, 0])
    if not (np.isfinite(daily.returns[:, 0]).all() and np.isfinite(chosen.sharpe)):
        raise NotEnough("expected returns of the chosen set that vary, found the same on every day, or some that are no numbers.")
    looked = looked_at(case.sets, daily.returns)
    clusters = alike(correlation_of(looked.returns))
    numbers = {"distinct": float(case.sets.n_all), "entropy": effective_sets(looked.returns), "clusters": float(clusters.n)}
    year = per_year(case)
    return {
        "chosen": {
            "trial": case.chosen.number,
            "sharpe": chosen.sharpe,
            "sharpe_annual": chosen.sharpe * sqrt(year),
            "skew": chosen.skew,
            "kurtosis": chosen.kurtosis,
            "n_days": chosen.n,
        },
        "trials": {**counted(case), "looked_at": len(case.sets), "used": len(looked.columns), "effective": dict(list(numbers.items())[1:])},
        "psr": piece(lambda: _probability(chosen, 0.0)),
        "min_track_record_days": piece(lambda: _track_record(chosen, 1.0 - alpha)),
        "sharpe_variance": piece(lambda: looked.variance),
        "deflated": {name: piece(lambda n=n, name=name: _deflated(chosen, n, looked, name, year)) for name, n in numbers.items()},
        "min_backtest_years": piece(lambda: _backtest_length(chosen, numbers, year)),
        "overfitting": piece(lambda: _overfitting(looked)),
        "superior": {
            "zero": piece(lambda: _superior(looked, np.zeros(len(daily.days)), clusters, case, alpha)),
            "hold": piece(lambda: _superior(looked, daily.hold, clusters, case, alpha)),
        },
        "assumptions": [*ASSUMPTIONS, *_left_out(case.sets, looked)],
    }


def looked_at(sets: Sets, returns: Float[np.ndarray, "days sets"]) -> Looked:
    """What of `case.sets` there is to compare. The better half of them stands for itself, the others for all that were left out too."""
    ratios = sharpe_ratios(returns)
    columns = np.flatnonzero(np.isfinite(ratios))
    n, half = len(sets), len(sets) // 2
    weights = np.where(np.arange(n) < half, 1.0, (sets.n_all - half) / max(n - half, 1))
    return Looked(columns, returns[:, columns], weights[columns], ratios[columns])


def counted(case: Case) -> dict[str, int]:
    """How many trials there are, by what became of them; `duplicates` took over the result of another one's set."""
    states = [t.state for t in case.study.trials]
    return {
        "total": len(states),
        "complete": states.count("COMPLETE"),
        "pruned": states.count("PRUNED"),
        "failed": states.count("FAIL"),
        "duplicates": sum(t.duplicate_of is not None for t in case.study.trials),
        "distinct": case.sets.n_all,
    }


def _probability(m: Moments, benchmark: float) -> float:
    return finite(
        probabilistic_sharpe(m, benchmark),
        f"expected returns whose Sharpe ratio has a variance, found a skew of {m.skew:.3g} and a kurtosis of {m.kurtosis:.3g}.",
    )


def _track_record(m: Moments, confidence: float) -> float:
    needed = minimum_track_record(m, 0.0, confidence)
    if needed == inf:
        raise NotEnough("expected a Sharpe ratio above 0, which alone can be shown by a long enough record.")
    return finite(needed, "expected returns that vary.")


def _deflated(m: Moments, n: float, looked: Looked, name: str, year: float) -> dict[str, float]:
    """The best of sets none of which has a ratio above 0, so the ratios vary by their estimation alone, 1 / (n_days - 1) (Lo 2002).

    Sets that lose make the ratios of a study vary far more, and no luckier: the paper's variance over the trials would count them as luck.
    Where it is the smaller one, since the sets are alike, the distinct sets have it. An effective number stands for independent sets.
    """
    by_estimation = 1.0 / (m.n - 1)
    variance = by_estimation if name != "distinct" or len(looked.columns) < 2 else min(looked.variance, by_estimation)
    best = expected_maximum(n, variance)
    deflated = finite(deflated_sharpe(m, n, variance), "expected returns whose Sharpe ratio has a variance.")
    return {"n_trials": n, "expected_maximum": best, "expected_maximum_annual": best * sqrt(year), "dsr": deflated}


def _backtest_length(m: Moments, numbers: Mapping[str, float], year: float) -> dict[str, float]:
    annual = m.sharpe * sqrt(year)
    if not annual > 0:
        raise NotEnough(f"expected a Sharpe ratio above 0, found {annual:.3g}.")
    return {"found": m.n / year, **{name: minimum_backtest_years(n, annual) for name, n in numbers.items()}}


def _overfitting(looked: Looked) -> dict[str, Any]:
    days, sets = looked.returns.shape
    if sets < 2 or days < N_BLOCKS * FEWEST_PER_BLOCK:
        raise NotEnough(f"expected 2 sets and {N_BLOCKS * FEWEST_PER_BLOCK} days or more, found {sets} and {days}.")
    found = cscv(looked.returns, N_BLOCKS, N_NULL, SEED)
    assert found.null is not None
    slope = piece(lambda: finite(found.slope, "expected Sharpe ratios that differ between the splits."))
    low, high = found.null
    return {
        "pbo": found.pbo, "null_low": low, "null_high": high, "slope": slope, "loss_rate": found.loss_rate, "n_blocks": N_BLOCKS,
        "n_null": N_NULL,
    }  # fmt: skip


def _superior(looked: Looked, benchmark: np.ndarray, clusters: Clusters, case: Case, alpha: float) -> dict[str, Any]:
    """SPA, reality check and StepM on all sets, and in how many clusters StepM found one."""
    days, sets = looked.returns.shape
    gains = looked.returns - benchmark[:, None]
    if sets < 2 or days < FEWEST_DAYS:
        raise NotEnough(f"expected 2 sets and {FEWEST_DAYS} days or more, found {sets} and {days}.")
    try:
        held = contest(gains, N_DRAWS, SEED)
    except ConfigError as error:  # the benchmark's returns are no numbers, or the sets' very own
        raise NotEnough(str(error)) from None
    found, better = superior_ability(held), superior_sets(held, alpha)
    return {
        "spa_lower": found.lower,
        "spa": found.consistent,
        "spa_upper": found.upper,
        "reality_check": reality_check(held),
        "best_trial": int(case.sets.numbers[looked.columns[found.best]]),
        "superior_sets": len(better),
        "superior_clusters": len(np.unique(clusters.labels[better])),
        "chosen_is_superior": bool(np.isin(0, looked.columns[better])),
        "block_days": held.block,
        "n_draws": N_DRAWS,
    }


def _left_out(sets: Sets, looked: Looked) -> list[str]:
    said = []
    if sets.n_all > len(sets):
        said.append(
            f"Of {sets.n_all:,} distinct sets {len(sets):,} were looked at (verdict.sets): the best, and others evenly over the ranks. "
            "Effective numbers, PBO and the tests of superiority are theirs, so a little too kind; the variance weights the others."
        )
    if len(looked.columns) < len(sets):
        said.append(f"{len(sets) - len(looked.columns):,} sets whose returns do not vary or are no numbers are left out.")
    return said
