"""pinejax.data.store"""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl
import pytest

from pinejax.core.timeframe import Timeframe
from pinejax.data.ingest import import_files, new_manifest
from pinejax.data.options import ImportOptions
from pinejax.data.store import Store, open_store, slug
from pinejax.errors import DataError

M5, H1 = Timeframe.parse("5m"), Timeframe.parse("1h")


@pytest.fixture
def store(tmp_path: Path, make_bars) -> Store:
    """BTCUSDT 5m and 1h, BINANCE:ETHUSDT.P 5m."""
    store = Store(tmp_path / "store")
    for symbol, timeframe, minutes in (("BTCUSDT", M5, 5), ("BTCUSDT", H1, 60), ("BINANCE:ETHUSDT.P", M5, 5)):
        bars = make_bars(24, minutes=minutes)
        store.write(bars, new_manifest(symbol, timeframe, bars, ()))
    return store


def test_what_is_written_is_listed_and_loaded(store: Store, make_bars) -> None:
    assert store.symbols() == ["BINANCE:ETHUSDT.P", "BTCUSDT"]
    assert [(symbol, str(timeframe)) for symbol, timeframe, _ in store.datasets()] == [
        ("BINANCE:ETHUSDT.P", "5m"),
        ("BTCUSDT", "5m"),
        ("BTCUSDT", "1h"),
    ]
    assert store.timeframes("BTCUSDT") == [M5, H1]
    assert store.load("BTCUSDT", H1).equals(make_bars(24, minutes=60))


def test_one_parquet_and_one_manifest_per_symbol_and_timeframe(store: Store) -> None:
    files = sorted(path.relative_to(store.root).as_posix() for path in store.root.rglob("*.*") if path.is_file())
    assert files == [
        "BINANCE_ETHUSDT.P/5m.json",
        "BINANCE_ETHUSDT.P/5m.parquet",
        *(f"BTCUSDT/{name}" for name in ("1h.json", "1h.parquet", "5m.json", "5m.parquet")),
    ]


def test_an_unknown_symbol_is_answered_with_the_nearest(store: Store) -> None:
    with pytest.raises(DataError, match=r"symbol: no bars of 'BTCUSD' in .* Did you mean BTCUSDT\?"):
        store.load("BTCUSD", M5)
    with pytest.raises(DataError, match=r"Did you mean BTCUSDT\?"):
        store.timeframes("btcusdt")
    with pytest.raises(DataError, match=r"Did you mean BINANCE:ETHUSDT\.P"):
        store.manifest("ETHUSDT.P", M5)


def test_a_timeframe_that_is_not_stored_is_answered_with_those_that_are(store: Store) -> None:
    with pytest.raises(DataError, match="BTCUSDT: 15m bars are not stored; stored: 5m, 1h"):
        store.load("BTCUSDT", Timeframe.parse("15m"))


@pytest.mark.parametrize("damage", [lambda b: b[:-50], lambda b: b"", lambda b: b"not parquet" * 99])
def test_an_unreadable_parquet_is_a_data_error(store: Store, damage) -> None:
    path = store.parquet_path("BTCUSDT", M5)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match=r"5m\.parquet: expected a readable Parquet file"):
        store.load("BTCUSDT", M5)


def test_a_parquet_of_other_bars_or_columns_is_a_data_error(store: Store, make_bars) -> None:
    path = store.parquet_path("BTCUSDT", M5)
    make_bars(24, seed=9).write_parquet(path)
    with pytest.raises(DataError, match="not the ones its manifest describes"):
        store.load("BTCUSDT", M5)
    make_bars(24).with_columns(pl.col("volume").cast(pl.Float32)).write_parquet(path)
    with pytest.raises(DataError, match="expected the columns time, open"):
        store.load("BTCUSDT", M5)


def test_two_symbols_cannot_share_a_folder(store: Store, make_bars) -> None:
    with pytest.raises(DataError, match=r"its folder BINANCE_ETHUSDT\.P is taken by BINANCE:ETHUSDT\.P"):
        store.write(make_bars(3), new_manifest("BINANCE_ETHUSDT.P", M5, make_bars(3), ()))


