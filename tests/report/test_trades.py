from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from pinejax.core.feed import Bars, Feed, Instrument
from pinejax.core.timeframe import TimeframePair
from pinejax.core.trade import TradeRecord
from pinejax.report.trades import columns, list_of_trades, quote_currency

HEADER = (
    "Trade #,Type,Date and time,Signal,Price USDT,Size (qty),Size (value),Net P&L USDT,Net P&L %,Favorable excursion USDT,"
    "Favorable excursion %,Adverse excursion USDT,Adverse excursion %,Cumulative P&L USDT,Cumulative P&L %"
)


def feed(symbol: str = "BTCUSDT", n_bars: int = 20) -> Feed:
    time = np.int64(1_743_408_000_000) + np.arange(n_bars, dtype=np.int64) * 900_000  # 2025-03-31 08:00 UTC
    price = np.full(n_bars, 100.0)
    bars = Bars(time, price, price, price, price, price)
    return Feed(symbol, TimeframePair.parse("15m"), bars, bars, np.ones(n_bars, bool), Instrument())


def trade(**changes: object) -> TradeRecord:
    values: dict = {
        "direction": 1, "entry_id": "L", "entry_bar": 1, "entry_price": 1807.82, "exit_signal": "flatten", "exit_bar": 3,
        "exit_price": 1781.28, "qty": 547.6178, "pnl": -14533.776, "commission": 0.0, "mfe": 1462.14, "mae": -16987.1,
    }  # fmt: skip
    return TradeRecord(**(values | changes))


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_layout_is_tradingviews_list_of_trades():
    """The figures are of an export's first trade (its prices, quantity, P&L and excursions)."""
    lines = list_of_trades([trade()], feed(), 1_000_000.0).splitlines()
    tail = "547.6178,989994.41120,-14533.78,-1.47,1462.14,0.15,-16987.1,-1.72,-14533.78,-1.45".replace("41120", "4112")
    assert lines == [HEADER, f"1,Exit long,2025-03-31 08:45,flatten,1781.28,{tail}", f"1,Entry long,2025-03-31 08:15,L,1807.82,{tail}"]


def test_open_trades_come_last_with_the_signal_open():
    got = rows(list_of_trades([trade(exit_signal="Open", exit_bar=19), trade(direction=-1)], feed(), 1e6))
    assert [(row["Trade #"], row["Type"], row["Signal"]) for row in got] == [
        ("1", "Exit short", "flatten"),
        ("1", "Entry short", "L"),
        ("2", "Exit long", "Open"),
        ("2", "Entry long", "L"),
    ]


def test_cumulative_profit_adds_up_and_is_a_share_of_the_capital():
    got = rows(list_of_trades([trade(pnl=10.0), trade(pnl=-2.5), trade(pnl=0.0)], feed(), 1000.0))
    assert [(row["Cumulative P&L USDT"], row["Cumulative P&L %"]) for row in got[::2]] == [("10", "1.00"), ("7.5", "0.75"), ("7.5", "0.75")]


def test_no_trades_give_the_header_alone():
    assert list_of_trades([], feed(), 1e4) == HEADER + "\n"


def test_signals_with_commas_and_quotes_survive():
    assert rows(list_of_trades([trade(exit_signal='a, "b"')], feed(), 1e4))[0]["Signal"] == 'a, "b"'


@pytest.mark.parametrize(
    ("symbol", "quote"),
    [("BTCUSDT", "USDT"), ("BINANCE:ETHUSDT.P", "USDT"), ("ETHBTC", "BTC"), ("SYNTH_A", ""), ("USDT", ""), ("EURUSD", "USD")],
)
def test_quote_currency_is_read_off_the_symbol(symbol, quote):
    assert quote_currency(symbol) == quote


def test_profit_is_headed_by_the_currency_of_the_account() -> None:
    header = columns("USDT", "USD")
    assert (header[4], header[7], header[13]) == ("Price USDT", "Net P&L USD", "Cumulative P&L USD")
    assert columns("USDT")[7] == "Net P&L USDT"
