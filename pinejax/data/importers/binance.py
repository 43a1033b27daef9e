"""Binance kline archives: CSV or a zip of one, 12 columns, with a header or without, times in ms or (spot, from 2025) us."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path

from pinejax.data.importers.base import ROW, Format, RawTable, fields_of, first_line, pick_columns, read_csv
from pinejax.errors import DataError

_N_COLUMNS = 12
_FIRST = ("open_time", "open", "high", "low", "close", "volume")
_FIELDS: dict[str, tuple[str, ...]] = {"time": _FIRST[:1]} | {name: (name,) for name in _FIRST[1:]}


def _has_header(line: str) -> bool:
    return not fields_of(line)[0].strip().isdigit()


def _recognises(path: Path, content: bytes) -> bool:
    if path.suffix.lower() == ".zip":
        return True
    if path.suffix.lower() != ".csv":
        return False
    fields = [field.strip().lower() for field in fields_of(first_line(content))]
    if len(fields) != _N_COLUMNS:
        return False
    return fields[0].isdigit() or tuple(fields[:6]) == _FIRST


def _read(content: bytes, source: str) -> RawTable:
    if content[:2] == b"PK":
        content, member = _unzip(content, source)
        source = f"{source}:{member}"
    line = first_line(content)
    if not line:
        raise DataError(f"{source}: expected bars, got an empty file.")
    header = _has_header(line)
    frame = read_csv(content, source, header=header)
    if not header:
        if len(fields_of(line)) != _N_COLUMNS:
            raise DataError(f"{source}: expected a header or Binance's {_N_COLUMNS} columns, got {len(fields_of(line))} and no header.")
        unnamed = [name for name in frame.columns if name != ROW]
        frame = frame.rename(dict(zip(unnamed, _FIRST, strict=False)))
    return pick_columns(frame, _FIELDS, source, "line", spell=lambda name: name.strip().lower().replace(" ", "_"))


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
