"""Binance archives of klines and of trades: CSV or a zip of one, with a header or without, times in ms or (spot, from 2025) us."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path

import polars as pl

from pinejax.data.filenames import trades_kind
from pinejax.data.importers.base import ROW, Format, RawTable, fields_of, first_line, pick_columns, read_csv
from pinejax.errors import DataError

_N_COLUMNS = 12
_FIRST = ("open_time", "open", "high", "low", "close", "volume")
_TRADES = {
    "trades": ("id", "price", "qty", "quote_qty", "time"),
    "aggTrades": ("agg_trade_id", "price", "quantity", "first_trade_id", "last_trade_id", "transact_time"),
}
"""Columns of files of trades, in their order; futures files have a header with these names, spot files none and a column or two more."""
_FIELDS: dict[str, tuple[str, ...]] = {"time": _FIRST[:1]} | {name: (name,) for name in _FIRST[1:]}


def _has_header(line: str) -> bool:
    return not fields_of(line)[0].strip().isdigit()


def _recognises(path: Path, content: bytes) -> bool:
    if path.suffix.lower() == ".zip":
        return True
    if path.suffix.lower() != ".csv":
        return False
    if trades_kind(path.name):
        return True
    fields = [field.strip().lower() for field in fields_of(first_line(content))]
    if len(fields) != _N_COLUMNS:
        return False
    return fields[0].isdigit() or tuple(fields[:6]) == _FIRST


def _read(content: bytes, source: str) -> RawTable:
    file = source
    if content[:2] == b"PK":
        content, member = _unzip(content, source)
        source = f"{source}:{member}"
    line = first_line(content)
    if not line:
        raise DataError(f"{source}: expected bars, got an empty file.")
    header = _has_header(line)
    frame = read_csv(content, source, header=header)
    kind = trades_kind(file)
    if kind:
        return _trades(frame, kind, source, header)
    if not header:
        if len(fields_of(line)) != _N_COLUMNS:
            raise DataError(f"{source}: expected a header or Binance's {_N_COLUMNS} columns, got {len(fields_of(line))} and no header.")
        unnamed = [name for name in frame.columns if name != ROW]
        frame = frame.rename(dict(zip(unnamed, _FIRST, strict=False)))
    return pick_columns(frame, _FIELDS, source, "line", spell=lambda name: name.strip().lower().replace(" ", "_"))


def _trades(frame: pl.DataFrame, kind: str, source: str, header: bool) -> RawTable:
    names, columns = _TRADES[kind], [name for name in frame.columns if name != ROW]
    if len(columns) < len(names):
        raise DataError(f"{source}: expected at least {len(names)} columns of {kind}, got {len(columns)}.")
    if not header:
        frame = frame.rename(dict(zip(columns, names, strict=False)))
    fields = {"time": (names[-1],), **dict.fromkeys(("open", "high", "low", "close"), ())}
    return pick_columns(frame, fields, source, "line", spell=lambda name: name.strip().lower().replace(" ", "_"))


def _unzip(content: bytes, source: str) -> tuple[bytes, str]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [name for name in archive.namelist() if name.lower().endswith(".csv")]
            if len(members) != 1:
                raise DataError(f"{source}: expected a zip of one CSV file, got {len(members)} of them. Unpack it and import the files.")
            return archive.read(members[0]), members[0]
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError, OSError) as error:
        raise DataError(f"{source}: cannot be unpacked ({error}). Download it again.") from None


FORMAT = Format("Binance klines", _recognises, _read, has_header=_has_header)
