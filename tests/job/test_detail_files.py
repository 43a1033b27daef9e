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
from pinejax.job.detail_files import curve_of, longer, write_behind, write_details
from pinejax.report.folder import RunFolder

BROKER = BrokerConfig()


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


def test_a_run_of_opened_bars_is_listed_alone_and_lengthens_the_curve_in_proportion(tmp_path: Path):
    searched, whole = walk("AAA", 200), walk("AAA", 300)
    write_details(RunFolder(tmp_path), [replace(detail("AAA"), feed=searched, equity=np.linspace(10_000, 20_000, 200), trades=())], BROKER)
    trade = replace(trades_on(whole)[0], entry_bar=230, exit_bar=240)
    behind = replace(detail("AAA", start=190), equity=np.r_[np.full(30, 10_000.0), np.linspace(10_000, 15_000, 80)], trades=(trade,))
    write_behind(RunFolder(tmp_path), [behind], [220], BROKER, "holdout")
    rows = pl.read_parquet(tmp_path / "equity.parquet")
    assert rows["seen"].to_list() == [True] * 200 + [False] * 100
    assert rows["equity"][199] == rows["equity"][219] == 20_000.0 and rows["equity"][-1] == pytest.approx(30_000.0)
    assert rows["time"].dt.epoch("ms").to_list() == whole.ltf.time.tolist()
    (entry,) = pl.read_csv(tmp_path / "holdout_trades_AAA_15m_1h.csv").filter(pl.col("Type").str.starts_with("Entry"))["Date and time"]
    assert np.datetime64(entry) == np.datetime64(int(whole.ltf.time[230]), "ms")
    figures = {
        row["figure"]: row for row in csv.DictReader((tmp_path / "holdout_performance_summary_AAA_15m_1h.csv").read_text().splitlines())
    }
    assert float(figures["buy_hold_return"]["all"]) == pytest.approx(whole.ltf.close[-1] / whole.ltf.open[220] - 1)
    assert float(figures["avg_bars_in_trades"]["all"]) == 11


def test_bars_may_be_opened_one_part_after_another(tmp_path: Path):
    searched, tested = walk("AAA", 200), walk("AAA", 250)
    write_details(RunFolder(tmp_path), [replace(detail("AAA"), feed=searched, equity=np.linspace(10_000, 20_000, 200), trades=())], BROKER)
    for first, feed, prefix in ((210, tested, "test"), (260, walk("AAA", 300), "holdout")):
        gained = np.linspace(10_000, 12_000, len(feed) - first)
        write_behind(RunFolder(tmp_path), [Detail({}, 0, (), gained, feed, first)], [first], BROKER, prefix)
    rows = pl.read_parquet(tmp_path / "equity.parquet")
    assert rows["seen"].sum() == 200 and len(rows) == 300
    assert rows["equity"].to_numpy()[[199, 209, 249, 259, 299]] == pytest.approx([20_000, 20_000, 24_000, 24_000, 28_800])
    assert len(list(tmp_path.glob("*_performance_summary_AAA_15m_1h.csv"))) == 2


def test_an_account_that_has_nothing_left_stays_so(tmp_path: Path):
    behind = replace(detail("AAA", start=200), equity=np.linspace(10_000, 15_000, 100))
    assert longer(np.linspace(10_000, -5, 200), 200, behind, 200, 10_000).equity[200:].tolist() == [-5.0] * 100


def test_buy_and_hold_is_converted_where_the_account_is(tmp_path: Path):
    given = detail("AAA")
    rated = replace(given, feed=replace(given.feed, rate=np.linspace(1.0, 2.0, 300)))
    assert curve_of(rated, 1.0).hold[-1] == pytest.approx(2.0 * curve_of(given, 1.0).hold[-1])
