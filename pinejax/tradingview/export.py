"""TradingView's list of trades as values: `read_export`. Times stay the chart's wall clock here; `zone` puts them on bars."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from pinejax.errors import DataError
from pinejax.tradingview import words
from pinejax.tradingview.columns import find_columns
from pinejax.tradingview.dates import date_orders, is_date, moment
from pinejax.tradingview.numbers import decimal_marks, is_number, numbers
from pinejax.tradingview.table import HOW, Table, read_table

_NUMERIC = (words.PRICE, words.QTY, words.PNL, words.MFE, words.MAE)


@dataclass(frozen=True)
class ExportedTrade:
    """One trade of an export. direction: 1 long, -1 short. entry_time, exit_time: ms of the chart's wall clock read as UTC.

    A trade that was still open (`is_open`) has the last bar's time and close as its exit, or no exit at all (None, NaN). Money
    columns are in account currency, NaN where the file has none.
    """

    number: int
    direction: int
    entry_time: int
    entry_price: float
    entry_signal: str
    exit_time: int | None
    exit_price: float
    exit_signal: str
    is_open: bool
    qty: float
    pnl: float = math.nan
    mfe: float = math.nan
    mae: float = math.nan


@dataclass(frozen=True)
class Export:
    """A list of trades in one reading. has_time: false where the file gives dates alone; zoned: its times named their offset: UTC.

    reading: how ambiguous cells were read, such as `day first, decimal comma`, for messages. price_currency, pnl_currency: what the
    headers name (`Price USDT`, `Net P&L USD`), empty where they do not.
    """

    path: Path
    trades: tuple[ExportedTrade, ...]
    has_time: bool
    zoned: bool
    reading: str
    price_currency: str = ""
    pnl_currency: str = ""


def read_export(path: Path) -> tuple[Export, ...]:
    """The list of trades, in every reading that its cells allow (03/04 may be March or April, `1,234` a thousand), likeliest first.

    Columns and words are told in TradingView's languages, else by structure. Errors: DataError for any other file, naming the line
    that cannot be read.
    """
    table = read_table(Path(path))
    columns = find_columns(table)
    _refuse_several_datasets(table)
    dates = [row[columns[words.DATE]].strip() for row in table.rows]
    given = [cell for cell in dates if cell]
    orders = date_orders(given)
    if not orders:
        _refuse_bad_cell(table, columns[words.DATE], lambda cell: not cell.strip() or is_date(cell), "a date such as 2025-03-31 08:15")
        raise DataError(f"compare: {table.path} writes its dates in more than one way. {HOW}")
    cells = {name: [row[columns[name]] for row in table.rows] for name in _NUMERIC if name in columns}
    marks = decimal_marks((cell for column in cells.values() for cell in column), prefer="." if table.separator == "," else ",")
    if not marks:
        for name in cells:
            _refuse_bad_cell(table, columns[name], lambda cell: not cell.strip() or is_number(cell), "a number")
        raise DataError(f"compare: {table.path} writes its numbers in more than one way (decimal points and commas). {HOW}")
    pairs = _pairs(table, columns)
    return tuple(_reading(table, columns, pairs, dates, order, mark) for order, mark in product(orders, marks))


def _refuse_several_datasets(table: Table) -> None:
    """A file of ours that has the trades of several."""
    places = [i for i, name in enumerate(table.header) if name in ("symbol", "timeframe")]
    found = list(dict.fromkeys(" ".join(row[i] for i in places) for row in table.rows))
    if len(found) > 1:
        raise DataError(
            f"compare: {table.path} has the trades of {len(found)} datasets ({', '.join(found[:3])}{', ...' if len(found) > 3 else ''}); "
            f"expected those of one. Beside it lies trades_<symbol>_<timeframe>.csv of each."
        )


def _reading(table: Table, columns: Mapping[str, int], pairs: list[tuple[int, ...]], dates: list[str], order: str, mark: str) -> Export:
    moments = [moment(cell, order) if cell else None for cell in dates]
    values = {name: numbers([row[columns[name]] for row in table.rows], mark) for name in _NUMERIC if name in columns}
    times = [m.ms if m else None for m in moments]
    kinds = _kinds(table, columns, pairs, times, values)
    trades = [_trade(table, columns, rows, kinds, times, values) for rows in pairs]
    last = max((t.exit_time for t in trades if t.exit_time is not None), default=None)
    # A strategy may call an exit of its own "Open": the real ones all carry the time of the last bar.
    trades = [t if not t.is_open or t.exit_time in (None, last) else replace(t, is_open=False) for t in trades]
    known = [m for m in moments if m]
    reading = f"dates {order}, decimal {'comma' if mark == ',' else 'point'}"
    return Export(
        table.path, tuple(trades), any(m.has_time for m in known), any(m.zoned for m in known), reading, *_currencies(table, columns)
    )


def _currencies(table: Table, columns: Mapping[str, int]) -> tuple[str, str]:
    """Of prices and of P&L: capitals at the end of their headers."""
    headers = [table.header[columns[name]] if name in columns else "" for name in (words.PRICE, words.PNL)]
    found = [re.search(r"\S\s+\(?([A-Z]{3,6})\)?$", header) for header in headers]
    return (found[0][1] if found[0] else "", found[1][1] if found[1] else "")


def _pairs(table: Table, columns: Mapping[str, int]) -> list[tuple[int, ...]]:
    """The rows of each trade: two with one number, or one of a trade that has no exit yet."""
    by_number: defaultdict[str, list[int]] = defaultdict(list)
    for i, row in enumerate(table.rows):
        by_number[row[columns[words.NUMBER]].strip()].append(i)
    for number, rows in by_number.items():
        if len(rows) > 2 or not number:
            line = table.lines[rows[-1]]
            raise DataError(
                f"compare: {table.path}, line {line}: expected two rows for each trade, an entry and an exit; "
                f"trade {number or '(no number)'} has {len(rows)}. {HOW}"
            )
    return [tuple(rows) for rows in by_number.values()]


def _kinds(
    table: Table,
    columns: Mapping[str, int],
    pairs: Sequence[tuple[int, ...]],
    times: Sequence[int | None],
    values: Mapping[str, list[float]],
) -> dict[str, tuple[bool, int]]:
    """(is an entry, direction) of each text of the type column: by its words, or, where any is unknown, by what its rows do."""
    texts = {row[columns[words.TYPE]].strip() for row in table.rows}
    known = {text: kind for text in texts if (kind := words.kind_of(text))}
    if len(known) == len(texts):
        return known
    enters, rises = Counter[str](), Counter[str]()
    price, pnl = values[words.PRICE], values.get(words.PNL, [math.nan] * len(table.rows))
    for rows in pairs:
        if len(rows) == 2:
            early, late = sorted(rows, key=lambda i: times[i] or 0)
            if times[early] != times[late]:
                enters[table.rows[early][columns[words.TYPE]].strip()] += 1
                enters[table.rows[late][columns[words.TYPE]].strip()] -= 1
                gain = (price[late] - price[early]) * pnl[late]
                for i in rows:
                    rises[table.rows[i][columns[words.TYPE]].strip()] += (gain > 0) - (gain < 0)
    unclear = sorted(text for text in texts if not enters[text] or not rises[text])
    if unclear:
        raise DataError(
            f"compare: {table.path}: which of its types is an entry and which an exit, long or short, cannot be told: "
            f"{', '.join(unclear)}. Switch TradingView to English and export again."
        )
    return {text: (enters[text] > 0, 1 if rises[text] > 0 else -1) for text in texts}


def _trade(
    table: Table,
    columns: Mapping[str, int],
    rows: tuple[int, ...],
    kinds: Mapping[str, tuple[bool, int]],
    times: Sequence[int | None],
    values: Mapping[str, list[float]],
) -> ExportedTrade:
    kind = {i: kinds[table.rows[i][columns[words.TYPE]].strip()] for i in rows}
    entries, exits = [i for i in rows if kind[i][0]], [i for i in rows if not kind[i][0]]
    number = table.rows[rows[0]][columns[words.NUMBER]].strip()
    directions = {d for _, d in kind.values()}
    if len(entries) != 1 or len(exits) > 1 or len(directions) > 1:
        raise DataError(
            f"compare: {table.path}, line {table.lines[rows[0]]}: expected one entry and one exit of the same direction "
            f"for trade {number}. {HOW}"
        )
    enter, leave = entries[0], exits[0] if exits else None
    entry_time, entry_price = times[enter], values[words.PRICE][enter]
    # Old exports leave the columns of the whole trade empty on one of its rows.
    whole = {name: _first(values[name][i] for i in (leave, enter) if i is not None) for name in values}
    if entry_time is None or math.isnan(entry_price) or math.isnan(whole[words.QTY]):
        raise DataError(
            f"compare: {table.path}, line {table.lines[enter]}: expected a time, a price and a quantity for trade {number}. {HOW}"
        )
    signal = columns.get(words.SIGNAL)
    exit_signal = table.rows[leave][signal].strip() if leave is not None and signal is not None else ""
    exit_time = times[leave] if leave is not None else None
    exit_price = values[words.PRICE][leave] if leave is not None else math.nan
    return ExportedTrade(
        number=int(number) if number.isdigit() else 0,
        direction=directions.pop(),
        entry_time=entry_time,
        entry_price=entry_price,
        entry_signal=table.rows[enter][signal].strip() if signal is not None else "",
        exit_time=exit_time,
        exit_price=exit_price,
        exit_signal=exit_signal,
        is_open=exit_time is None or math.isnan(exit_price) or words.says_open(exit_signal),
        qty=abs(whole[words.QTY]),
        **{name: whole.get(name, math.nan) for name in (words.PNL, words.MFE, words.MAE)},
    )


def _first(given: Iterable[float]) -> float:
    return next((x for x in given if not math.isnan(x)), math.nan)


def _refuse_bad_cell(table: Table, column: int, good: Callable[[str], bool], expected: str) -> None:
    """Errors: DataError for the first cell of a column that is not `good`; nothing where all are."""
    bad = next((i for i, row in enumerate(table.rows) if not good(row[column])), None)
    if bad is not None:
        line, cell = table.lines[bad], table.rows[bad][column]
        raise DataError(f"compare: {table.path}, line {line}, column {table.header[column]!r}: expected {expected}, got {cell!r}. {HOW}")
