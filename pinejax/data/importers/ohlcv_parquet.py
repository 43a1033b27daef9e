"""Generic OHLCV Parquet, columns under their usual names. Not the store's own files, though it reads those as well."""

from __future__ import annotations

import io
from pathlib import Path

from pinejax.data.importers.base import ROW, Format, RawTable, pick_columns
from pinejax.data.importers.ohlcv_csv import SYNONYMS, spell
from pinejax.data.parquet import read_parquet

_PANDAS_INDEX = "indexlevel0"


def _recognises(path: Path, content: bytes) -> bool:
    return path.suffix.lower() in (".parquet", ".pq") or content[:4] == b"PAR1"


def _read(content: bytes, source: str) -> RawTable:
    frame = read_parquet(io.BytesIO(content), source, "Write it again.")
    synonyms = {**SYNONYMS, "time": (*SYNONYMS["time"], _PANDAS_INDEX)}
    return pick_columns(frame.with_row_index(ROW, offset=1), synonyms, source, "row", spell=spell)


FORMAT = Format("OHLCV Parquet", _recognises, _read)
