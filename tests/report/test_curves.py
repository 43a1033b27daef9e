from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from report_folder import walk

from pinejax.report import curves
from pinejax.report.curves import Curve, buy_and_hold, write_curves


def test_buy_and_hold_begins_with_the_capital_at_the_first_open():
    bars = walk("A", 100).ltf
    held = buy_and_hold(bars, 500.0)
    assert held == pytest.approx(500.0 * bars.close / bars.open[0])


def test_buy_and_hold_is_in_the_accounts_currency():
    bars, rate = walk("A", 3).ltf, np.array([2.0, 3.0, 4.0])
    held = buy_and_hold(bars, 100.0, rate)
    assert held[-1] == pytest.approx(100.0 * bars.close[-1] * 4.0 / (bars.open[0] * 2.0))


def test_every_bars_equity_is_written_and_what_the_search_did_not_see_is_marked(tmp_path: Path):
    feed = walk("A", 60)
    equity = np.linspace(100, 200, 60)
    write_curves(tmp_path, [Curve(feed.name, feed.ltf, equity, equity / 2, seen=40)])
    table = pl.read_parquet(tmp_path / "equity.parquet")
    assert table.columns == ["dataset", "time", "equity", "buy_and_hold", "seen"]
    assert table["equity"].to_list() == equity.tolist()
    assert table["time"].dt.epoch("ms").to_list() == feed.ltf.time.tolist()
    assert table["seen"].sum() == 40 and table["seen"][39] and not table["seen"][40]


def test_too_many_bars_are_merged_and_say_how_many_one_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(curves, "MOST_CANDLES", 25)
    feed = walk("A", 60)
    write_curves(tmp_path, [Curve(feed.name, feed.ltf, feed.ltf.close, feed.ltf.close)])
    table = pl.read_parquet(tmp_path / "bars.parquet")
    assert len(table) == 20 and set(table["n_bars"]) == {3}
    assert table["high"].max() == feed.ltf.high.max()
