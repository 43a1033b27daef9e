"""From one file to checked bars and where they belong. Not merging (`merge`) nor storing (`ingest`)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from pinejax.core.timeframe import Timeframe
from pinejax.data.filenames import NamePattern, Naming, names_from
from pinejax.data.frame import iso
from pinejax.data.grid import require_gridded
from pinejax.data.importers import SUFFIXES, format_of
from pinejax.data.importers.base import ROW, Format, RawTable, first_line
from pinejax.data.manifest import Source
from pinejax.data.options import ImportOptions
from pinejax.data.trades import bars_of_trades, join_bars
from pinejax.data.validate import checked_bars
from pinejax.errors import DataError

_FEWEST_TO_INFER = 3
_PIECE = 64 * 2**20
"""Longer text files are read in pieces of so many bytes: as text, a piece takes some six times its size in memory."""


@dataclass(frozen=True, eq=False)
class Part:
    """One file's bars and where they belong. understood: what the file was taken for."""

    symbol: str
    timeframe: Timeframe
    bars: pl.DataFrame
    source: Source
    understood: str = ""


def files_in(paths: Sequence[str | Path]) -> list[Path]:
    """The files themselves, and of folders those of a known kind at any depth, sorted; hidden ones are left out.

    Errors: DataError for a folder without any.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        if not path.is_dir():
            found.append(path)
            continue
        inside = [
            file for file in sorted(path.rglob("*")) if file.suffix.lower() in SUFFIXES and file.is_file() and not _hidden(file, path)
        ]
        if not inside:
            raise DataError(f"{path}: expected a folder with {', '.join(SUFFIXES)} files, found none.")
        found += inside
    return found


def read_parts(path: Path, options: ImportOptions) -> list[Part]:
    """A file's bars; several parts where a column of it names several symbols.

    Errors: DataError for a file that cannot be read or has bad rows, a symbol that is not known, a timeframe that the bars contradict.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}). Check the path.") from None
    known = format_of(path, content)
    naming = _naming(path, options)
    timeframe = options.timeframe or naming.timeframe
    source = Source(path.name, hashlib.sha256(content).hexdigest(), 0)
    return parts_of(_tables(path, content, known), source, known.name, replace(naming, timeframe=timeframe), options)


def parts_of(tables: Iterator[RawTable], source: Source, format_name: str, naming: Naming, options: ImportOptions) -> list[Part]:
    """The parts of one file's tables, which are read one after another. Errors: as `read_parts`."""
    zone = options.times_in or "UTC"
    pieces: dict[str, _Joined] = {}
    for table in tables:
        for symbol, of_symbol in _by_symbol(table, naming, options):
            pieces.setdefault(symbol, _Joined(of_symbol.are_trades)).add(of_symbol, naming.timeframe, zone)
    parts = []
    for symbol, joined in pieces.items():
        bars, time = joined.bars, joined.bars["time"].to_numpy()
        timeframe = naming.timeframe or infer_timeframe(time, source.name)
        _check_spacing(time, require_gridded(timeframe), source.name)
        n_rows = len(bars) if joined.of_trades else joined.n_rows
        what = f"{format_name}, {joined.n_rows:,} {'trades' if joined.of_trades else 'rows'}"
        parts.append(Part(symbol, timeframe, bars, replace(source, n_rows=n_rows), what))
    return parts


