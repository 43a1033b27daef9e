"""pinejax.data.mapped"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pinejax.core.timeframe import Timeframe
from pinejax.data import mapped
from pinejax.data.feed import load_feed
from pinejax.data.frame import SCHEMA
from pinejax.data.ingest import import_files
from pinejax.data.mapped import open_bars
from pinejax.data.options import ImportOptions
from pinejax.data.store import Store
from pinejax.errors import DataError

M5 = Timeframe.parse("5m")


@pytest.fixture
def store(tmp_path: Path, csv_file, make_bars, monkeypatch) -> Store:
    monkeypatch.setattr(mapped, "FEWEST_ROWS", 100)
    import_files(tmp_path / "store", [csv_file("X_5m.csv", make_bars(600)), csv_file("Y_5m.csv", make_bars(50))])
    return Store(tmp_path / "store")


def files(store: Store) -> list[str]:
    return sorted(path.name for path in (store.root / "X").iterdir() if path.suffix == ".bars")


def opened(store: Store) -> pl.DataFrame:
    bars = open_bars(store, store.manifest("X", M5))
    return pl.DataFrame({name: np.array(getattr(bars, name)) for name in SCHEMA}, schema=SCHEMA)


def test_bars_are_the_same_the_first_time_and_mapped(store: Store, make_bars) -> None:
    assert opened(store).equals(make_bars(600))
    assert len(files(store)) == 1
    assert opened(store).equals(make_bars(600))
    assert not open_bars(store, store.manifest("X", M5)).close.flags.writeable


def test_a_feed_of_mapped_bars_is_that_of_read_ones(store: Store, monkeypatch) -> None:
    asked = [("5m@1h", None, None), ("5m", "2024-01-01T03:00", "2024-01-02"), ("15m@4h", "2024-01-01T03:00", None)]
    load_feed(store, "X", "5m")
    with_map = [load_feed(store, "X", *one) for one in asked]
    monkeypatch.setattr(mapped, "FEWEST_ROWS", 10**9)
    for feed, one in zip(with_map, asked, strict=True):
        plain = load_feed(store, "X", *one)
        assert feed.content_hash == plain.content_hash
        for name in SCHEMA:
            np.testing.assert_array_equal(getattr(feed.ltf, name), getattr(plain.ltf, name))
            np.testing.assert_array_equal(getattr(feed.htf, name), getattr(plain.htf, name))


def test_a_later_import_is_seen_and_the_old_map_removed(store: Store, csv_file, make_bars) -> None:
    opened(store)
    before = files(store)
    import_files(store.root, [csv_file("X_5m_b.csv", make_bars(600, seed=3))], ImportOptions(prefer="new"))
    assert opened(store).equals(make_bars(600, seed=3))
    assert len(files(store)) == 1 and files(store) != before


def test_a_parquet_that_was_tampered_with_is_found_in_spite_of_the_map(store: Store, make_bars) -> None:
    opened(store)
    make_bars(600, seed=4).write_parquet(store.parquet_path("X", M5))
    with pytest.raises(DataError, match="content hash"):
        opened(store)


def test_a_map_cut_off_is_written_again(store: Store, make_bars) -> None:
    opened(store)
    (path,) = (store.root / "X").glob(".*.bars")
    path.write_bytes(path.read_bytes()[:1_000])
    assert opened(store).equals(make_bars(600))
    assert path.stat().st_size == 600 * 48


def test_short_datasets_are_not_mapped(store: Store) -> None:
    open_bars(store, store.manifest("Y", M5))
    assert not list((store.root / "Y").glob(".*.bars"))


def test_a_folder_that_cannot_be_written_is_no_error(store: Store, make_bars, monkeypatch) -> None:
    monkeypatch.setattr(mapped, "temporary_beside", lambda path: store.root / "no such folder" / "x")
    assert opened(store).equals(make_bars(600))
    assert files(store) == []
