"""pinejax.tradingview.export: one list of trades, written in many ways, is read as the same list; other files are refused with advice"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pinejax.errors import DataError
from pinejax.tradingview.export import ExportedTrade, read_export
from tests.tradingview.layouts import LANGUAGES, TRADES, WRITINGS, Layout, Plain, grouped


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def write(folder: Path, content: bytes, name: str = "export.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def as_written(trade: ExportedTrade, plain: Plain) -> None:
    assert (trade.number, trade.direction, trade.entry_time, trade.exit_time) == (
        plain.number,
        plain.direction,
        ms(plain.entry),
        ms(plain.leave),
    )
    assert (trade.entry_price, trade.exit_price, trade.qty) == (plain.entry_price, plain.exit_price, plain.qty)
    assert trade.pnl == plain.pnl
    assert trade.is_open == (plain.exit_signal == "Open")


@pytest.mark.parametrize("layout", [*LANGUAGES.values(), *WRITINGS.values()], ids=[*LANGUAGES, *WRITINGS])
def test_every_layout_gives_the_same_trades(layout: Layout, tmp_path: Path) -> None:
    (export,) = read_export(write(tmp_path, layout.write()))
    assert len(export.trades) == len(TRADES)
    for trade, plain in zip(export.trades, TRADES, strict=True):
        as_written(trade, plain)
        if "mfe" not in layout.drop and layout is not LANGUAGES["unknown"]:
            assert (trade.mfe, trade.mae) == (5.25, -3.5)


def test_a_time_that_names_its_offset_is_utc(tmp_path: Path) -> None:
    layout = Layout(dates=lambda t: t.strftime("%Y-%m-%dT%H:%M:%S+08:00"))
    (export,) = read_export(write(tmp_path, layout.write()))
    assert export.zoned
    assert export.trades[0].entry_time == ms("2025-03-31 00:15")


def test_dates_that_may_be_either_are_read_both_ways(tmp_path: Path) -> None:
    layout = Layout(dates=lambda t: t.strftime("%d/%m/%Y %H:%M"))
    american, european = read_export(write(tmp_path, layout.write([Plain(1, 1, "2025-04-03 08:15", 10, "2025-04-05 09:00", 11, 1, 1)])))
    assert (american.trades[0].entry_time, european.trades[0].entry_time) == (ms("2025-03-04 08:15"), ms("2025-04-03 08:15"))


def test_one_comma_before_three_digits_is_read_both_ways(tmp_path: Path) -> None:
    trade = Plain(1, 1, "2025-04-03 08:15", 1.234, "2025-04-05 09:00", 2.345, 1, 1)
    layout = Layout(separator=";", numbers=grouped(",", "."), drop=FEW)
    readings = read_export(write(tmp_path, layout.write([trade])))
    assert {r.trades[0].entry_price for r in readings} == {1.234, 1234.0}
    assert readings[0].trades[0].entry_price == 1.234, "semicolons go with decimal commas"


FEW = ("value", "pnl%", "mfe", "mfe%", "mae", "mae%", "cum", "cum%")


def test_a_trade_without_an_exit_row_is_open(tmp_path: Path) -> None:
    lines = Layout().write().decode("utf-8-sig").splitlines()
    (export,) = read_export(write(tmp_path, "\n".join([*lines[:7], lines[8]]).encode()))
    assert [t.is_open for t in export.trades] == [False, False, False, True]
    assert export.trades[3].exit_time is None
    assert math.isnan(export.trades[3].exit_price)


def test_an_exit_that_the_user_called_open_is_no_open_trade(tmp_path: Path) -> None:
    trades = [Plain(1, 1, "2025-03-31 08:15", 10, "2025-03-31 09:00", 11, 1, 1, exit_signal="Open"), TRADES[1]]
    (export,) = read_export(write(tmp_path, Layout().write(trades)))
    assert not export.trades[0].is_open


def test_values_that_only_the_exit_row_has_are_the_trades(tmp_path: Path) -> None:
    rows = [
        "Trade #,Type,Signal,Date/Time,Price,Contracts,Profit,Profit %",
        "1,Entry Long,go,2020-01-02 10:00,100,,,",
        "1,Exit Long,stop,2020-01-02 11:00,99,3,-3,-1",
    ]
    (export,) = read_export(write(tmp_path, "\n".join(rows).encode()))
    (trade,) = export.trades
    assert (trade.qty, trade.pnl, trade.entry_signal, trade.exit_signal) == (3.0, -3.0, "go", "stop")


BARS = b"time,open,high,low,close,Volume\n1743379200,1,2,0.5,1.5,10\n"
SUMMARY = b"Title,All USD,All %,Long USD,Long %,Short USD,Short %\nNet profit,1,2,3,4,5,6\n"
GOOD = Layout().write().decode("utf-8-sig")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf\n\n", "is empty"),
        (GOOD.splitlines()[0].encode(), "header but no trades"),
        (b"PK\x03\x04rest", "save it as CSV"),
        (b"<!DOCTYPE html><html>", "no CSV file"),
        (BARS, "holds a chart's bars"),
        (SUMMARY, "performance summary"),
        (b"a,b,c\n1,2,3\n", "no list of trades"),
        (GOOD.replace("Price USDT", "?").replace("1807.82", "x").encode(), "lacks the column price"),
        (GOOD.replace("1781.28", "12.3.4").encode(), "line 2, column 'Price USDT': expected a number, got '12.3.4'"),
        (GOOD.replace("2025-03-31 14:30", "yesterday").encode(), "line 5, column 'Date and time': expected a date"),
        (GOOD.replace("2025-03-31 14:30", "31.03.2025 14:30").encode(), "dates in more than one way"),
        (GOOD.replace("1781.28", '"1.781,28"').encode(), "numbers in more than one way"),
        (GOOD.replace("1781.28", "1781,28").encode(), "line 2: expected at most 15 cells"),
        (GOOD.replace("\n2,", "\n1,").encode(), "expected two rows for each trade"),
        (GOOD.replace("Entry long", "Exit long").encode(), "expected one entry and one exit"),
        (GOOD.replace("Entry long", "Exit short", 1).encode(), "line 2: expected one entry and one exit"),
    ],
)
def test_another_file_is_refused_with_what_was_expected_and_what_to_do(content: bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as raised:
        read_export(write(tmp_path, content))
    assert said in str(raised.value)
    assert "export.csv" in str(raised.value)
    assert "List of trades" in str(raised.value)


def test_a_spreadsheet_is_told_by_its_name_too(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="spreadsheet"):
        read_export(write(tmp_path, b"whatever", "export.xlsx"))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.csv cannot be read"):
        read_export(tmp_path / "gone.csv")
