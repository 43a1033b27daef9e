"""A search's own account of itself as the step that progress shows, and each new best in words. It shows nothing."""

from __future__ import annotations

from datetime import datetime

from pinejax.report.standing import Step
from pinejax.report.text import overrides_of
from pinejax.search import Objective, Progress, SearchConfig
from pinejax.search.ranking import violation


def step_of(progress: Progress, objective: Objective, settings: SearchConfig, n_batches: int, now: datetime) -> Step:
    """Where a search stands. now: local time, as trials have it."""
    tally, ended = progress.tally, None if progress.best is None else progress.best.datetime_complete
    return Step(
        n_done=progress.n_counted,
        n_total=min(progress.n_trials, progress.n_reachable or progress.n_trials),
        n_here=progress.n_new,
        n_batches=n_batches,
        n_finished=tally.n_finished,
        n_pruned=tally.n_pruned,
        n_failed=tally.n_failed,
        n_repeated=tally.n_repeated,
        best=best_text(progress, objective),
        best_age_s=None if ended is None else max(0.0, (now - ended).total_seconds()),
        n_workers=progress.n_workers,
        n_running=0 if progress.batch else progress.n_running,
        limit_s=None if settings.timeout_s is None else max(0.0, settings.timeout_s - progress.timings.total_s),
    )


def best_text(progress: Progress, objective: Objective) -> str:
    """`sharpe 0.381234 (trial 97)`, `front of 14 sets`; empty without a result."""
    if objective.is_multi:
        return "" if not progress.n_front else f"front of {progress.n_front:,} set{'' if progress.n_front == 1 else 's'}"
    best = progress.best
    if best is None or not best.values:
        return ""
    broken = ", breaks gates" if violation(best) > 0 else ""
    return f"{objective.terms[0].name} {best.values[0]:.6g} (trial {best.number}{broken})"


def new_best_text(progress: Progress, objective: Objective) -> str:
    """`new best sharpe 0.381234 (trial 97): params.fast=9 params.slow=21`; what was searched, as it is typed."""
    assert progress.best is not None
    return f"new best {best_text(progress, objective)}: {overrides_of(progress.best.params)}".rstrip(": ")
