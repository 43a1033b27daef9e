"""What the best set's detail run leaves in the run's folder: trades, TradingView's summary, equity and bars. How it is run is `details`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from pinejax.broker.config import BrokerConfig
from pinejax.core.feed import Bars
from pinejax.engine.detail import Detail
from pinejax.report.all_trades import TradesOf, write_all_trades
from pinejax.report.atomic import write_text
from pinejax.report.curves import Curve, buy_and_hold, read_equity, write_curves
from pinejax.report.folder import RunFolder
from pinejax.report.slug import slug
from pinejax.tradingview.summary import Figure, performance_summary
from pinejax.tradingview.summary_text import summary_csv


def write_details(folder: RunFolder, details: Sequence[Detail], broker: BrokerConfig, seen: Sequence[int] | None = None) -> None:
    """Per dataset trades_<symbol>_<timeframe>.csv and performance_summary_<symbol>_<timeframe>.csv; trades.csv, trades.parquet,
    equity.parquet and bars.parquet of all.

    seen: per dataset how many of its feed's bars the search looked at, where a detail run goes on over those that it did not.
    """
    for detail in details:
        write_lists(folder, detail, broker)
    write_together(folder, details, broker, seen)


def write_together(folder: RunFolder, details: Sequence[Detail], broker: BrokerConfig, seen: Sequence[int] | None = None) -> None:
    """Those of all datasets. seen: as in `write_details`."""
    capital = broker.initial_capital
    write_all_trades(folder.path, [TradesOf(detail.feed, detail.trades) for detail in details], capital, broker.currency)
    stops = [None] * len(details) if seen is None else [stop - detail.start for stop, detail in zip(seen, details, strict=True)]
    write_curves(folder.path, [curve_of(detail, capital, stop) for detail, stop in zip(details, stops, strict=True)])


def write_behind(folder: RunFolder, details: Sequence[Detail], firsts: Sequence[int], broker: BrokerConfig, prefix: str) -> None:
    """What the same set did on later bars that were opened for it: `<prefix>_trades_<dataset>.csv` and
    `<prefix>_performance_summary_<dataset>.csv` of those bars alone; the curves are longer by them, which the search did not look at.

    details: runs that begin flat, with the initial capital, behind all bars that the curves have; firsts: per dataset the bar of its feed
    from which it was traded. A dataset without a curve gets none.
    """
    curves, capital = read_equity(folder.path), broker.initial_capital
    for detail, first in zip(details, firsts, strict=True):
        write_lists(folder, alone(detail, first), broker, f"{prefix}_")
    longer_ones = [
        longer(*curves[d.feed.name], d, first, capital) for d, first in zip(details, firsts, strict=True) if d.feed.name in curves
    ]
    if longer_ones:
        write_curves(folder.path, longer_ones)


@dataclass(frozen=True)
class Lists:
    """The files of one dataset, and the figures of its summary."""

    trades: Path
    summary: Path
    figures: Sequence[Figure]


def write_lists(folder: RunFolder, detail: Detail, broker: BrokerConfig, prefix: str = "", summary: str | None = None) -> Lists:
    """One dataset's list of trades and performance summary. prefix: of their names; summary: the summary's whole name instead."""
    feed = detail.feed
    name = f"{slug(feed.symbol)}_{feed.timeframe.slug}.csv"
    trades = folder.write_trades(feed, detail.trades, broker.initial_capital, f"{prefix}trades_{name}", broker.currency)
    figures = performance_summary(detail.trades, feed, broker.initial_capital)
    place = folder.path / (summary or f"{prefix}performance_summary_{name}")
    write_text(place, summary_csv(figures))
    return Lists(trades, place, figures)


def alone(detail: Detail, first: int) -> Detail:
    """As if there were no bars before `first`, on which nothing was traded, nor behind the run."""
    feed, stop = detail.feed, detail.start + len(detail.equity)
    bars = {name: _part(getattr(feed, name), first, stop) for name in ("ltf", "htf")}
    marks, rate = feed.htf_complete[first:stop], None if feed.rate is None else feed.rate[first:stop]
    trades = tuple(replace(trade, entry_bar=trade.entry_bar - first, exit_bar=trade.exit_bar - first) for trade in detail.trades)
    return replace(
        detail,
        trades=trades,
        equity=detail.equity[first - detail.start :],
        feed=replace(feed, **bars, htf_complete=marks, rate=rate),
        start=0,
    )


def longer(equity: Float[np.ndarray, " bars"], seen: int, detail: Detail, first: int, capital: float) -> Curve:
    """Equity on the feed's first bars that goes on over later ones: flat up to `first`, then in proportion to what the run there made of
    the capital. An account that has nothing left stays as it is.
    """
    feed, stop, n = detail.feed, detail.start + len(detail.equity), len(equity)
    level = float(equity[-1])
    growth = detail.equity[first - detail.start :] / capital if level > 0 else np.ones(stop - first)
    bars = _part(feed.ltf, 0, stop)
    return Curve(
        feed.name,
        bars,
        np.concatenate([equity, np.full(first - n, level), level * growth]),
        buy_and_hold(bars, capital, None if feed.rate is None else feed.rate[:stop]),
        seen,
    )


def _part(bars: Bars, first: int, stop: int) -> Bars:
    return Bars(*(getattr(bars, field.name)[first:stop] for field in fields(bars)))


def curve_of(detail: Detail, capital: float, seen: int | None = None) -> Curve:
    """Equity and the bars of the detail run's window."""
    feed, part = detail.feed, slice(detail.start, detail.start + len(detail.equity))
    rate, bars = None if feed.rate is None else feed.rate[part], _part(feed.ltf, part.start, part.stop)
    return Curve(feed.name, bars, detail.equity, buy_and_hold(bars, capital, rate), seen)
