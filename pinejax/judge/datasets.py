"""Section `datasets`: on which datasets the chosen set holds up, so many of them having been looked at. Nothing about the search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite, nan, sqrt
from typing import Any

import numpy as np

from pinejax.judge.case import Case, DatasetDaily, NotEnough
from pinejax.judge.piece import enough_days, per_year
from pinejax.selection.discovery import discoveries
from pinejax.selection.sharpe import moments, probabilistic_sharpe


def datasets(case: Case) -> Mapping[str, Any]:
    """Per dataset: the metrics searched for, the Sharpe ratio of daily returns, p that it is not above 0, and the q-value over datasets.

    p is one less the probabilistic Sharpe ratio; q after Benjamini and Hochberg, for tests that depend on each other positively, and
    `q_any` after Benjamini and Yekutieli, for any dependence. Neither counts the search that chose the set on these bars. A dataset without
    enough days or returns that vary has none.
    Errors: NotEnough where no dataset has a p-value.
    """
    alpha, year = case.config.verdict.alpha, per_year(case)
    rows = {d.name: _row(case, d, year) for d in case.daily.datasets}
    p_values = {name: row.get("p", nan) for name, row in rows.items()}
    if not any(isfinite(p) for p in p_values.values()):
        raise NotEnough("expected a dataset with enough days on which the chosen set's returns vary, found none.")
    found, careful = discoveries(p_values, alpha), discoveries(p_values, alpha, "by")
    for name, row in rows.items():
        if "p" in row:
            row |= {"q": found[name].q, "q_any": careful[name].q, "holds_up": found[name].holds}
    held = [name for name, d in found.items() if d.holds]
    tested = sum(isfinite(p) for p in p_values.values())
    return {
        "n_datasets": len(rows),
        "n_tested": tested,
        "n_positive": sum(row.get("sharpe", 0.0) > 0 for row in rows.values()),
        "alpha": alpha,
        "hold_up": held,
        "text": _said(len(rows), tested, held, alpha),
        "datasets": rows,
    }


def _row(case: Case, daily: DatasetDaily, year: float) -> dict[str, Any]:
    """The metrics' means over the windows of a dataset, or over the parts of it that were searched."""
    n_parts = max(case.session.n_parts, 1)
    at = [i * n_parts + part for i, feed in enumerate(case.engine.feeds) if feed.name == daily.name for part in range(n_parts)]
    metrics = {name: _mean(case.chosen.metrics.get(name, ()), at) for name in case.objective.needed}
    row: dict[str, Any] = {"n_days": len(daily.days), "metrics": metrics}
    try:
        enough_days(case, len(daily.days))
    except NotEnough as error:
        return row | {"not_enough": str(error)}
    m = moments(daily.returns)
    probability = probabilistic_sharpe(m)
    if not isfinite(probability):
        return row | {"not_enough": "expected returns that vary, found none or the same on every day."}
    hold = moments(daily.hold).sharpe
    return row | {
        "sharpe": m.sharpe,
        "sharpe_annual": m.sharpe * sqrt(year),
        "hold_sharpe_annual": hold * sqrt(year) if isfinite(hold) else None,
        "psr": probability,
        "p": 1.0 - probability,
    }


def _mean(values: Sequence[float], at: Sequence[int]) -> float | None:
    """None where there is no number."""
    found = np.array([values[i] for i in at if i < len(values)], float)
    found = found[np.isfinite(found)]
    return float(found.mean()) if len(found) else None


def _said(n: int, tested: int, held: Sequence[str], alpha: float) -> str:
    if n == 1:
        return "One dataset: whether the set holds up elsewhere is not known."
    untested = f" {n - tested} have too little to say." if tested < n else ""
    return (
        f"Holds up on {len(held)} of {tested} datasets at a false discovery rate of {alpha:g}, as if it had not been searched for on "
        f"them.{untested}"
    )
