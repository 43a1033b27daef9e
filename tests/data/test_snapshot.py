"""pinejax.data.snapshot"""

from __future__ import annotations

import json
import os
from pathlib import Path

import polars as pl
import pytest

from pinejax.core.timeframe import Timeframe
from pinejax.data.cli import main
from pinejax.data.feed import load_feed
from pinejax.data.ingest import import_files
from pinejax.data.options import ImportOptions
from pinejax.data.snapshot import freeze, open_snapshot, read_snapshot, verify
from pinejax.data.store import Store
from pinejax.errors import DataError

M5 = Timeframe.parse("5m")
NOW = "2025-07-01T00:00:00+00:00"


@pytest.fixture
def store(tmp_path: Path, csv_file, make_bars) -> Store:
    import_files(tmp_path / "store", [csv_file("A_5m.csv", make_bars(60)), csv_file("B_5m.csv", make_bars(60, seed=1))])
    return Store(tmp_path / "store")


def change(store: Store, csv_file, make_bars) -> None:
    import_files(store.root, [csv_file("A_5m_new.csv", make_bars(60, seed=9))], ImportOptions(prefer="new"))


def test_a_snapshot_is_links_and_stays_when_the_store_changes(store: Store, csv_file, make_bars) -> None:
    snapshot, is_new = freeze(store, "q2-2025", NOW)
    assert is_new and [item.symbol for item in snapshot.datasets] == ["A", "B"]
    frozen = open_snapshot(store.root, "q2-2025")
    assert os.path.samefile(frozen.parquet_path("A", M5), store.parquet_path("A", M5))
    change(store, csv_file, make_bars)
    assert not store.load("A", M5).equals(make_bars(60))
    assert frozen.load("A", M5).equals(make_bars(60))
    assert load_feed(frozen, "A", "15m").content_hash != load_feed(store, "A", "15m").content_hash
    assert all(finding.level == "ok" for finding in verify(frozen.root, snapshot))


def test_a_file_system_without_links_gets_copies(store: Store, monkeypatch) -> None:
    def refuses(source, target) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", refuses)
    freeze(store, "copied", NOW)
    frozen = open_snapshot(store.root, "copied")
    assert not os.path.samefile(frozen.parquet_path("A", M5), store.parquet_path("A", M5))
    assert frozen.load("A", M5).equals(store.load("A", M5))


def test_the_same_bars_under_the_same_name_change_nothing_and_others_are_refused(store: Store, csv_file, make_bars) -> None:
    first, _ = freeze(store, "x", NOW)
    assert freeze(store, "x", "2026-01-01T00:00:00+00:00") == (first, False)
    change(store, csv_file, make_bars)
    with pytest.raises(DataError, match=r"snapshot x: there is one of other bars \(A 5m\)\. Choose another name"):
        freeze(store, "x", NOW)


def test_verify_finds_every_change(store: Store, csv_file, make_bars) -> None:
    snapshot, _ = freeze(store, "x", NOW)
    change(store, csv_file, make_bars)
    (store.root / "symbols.yaml").write_text("instruments: {B: {tick_size: 0.5}}")
    a, b = verify(store.root, snapshot)
    assert (a.level, b.level) == ("error", "error")
    assert "its bars have changed: expected the content hash" in a.text
    assert b.text == "its instrument has changed: tick_size: expected 0.01, found 0.5"
    store.parquet_path("B", M5).unlink()
    assert "expected a readable Parquet file" in verify(store.root, snapshot)[1].text


def test_an_edited_description_is_refused(store: Store) -> None:
    freeze(store, "x", NOW)
    path = store.root / ".snapshots" / "x" / "snapshot.json"
    raw = json.loads(path.read_text())
    raw["datasets"][0]["n_rows"] = 1
    path.write_text(json.dumps(raw))
    with pytest.raises(DataError, match="somebody edited it"):
        read_snapshot(path.parent)


def test_names_and_symbols_that_are_none(store: Store) -> None:
    with pytest.raises(DataError, match="snapshot: expected a name of letters"):
        freeze(store, "../x", NOW)
    with pytest.raises(DataError, match="Z"):
        freeze(store, "x", NOW, ["Z"])
    freeze(store, "q2-2025", NOW, ["A"])
    with pytest.raises(DataError, match=r"there is no snapshot 'q2-2026' .* Did you mean q2-2025"):
        open_snapshot(store.root, "q2-2026")
    with pytest.raises(DataError, match=r"expected data\.root"):
        open_snapshot(None, "x")
    with pytest.raises(DataError, match=r"data\.snapshot=x: expected data\.root"):
        open_snapshot("", "x")
    assert [item.symbol for item in read_snapshot(store.root / ".snapshots" / "q2-2025").datasets] == ["A"]


def test_a_snapshot_is_no_dataset_of_its_store(store: Store) -> None:
    freeze(store, "x", NOW)
    assert store.symbols() == ["A", "B"]


def test_the_commands_freeze_and_verify(store: Store, csv_file, make_bars, capsys) -> None:
    root = str(store.root)
    assert main(["snapshot", "q2-2025", "--root", root]) == 0
    assert "data.snapshot=q2-2025" in capsys.readouterr().out
    assert main(["verify", "q2-2025", "--root", root]) == 0
    description = str(store.root / ".snapshots" / "q2-2025" / "snapshot.json")
    assert main(["verify", root, "--against", description]) == 0
    change(store, csv_file, make_bars)
    assert main(["verify", root, "--against", description]) == 1
    assert main(["verify", "q2-2025", "--root", root]) == 0
    assert main(["verify", "nothing", "--root", root]) == 2


def test_tampered_links_are_found(store: Store) -> None:
    """A link shares its content with the store's file: whoever writes into that file, and not beside it, changes both."""
    snapshot, _ = freeze(store, "x", NOW)
    frozen = open_snapshot(store.root, "x")
    bars = store.load("A", M5).with_columns(volume=pl.lit(1.0))
    with store.parquet_path("A", M5).open("r+b") as file:
        file.truncate()
        bars.write_parquet(file)
    assert "its bars have changed" in verify(frozen.root, snapshot)[0].text
    with pytest.raises(DataError, match="content hash"):
        frozen.load("A", M5)
