"""Walk-forward: what sets, each chosen on the bars before, made of the bars behind, as one history. The searches: `validation.walk`.

Pardo, The Evaluation and Optimization of Trading Strategies (2008), chapter 11.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from pinejax.core.clock import DAY_MS
from pinejax.errors import DataError
from pinejax.judge.case import Case, NotEnough
from pinejax.judge.outside import course_of, daily_on, percent, performance, purged, searched_engine, split_of
from pinejax.judge.words import counted
from pinejax.report.studies import write_rows
from pinejax.selection.performance import efficiency, growth_of, yearly
from pinejax.selection.splits import Span
from pinejax.selection.walk import walk_folds
from pinejax.validation.drift import Drift, drifts, mean_drift
from pinejax.validation.score import Score, finite, is_comparable
from pinejax.validation.walk import Course, Leg, Plan
from pinejax.validation.walk import walk_forward as searched_legs

TABLE, EQUITY = "walk_forward.csv", "walk_forward_equity.parquet"


def walk_forward(case: Case) -> dict[str, Any]:
    """Folds, the stitched equity out of sample, what is left there of the result in sample, and how the parameters drift.

    Writes a row per fold and the daily equity into the run's folder. Errors: NotEnough where no fold has a set, or a
    dataset has too few bars in a span; KeyboardInterrupt where the walk was asked to end: the trials of all spans so far are stored.
    """
    config = case.config.validation
    if config.method != "walk_forward" or config.walk != "reoptimise":
        return {"method": "none"}
    split, engine = split_of(case), searched_engine(case)
    # No position crosses from train to test: each is valued at the last close. So the longest trade is not left out.
    purge = case.session.purge_of(engine)
    course = course_of(case, walk_folds(config, split.timeline, split.searched.stop, purge.bars), searched=True)
    n_trials = config.n_trials or case.settings.n_trials
    plan = Plan(case.session.space, case.objective, case.settings, case.storage, n_trials)
    try:
        legs = searched_legs(course, plan, case.stop, case.say)
    except DataError as error:
        raise NotEnough(str(error)) from None
    if len(legs) < len(course.folds):
        raise KeyboardInterrupt(
            f"walk-forward: ended in train span {len(legs) + 1} of {len(course.folds)}. The trials of all spans so far are stored; "
            "the same command goes on from there."
        )
    if not any(leg.params for leg in legs):
        raise NotEnough(f"in none of the {len(legs)} train spans a trial has a result.")
    return result_of(case, course, legs) | {"purge": purged(purge), "anchored": config.anchored, "n_trials": n_trials}


def result_of(case: Case, course: Course, legs: Sequence[Leg]) -> dict[str, Any]:
    """What the finished walk came to, and its files."""
    engines = [course.on(span) for span in course.used]
    traded = [(engine, leg.params) for engine, leg in zip(engines, legs, strict=True)]
    days, returns = daily_on(traded)
    n_trades = sum(int(e.evaluate([params])[0].metrics["n_trades"].sum()) for e, params in traded if params is not None)
    drifted = drifts(case.session.space, [leg.params for leg in legs])
    rows = [row_of(course, i, leg) for i, leg in enumerate(legs)]
    write_rows(case.folder / TABLE, [table_row(row) for row in rows])
    write_rows(case.folder / EQUITY, equity_rows(course, days, returns))
    stitched = performance(case, days, returns, sum(course.years(span) for span in course.used), n_trades)
    known = [leg.outside for leg in legs if leg.outside is not None]
    profitable = sum(score.total_return > 0 for score in known)
    left = left_of(case, legs)
    return {
        "method": "walk_forward",
        "walk": "reoptimise",
        "folds": rows,
        "stitched": stitched,
        "efficiency": left,
        "drift": drift_of(drifted),
        "profitable_folds": profitable / len(legs),
        "files": [TABLE, EQUITY],
        "text": (
            f"Walk-forward: {len(legs)} train spans, each searched anew. Out of sample {percent(stitched['return'])} over "
            f"{stitched['days']} days with {counted(n_trades, 'trade')}; {profitable} of {len(legs)} test spans gained. {left['text']}"
        ),
    }


def row_of(course: Course, number: int, leg: Leg) -> dict[str, Any]:
    """One fold as plain JSON."""
    spans = {"train": leg.fold.train[0], "test": leg.fold.test[0]}
    sides = {"in_sample": leg.inside, "out_of_sample": leg.outside}
    return {
        "fold": number + 1,
        **{name: {"dates": list(course.line.dates(span)), "bars": [span.first, span.stop]} for name, span in spans.items()},
        "study": leg.study,
        "n_trials": leg.n_trials,
        "trial": leg.trial,
        "params": None if leg.params is None else dict(leg.params),
        **{name: None if score is None else score.described for name, score in sides.items()},
    }


def table_row(row: dict[str, Any]) -> dict[str, Any]:
    """A fold as a line of a table."""
    flat: dict[str, Any] = {"fold": row["fold"]}
    for side in ("train", "test"):
        flat |= {f"{side}_first": row[side]["dates"][0], f"{side}_last": row[side]["dates"][1]}
    flat |= {key: row[key] for key in ("study", "n_trials", "trial")}
    for side in ("in_sample", "out_of_sample"):
        flat |= {f"{side}_{key}": value for key, value in (row[side] or {}).items()}
    return flat | {f"params_{name}": value for name, value in (row["params"] or {}).items()}


def equity_rows(course: Course, days: Int[np.ndarray, " days"], returns: Float[np.ndarray, " days"]) -> list[dict[str, Any]]:
    """Day by day: of one unit. fold: the one whose test span the day ends in."""
    firsts = [fold_day(course, span) for span in course.used]
    folds = np.searchsorted(firsts, days, "right")
    columns = zip(days.tolist(), folds.tolist(), returns.tolist(), growth_of(returns).tolist(), strict=True)
    return [
        {"day": datetime.fromtimestamp(day * DAY_MS // 1000, UTC).replace(tzinfo=None), "fold": f, "return": r, "equity": g}
        for day, f, r, g in columns
    ]


def fold_day(course: Course, span: Span) -> int:
    """The UTC day on which a span begins."""
    return int(course.line.times[span.first]) // DAY_MS


def left_of(case: Case, legs: Sequence[Leg]) -> dict[str, Any]:
    """Walk-forward efficiency of the yearly return and of the objective; None, with the reason, where there is none."""
    pairs = [(leg.inside, leg.outside) for leg in legs if leg.inside is not None and leg.outside is not None]
    inside, outside = (per_year([pair[side] for pair in pairs]) for side in (0, 1))
    of_return = efficiency(inside, outside)
    said = (
        f"Walk-forward efficiency {percent(of_return)}." if math.isfinite(of_return) else "No walk-forward efficiency: no gain in sample."
    )
    valued = [(a.value, b.value) for a, b in pairs if math.isfinite(a.value) and math.isfinite(b.value)]
    a, b = (float(np.mean([pair[side] for pair in valued])) if valued else math.nan for side in (0, 1))
    comparable = is_comparable(case.objective)
    reason = "it grows with the length of a span, or less is better" if not comparable else "its mean in sample is not above 0"
    of_value = efficiency(a, b) if comparable else math.nan
    return {
        "yearly_return": {"in_sample": finite(inside), "out_of_sample": finite(outside), "efficiency": finite(of_return)},
        "objective": {
            "in_sample": finite(a), "out_of_sample": finite(b), "n_folds": len(valued), "efficiency": finite(of_value),
            **({} if math.isfinite(of_value) else {"not_enough": f"no efficiency of {case.objective.terms[0].name}: {reason}."}),
        },
        "text": said,
    }  # fmt: skip


def per_year(scores: Sequence[Score]) -> float:
    """Return per year of some windows, not compounded."""
    return yearly(np.array([score.total_return for score in scores]), np.array([score.years for score in scores]))


def drift_of(found: Sequence[Drift]) -> dict[str, Any]:
    """As plain JSON."""
    mean, chance = mean_drift(found)
    return {
        "mean": finite(mean),
        "by_chance": finite(chance),
        "parameters": {
            drift.name: {
                "values": list(drift.values),
                "steps": [finite(step) for step in drift.steps.tolist()],
                "mean": finite(drift.mean),
                "by_chance": drift.by_chance,
            }
            for drift in found
        },
    }
