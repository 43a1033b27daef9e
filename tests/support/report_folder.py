"""A run's folder made up without an engine: the same writers as a run's, bars of a random walk, trades on them."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from pinejax.core.feed import Bars, Feed, Instrument
from pinejax.core.timeframe import TimeframePair
from pinejax.core.trade import TradeRecord
from pinejax.report.atomic import write_text
from pinejax.report.curves import Curve, buy_and_hold, write_curves
from pinejax.report.folder import RunFolder
from pinejax.report.rows import DatasetRow, StudyRows, TrialRow
from pinejax.report.slug import slug

CAPITAL = 10_000.0
START_MS = 1_717_200_000_000
"""2024-06-01 00:00 UTC."""


def walk(symbol: str, n: int, seed: int = 1) -> Feed:
    """Bars of fifteen minutes, prices of one decimal."""
    random = np.random.default_rng(seed)
    close = np.round(1000 + np.cumsum(random.normal(0, 2, n)), 1)
    open_ = np.concatenate([[1000.0], close[:-1]])
    high, low = np.maximum(open_, close) + 1, np.minimum(open_, close) - 1
    time = START_MS + np.arange(n, dtype=np.int64) * 900_000
    bars = Bars(time, open_, high, low, close, np.ones(n))
    return Feed(symbol, TimeframePair.parse("15m@1h"), bars, bars, np.ones(n, bool), Instrument())


def trades_on(feed: Feed, every: int = 40) -> list[TradeRecord]:
    """One trade after the other, long and short in turn, the last still open."""
    found = []
    for i, first in enumerate(range(5, len(feed) - every, every)):
        last, way = first + every - 10, 1 if i % 2 == 0 else -1
        entry, exit_ = float(feed.ltf.open[first]), float(feed.ltf.open[last])
        pnl = way * (exit_ - entry)
        found.append(
            TradeRecord(way, "L" if way > 0 else "S", first, entry, "X", last, exit_, 1.0, pnl, 0.1, max(pnl, 0) + 5, min(pnl, 0) - 5)
        )
    if not found:
        return []
    last = len(feed) - 1
    entry, close = float(feed.ltf.open[last - 8]), float(feed.ltf.close[last])
    return [*found, TradeRecord(1, "L", last - 8, entry, "Open", last, close, 1.0, close - entry, 0.1, 9.0, -9.0)]


def make_run(
    path: Path,
    *,
    n_trials: int = 40,
    objectives: tuple[str, ...] = ("sharpe",),
    symbols: tuple[str, ...] = ("AAA", "BBB"),
    n_bars: int = 2_000,
    every: int = 40,
    states: tuple[str, ...] = ("COMPLETE", "COMPLETE", "COMPLETE", "PRUNED", "FAIL"),
    study: str = "a study",
    seen: int | None = None,
    state: str = "done",
    detailed: bool = True,
    pairs: tuple[str, ...] = (),
    broken: int = 0,
) -> Path:
    """states: of the trials, one after the other and again. every: bars from trade to trade. detailed: with the best set's own files.
    pairs: timeframes that the study searches over. broken: so many trials, every other one, broke a gate and have a penalty for a value.
    """
    feeds = [walk(symbol, n_bars, seed) for seed, symbol in enumerate(symbols, 1)]
    rows = tuple(
        DatasetRow(f.name, f.symbol, str(f.timeframe), len(f), "2024-06-01 00:00", "2024-06-21 19:45", "abcdef0123456789", False)
        for f in feeds
    )
    trials = tuple(_trial(i, states[i % len(states)], objectives, len(feeds)) for i in range(n_trials))
    if pairs:
        trials = tuple(replace(t, params=t.params | {"timeframe": (pair := pairs[t.number % len(pairs)])}, timeframe=pair) for t in trials)
    bad = range(1, 2 * broken, 2)
    trials = tuple(replace(t, values=tuple(-2000.0 for _ in t.values), violation=1.0) if t.number in bad else t for t in trials)
    complete = sorted((t for t in trials if t.state == "COMPLETE"), key=lambda t: -t.values[0])
    front = tuple(complete[:4]) if len(objectives) > 1 else ()
    directions = tuple("minimize" if name == "max_drawdown" else "maximize" for name in objectives)
    folder = RunFolder.claim(path)
    folder.write_study(StudyRows(study, "ema_cross", objectives, directions, rows, trials, (front or tuple(complete))[:5], front))
    folder.write_manifest(manifest(study, rows, state))
    if complete and detailed:
        curves = []
        for feed in feeds:
            trades = trades_on(feed, every)
            folder.write_trades(feed, trades, CAPITAL)
            write_text(folder.path / f"performance_summary_{slug(feed.symbol)}_15m_1h.csv", summary(trades))
            curves.append(Curve(feed.name, feed.ltf, equity(feed, trades), buy_and_hold(feed.ltf, CAPITAL), seen))
        write_curves(folder.path, curves)
    return folder.path


def equity(feed: Feed, trades: list[TradeRecord]) -> np.ndarray:
    """Of one contract of each trade, at each close."""
    change = np.zeros(len(feed))
    for trade in trades:
        change[trade.exit_bar] += trade.pnl
    return CAPITAL + np.cumsum(change)


def manifest(study: str, rows: tuple[DatasetRow, ...], state: str) -> dict[str, Any]:
    """As a run writes it, shorter."""
    space = {
        "fast": {"kind": "int", "low": 3.0, "high": 40.0, "step": 1, "log": False},
        "mult": {"kind": "float", "low": 0.1, "high": 10.0, "step": None, "log": True},
        "use": {"kind": "bool", "values": [False, True]},
    }
    return {
        "pinejax": "0.1.0", "started": "2026-01-01T00:00:00+00:00", "synthetic": "Made up.", "study": {"name": study, "storage": "sqlite:///x.db"},
        "strategy": {"name": "ema_cross", "space": space}, "datasets": [asdict(row) for row in rows],
        "broker": {"initial_capital": CAPITAL, "commission": 0.0005}, "objective": {"metric": "sharpe"},
        "search": {"sampler": "tpe", "seed": 1},
        "versions": {"python": "3.11"}, "state": state, "best_rerun_in_detail": {"trial": 0, "equal": True, "said": ""},
    }  # fmt: skip


def summary(trades: list[TradeRecord]) -> str:
    """A few figures in the layout of performance_summary.csv."""
    closed = [trade.pnl for trade in trades if not trade.is_open]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["figure", "unit", "all", "long", "short"])
    writer.writerow(["net_profit", "money", f"{sum(closed):.12g}", "", ""])
    writer.writerow(["closed_trades", "count", len(closed), len(closed), 0])
    return out.getvalue()


def _trial(i: int, state: str, objectives: tuple[str, ...], n_datasets: int) -> TrialRow:
    fast, mult, use = 3 + (i * 7) % 38, 10 ** (((i * 13) % 40) / 20 - 1), i % 3 == 0
    value = 2.0 - abs(fast - 20) / 10 + (0.3 if use else 0.0)
    params: dict[str, Any] = {"fast": fast, "use": use} | ({"mult": mult} if use else {})
    values = tuple(value if k == 0 else 0.1 + ((i * 11) % 17) / 50 for k in range(len(objectives))) if state != "FAIL" else ()
    metrics = {"sharpe": (value,) * n_datasets, "net_profit": (100.0 * value,) * n_datasets, "sortino": (math.nan,) * n_datasets}
    return TrialRow(i, state, values, params, {"fast": fast, "mult": mult, "use": use}, metrics if values else {}, (0,) * n_datasets)
