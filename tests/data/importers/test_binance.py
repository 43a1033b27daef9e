"""pinejax.data.importers.binance"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from pinejax.core.timeframe import Timeframe
from pinejax.data.importers import read_table
from pinejax.data.options import ImportOptions
from pinejax.data.parts import read_parts
from pinejax.data.validate import checked_bars
from pinejax.errors import DataError

HEADER = "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore\n"
ROWS = "1735689600000,10,12,9,11,5,1735689899999,50,3,2,20,0\n1735689900000,11,11,10,10.5,0,1735690199999,0,0,0,0,0\n"
BARS = [(1_735_689_600_000, 10.0, 12.0, 9.0, 11.0, 5.0), (1_735_689_900_000, 11.0, 11.0, 10.0, 10.5, 0.0)]
NAME = "BTCUSDT-5m-2025-01"


def zipped(*members: tuple[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members:
            archive.writestr(name, text)
    return buffer.getvalue()


@pytest.mark.parametrize("header", ["", HEADER])
@pytest.mark.parametrize("rows", [ROWS, ROWS.replace("00000,1", "00000000,1")])
def test_header_or_not_and_ms_or_us_give_the_same_bars(header: str, rows: str) -> None:
    text = header + rows
    assert checked_bars(read_table(Path(f"{NAME}.csv"), text.encode())).rows() == BARS
    assert checked_bars(read_table(Path(f"{NAME}.zip"), zipped((f"{NAME}.csv", text)))).rows() == BARS


def test_line_numbers_count_the_header_only_if_there_is_one() -> None:
    bad = ROWS.replace("10.5", "oops")
    for header, line in (("", 2), (HEADER, 3)):
        with pytest.raises(DataError, match=rf"{NAME}\.zip:{NAME}\.csv: .*\n  line {line}: close 'oops' is no number"):
            checked_bars(read_table(Path(f"{NAME}.zip"), zipped((f"{NAME}.csv", header + bad))))


def test_a_zip_of_several_files_is_refused() -> None:
    with pytest.raises(DataError, match="a zip of one CSV file, got 2"):
        read_table(Path("x.zip"), zipped(("a.csv", ROWS), ("b.csv", ROWS)))


@pytest.mark.parametrize("content", [b"PK\x03\x04 not a zip", zipped(("a.csv", ROWS * 50))[:-30]])
def test_a_broken_zip_is_refused(content: bytes) -> None:
    with pytest.raises(DataError, match="cannot be unpacked"):
        read_table(Path("x.zip"), content)


def test_rows_without_header_need_all_columns() -> None:
    with pytest.raises(DataError, match="expected a header or Binance's 12 columns, got 6"):
        read_table(Path("x.zip"), zipped(("a.csv", "1735689600000,10,12,9,11,5\n")))


def _trades_text(kind: str, header: bool) -> str:
    """Trades at 10, 12 and 11 in one minute, 9 in the next."""
    start, rows = 1_704_067_200_000, []
    for i, (offset, price) in enumerate([(0, 10), (20_000, 12), (59_999, 11), (60_000, 9)]):
        more = f"{price * 2},{start + offset},true" if kind == "trades" else f"{i},{i},{start + offset},true"
        rows.append(f"{i},{price},2,{more}")
    names = {
        "trades": "id,price,qty,quote_qty,time,is_buyer_maker",
        "aggTrades": "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker",
    }
    return "\n".join([*([names[kind]] if header else []), *rows]) + "\n"


@pytest.mark.parametrize("kind", ["trades", "aggTrades"])
@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("ending", ["zip", "csv"])
def test_files_of_trades_become_bars(tmp_path: Path, kind: str, header: bool, ending: str) -> None:
    path = tmp_path / f"BTCUSDT-{kind}-2024-01-01.{ending}"
    if ending == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"{path.stem}.csv", _trades_text(kind, header))
    else:
        path.write_text(_trades_text(kind, header))
    (part,) = read_parts(path, ImportOptions(timeframe=Timeframe.parse("1m")))
    assert part.symbol == "BTCUSDT"
    assert [row[1:] for row in part.bars.rows()] == [(10.0, 12.0, 10.0, 11.0, 6.0), (9.0, 9.0, 9.0, 9.0, 2.0)]
