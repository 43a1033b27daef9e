from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from report_folder import trades_on, walk

from pinejax.broker.config import BrokerConfig
from pinejax.engine.detail import Detail
from pinejax.job.detail_files import curve_of, write_details
from pinejax.report.folder import RunFolder


def detail(symbol: str, start: int = 0) -> Detail:
    feed = walk(symbol, 300)
    return Detail({}, 0, tuple(trades_on(feed)), np.linspace(10_000, 11_000, 300 - start), feed, start)


def test_the_best_sets_trades_figures_equity_and_bars_are_written(tmp_path: Path):
    write_details(RunFolder(tmp_path), [detail("AAA"), detail("X:BBB")], BrokerConfig())
    names = {
        "trades_AAA_15m_1h.csv",
        "trades_X_BBB_15m_1h.csv",
        "performance_summary_AAA_15m_1h.csv",
        "performance_summary_X_BBB_15m_1h.csv",
    }
    assert {path.name for path in tmp_path.iterdir()} == names | {"trades.csv", "trades.parquet", "equity.parquet", "bars.parquet"}
    assert pl.read_parquet(tmp_path / "equity.parquet").group_by("dataset").len().sort("dataset").rows() == [
        ("AAA 15m@1h", 300),
        ("X:BBB 15m@1h", 300),
    ]
    figures = {row["figure"]: row for row in csv.DictReader((tmp_path / "performance_summary_AAA_15m_1h.csv").read_text().splitlines())}
    closed = [trade.pnl for trade in trades_on(walk("AAA", 300)) if not trade.is_open]
    assert float(figures["net_profit"]["all"]) == pytest.approx(sum(closed))


def test_a_window_has_its_own_bars_and_what_lies_behind_the_search_is_marked(tmp_path: Path):
    given = detail("AAA", start=100)
    curve = curve_of(given, 500.0)
    assert curve.bars.time.tolist() == given.feed.ltf.time[100:].tolist()
    assert curve.hold[0] == pytest.approx(500.0 * given.feed.ltf.close[100] / given.feed.ltf.open[100])
    write_details(RunFolder(tmp_path), [given], BrokerConfig(), seen=[250])
    assert pl.read_parquet(tmp_path / "equity.parquet")["seen"].sum() == 150


def test_buy_and_hold_is_converted_where_the_account_is(tmp_path: Path):
    given = detail("AAA")
    rated = replace(given, feed=replace(given.feed, rate=np.linspace(1.0, 2.0, 300)))
    assert curve_of(rated, 1.0).hold[-1] == pytest.approx(2.0 * curve_of(given, 1.0).hold[-1])
