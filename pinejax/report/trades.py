"""TradingView's list of trades: two rows per trade, exit first, times in UTC. Not how fills make trades."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from jaxtyping import Int

from pinejax.core.feed import Feed
from pinejax.core.trade import TradeRecord
from pinejax.report.atomic import write_text

_QUOTES = ("USDT", "USDC", "FDUSD", "BUSD", "TUSD", "USD", "EUR", "GBP", "JPY", "KRW", "TRY", "BTC", "ETH", "BNB")
_COIN_QUOTES = ("BTC", "ETH", "BNB")


def quote_currency(symbol: str) -> str:
    """The currency a symbol is priced in, read off its name (`BINANCE:BTCUSDT.P` is USDT); empty if the name does not say."""
    bare = symbol.rsplit(":", 1)[-1].split(".", 1)[0].upper()
    return next((quote for quote in _QUOTES if bare.endswith(quote) and bare != quote), "")


def columns(currency: str, account: str = "") -> list[str]:
    """TradingView's headers, in its order. account: the currency of P&L, where it is another one than the price's."""
    price, unit = (f" {name}" if name else "" for name in (currency, account or currency))
    return [
        "Trade #", "Type", "Date and time", "Signal", f"Price{price}", "Size (qty)", "Size (value)",
        f"Net P&L{unit}", "Net P&L %", f"Favorable excursion{unit}", "Favorable excursion %",
        f"Adverse excursion{unit}", "Adverse excursion %", f"Cumulative P&L{unit}", "Cumulative P&L %",
    ]  # fmt: skip


def list_of_trades(trades: Sequence[TradeRecord], feed: Feed, initial_capital: float, currency: str = "") -> str:
    """The CSV text. currency: the account's, where it is another one than the symbol's.

    Trades are numbered by exit, still open ones last (Signal `Open`). Times are the opens of the bars of the fills, UTC.
    Values are of the entry (price x quantity), P&L is after costs, its percentage is of the entry's value in the currency of P&L, the
    cumulative one of the initial capital. Money has two decimals, eight where the symbol is priced in a coin.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns(quote_currency(feed.symbol), currency))
    writer.writerows(list_rows(trades, feed, initial_capital, currency))
    return out.getvalue()


def write_trades(path: Path, trades: Sequence[TradeRecord], feed: Feed, initial_capital: float, currency: str = "") -> None:
    """The list of trades as a file."""
    write_text(path, list_of_trades(trades, feed, initial_capital, currency))


def numbered(trades: Sequence[TradeRecord]) -> list[TradeRecord]:
    """In the order of their numbers, which are given by exit."""
    return sorted(trades, key=lambda trade: trade.is_open)


def value_of(trade: TradeRecord, feed: Feed) -> float:
    """What the entry cost, account currency, at the rate of the entry's bar."""
    rate = 1.0 if feed.rate is None else float(feed.rate[trade.entry_bar])
    return trade.entry_price * trade.qty * feed.instrument.point_value * rate


def list_rows(trades: Sequence[TradeRecord], feed: Feed, initial_capital: float, currency: str = "") -> Iterator[list[str]]:
    """The cells below the headers of `columns`."""
    money_decimals = 8 if (currency or quote_currency(feed.symbol)) in _COIN_QUOTES else 2
    total = 0.0
    for number, trade in enumerate(numbered(trades), start=1):
        total += trade.pnl
        value = value_of(trade, feed)
        tail = [_short(trade.qty, 8), _short(trade.entry_price * trade.qty * feed.instrument.point_value, 5)]
        for amount, base in ((trade.pnl, value), (trade.mfe, value), (trade.mae, value), (total, initial_capital)):
            tail += [_short(amount, money_decimals), f"{100 * amount / base if base else 0.0:.2f}"]
        side = "long" if trade.direction > 0 else "short"
        fills = (
            ("Exit", trade.exit_bar, trade.exit_signal, trade.exit_price),
            ("Entry", trade.entry_bar, trade.entry_signal or trade.entry_id, trade.entry_price),
        )
        for what, bar, signal, price in fills:
            yield [str(number), f"{what} {side}", _clock(feed.ltf.time, bar), signal, _short(price, 10), *tail]


def _clock(time: Int[np.ndarray, " bars"], bar: int) -> str:
    moment = datetime.fromtimestamp(int(time[bar]) / 1000, UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%S" if moment.second else "%Y-%m-%d %H:%M")


def _short(value: float, decimals: int) -> str:
    """At most so many decimals, no trailing zeros, never `-0`."""
    text = f"{value:.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
