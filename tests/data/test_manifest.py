"""pinejax.data.manifest"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pinejax.core.feed import Instrument
from pinejax.core.timeframe import Timeframe
from pinejax.data.ingest import new_manifest
from pinejax.data.manifest import Manifest, Source, read_manifest
from pinejax.errors import DataError


@pytest.fixture
def manifest(make_bars) -> Manifest:
    return new_manifest("BINANCE:ÄB", Timeframe.parse("5m"), make_bars(48, skip=[7]), (Source("a.csv", "0" * 64, 49),))


def test_a_manifest_comes_back_as_it_was_written(tmp_path: Path, manifest: Manifest) -> None:
    manifest.write(tmp_path / "5m.json")
    first = (tmp_path / "5m.json").read_bytes()
    assert read_manifest(tmp_path / "5m.json") == manifest
    read_manifest(tmp_path / "5m.json").write(tmp_path / "5m.json")
    assert (tmp_path / "5m.json").read_bytes() == first


def test_what_it_says_of_the_bars(manifest: Manifest) -> None:
    assert (manifest.n_rows, manifest.first, manifest.last) == (47, "2024-01-01 00:00", "2024-01-01 03:55")
    assert (manifest.n_duplicates, manifest.quality.n_gaps, manifest.has_volume, manifest.synthetic) == (2, 1, True, False)
    assert manifest.instrument == Instrument(tick_size=0.01, lot_step=0.0001)


@pytest.mark.parametrize("text", ["", "[]", "{}", "{", '{"format_version": 99}', '{"format_version": 1, "quality": 3}'])
def test_an_unreadable_manifest_is_a_data_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "5m.json").write_text(text)
    with pytest.raises(DataError, match=r"5m\.json: expected .* Import its sources again, with --replace"):
        read_manifest(tmp_path / "5m.json")


def test_it_is_json_that_others_can_read(tmp_path: Path, manifest: Manifest) -> None:
    manifest.write(tmp_path / "5m.json")
    raw = json.loads((tmp_path / "5m.json").read_text(encoding="utf-8"))
    assert raw["symbol"] == "BINANCE:ÄB"
    assert raw["quality"]["gaps"] == [{"after": "2024-01-01 00:30", "before": "2024-01-01 00:40", "n_bars": 1}]


def test_a_manifest_of_before_currencies_were_kept_still_loads(tmp_path: Path, manifest: Manifest) -> None:
    manifest.write(tmp_path / "5m.json")
    raw = json.loads((tmp_path / "5m.json").read_text(encoding="utf-8"))
    for name in ("currency", "zone", "session", "point_value"):
        del raw[name]
    (tmp_path / "5m.json").write_text(json.dumps(raw), encoding="utf-8")
    assert read_manifest(tmp_path / "5m.json").instrument == Instrument(tick_size=0.01, lot_step=0.0001)
