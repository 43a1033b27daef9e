"""Rows of plain values as a table in a file: CSV, Parquet or JSON lines. What the rows say is the caller's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from pinejax.report.atomic import write_atomically
from pinejax.report.csv_file import guarded
from pinejax.report.tables import column

WRITERS: Mapping[str, Callable[[pl.DataFrame, Path], object]] = {
    ".csv": lambda table, path: guarded(table).write_csv(path),
    ".parquet": lambda table, path: table.write_parquet(path),
    ".jsonl": lambda table, path: table.write_ndjson(path),
}
"""By the file's ending."""


def write_rows(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """One row each, whole or not at all; a key that a row lacks is null. A column of mixed kinds becomes text."""
    names = dict.fromkeys(name for row in rows for name in row)
    table = pl.DataFrame({name: column([row.get(name) for row in rows]) for name in names})
    write_atomically(path, lambda beside: WRITERS[path.suffix.lower()](table, beside))
