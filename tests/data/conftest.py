"""Fixtures of the data tests: small bars, files made of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pinejax.data.frame import SCHEMA

MakeBars = Callable[..., pl.DataFrame]


@pytest.fixture
def make_bars() -> MakeBars:
    """Bars on the grid of `minutes`, by default from 2024-01-01 00:00 UTC (a Monday); `skip` leaves bars out."""

    def make(
        n: int = 48, minutes: int = 5, start_ms: int = 1_704_067_200_000, skip: Sequence[int] = (), seed: int = 0, price: float = 100.0
    ) -> pl.DataFrame:
        rng = np.random.default_rng(seed)
        close = np.round(price + np.cumsum(rng.integers(-9, 10, n)) / 100, 2)
        open_ = np.append(price, close[:-1])
        high = np.round(np.maximum(open_, close) + rng.integers(0, 5, n) / 100, 2)
        low = np.round(np.minimum(open_, close) - rng.integers(0, 5, n) / 100, 2)
        columns = {
            "time": start_ms + np.arange(n, dtype=np.int64) * minutes * 60_000,
            "open": open_,
            "high": high,
            "low": low,
            "close": close,
            "volume": rng.integers(1, 1_000, n).astype(float),
        }
        keep = np.setdiff1d(np.arange(n), np.asarray(skip, int))
        return pl.DataFrame({name: values[keep] for name, values in columns.items()}, schema=SCHEMA)

    return make


@pytest.fixture
def csv_file(tmp_path: Path) -> Callable[..., Path]:
    """Write text or bars (times in epoch ms) as a CSV of the given name, in a folder of its own."""

    def write(name: str, content: str | bytes | pl.DataFrame) -> Path:
        path = tmp_path / "files" / name
        path.parent.mkdir(exist_ok=True)
        if isinstance(content, pl.DataFrame):
            content.write_csv(path)
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content, encoding="utf-8")
        return path

    return write
