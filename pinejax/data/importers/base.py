"""What every file format yields: a table of raw columns with the row numbers a user sees. Not whether its values are good."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pinejax.errors import DataError

ROW = "__row"
"""The column of a raw frame that holds each row's number in the file."""
_SEPARATORS = (";", "\t", ",")
"""In this order: beside semicolons or tabs a comma may be a decimal comma."""
TRADE_SYNONYMS = {
    "price": ("price", "p", "px", "lastprice", "tradeprice"),
    "volume": ("size", "qty", "quantity", "amount", "volume", "vol", "q"),
}
"""Per column of trades, the names taken for it, the preferred first."""
SYMBOL_NAMES = ("symbol", "ticker", "pair", "instrument")


@dataclass(frozen=True, eq=False)
class RawTable:
    """A file's OHLCV columns before any check, or its trades.

    source: the file as messages call it. frame: ROW (the number of the line or row in the file), `time`, `open`, `high`, `low`,
    `close` and perhaps `volume`, as text or as the file's own types; `time`, `price` and perhaps `volume` where they are trades.
    Perhaps `symbol`, where the file has a column of symbols. row_word: `line` or `row`.
    """

    source: str
    frame: pl.DataFrame
    row_word: str = "line"

    @property
    def are_trades(self) -> bool:
        """Whether its rows are trades, of which bars are yet to be made."""
        return "price" in self.frame.columns


@dataclass(frozen=True)
class Format:
    """One file format: whether a file is of it (path, content), and how it is read (content, name for messages).

    has_header: of a text format, whether the first line names columns (by that line); None: it can only be read whole.
    """

    name: str
    recognises: Callable[[Path, bytes], bool]
    read: Callable[[bytes, str], RawTable]
    has_header: Callable[[str], bool] | None = None


def first_line(content: bytes) -> str:
    """The first line that is not blank, without a byte order mark."""
    head = content[:65_536].decode("utf-8-sig", errors="replace").lstrip()
    return head.splitlines()[0] if head else ""


def fields_of(line: str) -> list[str]:
    """A line's fields, by the first separator of `;`, tab, `,` that occurs in it."""
    return next(csv.reader([line], delimiter=separator_of(line)), [])


def separator_of(line: str) -> str:
    """The line's field separator; a comma if it has none."""
    return next((s for s in _SEPARATORS if s in line), ",")


def read_csv(content: bytes, source: str, *, header: bool = True) -> pl.DataFrame:
    """All columns as text, blank lines left out, with ROW, each row's line number in the file.

    Errors: DataError for an empty file, a line with too many fields, or text that is not UTF-8.
    """
    body = content.removeprefix(b"\xef\xbb\xbf")
    n_leading = len(body) - len(body.lstrip(b"\r\n"))
    lines_before = body[:n_leading].count(b"\n") + int(header) + 1
    body = body[n_leading:]
    line = first_line(body)
    if not line:
        raise DataError(f"{source}: expected bars, got an empty file.")
    try:
        frame = pl.read_csv(io.BytesIO(body), has_header=header, infer_schema=False, separator=separator_of(line))
    except pl.exceptions.PolarsError as error:
        raise DataError(f"{source}: {_csv_trouble(body, line, lines_before - int(header), error)}") from None
    names = frame.columns
    if separator_of(line) != ",":
        frame = _points_for_commas(frame)
    return frame.with_row_index(ROW, offset=lines_before).filter(pl.any_horizontal(pl.col(names).is_not_null()))


def _points_for_commas(frame: pl.DataFrame) -> pl.DataFrame:
    """Decimal commas as points, in columns that have commas inside numbers and points in none: `0,6901` beside semicolons or tabs."""
    commas = [
        name
        for name in frame.columns
        if frame.select(
            pl.col(name).str.contains(r"^\s*[+-]?\d+,\d+([eE][+-]?\d+)?\s*$").any() & ~pl.col(name).str.contains(".", literal=True).any()
        ).item()
    ]
    return frame.with_columns(pl.col(commas).str.replace(",", ".", literal=True)) if commas else frame


def _csv_trouble(body: bytes, head: str, first: int, error: Exception) -> str:
    try:
        text = body.decode()
    except UnicodeDecodeError as bad:
        return f"line {first + body[: bad.start].count(10)}: expected UTF-8 text, got byte 0x{body[bad.start]:02x}. Save the file as UTF-8."
    n_fields = len(fields_of(head))
    for number, line in enumerate(text.splitlines(), first):
        if len(fields_of(line)) > n_fields:
            return f"line {number}: expected {n_fields} fields as in the first line, got {len(fields_of(line))}."
    return f"cannot be read as CSV ({str(error).splitlines()[0]})."


def pick_columns(
    frame: pl.DataFrame, synonyms: Mapping[str, Sequence[str]], source: str, row_word: str, *, spell: Callable[[str], str]
) -> RawTable:
    """The OHLCV columns of a frame, found by name. `spell` brings a column's name to the form used in `synonyms`.

    A frame with a price and without the four prices of bars is one of trades. Errors: DataError naming the columns that are missing.
    """
    spelled: dict[str, str] = {}
    for name in frame.columns:
        spelled.setdefault(spell(name), name)
    found = {field: next((spelled[s] for s in names if s in spelled), None) for field, names in synonyms.items()}
    trades = {field: next((spelled[s] for s in names if s in spelled), None) for field, names in TRADE_SYNONYMS.items()}
    if trades["price"] and found["time"] and not any(found[field] for field in ("open", "high", "low", "close")):
        found = {"time": found["time"], "price": trades["price"], "volume": trades["volume"]}
    missing = [field for field, column in found.items() if column is None and field != "volume"]
    if missing:
        columns = [name for name in frame.columns if name != ROW]
        shown = ", ".join(columns[:12]) + (", ..." if len(columns) > 12 else "")
        raise DataError(
            f"{source}: expected columns time, open, high, low, close and perhaps volume; no {', '.join(missing)} among: {shown}. "
            f"Name the columns in the first line."
        )
    found["symbol"] = next((spelled[s] for s in SYMBOL_NAMES if s in spelled), None)
    picked = frame.select(ROW, **{field: pl.col(column) for field, column in found.items() if column is not None})
    return RawTable(source, picked, row_word)
