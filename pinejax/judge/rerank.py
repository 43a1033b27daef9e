"""The best sets of a search, ranked again on the test bars behind it. The new first is chosen on those bars: its value there is no test."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

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
from pinejax.report.studies import write_rows
from pinejax.search.openings import described
from pinejax.selection.purge import Purge
from pinejax.selection.splits import Fold, Span
from pinejax.selection.walk import walk_folds
from pinejax.validation.rank import engine_on, means_of, ranks_of, scores_on, spearman
from pinejax.validation.score import Score, finite, scored
from pinejax.validation.walk import Course

TABLE, PREFIX = "rerank.csv", "test"
"""PREFIX: of the files of the chosen set's run there."""
WARNING = (
    "It was chosen on these test bars: its results there are no proof. Only bars that nobody has looked at (validation.holdout) can be."
)


def rerank(case: Case) -> dict[str, Any]:
    """`search.top_k` sets with both ranks, the correlation of the ranks, and what the search's own first did on the test bars.

    That these bars were looked at is recorded in the study, as a holdout's opening is: a later holdout of the same bars is none. Writes a
    row per set into the run's folder, and leaves there what the search's own first did from the first test bar to the last, in one go and
    trade by trade (`leave_outside`). Errors: NotEnough for fewer than two sets, or where none of them closed a trade.
    """
    config = case.config.validation
    if config.method != "train_test" and (config.method != "walk_forward" or config.walk != "rerank"):
        return {"method": "none"}
    sets = case.study.best
    if len(sets) < 2:
        raise NotEnough(f"expected two sets or more to rank (search.top_k, trials with a result), found {len(sets)}.")
    purge = purge_of(case)
    spans = spans_of_test(case, purge)
    course = course_of(case, [Fold((split_of(case).searched,), (span,)) for span in spans])
    try:
        engine_on(course, spans)
    except DataError as error:
        raise NotEnough(str(error)) from None
    openings = opened(case, course, Span(spans[0].first, spans[-1].stop), "rerank", sets)
    outside = scores_on(course, spans, plain_objective(case), [trial.complete for trial in sets])
    if not sum(score.n_trades for scores in outside for score in scores):
        raise NotEnough(f"none of the {len(sets)} best sets closed a trade on the test bars.")
    left = leave_outside(case, course.on(Span(spans[0].first, spans[-1].stop)), PREFIX)
    return result_of(case, course, spans, outside) | {"purge": purged(purge), "datasets": left, "openings": described(openings)}


def spans_of_test(case: Case, purge: Purge) -> list[Span]:
    """The test spans in order, without bars that are too near to the searched ones. Errors: NotEnough."""
    split, config = split_of(case), case.config.validation
    if split.test is not None:
        return [judged(case, split.test, purge)]
    stop = split.timeline.n_bars if split.held_out is None else split.held_out.first
    spans = [fold.test[0] for fold in walk_folds(config, split.timeline, stop)]
    return [judged(case, spans[0], purge), *(Span(max(s.first, spans[0].first + purge.bars), s.stop) for s in spans[1:])]


def result_of(case: Case, course: Course, spans: Sequence[Span], outside: Sequence[Sequence[Score]]) -> dict[str, Any]:
    """Ranks and what follows from them, and the file."""
    sets, config = case.study.best, case.config.validation
    values = np.array([[score.value for score in scores] for scores in outside])
    ranks, first = ranks_of(values, case.objective.directions[0] == "maximize"), np.arange(1, len(sets) + 1)
    inside = inside_scores(case, course)
    rows = [
        {
            "trial": trial.number,
            "in_sample_rank": i + 1,
            "out_of_sample_rank": int(ranks[i]),
            "in_sample": inside[i].described,
            "out_of_sample": {
                "value": finite(means_of(values)[i]),
                "return": finite(float(np.prod([1.0 + score.total_return for score in outside[i]])) - 1.0),
                "n_trades": sum(score.n_trades for score in outside[i]),
                "values": [finite(value) for value in values[i].tolist()],
                "returns": [finite(score.total_return) for score in outside[i]],
            },
            "params": dict(trial.complete),
        }
        for i, trial in enumerate(sets)
    ]
    write_rows(case.folder / TABLE, [table_row(row) for row in sorted(rows, key=lambda row: row["out_of_sample_rank"])])
    chosen = min(rows, key=lambda row: row["out_of_sample_rank"])
    rho = finite(spearman(first, ranks))
    told = (
        f"trial {chosen['trial']} is first, {chosen['in_sample_rank']} in sample"
        if chosen is not rows[0]
        else "the search's first stays first"
    )
    untried = ""
    if split_of(case).held_out is not None and chosen is not rows[0]:
        untried = f" The holdout is for trial {rows[0]['trial']}, the search's best; trial {chosen['trial']} has not been tried there."
    return {
        "method": config.method,
        "walk": "rerank",
        "windows": [{"dates": list(course.line.dates(span)), "bars": [span.first, span.stop]} for span in spans],
        "sets": rows,
        "spearman": rho,
        **({} if rho is not None else {"not_enough_ranks": f"expected three sets or more for a correlation of ranks, found {len(sets)}."}),
        "chosen_after": {"trial": chosen["trial"], "params": chosen["params"], "warning": WARNING},
        "first": first_outside(case, course, rows[0]),
        "files": [TABLE],
        "text": (
            f"Ranked again on {counted(len(spans), 'test window')}: {told}{results_of(rows[0], chosen)}. {WARNING}{untried}"
        ),
    }  # fmt: skip


def results_of(first: dict[str, Any], chosen: dict[str, Any]) -> str:
    """What both did there: ` (value 1.2, +3.40%; the search's best, trial 7: 0.3, -1.00%)`."""
    named = [("value ", chosen)] + ([(f"the search's best, trial {first['trial']}: ", first)] if chosen is not first else [])
    shown = []
    for said, row in named:
        there = row["out_of_sample"]
        value = "no number" if there["value"] is None else f"{there['value']:.3g}"
        shown.append(f"{said}{value}, return {percent(there['return'])}")
    return f" ({'; '.join(shown)})"


def inside_scores(case: Case, course: Course) -> list[Score]:
    """Of the best sets, on all searched bars."""
    years = course.years(split_of(case).searched)
    found = searched_engine(case).evaluate([trial.complete for trial in case.study.best])
    return [scored(plain_objective(case), x.metrics, x.status, years) for x in found]


def first_outside(case: Case, course: Course, row: dict[str, Any]) -> dict[str, Any]:
    """What the set that the search chose did on the test bars, which the choice had not seen: as one history."""
    traded = [(course.on(span), case.study.best[0].complete) for span in course.used]
    days, returns = daily_on(traded)
    n_trades = sum(int(engine.evaluate([params])[0].metrics["n_trades"].sum()) for engine, params in traded)
    years = sum(course.years(span) for span in course.used)
    return {"trial": row["trial"], "rank": row["out_of_sample_rank"], **performance(case, days, returns, years, n_trades)}


def table_row(row: dict[str, Any]) -> dict[str, Any]:
    """A set as a line of a table."""
    flat = {key: row[key] for key in ("out_of_sample_rank", "in_sample_rank", "trial")}
    for side in ("in_sample", "out_of_sample"):
        flat |= {f"{side}_{key}": row[side][key] for key in ("value", "return", "n_trades")}
    flat |= {f"value_{i + 1}": value for i, value in enumerate(row["out_of_sample"]["values"])}
    return flat | {f"params_{name}": value for name, value in row["params"].items()}
