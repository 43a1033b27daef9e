"""pinejax.tradingview.summary: every figure against numbers worked out by hand"""

from __future__ import annotations

import csv
import io
import math
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from pinejax.core.feed import Bars, Feed, Instrument
from pinejax.core.timeframe import TimeframePair
from pinejax.core.trade import TradeRecord
from pinejax.tradingview.summary import Figure, performance_summary
from pinejax.tradingview.summary_text import summary_csv, summary_text

DAYS = 90
"""2025-01-01 to 2025-03-31: January has bars 0..30, February 31..58, March 59..89."""


def daily() -> Feed:
    start = round(datetime(2025, 1, 1, tzinfo=UTC).timestamp() * 1000)
    time = start + np.arange(DAYS, dtype=np.int64) * 86_400_000
    price = np.linspace(100.0, 189.0, DAYS)
    bars = Bars(time, price, price + 1, price - 1, price + 0.5, price)
    return Feed("X", TimeframePair.parse("1D"), bars, bars, np.ones(DAYS, bool), Instrument())


def trade(direction: int, entry_bar: int, exit_bar: int, pnl: float, **more: object) -> TradeRecord:
    values: dict = {
        "direction": direction, "entry_id": "E", "entry_bar": entry_bar, "entry_price": 100.0, "exit_signal": "X", "exit_bar": exit_bar,
        "exit_price": 100.0, "qty": 1.0, "pnl": pnl, "commission": 0.5, "mfe": max(pnl, 0.0) + 2.0, "mae": min(pnl, 0.0) - 3.0,
    }  # fmt: skip
    return TradeRecord(**(values | more))


# January: +50 and -20; February: +30 and 0; March: -10, and a long of 2 contracts still open. Capital 1,000.
TRADES = (
    trade(1, 1, 10, 50.0),
    trade(-1, 12, 20, -20.0, qty=4.0),
    trade(1, 32, 40, 30.0, entry_price=10.0),
    trade(-1, 41, 45, 0.0),
    trade(1, 60, 62, -10.0, exit_signal="Margin call"),
    trade(1, 70, 89, 7.0, qty=2.0, exit_signal="Open"),
)


@pytest.fixture
def figures() -> dict[str, Figure]:
    return {f.name: f for f in performance_summary(TRADES, daily(), 1000.0)}


@pytest.mark.parametrize(
    ("name", "all_", "long", "short"),
    [
        ("net_profit", 50, 70, -20),
        ("net_profit_rate", 0.05, 0.07, -0.02),
        ("open_profit", 7, 7, 0),
        ("gross_profit", 80, 80, 0),
        ("gross_loss", 30, 10, 20),
        ("profit_factor", 80 / 30, 8, 0),
        ("commission_paid", 3, 2, 1),
        ("closed_trades", 5, 3, 2),
        ("open_trades", 1, 1, 0),
        ("winning_trades", 2, 2, 0),
        ("losing_trades", 2, 1, 1),
        ("even_trades", 1, 0, 1),
        ("percent_profitable", 0.4, 2 / 3, 0),
        ("avg_trade", 10, 70 / 3, -10),
        ("avg_winning_trade", 40, 40, math.nan),
        ("avg_losing_trade", 15, 10, 20),
        ("win_loss_ratio", 40 / 15, 4, math.nan),
        ("largest_winning_trade", 50, 50, math.nan),
        ("largest_losing_trade", 20, 10, 20),
        # The winner of 30 bought for 10 is the largest by rate, though not by money.
        ("largest_winning_trade_rate", 3.0, 3.0, math.nan),
        ("largest_losing_trade_rate", 0.1, 0.1, 0.05),
        ("avg_trade_rate", (0.5 - 0.05 + 3.0 + 0.0 - 0.1) / 5, (0.5 + 3.0 - 0.1) / 3, -0.025),
        # exit - entry + 1: 10, 9, 9, 5, 3.
        ("avg_bars_in_trades", 36 / 5, 22 / 3, 7),
        ("avg_bars_in_winning_trades", 9.5, 9.5, math.nan),
        ("avg_bars_in_losing_trades", 6, 3, 9),
        ("max_contracts_held", 4, 2, 4),
        ("margin_calls", 1, 1, 0),
        # Realised equity: 1000, 1050, 1030, 1060, 1060, 1050. Long alone: 1000, 1050, 1080, 1070. Short alone: 1000, 980, 980.
        ("max_drawdown_close_to_close", 20, 10, 20),
        ("max_runup_close_to_close", 60, 80, 0),
        # Worst of each trade over the equity before it: 1000-3, 1050-23, 1030-3, 1060-3, 1060-13, 1050-3.
        ("max_drawdown_intrabar", 23, 13, 23),
        # Best: 1000+52, 1050+2, 1030+32, 1060+2, 1060+2, 1050+9 (the open one gains 7 and reached 9), over the low of 1000.
        ("max_runup_intrabar", 62, 82, 2),
        ("buy_hold_return", 189.5 / 100 - 1, math.nan, math.nan),
        ("buy_hold_profit", 895, math.nan, math.nan),
        ("cagr", 1.05 ** (365 / 90) - 1, math.nan, math.nan),
    ],
)
def test_figure(name: str, all_: float, long: float, short: float, figures: dict[str, Figure]) -> None:
    got = figures[name]
    assert (got.all, got.long, got.short) == pytest.approx((all_, long, short), nan_ok=True)


