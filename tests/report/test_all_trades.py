from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from report_folder import trades_on, walk

from pinejax.errors import DataError
from pinejax.report.all_trades import TradesOf, all_trades_csv, all_trades_table, write_all_trades
from pinejax.report.listed import read_trades
from pinejax.report.trades import columns, list_of_trades
from pinejax.tradingview import read_export

CAPITAL = 10_000.0


def trades_of(symbol: str, **changes: object) -> TradesOf:
    feed = replace(walk(symbol, 300), **changes)  # type: ignore[arg-type]
    return TradesOf(feed, trades_on(feed))


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_the_lists_of_all_datasets_stand_below_each_other_with_symbol_and_timeframe_last():
    a, b = trades_of("AUSDT", synthetic=False), trades_of("BUSDT", synthetic=False)
    header, *body = rows(all_trades_csv([a, b], CAPITAL))
    assert header == [*columns("USDT"), "symbol", "timeframe"]
    assert [row[:15] for row in body] == [row for one in (a, b) for row in rows(list_of_trades(one.trades, one.feed, CAPITAL))[1:]]
    assert [row[15:] for row in body] == [[one.feed.symbol, "15m@1h"] for one in (a, b) for _ in range(2 * len(one.trades))]


def test_a_header_names_no_currency_that_not_all_have():
    assert rows(all_trades_csv([trades_of("AUSDT"), trades_of("BKRW")], CAPITAL))[0][4] == "Price"


def test_made_up_bars_are_marked():
    header, *body = rows(all_trades_csv([trades_of("AUSDT", synthetic=True), trades_of("BUSDT", synthetic=False)], CAPITAL))
    assert header[-1] == "synthetic"
    assert {(row[-3], row[-1]) for row in body} == {("AUSDT", "true"), ("BUSDT", "false")}


def test_a_symbol_that_begins_like_a_formula_is_text_to_a_spreadsheet():
    assert rows(all_trades_csv([trades_of("=cmd|x!A0")], CAPITAL))[1][15] == "'=cmd|x!A0"
    assert all_trades_table([trades_of("=cmd|x!A0")], CAPITAL)["symbol"][0] == "=cmd|x!A0"


def test_the_table_has_a_row_per_trade_with_what_the_list_says():
    one = trades_of("AUSDT")
    table = all_trades_table([one, trades_of("BUSDT")], CAPITAL)
    assert table["dataset"].unique(maintain_order=True).to_list() == ["AUSDT 15m@1h", "BUSDT 15m@1h"]
    mine = table.filter(pl.col("symbol") == "AUSDT")
    listed = rows(list_of_trades(one.trades, one.feed, CAPITAL))[1::2]
    assert mine["trade"].to_list() == [int(row[0]) for row in listed]
    assert mine["pnl"].round(2).to_list() == pytest.approx([float(row[7]) for row in listed])
    assert (100 * mine["pnl_rate"]).to_list() == pytest.approx([float(row[8]) for row in listed], abs=0.0051)
    assert (100 * mine["total_rate"]).to_list() == pytest.approx([float(row[14]) for row in listed], abs=0.0051)
    assert mine["exit_time"].dt.strftime("%Y-%m-%d %H:%M").to_list() == [row[2] for row in listed]
    assert mine["exit_time"].dtype == pl.Datetime("ms", "UTC")
    assert mine["is_open"].to_list() == [row[3] == "Open" for row in listed]


def test_rates_are_of_the_value_in_the_currency_of_the_account():
    plain = trades_of("AUSDT")
    doubled = replace(plain, feed=replace(plain.feed, rate=np.full(300, 2.0)))
    one, two = (all_trades_table([x], CAPITAL) for x in (plain, doubled))
    assert two["value"].to_list() == pytest.approx((2 * one["value"]).to_list())
    assert two["pnl_rate"].to_list() == pytest.approx((one["pnl_rate"] / 2).to_list())
    listed = [rows(list_of_trades(x.trades, x.feed, CAPITAL, "USD"))[1] for x in (plain, doubled)]
    assert listed[0][6] == listed[1][6]
    assert float(listed[1][8]) == pytest.approx(float(listed[0][8]) / 2, abs=0.011)


def test_no_trades_make_empty_files_with_all_columns(tmp_path: Path):
    none = replace(trades_of("AUSDT"), trades=())
    write_all_trades(tmp_path, [none], CAPITAL)
    assert len(rows((tmp_path / "trades.csv").read_text())) == 1
    found = pl.read_parquet(tmp_path / "trades.parquet")
    assert found.height == 0
    assert found.schema == all_trades_table([trades_of("AUSDT")], CAPITAL).schema


def test_our_own_readers_take_the_file_of_one_dataset_and_refuse_several(tmp_path: Path):
    one = trades_of("AUSDT")
    write_all_trades(tmp_path, [one], CAPITAL)
    assert len(read_trades(tmp_path / "trades.csv")) == len(one.trades)
    export = read_export(tmp_path / "trades.csv")[0]
    assert [trade.qty for trade in export.trades] == pytest.approx([trade.qty for trade in one.trades], abs=1e-8)
    assert (export.price_currency, export.pnl_currency) == ("USDT", "USDT")
    write_all_trades(tmp_path, [one, trades_of("BUSDT")], CAPITAL)
    with pytest.raises(DataError, match=r"trades of 2 datasets \(AUSDT 15m@1h, BUSDT 15m@1h\); expected those of one"):
        read_export(tmp_path / "trades.csv")
