"""What the best set's detail run leaves in the run's folder: trades, TradingView's summary, equity and bars. How it is run is `details`."""

from __future__ import annotations

from collections.abc import Sequence

from pinejax.broker.config import BrokerConfig
from pinejax.core.feed import Bars
from pinejax.engine.detail import Detail
from pinejax.report.all_trades import TradesOf, write_all_trades
from pinejax.report.atomic import write_text
from pinejax.report.curves import Curve, buy_and_hold, write_curves
from pinejax.report.folder import RunFolder
from pinejax.report.slug import slug
from pinejax.tradingview.summary import performance_summary
from pinejax.tradingview.summary_text import summary_csv


def write_details(folder: RunFolder, details: Sequence[Detail], broker: BrokerConfig, seen: Sequence[int] | None = None) -> None:
    """Per dataset trades_<symbol>_<timeframe>.csv and performance_summary_<symbol>_<timeframe>.csv; trades.csv, trades.parquet,
    equity.parquet and bars.parquet of all.

    seen: per dataset how many of its feed's bars the search looked at, where a detail run goes on over those that it did not.
    """
    capital = broker.initial_capital
    for detail in details:
        feed = detail.feed
        folder.write_trades(feed, detail.trades, capital, currency=broker.currency)
        path = folder.path / f"performance_summary_{slug(feed.symbol)}_{feed.timeframe.slug}.csv"
        write_text(path, summary_csv(performance_summary(detail.trades, feed, capital)))
    write_all_trades(folder.path, [TradesOf(detail.feed, detail.trades) for detail in details], capital, broker.currency)
    stops = [None] * len(details) if seen is None else [stop - detail.start for stop, detail in zip(seen, details, strict=True)]
    write_curves(folder.path, [curve_of(detail, capital, stop) for detail, stop in zip(details, stops, strict=True)])


def curve_of(detail: Detail, capital: float, seen: int | None = None) -> Curve:
    """Equity and the bars of the detail run's window."""
    feed, part = detail.feed, slice(detail.start, detail.start + len(detail.equity))
    ltf, rate = feed.ltf, None if feed.rate is None else feed.rate[part]
    bars = Bars(ltf.time[part], ltf.open[part], ltf.high[part], ltf.low[part], ltf.close[part], ltf.volume[part])
    return Curve(feed.name, bars, detail.equity, buy_and_hold(bars, capital, rate), seen)
