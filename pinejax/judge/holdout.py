"""The untouched holdout: opened for the chosen set, once all choices are made. Each look is recorded before its result is known."""

from __future__ import annotations

from typing import Any

from pinejax.errors import DataError
from pinejax.judge.case import Case, NotEnough
from pinejax.judge.outside import (
    course_of,
    daily_on,
    judged,
    opened,
    percent,
    performance,
    plain_objective,
    purge_of,
    purged,
    searched_engine,
    split_of,
)
from pinejax.judge.outside_files import leave_outside
from pinejax.judge.words import counted
from pinejax.search.openings import described, said
from pinejax.selection.splits import Fold, Span
from pinejax.validation.score import score_of

PREFIX = "holdout"
"""Of its files."""


def holdout(case: Case) -> dict[str, Any]:
    """What the chosen set did on bars that nothing else has looked at, and how often they were opened and for how many different sets.

    Leaves it trade by trade and bar by bar in the run's folder, too (`leave_outside`).
    Errors: NotEnough where it is not opened: the search was broken off, or the bars or days are too few to count; StudyError where the
    opening cannot be recorded.
    """
    held_out = None if case.session.split is None else split_of(case).held_out
    if held_out is None:
        return {"method": "none"}
    if case.stop.is_set:
        raise NotEnough("the search was broken off: the holdout stays closed until the chosen set is final.")
    purge = purge_of(case)
    span = judged(case, held_out, purge)
    _long_enough(case, span)
    course = course_of(case, [Fold((split_of(case).searched,), (span,))])
    try:
        engine = course.on(span)
    except DataError as error:
        raise NotEnough(str(error)) from None
    openings = opened(case, course, span, "holdout", [case.chosen])
    objective, params = plain_objective(case), case.chosen.complete
    outside = score_of(objective, engine.evaluate([params])[0], course.years(span))
    inside = score_of(objective, searched_engine(case).evaluate([params])[0], course.years(split_of(case).searched))
    days, returns = daily_on([(engine, params)])
    found = performance(case, days, returns, outside.years, outside.n_trades)
    return {
        "method": "holdout",
        "dates": list(course.line.dates(span)),
        "bars": [span.first, span.stop],
        "purge": purged(purge),
        "trial": case.chosen.number,
        "in_sample": inside.described,
        "out_of_sample": outside.described,
        **found,
        "datasets": leave_outside(case, engine, PREFIX),
        "openings": described(openings),
        "text": (
            f"Holdout of {len(span):,} bars, opened for trial {case.chosen.number}, the search's best: {percent(found['return'])} with "
            f"{counted(outside.n_trades, 'trade')} "
            f"({percent(inside.total_return)} with {inside.n_trades} in sample). It was {said(openings)}."
        ),
    }


def _long_enough(case: Case, span: Span) -> None:
    """An opening that could prove nothing would spend the bars. Errors: NotEnough."""
    days, least = split_of(case).timeline.days(span), case.config.verdict.min_days
    if days < least:
        raise NotEnough(
            f"the holdout stays closed: it has {days} days behind its purge, fewer than verdict.min_days={least}, so it could prove "
            "nothing and would be spent. Take more bars, or a larger validation.holdout."
        )
