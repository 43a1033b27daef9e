"""Metrics from the reductions of a lane: the definitions of `METRICS`, in NumPy, the same for a sweep and a detail run."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pinejax.core.status import NON_FINITE, OK, RUINED

DAYS_PER_YEAR = 365.0
MS_PER_DAY = 86_400_000.0


def finalize(
    stats: Mapping[str, np.ndarray],
    track: Mapping[str, np.ndarray],
    open_profit: np.ndarray,
    capital: float,
    n_bars: int,
    span_ms: float,
    bar_days: float = 0.0,
) -> dict[str, np.ndarray]:
    """Every metric of the catalogue, `[lanes]`, NaN where it is undefined (a ratio without trades, say).

    stats, track: the fields of `Stats` and `Track`; n_bars, span_ms: bars and time traded so far; bar_days: a bar's length in days.
    (pinejax.metrics.catalogue)
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        n, wins, losses = stats["n_trades"], stats["n_wins"], stats["n_losses"]
        net = stats["net_profit"]
        equity = capital + net + open_profit
        growth = equity / capital
        years = max(span_ms, 1.0) / (MS_PER_DAY * DAYS_PER_YEAR)
        cagr = np.where(growth > 0, np.power(np.maximum(growth, 0.0), 1.0 / years) - 1.0, -1.0)
        drawdown = np.where(track["fall"] > 0, track["fall"] / track["fall_peak"], 0.0)
        sharpe, sortino = _daily_ratios(track, max(bar_days, 1.0))
        mean_win, mean_loss = stats["gross_profit"] / wins, stats["gross_loss"] / losses
        return {
            "net_profit": net,
            "open_profit": open_profit,
            "total_assets": equity,
            "total_return": growth - 1.0,
            "cagr": cagr,
            "max_drawdown": drawdown,
            "sharpe": sharpe,
            "sortino": sortino,
            "calmar": cagr / drawdown,
            "profit_factor": stats["gross_profit"] / stats["gross_loss"],
            "win_rate": wins / n,
            "n_trades": n,
            "weekly_net_profit": net / max(span_ms / (7.0 * MS_PER_DAY), 1e-9),
            "expectancy": net / n,
            "reward_risk": mean_win / mean_loss,
            "avg_mfe": stats["mfe"] / n,
            "avg_mae": stats["mae"] / n,
            "avg_hold_bars": stats["hold_bars"] / n,
            "exposure": track["bars_in"] / max(n_bars, 1),
            "n_liquidations": stats["n_liquidations"],
            "max_consecutive_losses": stats["max_loss_streak"],
            "commission_paid": stats["commission"],
        }


def _daily_ratios(track: Mapping[str, np.ndarray], period_days: float) -> tuple[np.ndarray, np.ndarray]:
    """Sharpe and Sortino of daily returns, the unfinished last day included, x sqrt(365); NaN below two days.

    Bars longer than a day have returns of their own length: x sqrt(365 / period_days).
    """
    last = track["equity"] / track["day_equity"] - 1.0
    days = track["days"] + 1.0
    mean = (track["day_sum"] + last) / days
    variance = np.maximum((track["day_squares"] + last**2) / days - mean**2, 0.0)
    downside = np.sqrt((track["day_losses"] + np.minimum(last, 0.0) ** 2) / days)
    year = np.sqrt(DAYS_PER_YEAR / period_days)
    flat = variance <= 1e-24  # no returns at all: a ratio of rounding errors
    enough = days >= 2
    sharpe = np.where(enough & ~flat, mean / np.sqrt(variance) * year, np.nan)
    return sharpe, np.where(enough & (downside > 1e-12), mean / downside * year, np.nan)


def status_of(account_status: np.ndarray, metrics: Mapping[str, np.ndarray]) -> np.ndarray:
    """Each lane's status: the carried one, else RUINED where equity fell to zero at a close, else NON_FINITE where it is no number."""
    status = np.where(account_status != OK, account_status, np.where(metrics["max_drawdown"] >= 1.0, RUINED, OK))
    return np.where((status == OK) & ~np.isfinite(metrics["total_assets"]), NON_FINITE, status).astype(np.int32)
