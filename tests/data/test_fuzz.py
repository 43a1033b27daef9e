"""The parser under thousands of damaged files: a DataError or sound bars, and a store that is whole either way"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pinejax.core.timeframe import Timeframe
from pinejax.data.options import ImportOptions
from pinejax.data.parts import read_parts
from pinejax.errors import PinejaxError

N_ROWS = 12
START = 1_704_067_200_000
PRICES = np.round(100 + np.arange(N_ROWS) % 5 / 10, 2)
TOKENS = [
    b",", b";", b"\t", b"\n", b"\r\n", b"\r", b'"', b"'", b"\x00", b"\xef\xbb\xbf", b"\xff", b"nan", b"inf", b"-", b"1e400", b"-1", b"0",
   b"9" * 25,
    b"1,5", b"1.000,5", b"time", b"open", b"price", b"symbol", b"2024-01-01", b"2024-02-30 25:61:60", b"+99:99",
    b"1704067200", b"1704067200000000",
    "한글".encode(), b" ", b".",
]  # fmt: skip


def _csv(separator: str = ",") -> bytes:
    rows = [f"{START + 300_000 * i},{p},{p + 1},{p - 1},{p},{i}" for i, p in enumerate(PRICES)]
    return ("time,open,high,low,close,volume\n" + "\n".join(rows) + "\n").replace(",", separator).encode()


def _klines() -> bytes:
    rows = [f"{START + 300_000 * i},{p},{p + 1},{p - 1},{p},{i},{START + 300_000 * (i + 1) - 1},1,2,3,4,0" for i, p in enumerate(PRICES)]
    return ("\n".join(rows) + "\n").encode()


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("X-5m-2024-01.csv", _klines())
    return buffer.getvalue()


def _trades() -> bytes:
    return ("time,price,size\n" + "".join(f"{START + 20_000 * i},{100 + i % 3},1\n" for i in range(N_ROWS))).encode()


def _agg_trades() -> bytes:
    return "".join(f"{i},{100 + i % 3},1,{i},{i},{START + 20_000 * i},true\n" for i in range(N_ROWS)).encode()


def _parquet() -> bytes:
    buffer = io.BytesIO()
    pl.read_csv(_csv()).write_parquet(buffer)
    return buffer.getvalue()


SEEDS = {
    "X_5m.csv": _csv(), "Y_5m.csv": _csv(";"), "X-5m-2024-01.csv": _klines(), "X-5m-2024-01.zip": _zip(), "Z_5m_trades.csv": _trades(),
    "E_X, 5.csv": _csv(), "X_5m.parquet": _parquet(), "X-aggTrades-2024-01-01.csv": _agg_trades(),
}  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, bytes]:
    """A good file with up to four spans cut out, repeated, or replaced by bytes or tokens."""
    name = draw(st.sampled_from(sorted(SEEDS)))
    content = SEEDS[name]
    for _ in range(draw(st.integers(1, 4))):
        at, length = draw(st.integers(0, len(content))), draw(st.integers(0, 40))
        new = draw(st.one_of(st.just(b""), st.sampled_from(TOKENS), st.binary(max_size=8), st.just(content[at : at + 80])))
        content = content[:at] + new + content[at + length :]
    return name, content


def _examine(folder: Path, name: str, content: bytes) -> bool:
    """Whether the file was taken; whatever is taken must be sound."""
    path = folder / name
    path.write_bytes(content)
    try:
        parts = read_parts(path, ImportOptions(symbol="X", timeframe=Timeframe.parse("5m")))
    except PinejaxError:
        return False
    for part in parts:
        bars = part.bars
        values = bars.select("open", "high", "low", "close").to_numpy()
        assert np.isfinite(values).all() and (values > 0).all()
        assert (np.diff(bars["time"].to_numpy()) > 0).all()
        assert (bars["high"].to_numpy() >= values.max(axis=1)).all() and (bars["low"].to_numpy() <= values.min(axis=1)).all()
        volume = bars["volume"].to_numpy()
        assert np.isnan(volume).all() or (volume >= 0).all()
    return True


def test_the_files_that_are_mutated_are_good(tmp_path: Path) -> None:
    assert all(_examine(tmp_path, name, content) for name, content in SEEDS.items())


@given(mutated())
@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_file_is_refused_or_read_soundly(tmp_path: Path, case: tuple[str, bytes]) -> None:
    _examine(tmp_path, *case)


@pytest.mark.slow
@given(mutated())
@settings(max_examples=12_000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_twelve_thousand_damaged_files_are_refused_or_read_soundly(tmp_path: Path, case: tuple[str, bytes]) -> None:
    _examine(tmp_path, *case)
