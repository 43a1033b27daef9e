"""The best set's trades on every dataset together: trades.csv for whoever reads TradingView's, trades.parquet for tables in memory."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from pinejax.core.feed import Feed
from pinejax.core.trade import TradeRecord
from pinejax.report.atomic import write_atomically, write_text
from pinejax.report.csv_file import as_text
from pinejax.report.trades import columns, list_rows, numbered, quote_currency, value_of

TRADES = "trades.csv"
TABLE = "trades.parquet"


@dataclass(frozen=True, eq=False)
class TradesOf:
    """One dataset's trades, in the order of their exits."""

    feed: Feed
    trades: Sequence[TradeRecord]


def write_all_trades(folder: Path, lists: Sequence[TradesOf], initial_capital: float, currency: str = "") -> None:
    """trades.csv and trades.parquet. currency: the account's, where it is another one than the symbols'."""
    write_text(folder / TRADES, all_trades_csv(lists, initial_capital, currency))
    write_atomically(folder / TABLE, all_trades_table(lists, initial_capital).write_parquet)


def all_trades_csv(lists: Sequence[TradesOf], initial_capital: float, currency: str = "") -> str:
    """TradingView's columns, then symbol and timeframe, and `synthetic` where any bar was made up. Numbers begin anew with each dataset.

    A header names a currency where all symbols have it.
    """
    quotes = {quote_currency(one.feed.symbol) for one in lists}
    marked = any(one.feed.synthetic for one in lists)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    header = columns(quotes.pop() if len(quotes) == 1 else "", currency)
    writer.writerow([*header, "symbol", "timeframe", *(["synthetic"] if marked else [])])
    for one in lists:
        tail = [as_text(one.feed.symbol), str(one.feed.timeframe), *([str(one.feed.synthetic).lower()] if marked else [])]
        writer.writerows([*row, *tail] for row in list_rows(one.trades, one.feed, initial_capital, currency))
    return out.getvalue()


def all_trades_table(lists: Sequence[TradesOf], initial_capital: float) -> pl.DataFrame:
    """A row per trade, nothing rounded.

    dataset, symbol, timeframe, synthetic; trade: its number in the dataset's list; direction: 1 long, -1 short; is_open: still open at the
    last bar, whose time and close are its exit; entry_ and exit_time (opens of the fills' bars, UTC), _price, _signal; n_bars held; qty
    in contracts; value: price times quantity at the entry; pnl after commission, commission, mfe and mae, total (of the pnl so far):
    account currency; pnl_rate, mfe_rate, mae_rate: fractions of value, total_rate: of the initial capital. A rate of nothing is NaN.
    """
    frames = [_table(one, initial_capital) for one in lists]
    return pl.concat(frames) if frames else pl.DataFrame()


def _table(one: TradesOf, initial_capital: float) -> pl.DataFrame:
    feed, listed = one.feed, numbered(one.trades)
    n = len(listed)

    def floats(name: str) -> np.ndarray:
        return np.array([getattr(trade, name) for trade in listed], np.float64)

    def times(name: str) -> pl.Series:
        places = np.array([getattr(trade, name) for trade in listed], np.int64)
        return pl.Series(np.asarray(feed.ltf.time, np.int64)[places]).cast(pl.Datetime("ms", "UTC"))

    value = np.array([value_of(trade, feed) for trade in listed], np.float64)
    pnl, mfe, mae = floats("pnl"), floats("mfe"), floats("mae")
    total = np.cumsum(pnl)
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = {name: np.where(value > 0, amount / value, np.nan) for name, amount in (("pnl", pnl), ("mfe", mfe), ("mae", mae))}
    return pl.DataFrame(
        {
            "dataset": pl.Series([feed.name] * n, dtype=pl.String),
            "symbol": pl.Series([feed.symbol] * n, dtype=pl.String),
            "timeframe": pl.Series([str(feed.timeframe)] * n, dtype=pl.String),
            "synthetic": pl.Series([feed.synthetic] * n, dtype=pl.Boolean),
            "trade": pl.Series(range(1, n + 1), dtype=pl.Int64),
            "direction": pl.Series([trade.direction for trade in listed], dtype=pl.Int8),
            "is_open": pl.Series([trade.is_open for trade in listed], dtype=pl.Boolean),
            "entry_time": times("entry_bar"),
            "entry_price": floats("entry_price"),
            "entry_signal": pl.Series([trade.entry_signal or trade.entry_id for trade in listed], dtype=pl.String),
            "exit_time": times("exit_bar"),
            "exit_price": floats("exit_price"),
            "exit_signal": pl.Series([trade.exit_signal for trade in listed], dtype=pl.String),
            "n_bars": pl.Series([trade.exit_bar - trade.entry_bar for trade in listed], dtype=pl.Int64),
            "qty": floats("qty"),
            "value": value,
            "pnl": pnl,
            "pnl_rate": rates["pnl"],
            "commission": floats("commission"),
            "mfe": mfe,
            "mfe_rate": rates["mfe"],
            "mae": mae,
            "mae_rate": rates["mae"],
            "total": total,
            "total_rate": total / initial_capital,
        }
    )
