"""File formats that bars can be imported from, one module each. A new format is a new module and its line in FORMATS."""

from __future__ import annotations

from pathlib import Path

from pinejax.data.importers import binance, ohlcv_csv, ohlcv_parquet, tradingview
from pinejax.data.importers.base import Format, RawTable
from pinejax.errors import DataError

FORMATS: tuple[Format, ...] = (binance.FORMAT, tradingview.FORMAT, ohlcv_parquet.FORMAT, ohlcv_csv.FORMAT)
"""In the order they are asked; the generic ones last."""


SUFFIXES = (".csv", ".txt", ".tsv", ".zip", ".parquet", ".pq")
"""What files of a folder are taken."""


def read_table(path: Path, content: bytes) -> RawTable:
    """The file's OHLCV columns, unchecked. Errors: DataError where no format fits or the file cannot be read as it."""
    return format_of(path, content).read(content, path.name)


def format_of(path: Path, content: bytes) -> Format:
    """The first format that takes the file. Errors: DataError where none does."""
    for known in FORMATS:
        if known.recognises(path, content):
            return known
    raise DataError(f"{path.name}: expected a .csv, .zip (Binance) or .parquet file, got {path.suffix or 'no extension'!r}.")


__all__ = ["FORMATS", "SUFFIXES", "Format", "RawTable", "format_of", "read_table"]
