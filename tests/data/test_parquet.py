"""pinejax.data.parquet"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pinejax.data.parquet import read_parquet, write_parquet, write_text
from pinejax.errors import DataError


def test_a_table_comes_back_as_it_was_written(tmp_path: Path, make_bars) -> None:
    write_parquet(make_bars(9), tmp_path / "a.parquet")
    assert read_parquet(tmp_path / "a.parquet", "a", "").equals(make_bars(9))


@pytest.mark.parametrize("content", [b"", b"PAR1", b"time,open\n1,2\n", None])
def test_a_broken_or_missing_file_is_a_data_error(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "a.parquet").write_bytes(content)
    with pytest.raises(DataError, match=r"a: expected a readable Parquet file, got: .* Try again\."):
        read_parquet(tmp_path / "a.parquet", "a", "Try again.")


@pytest.mark.parametrize("cut", [4, 100, 1_000])
def test_a_cut_off_file_is_a_data_error(tmp_path: Path, make_bars, cut: int) -> None:
    path = tmp_path / "a.parquet"
    write_parquet(make_bars(400), path)
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(DataError, match="readable Parquet"):
        read_parquet(path, "a", "")


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path: Path, make_bars, monkeypatch) -> None:
    table, text = tmp_path / "a.parquet", tmp_path / "a.json"
    write_parquet(make_bars(9), table)
    write_text("old", text)

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_parquet(make_bars(20), table)
    with pytest.raises(OSError, match="disk full"):
        write_text("new", text)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "a.parquet"]
    assert read_parquet(table, "a", "").equals(make_bars(9))
    assert text.read_text() == "old"
