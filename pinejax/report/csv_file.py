"""Tables as CSV that a spreadsheet may open: no text is taken for a formula. Parquet and JSON have every text as it is."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl

from pinejax.report.atomic import write_atomically

FORMULA, NUMBER = r"^[=+\-@\t\r\n]", r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
MARK = "'"
"""Before a text that begins like a formula, as the OWASP's page on CSV injection has it; spreadsheets read what follows as text."""


def as_text(value: str) -> str:
    """A text of somebody else's choice, such as a symbol, as a cell."""
    return MARK + value if re.match(FORMULA, value) and not re.match(NUMBER, value) else value


def guarded(table: pl.DataFrame) -> pl.DataFrame:
    """The same with every text of every cell as `as_text` has it."""
    texts = pl.col(pl.String)
    begins = texts.str.contains(FORMULA) & ~texts.str.contains(NUMBER)
    return table.with_columns(pl.when(begins).then(MARK + texts).otherwise(texts).name.keep())


def write_csv(path: Path, table: pl.DataFrame) -> None:
    """UTF-8, a header, null as an empty cell, NaN as `NaN`; whole or not at all."""
    write_atomically(path, guarded(table).write_csv)
