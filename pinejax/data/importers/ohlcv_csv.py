"""Generic OHLCV CSV with a header, columns in any order and case under their usual names. Not exchange archives."""

from __future__ import annotations

import re
from pathlib import Path

from pinejax.data.importers.base import Format, RawTable, pick_columns, read_csv

SYNONYMS = {
    "time": (
        "time",
        "timestamp",
        "opentime",
        "datetime",
        "date",
        "ts",
        "unix",
        "unixtime",
        "unixtimestamp",
        "timestampms",
        "timems",
        "t",
        "transacttime",
        "tradetime",
    ),
    "open": ("open", "openprice", "o"),
    "high": ("high", "highprice", "h"),
    "low": ("low", "lowprice", "l"),
    "close": ("close", "closeprice", "c"),
    "volume": ("volume", "vol", "basevolume", "volumebase", "v", "tickvolume"),
}
"""Per column, the names taken for it, the preferred first; compared by `spell`."""


def spell(name: str) -> str:
    """A column's name without case, blanks and punctuation: `Open Time` and `open_time` are `opentime`."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _recognises(path: Path, content: bytes) -> bool:
    return path.suffix.lower() in (".csv", ".txt", ".tsv")


def _read(content: bytes, source: str) -> RawTable:
    return pick_columns(read_csv(content, source), SYNONYMS, source, "line", spell=spell)


FORMAT = Format("OHLCV CSV", _recognises, _read, has_header=lambda line: True)
