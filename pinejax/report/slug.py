"""Names that are safe in paths and study names on every system. Not symbols: those keep their colons everywhere else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any


def slug(text: str) -> str:
    """Letters, digits, `.`, `_`, `-`, `+` and `!` kept, the rest becomes `_`: `BINANCE:ETHUSDT.P` is `BINANCE_ETHUSDT.P`."""
    return re.sub(r"[^A-Za-z0-9._!+-]", "_", text).lstrip(".")[:80] or "_"


def symbols_slug(symbols: Sequence[str]) -> str:
    """The first symbol, and `+2` for two more; `all` where none is named."""
    if not symbols:
        return "all"
    return slug(symbols[0]) + (f"+{len(symbols) - 1}" if len(symbols) > 1 else "")


def timeframe_slug(given: Any) -> str:
    """`5m_1h` for `5m@1h`, whether or not it is a valid pair; `5m_1h+2` for a list of three."""
    if isinstance(given, Sequence) and not isinstance(given, str):
        return timeframe_slug(given[0] if given else "") + (f"+{len(given) - 1}" if len(given) > 1 else "")
    return slug(str(given).replace("@", "_"))
