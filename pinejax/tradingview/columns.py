"""Which column of an export is which: by the words of its header, else by what its cells are like. Two rows make a trade."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from pinejax.errors import DataError
from pinejax.tradingview import words
from pinejax.tradingview.dates import is_date
from pinejax.tradingview.numbers import is_number
from pinejax.tradingview.table import HOW, Table

REQUIRED = (words.NUMBER, words.TYPE, words.DATE, words.PRICE, words.QTY)
OPTIONAL = (words.SIGNAL, words.PNL, words.MFE, words.MAE)
_MINUS = ("-", "−")
_SAMPLE = 200
"""Rows looked at where the header's words are unknown."""


def find_columns(table: Table) -> dict[str, int]:
    """Meaning -> column; all of REQUIRED, and those of OPTIONAL that are there.

    Errors: DataError naming what is missing and the header that was found.
    """
    meanings = [words.meaning_of(name) for name in table.header]
    found = {m: meanings.index(m) for m in dict.fromkeys(meanings) if m in (*REQUIRED, *OPTIONAL)}
    taken = {i for i, m in enumerate(meanings) if m in (words.CUMULATIVE, words.VALUE) or "%" in table.header[i]} | set(found.values())
    for meaning, test in _TESTS.items():
        if meaning not in found:
            place = next((i for i in range(len(table.header)) if i not in taken and test(table, i, found)), None)
            if place is not None:
                found[meaning] = place
                taken.add(place)
    missing = [name for name in REQUIRED if name not in found]
    if missing:
        raise DataError(
            f"compare: {table.path} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)} of a list of trades; "
            f"its header is: {', '.join(table.header)}. {HOW}"
        )
    return found


def _cells(table: Table, column: int) -> list[str]:
    return [row[column].strip() for row in table.rows[:_SAMPLE]]


def _numeric(cells: Sequence[str]) -> bool:
    given = [cell for cell in cells if cell]
    return bool(given) and all(is_number(cell) for cell in given)


def _looks_like_number(table: Table, column: int, found: dict[str, int]) -> bool:
    """Whole numbers, most of them on two rows in a row."""
    cells = _cells(table, column)
    twice = sum(a == b for a, b in pairwise(cells))
    return all(re.fullmatch(r"\d+", cell) for cell in cells) and len(set(cells)) > len(cells) // 3 and twice >= (len(cells) - 1) // 2


def _looks_like_date(table: Table, column: int, found: dict[str, int]) -> bool:
    given = [cell for cell in _cells(table, column) if cell]
    return bool(given) and all(map(is_date, given))


def _looks_like_type(table: Table, column: int, found: dict[str, int]) -> bool:
    """At most four words, another one on each row of a trade."""
    cells = _cells(table, column)
    changes = sum(a != b for a, b in zip(cells[::2], cells[1::2], strict=False))
    return 2 <= len(set(cells)) <= 4 and not _numeric(cells) and not _looks_like_date(table, column, found) and changes >= len(cells) // 2


def _looks_like_price(table: Table, column: int, found: dict[str, int]) -> bool:
    """Positive numbers that differ between the rows of a trade."""
    cells = _cells(table, column)
    changes = sum(a != b for a, b in zip(cells[::2], cells[1::2], strict=False))
    return _numeric(cells) and not any(cell.startswith(_MINUS) for cell in cells) and changes > len(cells) // 4


def _looks_like_qty(table: Table, column: int, found: dict[str, int]) -> bool:
    """The first positive numbers to the right of the prices that are the same on both rows of a trade."""
    cells = _cells(table, column)
    return column > found.get(words.PRICE, len(table.header)) and _numeric(cells) and not any(c.startswith(_MINUS) for c in cells)


def _looks_like_pnl(table: Table, column: int, found: dict[str, int]) -> bool:
    """The first numbers of both signs to the right of the quantities."""
    cells = _cells(table, column)
    return column > found.get(words.QTY, len(table.header)) and _numeric(cells) and any(c.startswith(_MINUS) for c in cells)


def _looks_like_signal(table: Table, column: int, found: dict[str, int]) -> bool:
    cells = _cells(table, column)
    return any(cells) and not _numeric(cells) and not _looks_like_date(table, column, found)


# In this order: a later one may use what the earlier ones found.
_TESTS = {
    words.NUMBER: _looks_like_number,
    words.DATE: _looks_like_date,
    words.TYPE: _looks_like_type,
    words.PRICE: _looks_like_price,
    words.QTY: _looks_like_qty,
    words.PNL: _looks_like_pnl,
    words.SIGNAL: _looks_like_signal,
}
