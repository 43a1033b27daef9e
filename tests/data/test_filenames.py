"""pinejax.data.filenames"""

from __future__ import annotations

from pathlib import Path

import pytest

from pinejax.core.timeframe import Timeframe
from pinejax.data.filenames import Naming, names_from
from pinejax.errors import DataError


@pytest.mark.parametrize(
    ("name", "symbol", "timeframe"),
    [
        ("BTCUSDT_5m.csv", "BTCUSDT", "5m"),
        ("ETHUSDT.P_15m_tv.csv", "ETHUSDT.P", "15m"),
        ("SYNTH_D_1h.parquet", "SYNTH_D", "1h"),
        ("1INCHUSDT-1D.csv", "1INCHUSDT", "1D"),
        ("BTCUSDT_15min.csv", "BTCUSDT", "15m"),
        ("BTCUSDT-5m-2024-01.zip", "BTCUSDT", "5m"),
        ("BTCUSDT-1h-2024-01-31.csv", "BTCUSDT", "1h"),
        ("BTCUSDT_240628-1w-2024-01.zip", "BTCUSDT_240628", "1W"),
        ("BINANCE_ETHUSDT.P, 15_1a2b3.csv", "BINANCE:ETHUSDT.P", "15m"),
        ("BINANCE_BTCUSDT, 1D.csv", "BINANCE:BTCUSDT", "1D"),
        ("CME_MINI_ES1!, 240 (1).csv", "CME_MINI:ES1!", "4h"),
        ("NASDAQ_AAPL, 30S.csv", "NASDAQ:AAPL", "30s"),
    ],
)
def test_symbol_and_timeframe_are_read_from_the_name(name: str, symbol: str, timeframe: str) -> None:
    assert names_from(Path(name)) == Naming(symbol, Timeframe.parse(timeframe))


def test_a_bare_name_is_the_symbol() -> None:
    assert names_from(Path("BTCUSDT.csv")) == Naming("BTCUSDT", None)


@pytest.mark.parametrize("name", ["my bars (3).csv", "2024.csv", "a_b.csv"])
def test_other_names_tell_nothing(name: str) -> None:
    assert names_from(Path(name)) == Naming()


@pytest.mark.parametrize("name", ["BTCUSDT-1mo-2024-01.zip", "BTCUSDT_1M.csv", "BINANCE_BTCUSDT, 1M.csv"])
def test_months_are_refused(name: str) -> None:
    with pytest.raises(DataError, match="Give --timeframe"):
        names_from(Path(name))