def test_ratios_are_of_monthly_returns_of_realised_equity(figures: dict[str, Figure]) -> None:
    """1000 -> 1030 -> 1060 -> 1050, less 2 % / 12 a month; population deviations; not made yearly."""
    returns = [0.03, 30 / 1030, -10 / 1060]
    free = 0.02 / 12
    mean = sum(returns) / 3
    deviation = math.sqrt(sum((r - mean) ** 2 for r in returns) / 3)
    downside = math.sqrt((min(returns[2] - free, 0) ** 2) / 3)
    assert figures["sharpe_monthly"].all == pytest.approx((mean - free) / deviation)
    assert figures["sortino_monthly"].all == pytest.approx((mean - free) / downside)


def test_rates_of_the_account_enter_returns_and_buy_and_hold() -> None:
    feed = replace(daily(), rate=np.linspace(1.0, 0.5, DAYS))
    figures = {f.name: f for f in performance_summary([trade(1, 0, 5, 10.0), trade(1, 89, 89, 10.0)], feed, 1000.0)}
    assert figures["largest_winning_trade_rate"].all == pytest.approx(0.2)
    assert figures["buy_hold_return"].all == pytest.approx(189.5 * 0.5 / 100 - 1)


def test_lots_held_at_once_add_up_and_a_reversal_does_not() -> None:
    held = lambda *trades: performance_summary(trades, daily(), 1000.0)  # noqa: E731
    most = lambda *trades: next(f for f in held(*trades) if f.name == "max_contracts_held").all  # noqa: E731
    assert most(trade(1, 1, 9, 1.0, qty=0.5), trade(1, 3, 9, 1.0, qty=0.75)) == 1.25
    assert most(trade(1, 1, 9, 1.0), trade(-1, 9, 12, 1.0, qty=1.5)) == 1.5
    assert most(trade(1, 3, 3, 1.0, qty=2.0)) == 2.0


def test_no_trades_give_zeros_and_blanks() -> None:
    figures = {f.name: f for f in performance_summary([], daily(), 1000.0)}
    assert (figures["net_profit"].all, figures["closed_trades"].all, figures["max_contracts_held"].all) == (0, 0, 0)
    assert math.isnan(figures["profit_factor"].all)
    assert math.isnan(figures["sharpe_monthly"].all), "no deviation"


def test_table_and_file_show_every_figure(figures: dict[str, Figure]) -> None:
    listed = list(figures.values())
    rows = {row["figure"]: row for row in csv.DictReader(io.StringIO(summary_csv(listed)))}
    assert rows.keys() == figures.keys()
    assert (rows["gross_loss"]["all"], rows["gross_loss"]["unit"], rows["cagr"]["long"]) == ("30", "money", "")
    lines = {line.split()[0]: line.split()[1:] for line in summary_text(listed).splitlines()[1:]}
    assert lines["percent_profitable"] == ["40.00%", "66.67%", "0.00%"]
    assert lines["max_contracts_held"] == ["4", "2", "4"]
    assert lines["avg_winning_trade"] == ["40.00", "40.00", "-"]