def test_a_symbol_cannot_leave_the_store() -> None:
    assert slug("../../etc") == "_.._etc"
    assert slug("..") == "_"
    assert slug("BINANCE:ETHUSDT.P") == "BINANCE_ETHUSDT.P"


def test_a_folder_that_is_not_there_is_a_data_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"data\.root: expected a folder .* python -m pinejax\.data import"):
        open_store(tmp_path / "nowhere")


def test_an_empty_name_is_not_the_current_folder() -> None:
    with pytest.raises(DataError, match=r"data\.root: expected a folder with imported bars, got an empty text\. Give one"):
        open_store("")


def test_a_place_that_cannot_be_written_is_a_data_error(tmp_path: Path, make_bars) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        Store(tmp_path / "file").write(make_bars(3), new_manifest("A", M5, make_bars(3), ()))


@pytest.mark.parametrize(("end", "seen"), [(KeyboardInterrupt(), KeyboardInterrupt), (OSError("full"), DataError)])
def test_what_ends_between_bars_and_manifest_loses_neither(store: Store, make_bars, monkeypatch, end, seen) -> None:
    bars, rename = make_bars(30, seed=5), os.replace

    def replace(old: Path, new: Path) -> None:
        if Path(new).name == "5m.json":
            raise end
        rename(old, new)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(seen) as caught:
        store.write(bars, new_manifest("BTCUSDT", M5, bars, ()))
    monkeypatch.undo()
    assert "nothing was imported" not in str(caught.value)
    assert store.load("BTCUSDT", M5).equals(bars)
    assert store.manifest("BTCUSDT", M5).n_rows == 30
    assert not [path for path in store.root.rglob(".*") if path.is_file()]


def test_an_import_after_one_that_broke_off_goes_on_from_its_manifest(store: Store, make_bars, csv_file, monkeypatch) -> None:
    first, then = csv_file("NEW_5m.csv", make_bars(24)), csv_file("NEW_1_5m.csv", make_bars(30).tail(6))
    options = ImportOptions(symbol="NEW")
    import_files(store.root, [first], options)
    last = csv_file("NEW_2_5m.csv", make_bars(36).tail(6))
    rename = os.replace

    def replace(old: Path, new: Path) -> None:
        if Path(new).name == "5m.json":
            raise KeyboardInterrupt
        rename(old, new)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(KeyboardInterrupt):
        import_files(store.root, [then], options)
    monkeypatch.undo()
    (done,) = import_files(store.root, [last], options)
    assert (done.n_added, len(done.manifest.sources)) == (6, 3)


def test_what_cannot_be_put_in_place_leaves_the_store_as_it_was(store: Store, make_bars, monkeypatch) -> None:
    rename = os.replace

    def replace(old: Path, new: Path) -> None:
        if Path(new).name == "5m.parquet":
            raise OSError("full")
        rename(old, new)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(DataError, match="nothing was imported"):
        store.write(make_bars(30, seed=5), new_manifest("BTCUSDT", M5, make_bars(30, seed=5), ()))
    assert len(store.load("BTCUSDT", M5)) == 24
    assert not [path for path in store.root.rglob(".*") if path.is_file()]


def test_the_bundled_sample_is_found_from_any_folder(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert open_store(None).symbols() == ["SYNTH_A", "SYNTH_B", "SYNTH_C"]


def test_the_bundled_sample_of_an_installed_package_comes_first(tmp_path: Path, monkeypatch, store: Store) -> None:
    package = tmp_path / "site-packages" / "pinejax"
    (package / "_bundled").mkdir(parents=True)
    store.root.rename(package / "_bundled" / "synthetic")
    monkeypatch.setattr("pinejax.data.store._PACKAGE", package)
    assert open_store(None).root == package / "_bundled" / "synthetic"


def test_a_missing_bundled_sample_is_a_data_error(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("pinejax.data.store._PACKAGE", tmp_path)
    with pytest.raises(DataError, match="bundled sample is missing"):
        open_store(None)
