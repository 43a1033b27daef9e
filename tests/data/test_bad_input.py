"""What comes out of the wild: each a clear error or a correct import, and never a half-written dataset"""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import polars as pl
import pytest

from pinejax.core.timeframe import Timeframe
from pinejax.data.ingest import import_files
from pinejax.data.options import ImportOptions
from pinejax.data.store import Store
from pinejax.errors import DataError

M5 = Timeframe.parse("5m")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "store"


def imported(root: Path, file: Path, **options) -> pl.DataFrame:
    item = import_files(root, [file], ImportOptions(**options))[0]
    return Store(root).load(item.manifest.symbol, Timeframe.parse(item.manifest.timeframe))


def test_a_corrupt_zip_and_half_a_download(root: Path, csv_file, make_bars, tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT-5m-2024-01.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("BTCUSDT-5m-2024-01.csv", make_bars(500).write_csv())
    good = path.read_bytes()
    flipped = bytearray(good)
    flipped[len(good) // 2] ^= 0xFF
    for content in (good[: len(good) // 2], bytes(flipped), b"PK", b"<html>404</html>"):
        path.write_bytes(content)
        with pytest.raises(DataError):
            import_files(root, [path])
    assert not root.exists()


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b"time,open,high,low,close\n"])
def test_files_without_anything_in_them(root: Path, csv_file, content: bytes) -> None:
    with pytest.raises(DataError, match=r"expected bars, got (an empty file|a header and no rows)"):
        import_files(root, [csv_file("X_5m.csv", content)])
    with pytest.raises(DataError):
        import_files(root, [csv_file("X_5m.parquet", content)])


def test_a_byte_order_mark_and_carriage_returns(root: Path, csv_file, make_bars) -> None:
    text = "\ufeff" + make_bars().write_csv().replace("\n", "\r\n")
    assert imported(root, csv_file("X_5m.csv", text.encode())).equals(make_bars())


def test_semicolons_and_decimal_commas(root: Path, csv_file, make_bars) -> None:
    text = make_bars().write_csv(separator=";").replace(".", ",")
    assert imported(root, csv_file("X_5m.csv", text)).equals(make_bars())


def test_points_as_thousands_beside_decimal_commas_are_refused(root: Path, csv_file) -> None:
    text = "time;open;high;low;close\n1704067200000;1.000,5;1.001,5;1.000,5;1.001,5\n"
    with pytest.raises(DataError, match=r"line 2: open '1\.000,5' is no number"):
        import_files(root, [csv_file("X_5m.csv", text)])


def test_units_of_time_mixed_within_a_file(root: Path, csv_file, make_bars) -> None:
    bars = make_bars()
    units = [1, 1_000, 1_000_000]
    text = bars.with_columns(
        time=pl.col("time").map_batches(lambda t: pl.Series([v * units[i % 3] for i, v in enumerate(t)], dtype=pl.Int64))
    )
    assert imported(root, csv_file("X_5m.csv", text)).equals(bars)


def test_a_leap_second_is_refused_with_its_line(root: Path, csv_file) -> None:
    text = "time,open,high,low,close\n2016-12-31 23:59:00,1,2,1,2\n2016-12-31 23:59:60,1,2,1,2\n2017-01-01 00:00:00,1,2,1,2\n"
    with pytest.raises(DataError, match=r"line 3: time '2016-12-31 23:59:60' is no time"):
        import_files(root, [csv_file("X_1m.csv", text)])


def test_prices_in_scientific_notation(root: Path, csv_file) -> None:
    text = "time,open,high,low,close,volume\n" + "".join(
        f"{1704067200000 + 300_000 * i},1.2e-05,1.3E-5,1.2e-05,1.25e-5,1e3\n" for i in range(3)
    )
    bars = imported(root, csv_file("X_5m.csv", text))
    assert bars.row(0)[1:] == (1.2e-05, 1.3e-05, 1.2e-05, 1.25e-05, 1_000.0)
    assert Store(root).manifest("X", M5).tick_size == 1e-07


def test_two_symbols_in_one_file_become_two_datasets(root: Path, csv_file, make_bars) -> None:
    a, b = make_bars(20), make_bars(20, seed=1)
    both = pl.concat([a.with_columns(symbol=pl.lit("AAA")), b.with_columns(symbol=pl.lit("BBB"))]).sort("time", "symbol")
    file = csv_file("all_5m.csv", both)
    import_files(root, [file])
    assert Store(root).load("AAA", M5).equals(a) and Store(root).load("BBB", M5).equals(b)
    with pytest.raises(DataError, match=r"has the bars of 2 symbols \(AAA, BBB\), and --symbol gives one"):
        import_files(root, [file], ImportOptions(symbol="AAA"))


def test_two_symbols_in_one_file_without_a_column_of_them_are_refused(root: Path, csv_file, make_bars) -> None:
    both = pl.concat([make_bars(20), make_bars(20, seed=1)]).sort("time")
    with pytest.raises(DataError, match="again, with other values"):
        import_files(root, [csv_file("X_5m.csv", both)])


def test_a_path_with_spaces_and_hangul(tmp_path: Path, make_bars) -> None:
    folder = tmp_path / "내 데이터 2024"
    folder.mkdir()
    make_bars().write_csv(folder / "비트코인 원_5m.csv")
    bars = imported(tmp_path / "내 저장소", folder / "비트코인 원_5m.csv")
    assert bars.equals(make_bars())
    assert Store(tmp_path / "내 저장소").symbols() == ["비트코인 원"]


def test_a_root_that_cannot_be_a_folder(tmp_path: Path, csv_file, make_bars) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(DataError, match=r"cannot be written .*nothing was imported"):
        import_files(tmp_path / "file" / "store", [csv_file("X_5m.csv", make_bars())])


READ_ONLY = """
import os, sys
from pinejax.data.ingest import import_files
from pinejax.data.options import ImportOptions
from pinejax.errors import DataError
import_files(sys.argv[1], sys.argv[3:], ImportOptions(dry_run=True))  # what is imported only when needed comes before the rights go
os.chmod(sys.argv[2], 0o555)
if os.geteuid() == 0:
    os.setuid(65534)
try:
    import_files(sys.argv[2] + "/store", sys.argv[3:])
except DataError as error:
    print("DataError:", error)
"""


def test_a_read_only_folder(root: Path, csv_file, make_bars, tmp_path: Path) -> None:
    """As a user for whom it is read-only: root may write anywhere."""
    folder, file = tmp_path / "theirs", csv_file("X_5m.csv", make_bars())
    folder.mkdir()
    for path in (tmp_path, *tmp_path.parents):
        if path.stat().st_uid == os.geteuid() and path != path.parent and not path.stat().st_mode & 0o001:
            path.chmod(path.stat().st_mode | 0o011)
    done = subprocess.run([sys.executable, "-c", READ_ONLY, root, folder, file], capture_output=True, text=True, check=False, timeout=60)
    assert "DataError:" in done.stdout and "cannot be written" in done.stdout, done
    assert list(folder.iterdir()) == []


FULL_DISK = """
import resource, sys
from pinejax.data.ingest import import_files
from pinejax.errors import DataError
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    import_files(sys.argv[1], sys.argv[2:])
except DataError as error:
    print("DataError:", error)
"""


def test_a_full_disk_leaves_the_store_as_it_was(root: Path, csv_file, make_bars) -> None:
    """The limit on a file's size stands for the disk: the second dataset does not fit, and the first is not written either."""
    small, large = csv_file("A_5m.csv", make_bars(20)), csv_file("B_5m.csv", make_bars(20_000))
    import_files(root, [csv_file("A_5m_old.csv", make_bars(10))])
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    done = subprocess.run([sys.executable, "-c", FULL_DISK, root, small, large], capture_output=True, text=True, check=False, timeout=60)
    assert "DataError:" in done.stdout and "nothing was imported" in done.stdout, done
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before


KILLED = """
import os, pathlib, sys
from pinejax.data.ingest import import_files
replace = os.replace
os.replace = lambda source, target: os._exit(9) if pathlib.Path(target).name == "5m.json" else replace(source, target)
import_files(sys.argv[1], sys.argv[2:])
"""


def test_a_writer_killed_between_a_datasets_two_files_is_finished_by_the_next_reader(root: Path, csv_file, make_bars) -> None:
    bars = make_bars(60)
    import_files(root, [csv_file("X_5m.csv", bars[:30])])
    done = subprocess.run([sys.executable, "-c", KILLED, root, csv_file("X_5m_b.csv", bars)], check=False, timeout=60)
    assert done.returncode == 9
    assert Store(root).manifest("X", M5).n_rows == 30
    assert Store(root).load("X", M5).equals(bars)
    assert Store(root).manifest("X", M5).n_rows == 60
