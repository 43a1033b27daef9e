"""A stored dataset's bars mapped into memory: ten million are open in milliseconds. Not what is stored: that is the Parquet."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pinejax.core.feed import Bars
from pinejax.core.timeframe import Timeframe
from pinejax.data.frame import SCHEMA, to_bars
from pinejax.data.manifest import Manifest
from pinejax.data.parquet import temporary_beside
from pinejax.data.store import Store

FEWEST_ROWS = 200_000
"""Shorter datasets are read from their Parquet and hashed in less than 40 ms."""
_ROW = 8 * len(SCHEMA)


def open_bars(store: Store, manifest: Manifest) -> Bars:
    """The dataset's bars, read-only.

    The first time they are read and compared with their manifest (`Store.load`), and the columns of a long dataset are written beside the
    Parquet as they lie in memory, `.<timeframe>.<hash>.<size>.<time>.bars`. They are mapped from there as long as manifest and Parquet are
    the same file of the same size and time of change. Where they cannot be written, nothing is mapped. `check` and `verify` always read the
    Parquet. Errors: as `Store.load`.
    """
    timeframe = Timeframe.parse(manifest.timeframe)
    if manifest.n_rows < FEWEST_ROWS:
        return to_bars(store.load(manifest.symbol, timeframe))
    parquet = store.parquet_path(manifest.symbol, timeframe)
    found = _mapped(_place(parquet, manifest), manifest.n_rows)
    if found is not None:
        return found
    bars = to_bars(store.load(manifest.symbol, timeframe))
    _write(bars, _place(parquet, manifest), timeframe)
    return _mapped(_place(parquet, manifest), len(bars)) or bars


def _place(parquet: Path, manifest: Manifest) -> Path:
    try:
        stat = parquet.stat()
    except OSError:
        return parquet.with_name(".none.bars")
    return parquet.with_name(f".{parquet.stem}.{manifest.content_hash[:16]}.{stat.st_size}.{stat.st_mtime_ns}.bars")


def _mapped(path: Path, n_rows: int) -> Bars | None:
    try:
        if path.stat().st_size != n_rows * _ROW:
            return None
        whole = np.memmap(path, mode="r", dtype=np.uint8)
    except OSError:
        return None
    columns = np.asarray(whole).reshape(len(SCHEMA), n_rows * 8)
    return Bars(**{name: columns[i].view("<i8" if name == "time" else "<f8") for i, name in enumerate(SCHEMA)})


def _write(bars: Bars, path: Path, timeframe: Timeframe) -> None:
    """Whole or not at all; those of earlier bars are removed. A folder that cannot be written is no error: there is the Parquet."""
    temporary = temporary_beside(path)
    try:
        with temporary.open("wb") as file:
            for name in SCHEMA:
                file.write(np.ascontiguousarray(getattr(bars, name)).data)
        for old in path.parent.glob(f".{timeframe}.*.bars"):
            old.unlink(missing_ok=True)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
