"""The quote currency that a symbol's own name tells, where it is unmistakable. Not exchange rates (`rates`)."""

from __future__ import annotations

import re

# A coin pegged to a currency ends no other symbol by chance; three letters do, so they need a base of three or more before them.
_PEGGED = ("FDUSD", "USDT", "USDC", "BUSD", "TUSD")
_PLAIN = ("USD", "EUR", "GBP", "JPY", "CHF", "AUD", "CAD", "TRY", "BRL")
_FEWEST_BASE = {**dict.fromkeys(_PEGGED, 2), **dict.fromkeys(_PLAIN, 3)}


def quote_currency(symbol: str) -> str:
    """`USDT` of `BTCUSDT`, `BINANCE:ETHUSDT.P` and `BTC-USDT`; empty where the name does not say."""
    name = re.sub(r"(\.P|PERP|-PERP|_PERP)$", "", symbol.rpartition(":")[2].upper())
    for currency, fewest in _FEWEST_BASE.items():
        base = name.removesuffix(currency).rstrip("-_/")
        if base + currency == re.sub(r"[-_/]", "", name) and re.fullmatch(rf"[A-Z0-9]{{{fewest},}}", base):
            return currency
    return ""
