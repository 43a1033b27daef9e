"""What is known before a search of how its result can be judged: said then, while something can be done about it."""

from __future__ import annotations

from collections.abc import Iterator

from pinejax.errors import ConfigError
from pinejax.job.session import Session
from pinejax.judge.steps import days_for_holdout, fewest_surrogates
from pinejax.judge.words import counted
from pinejax.search import Objective
from pinejax.selection.purge import Purge
from pinejax.selection.timeline import Timeline

LARGEST_BLOCK = 0.25
"""Of a history: with fewer blocks than four there is hardly another order."""


def foreseen(session: Session, objective: Objective) -> list[str]:
    """Notes for the start. Errors: ConfigError for blocks of the null search that are too long for the bars."""
    config = session.config
    if not config.verdict.enabled:
        return []
    return [f"NOTE: {text}" for text in (*_null(session, objective), *_days(session))]


def too_long_blocks(block_bars: int, n_bars: int) -> str:
    """What is wrong with a block length on the shortest history, and what to choose; empty where it is fine."""
    most = int(n_bars * LARGEST_BLOCK)
    if block_bars <= most:
        return ""
    return (
        f"expected at most a quarter of the shortest history, {most} of {n_bars} bars, got {block_bars}. "
        f"Choose null.block_bars={max(1, most)} or less, or more bars."
    )


def _null(session: Session, objective: Objective) -> Iterator[str]:
    null, alpha = session.config.null, session.config.verdict.alpha
    if null.mode == "none":
        return
    if session.is_joint or objective.is_multi:
        if null.mode == "research":
            what = "over several timeframe pairs" if session.is_joint else "of several objectives"
            instead = "sweep.mode=study" if session.is_joint else "one metric"
            yield f"null=research: a study {what} has no null search. Take {instead} for one."
        return
    if null.block_bars is not None and (wrong := too_long_blocks(null.block_bars, min(map(len, session.feeds)))):
        raise ConfigError(f"null.block_bars: {wrong}")
    least = fewest_surrogates(alpha)
    if null.n_surrogates < least:
        smallest = 1.0 / (1 + null.n_surrogates)
        yield (
            f"null.n_surrogates={null.n_surrogates}: p is {smallest:.3g} at least, so it cannot reach verdict.alpha={alpha:g}. "
            f"That takes {least} surrogates."
        )


def _days(session: Session) -> Iterator[str]:
    split, least = session.split, session.config.verdict.min_days
    line = Timeline.of(session.feeds) if split is None else split.timeline
    days = line.days(line.whole if split is None else split.searched)
    if days < least:
        yield f"the searched bars have {days} days, fewer than verdict.min_days={least}: the verdict will be that this is not enough."


def foreseen_of_holdout(session: Session, purge: Purge) -> list[str]:
    """That a holdout is too short to be opened, once the engine is made and what of the purge is known without a chosen set is."""
    split, least = session.split, session.config.verdict.min_days
    if not session.config.verdict.enabled or split is None or split.held_out is None:
        return []
    kept, rate, line = split.held_out, split.config.holdout, split.timeline
    days = line.days(split.judged(kept, purge.bars))
    if days >= least:
        return []
    lost = line.days(kept) - days
    at_least = "at least " if purge.given is None else ""  # the longest trade may make it longer
    cut = f" behind its purge of {at_least}{counted(purge.bars, 'bar')}" if purge.bars else ""
    most, behind = "at most " if at_least else "", " behind it" if cut else ""
    needed = f"{at_least}{days_for_holdout(least + lost, rate):,} days of bars"
    return [
        f"NOTE: the holdout has {most}{days} days{cut}, fewer than verdict.min_days={least}, so it will not be opened. "
        f"With validation.holdout={rate:g} {least} days{behind} take {needed}."
    ]