def infer_timeframe(time: np.ndarray, name: str) -> Timeframe:
    """The most common spacing of bars. Errors: DataError with fewer than three bars, or a spacing that is no timeframe."""
    if len(time) < _FEWEST_TO_INFER:
        raise DataError(f"{name}: {len(time)} bars are too few to tell the timeframe from. Give --timeframe.")
    spacing = _common_spacing(time)
    if spacing % 1_000:
        raise DataError(f"{name}: most bars are {spacing} ms apart, which is no timeframe. Give --timeframe.")
    return Timeframe(spacing // 1_000)


class _Joined:
    """The bars of one symbol, piece after piece of a file."""

    def __init__(self, of_trades: bool) -> None:
        self.of_trades, self.n_rows, self._bars = of_trades, 0, []

    @property
    def bars(self) -> pl.DataFrame:
        return pl.concat(self._bars)

    def add(self, table: RawTable, timeframe: Timeframe | None, zone: str) -> None:
        self.n_rows += len(table.frame)
        if self.of_trades:
            if timeframe is None:
                raise DataError(f"{table.source}: expected the timeframe of the bars to make of these trades. Give --timeframe.")
            new = bars_of_trades(table, require_gridded(timeframe), zone)
            joined = join_bars(self._bars[-1], new) if self._bars else new
            self._bars = [*self._bars[:-1], joined]
            return
        new = checked_bars(table, zone)
        if self._bars:
            new = _after(self._bars[-1], new, table)
        self._bars.append(new)


def _after(before: pl.DataFrame, bars: pl.DataFrame, table: RawTable) -> pl.DataFrame:
    """The bars of a later piece, less a first one that repeats the last one before. Errors: DataError where they do not go on from it."""
    if before["volume"].is_nan().all() != bars["volume"].is_nan().all():
        raise DataError(f"{table.source}: expected volume on all rows or on none, got some. Nothing was imported.")
    first, last = bars.row(0), before.row(-1)
    if first == last:
        return bars[1:]
    if first[0] <= last[0]:
        row = table.frame[ROW][0]
        raise DataError(f"{table.source}: {table.row_word} {row}: time {iso(first[0])} after {iso(last[0])}. Sort the file by time.")
    return bars


def _tables(path: Path, content: bytes, known: Format) -> Iterator[RawTable]:
    if known.has_header is None or len(content) <= _PIECE or content[:2] == b"PK":
        yield known.read(content, path.name)
        return
    header = content[: content.index(b"\n") + 1] if known.has_header(first_line(content)) else b""
    begin, n_lines = 0, 0
    while begin < len(content):
        end = content.rfind(b"\n", begin, begin + _PIECE) + 1 or len(content)
        piece = content[begin:end] if begin == 0 else header + content[begin:end]
        table = known.read(piece, path.name)
        before = n_lines - (1 if header and begin else 0)
        yield replace(table, frame=table.frame.with_columns(pl.col(ROW) + before)) if begin else table
        n_lines += content.count(b"\n", begin, end)
        begin = end


def _by_symbol(table: RawTable, naming: Naming, options: ImportOptions) -> Iterator[tuple[str, RawTable]]:
    frame = table.frame
    if "symbol" not in frame.columns:
        symbol = options.symbol or naming.symbol
        if not symbol:
            raise DataError(f"{table.source}: its name does not tell the symbol (as BTCUSDT_5m.csv would). Give --symbol.")
        yield symbol, table
        return
    rest, names = frame.drop("symbol"), frame["symbol"].cast(pl.String).str.strip_chars()
    found = names.drop_nulls().unique(maintain_order=True).to_list()
    if options.symbol and len(found) > 1:
        raise DataError(
            f"{table.source}: has the bars of {len(found)} symbols ({', '.join(found[:5])}), and --symbol gives one. Leave it out."
        )
    if names.null_count() or "" in found:
        raise DataError(f"{table.source}: expected a symbol on every row, got rows without one. Nothing was imported.")
    if len(found) == 1:
        yield options.symbol or (naming.symbol if options.pattern else None) or found[0], replace(table, frame=rest)
        return
    for symbol in found:
        yield symbol, replace(table, frame=rest.filter(names == symbol))


def _naming(path: Path, options: ImportOptions) -> Naming:
    if options.pattern:
        return NamePattern.parse(options.pattern).read(path)
    return names_from(path) if options.symbol is None or options.timeframe is None else Naming()


def _hidden(file: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in file.relative_to(folder).parts)


def _common_spacing(time: np.ndarray) -> int:
    steps, counts = np.unique(np.diff(time), return_counts=True)
    return int(steps[np.argmax(counts)])


def _check_spacing(time: np.ndarray, timeframe: Timeframe, name: str) -> None:
    """Errors: DataError where the bars are plainly of another timeframe: closer together, or never this close."""
    if len(time) < _FEWEST_TO_INFER:
        return
    common = _common_spacing(time)
    if common < timeframe.ms or not (np.diff(time) == timeframe.ms).any():
        raise DataError(f"{name}: expected {timeframe} bars, but most are {Timeframe(max(1, common // 1_000))} apart. Give --timeframe.")
