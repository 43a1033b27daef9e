"""TradingView chart exports: `time,open,high,low,close[,Volume][,plots...]`. Not its lists of trades."""

from __future__ import annotations

from pathlib import Path

from pinejax.data.filenames import is_tradingview_name
from pinejax.data.importers.base import Format, RawTable, pick_columns, read_csv

_COLUMNS = {name: (name,) for name in ("time", "open", "high", "low", "close", "volume")}
"""Only the exact names: a plot may well be called `V` or `Open price`."""


def _recognises(path: Path, content: bytes) -> bool:
    return path.suffix.lower() == ".csv" and is_tradingview_name(path)


def _read(content: bytes, source: str) -> RawTable:
    return pick_columns(read_csv(content, source), _COLUMNS, source, "line", spell=lambda name: name.strip().lower())


FORMAT = Format("TradingView chart export", _recognises, _read, has_header=lambda line: True)
