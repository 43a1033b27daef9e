"""What the sections on bars that the search did not look at have in common: where they are, and what a set does on them day by day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, Int

from pinejax.core.inputs import Params
from pinejax.errors import ConfigError
from pinejax.job.session import memory_and_higher
from pinejax.judge.case import Case, NotEnough
from pinejax.judge.daily import Calendar, Piece, returns_of
from pinejax.judge.piece import per_year
from pinejax.report.rows import TrialRow
from pinejax.search import Objective
from pinejax.search.openings import Opening, record_opening
from pinejax.selection.divide import Split
from pinejax.selection.performance import Performance, performance_of
from pinejax.selection.purge import Purge
from pinejax.selection.splits import Fold, Span
from pinejax.validation.folds import longest_hold
from pinejax.validation.score import finite
from pinejax.validation.walk import Course

if TYPE_CHECKING:
    from pinejax.engine.engine import Engine


def searched_engine(case: Case) -> Engine:
    """Over the searched bars as whole histories, also where a trial's value is made of parts of them."""
    return getattr(case.engine, "whole", case.engine)


def plain_objective(case: Case) -> Objective:
    """Of whole histories, also where a trial's value is made of parts of them."""
    return getattr(case.objective, "plain", case.objective)


def split_of(case: Case) -> Split:
    """How the run's bars were divided."""
    assert case.session.split is not None, "a search's session is divided"
    return case.session.split


def course_of(case: Case, folds: Sequence[Fold], *, searched: bool = False) -> Course:
    """Over all bars of the datasets; searched: over those alone that the search may look at."""
    engine = searched_engine(case)
    warm_up = memory_and_higher(engine.program, case.session.feeds[0])[0]
    if not searched and any(len(a) != len(b) for a, b in zip(engine.feeds, case.session.whole, strict=True)):
        engine = engine.on(feeds=list(case.session.whole))
    return Course(engine, split_of(case).timeline, tuple(folds), warm_up)


def purge_of(case: Case) -> Purge:
    """Of the strategy's memory, its higher bars, and the longest trade of the chosen set on the searched bars."""
    engine, params = searched_engine(case), case.chosen.complete
    return case.session.purge_of(engine, longest_hold(engine, params))


def judged(case: Case, span: Span, purge: Purge) -> Span:
    """What of a span behind the searched bars is judged on. Errors: NotEnough where the purge leaves nothing of it."""
    try:
        return split_of(case).judged(span, purge.bars)
    except ConfigError as error:
        raise NotEnough(f"{error} It is made of {purge.parts}.") from None


def opened(case: Case, course: Course, span: Span, by: str, trials: Sequence[TrialRow]) -> list[Opening]:
    """Records a look at kept-back bars; all looks of the study at some of them. Errors: StudyError, and nobody may look."""
    names = [feed.name for feed in course.line.feeds]
    bars = {name: (int(w.trade_from), int(w.stop)) for name, w in zip(names, course.windows(span), strict=True)}
    opening = Opening.now(by, {trial.number: trial.complete for trial in trials}, course.line.dates(span), bars)
    return record_opening(case.storage, case.study.study_name, case.study.directions, opening)


Traded = Sequence[tuple["Engine", Params | None]]
"""Engines on windows that follow each other, and what traded there; None: nothing did."""


def daily_on(traded: Traded) -> tuple[Int[np.ndarray, " days"], Float[np.ndarray, " days"]]:
    """UTC days since 1970 and their returns: of each dataset chained from window to window, a day's mean over the datasets that have it.

    What is open at the end of a window counts at its close.
    """
    pieces: list[Piece] = []
    returns: list[np.ndarray] = []
    for engine, params in traded:
        own = [Piece.of(engine, d) for d in range(len(engine.feeds))]
        pieces += own
        returns += [np.zeros((len(piece.edges), 1)) for piece in own] if params is None else returns_on(engine, params, own)
    calendar = Calendar.of(pieces)
    return calendar.days, calendar.together(returns)[:, 0]


def returns_on(engine: Engine, params: Params, pieces: Sequence[Piece]) -> list[Float[np.ndarray, "_ 1"]]:
    """Daily returns of a set on each dataset of an engine."""
    longest = max(len(piece.edges) for piece in pieces)
    # As many edges for each dataset: the last one again and again, which costs no bar.
    edges = [np.pad(piece.edges, (0, longest - len(piece.edges)), mode="edge") for piece in pieces]
    equity = engine.equity([params], edges)
    return [returns_of(equity[: len(piece.edges), :, d], engine.broker.initial_capital) for d, piece in enumerate(pieces)]


def described(found: Performance, n_trades: int) -> dict[str, Any]:
    """As plain JSON."""
    return {
        "days": found.n_days,
        "return": finite(found.total_return),
        "cagr": finite(found.cagr),
        "max_drawdown": finite(found.max_drawdown),
        "sharpe": finite(found.sharpe),
        "sortino": finite(found.sortino),
        "probability": finite(found.probability),
        "n_trades": n_trades,
    }


def performance(
    case: Case, days: Int[np.ndarray, " days"], returns: Float[np.ndarray, " days"], years: float, n_trades: int
) -> dict[str, Any]:
    """Of daily returns; ratios only where there are days and trades enough for them, else `not_enough` says what lacks."""
    found = described(performance_of(returns, years, per_year(case)), n_trades)
    lacking = too_few(case, len(days), n_trades)
    if lacking:
        found |= {"sharpe": None, "sortino": None, "probability": None, "not_enough": lacking}
    return found


def too_few(case: Case, n_days: int, n_trades: int) -> str:
    """What there is too little of for a ratio, in words; empty where there is enough."""
    least = case.config.verdict
    if n_days < least.min_days:
        return f"expected {least.min_days} days or more (verdict.min_days), found {n_days}."
    if n_trades < least.min_trades:
        return f"expected {least.min_trades} closed trades or more (verdict.min_trades), found {n_trades}."
    return ""


def percent(value: float | None) -> str:
    """For sentences."""
    return "no number" if value is None else f"{100 * value:.2f}%"


def purged(purge: Purge) -> Mapping[str, Any]:
    """As plain JSON."""
    return {"bars": purge.bars, "text": str(purge), "warning": purge.warning}
