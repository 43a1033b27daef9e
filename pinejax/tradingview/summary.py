"""TradingView's performance summary of one run, from its trades and bars, for all, long and short trades. Formulas: docs/tradingview.md."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from pinejax.core.feed import Feed
from pinejax.core.trade import TradeRecord
from pinejax.report.trades import value_of

RISK_FREE_MONTHLY = 0.02 / 12
"""TradingView's risk-free rate, 2 % a year, per month. (docs/semantics.md, 9)"""
MARGIN_CALL = "Margin call"
_YEAR_MS = 365 * 86_400_000
Unit = Literal["money", "fraction", "count", "ratio", "bars", "contracts"]


@dataclass(frozen=True)
class Figure:
    """One row: its name, unit, and values over all, long and short trades; NaN where it is not defined (for that side)."""

    name: str
    unit: Unit
    all: float
    long: float
    short: float


def performance_summary(trades: Sequence[TradeRecord], feed: Feed, initial_capital: float) -> list[Figure]:
    """Every figure. trades: closed ones in the order of their exits, then open ones. Money in account currency, rates as fractions."""
    columns = [_figures([t for t in trades if t.direction in directions], feed, initial_capital) for directions in ((1, -1), (1,), (-1,))]
    months = monthly_returns(trades, feed, initial_capital)
    whole = {
        "sharpe_monthly": ("ratio", sharpe(months)),
        "sortino_monthly": ("ratio", sortino(months)),
        "cagr": ("fraction", cagr(initial_capital, columns[0]["net_profit"][1], feed)),
        "buy_hold_return": ("fraction", buy_and_hold(feed)),
        "buy_hold_profit": ("money", initial_capital * buy_and_hold(feed)),
    }
    sided = [Figure(name, unit, *(column[name][1] for column in columns)) for name, (unit, _) in columns[0].items()]  # type: ignore[arg-type]
    return sided + [Figure(name, unit, value, math.nan, math.nan) for name, (unit, value) in whole.items()]  # type: ignore[arg-type]


def _figures(trades: Sequence[TradeRecord], feed: Feed, capital: float) -> dict[str, tuple[str, float]]:
    """name -> (unit, value) of the trades of one column."""
    closed, still_open = [t for t in trades if not t.is_open], [t for t in trades if t.is_open]
    pnl = np.array([t.pnl for t in closed])
    rates = np.array([t.pnl / value_of(t, feed) for t in closed])
    held = np.array([t.exit_bar - t.entry_bar + 1 for t in closed], np.float64)
    won, lost = pnl > 0, pnl < 0
    gross_profit, gross_loss, n = float(pnl[won].sum()), float(np.abs(pnl[lost]).sum()), len(closed)
    rise, fall = close_to_close(pnl, capital)
    high, low = intrabar(trades, capital)
    net = gross_profit - gross_loss
    return {
        "net_profit": ("money", net),
        "net_profit_rate": ("fraction", net / capital),
        "open_profit": ("money", float(sum(t.pnl for t in still_open))),
        "gross_profit": ("money", gross_profit),
        "gross_loss": ("money", gross_loss),
        "profit_factor": ("ratio", _ratio(gross_profit, gross_loss)),
        "commission_paid": ("money", float(sum(t.commission for t in trades))),
        "max_runup_close_to_close": ("money", rise),
        "max_drawdown_close_to_close": ("money", fall),
        "max_runup_intrabar": ("money", high),
        "max_drawdown_intrabar": ("money", low),
        "max_contracts_held": ("contracts", max_contracts(trades)),
        "closed_trades": ("count", float(n)),
        "open_trades": ("count", float(len(still_open))),
        "winning_trades": ("count", float(won.sum())),
        "losing_trades": ("count", float(lost.sum())),
        "even_trades": ("count", float(n - won.sum() - lost.sum())),
        "percent_profitable": ("fraction", _ratio(float(won.sum()), n)),
        "avg_trade": ("money", _mean(pnl)),
        "avg_trade_rate": ("fraction", _mean(rates)),
        "avg_winning_trade": ("money", _mean(pnl[won])),
        "avg_losing_trade": ("money", -_mean(pnl[lost])),
        "win_loss_ratio": ("ratio", _ratio(_mean(pnl[won]), -_mean(pnl[lost]))),
        "largest_winning_trade": ("money", _most(pnl[won])),
        "largest_winning_trade_rate": ("fraction", _most(rates[won])),
        "largest_losing_trade": ("money", _most(-pnl[lost])),
        "largest_losing_trade_rate": ("fraction", _most(-rates[lost])),
        "avg_bars_in_trades": ("bars", _mean(held)),
        "avg_bars_in_winning_trades": ("bars", _mean(held[won])),
        "avg_bars_in_losing_trades": ("bars", _mean(held[lost])),
        "margin_calls": ("count", float(sum(t.exit_signal.lower() == MARGIN_CALL.lower() for t in closed))),
    }


