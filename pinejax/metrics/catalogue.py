"""The names, directions and definitions of every metric. How the numbers are made: `pinejax.metrics.finalize`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Metric:
    """A metric's direction when nothing else is said, its unit and its definition."""

    direction: Literal["maximize", "minimize"]
    unit: str
    text: str


METRICS: dict[str, Metric] = {
    "net_profit": Metric("maximize", "currency", "P&L of closed trades after costs"),
    "open_profit": Metric("maximize", "currency", "P&L of the position still open at the last close"),
    "total_assets": Metric("maximize", "currency", "equity at the last close: initial capital + net profit + open profit"),
    "total_return": Metric("maximize", "fraction", "total_assets / initial capital - 1"),
    "cagr": Metric("maximize", "fraction", "yearly compound growth of equity over the window, 365-day year"),
    "max_drawdown": Metric("minimize", "fraction", "largest fall of equity at bar closes from its running peak"),
    "sharpe": Metric("maximize", "ratio", "mean / population deviation of daily (UTC) equity returns x sqrt(365), risk-free 0"),
    "sortino": Metric("maximize", "ratio", "mean / downside deviation (against 0) of daily equity returns x sqrt(365)"),
    "calmar": Metric("maximize", "ratio", "cagr / max_drawdown"),
    "profit_factor": Metric("maximize", "ratio", "gross profit / gross loss of closed trades"),
    "win_rate": Metric("maximize", "fraction", "closed trades with P&L > 0 / closed trades"),
    "n_trades": Metric("maximize", "count", "closed trades (a lot closed in two parts is two)"),
    "weekly_net_profit": Metric("maximize", "currency", "net_profit / weeks in the window"),
    "expectancy": Metric("maximize", "currency", "net_profit / closed trades"),
    "reward_risk": Metric("maximize", "ratio", "mean winning trade / mean losing trade (as a magnitude)"),
    "avg_mfe": Metric("maximize", "fraction", "mean maximum favourable excursion, of the entry price"),
    "avg_mae": Metric("minimize", "fraction", "mean maximum adverse excursion (a magnitude), of the entry price"),
    "avg_hold_bars": Metric("maximize", "bars", "mean bars from entry to exit of closed trades"),
    "exposure": Metric("minimize", "fraction", "bars that close with an open position / bars"),
    "n_liquidations": Metric("minimize", "count", "margin calls"),
    "max_consecutive_losses": Metric("minimize", "count", "longest run of closed trades with P&L < 0"),
    "commission_paid": Metric("minimize", "currency", "all commission charged"),
}
