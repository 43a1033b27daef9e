"""pinejax.data.ingest"""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from pinejax.core.timeframe import Timeframe
from pinejax.data.frame import content_hash
from pinejax.data.ingest import import_files
from pinejax.data.options import ImportOptions
from pinejax.data.sample import write_synthetic
from pinejax.data.store import Store
from pinejax.data.synth import SynthSpec
from pinejax.errors import DataError

M5 = Timeframe.parse("5m")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "store"


def snapshot(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def other_values(bars: pl.DataFrame) -> pl.DataFrame:
    return bars.with_columns(volume=pl.col("volume") + 1)


def test_symbol_and_timeframe_come_from_the_name(root: Path, csv_file, make_bars) -> None:
    done = import_files(root, [csv_file("BTCUSDT_5m.csv", make_bars()), csv_file("ETHUSDT.P_15m_tv.csv", make_bars(minutes=15))])
    assert [(item.manifest.symbol, item.manifest.timeframe, item.outcome, item.n_added) for item in done] == [
        ("BTCUSDT", "5m", "new", 48),
        ("ETHUSDT.P", "15m", "new", 48),
    ]
    assert Store(root).load("BTCUSDT", M5).equals(make_bars())


def test_what_the_user_gives_goes_before_the_name(root: Path, csv_file, make_bars) -> None:
    options = ImportOptions(symbol="XY", timeframe=M5, tick_size=0.05, lot_step=1.0)
    manifest = import_files(root, [csv_file("BTCUSDT_1M.csv", make_bars())], options)[0].manifest
    assert (manifest.symbol, manifest.timeframe, manifest.tick_size, manifest.lot_step) == ("XY", "5m", 0.05, 1.0)


def test_the_timeframe_is_inferred_from_the_spacing(root: Path, csv_file, make_bars) -> None:
    assert import_files(root, [csv_file("BTCUSDT.csv", make_bars(minutes=60, skip=[3, 4]))])[0].manifest.timeframe == "1h"


def test_too_few_bars_to_infer_from(root: Path, csv_file, make_bars) -> None:
    with pytest.raises(DataError, match=r"2 bars are too few to tell the timeframe from\. Give --timeframe"):
        import_files(root, [csv_file("BTCUSDT.csv", make_bars(2))])


def test_a_name_without_a_symbol_asks_for_one(root: Path, csv_file, make_bars) -> None:
    with pytest.raises(DataError, match=r"does not tell the symbol .* Give --symbol"):
        import_files(root, [csv_file("my bars.csv", make_bars())])


@pytest.mark.parametrize(("name", "minutes"), [("BTCUSDT_5m.csv", 15), ("BTCUSDT_15m.csv", 5)])
def test_a_name_that_the_bars_contradict_is_refused(root: Path, csv_file, make_bars, name: str, minutes: int) -> None:
    with pytest.raises(DataError, match=f"but most are {minutes}m apart"):
        import_files(root, [csv_file(name, make_bars(minutes=minutes))])


def test_importing_the_same_file_twice_changes_nothing(root: Path, csv_file, make_bars) -> None:
    file = csv_file("BTCUSDT_5m.csv", pl.concat([make_bars()[:1], make_bars(skip=[7])]))
    import_files(root, [file], ImportOptions(tick_size=0.05, lot_step=0.5))
    before = snapshot(root)
    again = import_files(root, [file, file])[0]
    assert (again.outcome, again.n_added) == ("unchanged", 0)
    assert snapshot(root) == before
    assert again.manifest.n_duplicates == 1


def test_a_new_tick_size_for_stored_bars_is_taken(root: Path, csv_file, make_bars) -> None:
    file = csv_file("BTCUSDT_5m.csv", make_bars())
    assert import_files(root, [file])[0].manifest.tick_size == 0.01
    import_files(root, [file], ImportOptions(tick_size=0.05))
    assert Store(root).manifest("BTCUSDT", M5).tick_size == 0.05


def test_files_of_one_dataset_are_merged_in_any_order(root: Path, csv_file, make_bars) -> None:
    bars = make_bars(90)
    parts = [csv_file(f"BTCUSDT-5m-2024-0{i + 1}.csv", bars[30 * i : 30 * i + 35]) for i in (2, 0, 1)]
    manifest = import_files(root, parts)[0].manifest
    assert Store(root).load("BTCUSDT", M5).equals(bars)
    assert (manifest.n_duplicates, len(manifest.sources), manifest.content_hash) == (10, 3, content_hash(bars))


def test_a_later_import_extends_what_is_stored(root: Path, csv_file, make_bars) -> None:
    bars = make_bars(60)
    import_files(root, [csv_file("BTCUSDT-5m-2024-01.csv", bars[:30])])
    item = import_files(root, [csv_file("BTCUSDT-5m-2024-02.csv", bars[25:])])[0]
    assert (item.outcome, item.n_added, item.manifest.n_duplicates) == ("extended", 30, 5)
    assert Store(root).load("BTCUSDT", M5).equals(bars)


def test_files_that_differ_on_a_bar_are_refused(root: Path, csv_file, make_bars) -> None:
    files = [csv_file("BTCUSDT_5m_a.csv", make_bars(30)), csv_file("BTCUSDT_5m_b.csv", other_values(make_bars(30)[28:]))]
    with pytest.raises(
        DataError, match=r"BTCUSDT_5m_a\.csv and BTCUSDT_5m_b\.csv have other values for the same 2 bars \(2024-01-01 02:20"
    ):
        import_files(root, files)
    assert not root.exists()


def test_stored_bars_are_not_overwritten_unless_replaced(root: Path, csv_file, make_bars) -> None:
    import_files(root, [csv_file("BTCUSDT_5m.csv", make_bars(30))])
    before = snapshot(root)
    better = csv_file("BTCUSDT_5m_better.csv", other_values(make_bars(20)))
    with pytest.raises(DataError, match=r"the stored bars and BTCUSDT_5m_better\.csv have other values .* --replace"):
        import_files(root, [better])
    assert snapshot(root) == before
    item = import_files(root, [better], ImportOptions(replace=True))[0]
    assert (item.outcome, item.manifest.n_rows, len(item.manifest.sources)) == ("replaced", 20, 1)


def test_one_bad_file_of_several_leaves_the_store_as_it_was(root: Path, csv_file, make_bars) -> None:
    import_files(root, [csv_file("BTCUSDT_5m.csv", make_bars(30))])
    before = snapshot(root)
    bad = csv_file("ETHUSDT_5m.csv", make_bars(5).write_csv().replace("100.", "x", 1))
    with pytest.raises(DataError, match=r"ETHUSDT_5m\.csv.*\n  line 2"):
        import_files(root, [csv_file("AUSDT_5m.csv", make_bars(9)), csv_file("BTCUSDT_5m_more.csv", make_bars(40)[30:]), bad])
    assert snapshot(root) == before


def test_a_broken_dataset_is_refused_until_it_is_replaced(root: Path, csv_file, make_bars) -> None:
    file = csv_file("BTCUSDT_5m.csv", make_bars(30))
    import_files(root, [file])
    store = Store(root)
    for path in (store.parquet_path("BTCUSDT", M5), store.manifest_path("BTCUSDT", M5)):
        path.write_bytes(b"broken")
        with pytest.raises(DataError, match="with --replace"):
            import_files(root, [file])
        import_files(root, [file], ImportOptions(replace=True))
        assert store.load("BTCUSDT", M5).equals(make_bars(30))


def test_real_bars_are_not_mixed_into_synthetic_ones(root: Path, csv_file, make_bars) -> None:
    write_synthetic(root, (SynthSpec("BTCUSDT", seed=1, n_bars=50),))
    file = csv_file("BTCUSDT_5m.csv", make_bars())
    with pytest.raises(DataError, match="the stored bars are synthetic"):
        import_files(root, [file])
    assert not import_files(root, [file], ImportOptions(replace=True))[0].manifest.synthetic
    with pytest.raises(DataError, match="real bars are stored under this name"):
        write_synthetic(root, (SynthSpec("BTCUSDT", seed=1, n_bars=50),))


def test_a_file_that_is_not_there_is_a_data_error(root: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nothing_5m\.csv: cannot be read"):
        import_files(root, [tmp_path / "nothing_5m.csv"])


@pytest.mark.parametrize("options", [{"tick_size": 0.0}, {"lot_step": float("nan")}, {"symbol": " "}])
def test_options_without_sense_are_refused(root: Path, csv_file, make_bars, options: dict) -> None:
    with pytest.raises(DataError, match=r"--(tick-size|lot-step|symbol): expected"):
        import_files(root, [csv_file("BTCUSDT_5m.csv", make_bars())], ImportOptions(**options))
