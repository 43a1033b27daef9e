"""pinejax.data.check"""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from pinejax.core.timeframe import Timeframe
from pinejax.data.check import check_store
from pinejax.data.frame import content_hash
from pinejax.data.ingest import import_files
from pinejax.data.store import Store

M5 = Timeframe.parse("5m")


@pytest.fixture
def store(tmp_path: Path, csv_file, make_bars) -> Store:
    import_files(tmp_path / "store", [csv_file("BTCUSDT_5m.csv", make_bars())])
    return Store(tmp_path / "store")


def tamper(store: Store, bars: pl.DataFrame) -> None:
    """Other bars under a manifest that claims their hash."""
    bars.write_parquet(store.parquet_path("BTCUSDT", M5))
    path = store.manifest_path("BTCUSDT", M5)
    path.write_text(json.dumps({**json.loads(path.read_text()), "content_hash": content_hash(bars), "n_rows": len(bars)}))


def test_good_bars_are_ok(store: Store) -> None:
    assert [(finding.level, finding.dataset) for finding in check_store(store)] == [("ok", "BTCUSDT 5m")]


def test_gaps_are_warnings_and_missing_volume_is_a_note(store: Store, csv_file, make_bars) -> None:
    import_files(store.root, [csv_file("ETHUSDT_5m.csv", make_bars(skip=[5, 6]).drop("volume"))])
    assert [(finding.level, finding.text.split(";")[0]) for finding in check_store(store)][1:] == [
        ("warning", "gaps: 1, bars missing: 2, never filled"),
        ("note", "no volume (NaN)"),
    ]


def test_a_broken_file_is_an_error_and_the_others_are_still_looked_at(store: Store, csv_file, make_bars) -> None:
    import_files(store.root, [csv_file("AUSDT_5m.csv", make_bars()), csv_file("ZUSDT_5m.csv", make_bars())])
    store.parquet_path("AUSDT", M5).write_bytes(b"x")
    store.manifest_path("ZUSDT", M5).unlink()
    assert [(finding.level, finding.dataset) for finding in check_store(store)] == [
        ("error", "AUSDT/5m"),
        ("ok", "BTCUSDT 5m"),
        ("error", "ZUSDT/5m.parquet"),
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda bars: bars[::-1], "times are not strictly increasing"),
        (lambda bars: bars.with_columns(high=pl.lit(float("inf"))), "48 bars with prices that are not finite"),
        (lambda bars: bars.with_columns(high=pl.col("low") / 2), "48 bars whose high is not the highest"),
        (lambda bars: bars[:-5], "does not describe these bars"),
        (lambda bars: bars[:0], "no bars"),
    ],
)
def test_bars_that_could_not_have_been_imported_are_errors(store: Store, make_bars, change, message: str) -> None:
    tamper(store, change(make_bars()))
    findings = check_store(store)
    assert {finding.level for finding in findings} == {"error"}
    assert message in findings[0].text
