"""Every metric of a backtest, from the sums in the carry, equals its definition applied to the equity curve and the trades."""

from __future__ import annotations

import numpy as np
import pytest

from pinejax.core.status import NON_FINITE, OK, OVERFLOW, RUINED
from pinejax.engine.config import EngineConfig
from pinejax.engine.detail import Detail
from pinejax.engine.engine import Engine
from pinejax.metrics.catalogue import METRICS
from pinejax.metrics.finalize import finalize, status_of
from pinejax.metrics.track import new_track
from tests.engine.busy import BROKER, Busy, wave

YEAR_DAYS, MS_PER_DAY = 365.0, 86_400_000


@pytest.fixture(scope="module")
def detail() -> Detail:
    """Of 29 days and a bit of hourly bars."""
    engine = Engine(Busy, [wave(700, 1)], BROKER, Busy.inputs, EngineConfig(n_threads=1))
    return engine.detail({"fast": 3, "slow": 10, "stop_ticks": 120.0})


def by_definition(detail: Detail) -> dict[str, float]:
    """Straight from equity and trades."""
    equity, closed = detail.equity, [t for t in detail.trades if not t.is_open]
    time, capital = detail.feed.ltf.time, BROKER.initial_capital
    pnl = np.array([t.pnl for t in closed])
    wins, losses = pnl[pnl > 0], pnl[pnl < 0]
    peak = np.maximum.accumulate(np.r_[capital, equity])[1:]
    days = time // MS_PER_DAY
    ends = np.r_[np.flatnonzero(days[1:] != days[:-1]), len(days) - 1]
    daily = equity[ends] / np.r_[capital, equity[ends[:-1]]] - 1.0
    span_days = (time[-1] - time[0] + 3_600_000) / MS_PER_DAY
    net, growth = pnl.sum(), equity[-1] / capital
    cagr, drawdown = growth ** (YEAR_DAYS / span_days) - 1.0, np.max((peak - equity) / peak)
    streaks = "".join("l" if p < 0 else " " for p in pnl).split()
    held = np.zeros(len(equity), bool)
    for t in detail.trades:
        held[t.entry_bar : t.exit_bar + 1 if t.is_open else t.exit_bar] = True
    for t in closed:  # entered and left within one bar, it closes flat
        assert t.exit_bar >= t.entry_bar
    return {
        "net_profit": net, "open_profit": sum(t.pnl for t in detail.trades if t.is_open), "total_assets": equity[-1],
        "total_return": growth - 1.0, "cagr": cagr, "max_drawdown": drawdown, "calmar": cagr / drawdown,
        "sharpe": daily.mean() / daily.std() * np.sqrt(YEAR_DAYS),
        "sortino": daily.mean() / np.sqrt(np.mean(np.minimum(daily, 0.0) ** 2)) * np.sqrt(YEAR_DAYS),
        "profit_factor": wins.sum() / -losses.sum(), "win_rate": len(wins) / len(pnl), "n_trades": len(pnl),
        "weekly_net_profit": net / (span_days / 7.0), "expectancy": net / len(pnl), "reward_risk": wins.mean() / -losses.mean(),
        "avg_hold_bars": np.mean([t.exit_bar - t.entry_bar for t in closed]), "max_consecutive_losses": max(map(len, streaks)),
        "exposure": held.mean(), "commission_paid": sum(t.commission for t in detail.trades), "n_liquidations": 0,
        "avg_mfe": np.mean([_excursion(t, t.mfe, 1) for t in closed]), "avg_mae": np.mean([_excursion(t, -t.mae, -1) for t in closed]),
    }  # fmt: skip


def _excursion(trade: object, money: float, sense: int) -> float:
    """Before the entry fee, as a fraction of the entry price."""
    t = trade
    fee = t.entry_price * t.qty * BROKER.commission  # type: ignore[attr-defined]
    return max(money + sense * fee, 0.0) / (t.qty * t.entry_price)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", [n for n in METRICS if n not in ("avg_mfe", "avg_mae")])
def test_metric_equals_its_definition(detail: Detail, name: str) -> None:
    assert detail.metrics[name] == pytest.approx(by_definition(detail)[name], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", ["avg_mfe", "avg_mae"])
def test_mean_excursions_are_those_of_the_trades(detail: Detail, name: str) -> None:
    # A record's favourable excursion is cut off at 0 after its entry fee, which the mean before fees is not.
    assert detail.metrics[name] == pytest.approx(by_definition(detail)[name], rel=0.05)


def test_the_backtest_has_wins_losses_and_streaks(detail: Detail) -> None:
    assert detail.metrics["n_trades"] > 20
    assert 0 < detail.metrics["win_rate"] < 1
    assert detail.metrics["max_consecutive_losses"] > 1


def test_every_metric_of_the_catalogue_is_made(detail: Detail) -> None:
    assert set(detail.metrics) == set(METRICS)


def test_ratios_without_trades_are_na_and_nothing_else_is() -> None:
    zero = {name: np.zeros(1) for name in (
        "net_profit", "gross_profit", "gross_loss", "n_trades", "n_wins", "n_losses", "loss_streak", "max_loss_streak", "hold_bars", "mfe",
        "mae", "commission", "n_liquidations",
    )}  # fmt: skip
    track = new_track(1, 1000.0, np.float64)
    found = finalize(zero, {f: np.asarray(getattr(track, f)) for f in track.__dataclass_fields__}, np.zeros(1), 1000.0, 10, 1e9)
    undefined = {name for name, value in found.items() if np.isnan(value[0])}
    ratios = {
        "sharpe",
        "sortino",
        "calmar",
        "profit_factor",
        "win_rate",
        "expectancy",
        "reward_risk",
        "avg_mfe",
        "avg_mae",
        "avg_hold_bars",
    }
    assert undefined == ratios


def test_status_tells_ruin_and_numbers_that_are_none() -> None:
    metrics = {"max_drawdown": np.array([0.1, 1.2, 0.1, 0.1]), "total_assets": np.array([1.0, -5.0, np.nan, 1.0])}
    assert status_of(np.array([0, 0, 0, OVERFLOW]), metrics).tolist() == [OK, RUINED, NON_FINITE, OVERFLOW]
