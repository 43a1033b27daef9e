"""`compare=` of a backtest: the engine run from the starts that the comparison asks for. What is compared: `pinejax.tradingview`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from pinejax.core.feed import Feed
from pinejax.core.inputs import Params
from pinejax.errors import ConfigError, DataError
from pinejax.job.session import Session
from pinejax.tradingview.compare import Asked, Verdict, compare, place_export
from pinejax.tradingview.start import Run
from pinejax.tradingview.zone import iso

if TYPE_CHECKING:
    from pinejax.engine.detail import Detail

STARTS_TOGETHER = 8
"""Starts whose bars are loaded together: they share one tracing."""


@dataclass(frozen=True, eq=False)
class Compared:
    """session: with the bars of the run that was compared; detail: of that run."""

    session: Session
    detail: Detail
    verdict: Verdict


def run_comparison(session: Session, params: Params) -> Compared:
    """Compare the list of trades that `compare` names with the strategy's own.

    Errors: ConfigError where there is more than one dataset; DataError for a file that is no list of trades, or not of these bars.
    """
    config = session.config
    assert config.compare is not None, "the caller asks for a comparison"
    if len(session.feeds) != 1:
        names = ", ".join(feed.symbol for feed in session.feeds)
        raise ConfigError(f"compare: an export is of one symbol, these are {len(session.feeds)}: {names}. Choose one with symbol=...")
    (feed,) = session.feeds
    given = config.data
    asked = Asked(
        Path(config.compare).expanduser(), config.compare_zone, given.start is not None, given.end is not None, given.rates is not None
    )
    placements = place_export(asked, feed, config.broker)
    if notice := asked.notice(placements):
        print(f"{notice}\n", flush=True)  # a search for the start may take minutes
    verdict = compare(asked, feed, config.broker, placements, lambda starts, end: _runs(session, params, starts, end))
    run = verdict.found.run
    ltf = feed.timeframe.ltf
    data = replace(given, start=iso(int(run.feed.ltf.time[0])), end=iso(int(run.feed.ltf.time[-1]) + ltf.ms))
    chosen = replace(session, config=replace(config, data=data), feeds=(run.feed,))
    return Compared(chosen, run.detail, verdict)


def _runs(session: Session, params: Params, starts: Sequence[int], end: int) -> Iterator[Run]:
    """As `tradingview.start.Runs`: the first start alone (it may be all that is needed), then some at a time."""
    (feed,) = session.feeds
    stop = iso(end + feed.timeframe.ltf.ms)
    n_run, problems = 0, []
    rest = iter(starts)
    while chunk := list(islice(rest, STARTS_TOGETHER if n_run else 1)):
        feeds = []
        for start in chunk:
            try:
                feeds += session.between(iso(start), stop).feeds
            except DataError as error:  # no currency rates yet
                problems.append(error)
        for details in _in_one_engine(session, params, feeds, problems):
            n_run += 1
            yield Run(details.feed, details.trades, details)
    if not n_run and problems:
        raise problems[-1]


def _in_one_engine(session: Session, params: Params, feeds: list[Feed], problems: list[DataError]) -> Iterator[Detail]:
    """Each feed's run; feeds that are too short for the strategy's indicators are left out and noted."""
    if not feeds:
        return
    try:
        engine = replace(session, feeds=tuple(feeds)).engine(1, pinned=params)
    except DataError as error:
        problems.append(error)
        for feed in feeds if len(feeds) > 1 else ():
            yield from _in_one_engine(session, params, [feed], problems)
        return
    for i in range(len(feeds)):
        yield engine.detail(params, i)
