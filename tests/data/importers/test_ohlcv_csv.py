"""pinejax.data.importers.ohlcv_csv and what all CSV formats share"""

from __future__ import annotations

from pathlib import Path

import pytest

from pinejax.data.importers import read_table
from pinejax.data.validate import checked_bars
from pinejax.errors import DataError

GOOD = [(1_735_689_600_000, 10.0, 12.0, 9.0, 11.0, 5.0), (1_735_689_900_000, 11.0, 11.0, 10.0, 10.5, 0.0)]


def bars_of(text: str | bytes, name: str = "BTCUSDT_5m.csv") -> list[tuple]:
    content = text if isinstance(text, bytes) else text.encode()
    return checked_bars(read_table(Path(name), content)).rows()


@pytest.mark.parametrize(
    "text",
    [
        "time,open,high,low,close,volume\n1735689600,10,12,9,11,5\n1735689900,11,11,10,10.5,0\n",
        "Timestamp,Open,High,Low,Close,Volume\r\n1735689600000,10,12,9,11,5\r\n1735689900000,11,11,10,10.5,0\r\n",
        "OPEN TIME;O;H;L;C;VOL\n1735689600000000;10;12;9;11;5\n1735689900000000;11;11;10;10.5;0",
        "close\tlow\thigh\topen\tdate\tv\n11\t9\t12\t10\t2025-01-01\t5\n10.5\t10\t11\t11\t2025-01-01T00:05Z\t0\n",
        '"time","open","high","low","close","volume","note"\n"1735689600","10","12","9","11","5","x"\n"1735689900","11","11","10","10.5","0",""\n',
        "time,open,high,low,close,volume\n\n1735689600,10,12,9,11,5\n\n1735689900, 11 ,1.1e1,10,10.5,0\n\n",
    ],
)
def test_usual_names_in_any_case_order_and_separator_are_read(text: str) -> None:
    assert bars_of(text) == GOOD
    assert bars_of(b"\xef\xbb\xbf" + text.encode()) == GOOD


def test_the_preferred_of_two_time_columns_is_taken() -> None:
    text = "unix,date,open,high,low,close,volume\nx,2025-01-01,10,12,9,11,5\nx,2025-01-01 00:05,11,11,10,10.5,0\n"
    assert bars_of(text) == GOOD


def test_missing_columns_are_named() -> None:
    with pytest.raises(DataError, match="no high, close among: time, open, low"):
        bars_of("time,open,low\n1735689600,10,9\n")


def test_a_file_without_a_header_is_told_to_have_one() -> None:
    with pytest.raises(DataError, match="Name the columns in the first line"):
        bars_of("1735689600,10,12,9,11,5\n")


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_an_empty_file_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="got an empty file"):
        bars_of(text)


def test_a_header_without_rows_is_refused() -> None:
    with pytest.raises(DataError, match="a header and no rows"):
        bars_of("time,open,high,low,close\n")


def test_a_line_with_too_many_fields_is_named() -> None:
    with pytest.raises(DataError, match="line 3: expected 6 fields as in the first line, got 7"):
        bars_of("time,open,high,low,close,volume\n1735689600,10,12,9,11,5\n1735689900,11,11,10,10,5,0\n")


def test_text_that_is_not_utf8_is_refused_with_its_line() -> None:
    with pytest.raises(DataError, match="line 2: expected UTF-8 text, got byte 0xff"):
        bars_of(b"time,open,high,low,close,volume\n1735689600,10,12,9,11,\xff\n")


def test_an_unknown_kind_of_file_is_refused() -> None:
    with pytest.raises(DataError, match=r"expected a \.csv, \.zip \(Binance\) or \.parquet file, got '\.xlsx'"):
        bars_of("x", "BTCUSDT_5m.xlsx")