def close_to_close(pnl: Float[np.ndarray, " trades"], capital: float) -> tuple[float, float]:
    """(largest rise from a low, largest fall from a high) of the realised equity after each closed trade, the capital coming first."""
    equity = np.concatenate([[capital], capital + np.cumsum(pnl)])
    rise = equity - np.minimum.accumulate(equity)
    fall = np.maximum.accumulate(equity) - equity
    return float(rise.max()), float(fall.max())


def intrabar(trades: Sequence[TradeRecord], capital: float) -> tuple[float, float]:
    """The same with each trade's excursions added to the realised equity before it; open trades count, in the order of the list."""
    pnl = np.array([t.pnl for t in trades])
    realised = np.concatenate([[capital], capital + np.cumsum(pnl)])
    before = realised[:-1]
    best = before + np.array([max(t.mfe, t.pnl, 0.0) for t in trades])
    worst = before + np.array([min(t.mae, t.pnl, 0.0) for t in trades])
    rise = best - np.minimum.accumulate(before)
    fall = np.maximum.accumulate(before) - worst
    return float(rise.max(initial=0.0)), float(fall.max(initial=0.0))


def monthly_returns(trades: Iterable[TradeRecord], feed: Feed, capital: float) -> Float[np.ndarray, " months"]:
    """Returns of realised equity from one UTC month's end to the next, every month that the bars touch; the first from the capital."""
    months = _months(feed.ltf.time)
    gains = np.zeros(int(months[-1] - months[0]) + 1)
    for trade in trades:
        if not trade.is_open:
            gains[months[trade.exit_bar] - months[0]] += trade.pnl
    equity = np.concatenate([[capital], capital + np.cumsum(gains)])
    return equity[1:] / equity[:-1] - 1.0


def sharpe(returns: Float[np.ndarray, " months"]) -> float:
    """Mean excess over the risk-free rate / population deviation, per month. NaN for fewer than two months or no deviation."""
    deviation = float(np.std(returns))
    return _ratio(float(np.mean(returns)) - RISK_FREE_MONTHLY, deviation) if len(returns) > 1 else math.nan


def sortino(returns: Float[np.ndarray, " months"]) -> float:
    """Mean excess / root of the mean squared shortfall from the risk-free rate, per month. NaN as `sharpe`."""
    shortfall = math.sqrt(float(np.mean(np.minimum(returns - RISK_FREE_MONTHLY, 0.0) ** 2)))
    return _ratio(float(np.mean(returns)) - RISK_FREE_MONTHLY, shortfall) if len(returns) > 1 else math.nan


def cagr(capital: float, net_profit: float, feed: Feed) -> float:
    """Yearly compound growth of the realised equity over the bars, years of 365 days. -1 where all is lost."""
    span = int(feed.ltf.time[-1] - feed.ltf.time[0]) + feed.timeframe.ltf.ms
    growth = (capital + net_profit) / capital
    return growth ** (_YEAR_MS / span) - 1.0 if growth > 0 else -1.0


def buy_and_hold(feed: Feed) -> float:
    """The return of holding from the first open to the last close, in account currency."""
    rate = (1.0, 1.0) if feed.rate is None else (float(feed.rate[0]), float(feed.rate[-1]))
    return float(feed.ltf.close[-1]) * rate[1] / (float(feed.ltf.open[0]) * rate[0]) - 1.0


def max_contracts(trades: Sequence[TradeRecord]) -> float:
    """The largest position: the sum of lots held at once. On one bar exits of older lots come before entries, exits of new ones after."""
    events: list[tuple[int, int, float]] = []
    for trade in trades:
        events.append((trade.entry_bar, 1, trade.qty))
        if not trade.is_open:
            events.append((trade.exit_bar, 2 if trade.exit_bar == trade.entry_bar else 0, -trade.qty))
    held = np.cumsum([qty for _, _, qty in sorted(events, key=lambda e: e[:2])]) if events else np.zeros(1)
    return float(held.max(initial=0.0))


def _months(time: Int[np.ndarray, " bars"]) -> Int[np.ndarray, " bars"]:
    return time.astype("datetime64[ms]").astype("datetime64[M]").astype(np.int64)


def _mean(values: Float[np.ndarray, " some"]) -> float:
    return float(values.mean()) if len(values) else math.nan


def _most(values: Float[np.ndarray, " some"]) -> float:
    return float(values.max()) if len(values) else math.nan


def _ratio(above: float, below: float) -> float:
    return above / below if below else math.nan
