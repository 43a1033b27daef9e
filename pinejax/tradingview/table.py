"""A CSV file's bytes as rows of text, whatever its encoding and separator; other kinds of files are refused. Not what columns mean."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from pinejax.errors import DataError
from pinejax.tradingview.words import plain

HOW = "In TradingView: Strategy Report, List of trades, then the export (download) button; save it as CSV."
_SEPARATORS = (",", ";", "\t")
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_BARS = ({"open", "high", "low", "close"}, {"offen", "hoch", "tief", "schluss"})


@dataclass(frozen=True)
class Table:
    """path: for messages. rows: with as many cells as the header, blank lines left out. lines: each row's line in the file."""

    path: Path
    separator: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]


def read_table(path: Path) -> Table:
    """The file's header and rows.

    Errors: DataError for a missing, empty or header-only file, a spreadsheet or web page, a chart's bars, a performance summary.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"compare: {path} cannot be read ({error.strerror}). It must be TradingView's list of trades as CSV. {HOW}"
        ) from None
    if content.startswith((_ZIP, _OLE)) or path.suffix.lower() in (".xlsx", ".xls"):
        raise DataError(f"compare: {path} is a spreadsheet (XLSX); expected CSV. {HOW}")
    text = _decoded(content)
    if not text.strip():
        raise DataError(f"compare: {path} is empty; expected TradingView's list of trades. {HOW}")
    if text.lstrip().startswith(("<", "{")):
        raise DataError(f"compare: {path} is no CSV file (it begins with {text.lstrip()[:20]!r}). {HOW}")
    separator, parsed = _split(text)
    (_, header), *rest = parsed
    _refuse_other_lists(path, header)
    if not rest:
        raise DataError(f"compare: {path} has a header but no trades. Did the strategy trade in the range of the chart? {HOW}")
    width = len(header)
    for line, cells in rest:
        if any(cell.strip() for cell in cells[width:]):
            raise DataError(
                f"compare: {path}, line {line}: expected at most {width} cells, as many as the header has, got {len(cells)}. "
                f"Numbers with decimal commas need quotes, or semicolons between the cells. {HOW}"
            )
    rows = tuple((*cells, *[""] * (width - len(cells)))[:width] for _, cells in rest)
    return Table(path, separator, tuple(cell.strip() for cell in header), rows, tuple(line for line, _ in rest))


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    if content[:200].count(0) > len(content[:200]) // 4:  # UTF-16 without its mark: every other byte of Latin text is zero
        return content.decode("utf-16-le" if content[1:2] == b"\0" else "utf-16-be", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _split(text: str) -> tuple[str, list[tuple[int, list[str]]]]:
    """The separator that gives the header most cells, and the rows that are not blank, each with its line number."""
    first = next(line for line in text.splitlines() if line.strip())
    separator = max(_SEPARATORS, key=lambda mark: len(next(csv.reader([first], delimiter=mark))))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    return separator, [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]


def _refuse_other_lists(path: Path, header: list[str]) -> None:
    names = [plain(cell) for cell in header]
    if any(words <= set(names) for words in _BARS):
        raise DataError(f"compare: {path} holds a chart's bars (open, high, low, close); expected a list of trades. {HOW}")
    summary = {"all", "long", "short"}
    if len(names) < 5 or summary <= {name.split(" ")[0] for name in names[1:] if name}:
        shown = ", ".join(cell.strip() for cell in header[:6])
        raise DataError(f"compare: {path} is no list of trades (its header: {shown}). A performance summary or properties list? {HOW}")
