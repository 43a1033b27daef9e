"""pinejax.data.currency"""

from __future__ import annotations

import pytest

from pinejax.data.currency import quote_currency


@pytest.mark.parametrize(
    ("symbol", "currency"),
    [
        ("BTCUSDT", "USDT"), ("ETHUSDT.P", "USDT"), ("BINANCE:ETHUSDT.P", "USDT"), ("1000PEPEUSDC", "USDC"), ("BTC-USDT", "USDT"),
        ("BTC/FDUSD", "FDUSD"), ("BTCUSD", "USD"), ("EURUSD", "USD"), ("BTCUSDTPERP", "USDT"), ("USDJPY", "JPY"), ("btcusdt", "USDT"),
        ("AAPL", ""), ("USDT", ""), ("ES1!", ""), ("SYNTH_A", ""), ("NASDAQ:MEUR", ""), ("USD", ""), ("USDCUSDT", "USDT"), ("", ""),
    ],
)  # fmt: skip
def test_only_what_is_unmistakable_is_read(symbol: str, currency: str) -> None:
    assert quote_currency(symbol) == currency
