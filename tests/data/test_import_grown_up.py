"""pinejax.data.ingest, .parts, .trades: folders, patterns, zones, trades, merges that tell what changed, dry runs"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from pinejax.core.timeframe import Timeframe
from pinejax.data import parts
from pinejax.data.cli import main
from pinejax.data.filenames import NamePattern
from pinejax.data.frame import content_hash
from pinejax.data.ingest import import_files
from pinejax.data.options import ImportOptions
from pinejax.data.store import Store
from pinejax.errors import DataError

M5, H1 = Timeframe.parse("5m"), Timeframe.parse("1h")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "store"


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1_000)


def wall_clock_csv(lines: list[str]) -> str:
    return "time,open,high,low,close,volume\n" + "".join(f"{line},1,2,1,2,5\n" for line in lines)


def test_a_folder_is_imported_with_all_below_it_and_other_files_are_left(root: Path, tmp_path: Path, make_bars) -> None:
    folder = tmp_path / "in"
    (folder / "deep" / ".hidden").mkdir(parents=True)
    make_bars().write_csv(folder / "BTCUSDT_5m.csv")
    make_bars(minutes=60).write_csv(folder / "deep" / "BINANCE_ETHUSDT.P, 60_1a2b3.csv")
    make_bars().write_csv(folder / "deep" / ".hidden" / "SOLUSDT_5m.csv")
    (folder / "README.md").write_text("# not bars\n")
    done = import_files(root, [folder])
    assert [(item.manifest.symbol, item.manifest.timeframe) for item in done] == [("BINANCE:ETHUSDT.P", "1h"), ("BTCUSDT", "5m")]


def test_a_folder_without_bars_is_refused(root: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"empty: expected a folder with \.csv, .*found none"):
        import_files(root, [tmp_path / "empty"])


@pytest.mark.parametrize(
    ("pattern", "name", "symbol", "timeframe"),
    [
        ("{symbol}_{timeframe}_*", "in/ETH-PERP_5m_v2 final.csv", "ETH-PERP", M5),
        ("data.{timeframe}.{symbol}", "in/data.1h.ETHUSDT.csv", "ETHUSDT", H1),
        ("{exchange}/{symbol}/{timeframe}", "in/BYBIT/ETHUSDT/5m.csv", "BYBIT:ETHUSDT", M5),
        ("*/{symbol}", "in/2024/ETHUSDT.csv", "ETHUSDT", None),
    ],
)
def test_a_pattern_tells_symbol_and_timeframe(pattern: str, name: str, symbol: str, timeframe: Timeframe | None) -> None:
    naming = NamePattern.parse(pattern).read(Path(name))
    assert (naming.symbol, naming.timeframe) == (symbol, timeframe)


def test_a_name_that_is_not_of_the_pattern_and_a_bad_pattern_are_refused(root: Path, csv_file, make_bars) -> None:
    with pytest.raises(DataError, match=r"expected a name like '\{symbol\}__\{timeframe\}'"):
        import_files(root, [csv_file("BTCUSDT_5m.csv", make_bars())], ImportOptions(pattern="{symbol}__{timeframe}"))
    for bad in ("{timeframe}", "{symbol}{symbol}", "{symbol}_{date}"):
        with pytest.raises(DataError, match="--pattern: expected"):
            ImportOptions(pattern=bad)


def test_times_without_an_offset_are_read_in_the_given_zone(root: Path, csv_file) -> None:
    file = csv_file("X_1h.csv", wall_clock_csv(["2024-07-01 09:00", "2024-07-01 10:00", "2024-07-01T15:00Z"]))
    import_files(root, [file], ImportOptions(times_in="America/New_York"))
    assert Store(root).load("X", H1)["time"].to_list() == [ms("2024-07-01T13:00"), ms("2024-07-01T14:00"), ms("2024-07-01T15:00")]


def test_an_hour_that_a_clock_put_back_shows_twice_is_two_hours(root: Path, csv_file) -> None:
    lines = ["2024-11-03 00:00", "2024-11-03 01:00", "2024-11-03 01:00", "2024-11-03 02:00"]
    import_files(root, [csv_file("X_1h.csv", wall_clock_csv(lines))], ImportOptions(times_in="America/New_York"))
    assert Store(root).load("X", H1)["time"].diff().drop_nulls().unique().to_list() == [3_600_000]


def test_a_wall_clock_that_never_was_is_refused_with_its_line(root: Path, csv_file) -> None:
    lines = ["2024-03-10 01:00", "2024-03-10 02:00", "2024-03-10 03:00"]
    with pytest.raises(DataError, match=r"line 3: time '2024-03-10 02:00' is no time"):
        import_files(root, [csv_file("X_1h.csv", wall_clock_csv(lines))], ImportOptions(times_in="America/New_York"))


def test_bars_are_made_of_trades(root: Path, csv_file) -> None:
    start = ms("2024-01-01")
    rows = [(0, 10, 1), (1_000, 12, 2), (1_000, 9, 1), (299_999, 11, 1), (600_000, 8, 4)]
    text = "timestamp,price,size\n" + "".join(f"{start + t},{price},{size}\n" for t, price, size in rows)
    import_files(root, [csv_file("X_trades.csv", text)], ImportOptions(symbol="X", timeframe=M5))
    assert Store(root).load("X", M5).rows() == [(start, 10.0, 12.0, 9.0, 11.0, 5.0), (start + 600_000, 8.0, 8.0, 8.0, 8.0, 4.0)]


def test_trades_may_be_finer_than_a_millisecond_and_need_a_timeframe(root: Path, csv_file) -> None:
    text = "time,price,qty\n" + "".join(f"{ms('2024-01-01') * 1_000 + t},10,1\n" for t in (1, 2, 2, 999))
    file = csv_file("X.csv", text)
    with pytest.raises(DataError, match=r"expected the timeframe of the bars to make of these trades\. Give --timeframe"):
        import_files(root, [file])
    assert import_files(root, [file], ImportOptions(timeframe=M5))[0].manifest.n_rows == 1


def test_bad_trades_are_refused_with_their_lines(root: Path, csv_file) -> None:
    t = ms("2024-01-01")
    text = f"time,price,size\n{t},10,1\n{t + 5},-1,1\nsoon,10,1\n{t + 1},10,x\n"
    with pytest.raises(
        DataError, match=r"line 3: its price is not above zero\n  line 4: its time is no time\n  line 5: its size is no number"
    ):
        import_files(root, [csv_file("X.csv", text)], ImportOptions(timeframe=M5))


@pytest.mark.parametrize("piece", [300, 1_000, 5_000])
def test_a_long_file_read_in_pieces_gives_the_same_bars(root: Path, csv_file, make_bars, monkeypatch, piece: int) -> None:
    bars = make_bars(400)
    import_files(root / "whole", [csv_file("X_5m.csv", bars)])
    monkeypatch.setattr(parts, "_PIECE", piece)
    import_files(root / "pieces", [csv_file("X_5m.csv", bars)])
    assert Store(root / "pieces").load("X", M5).equals(bars)
    assert Store(root / "pieces").manifest("X", M5) == Store(root / "whole").manifest("X", M5)
    bad = csv_file("Y_5m.csv", bars.write_csv() + "1,2,x,4,5,6\n")
    with pytest.raises(DataError, match="line 402: "):
        import_files(root, [bad])
    twice = csv_file("Z_5m.csv", pl.concat([bars, bars[:1]]))
    with pytest.raises(DataError, match="line 402: "):
        import_files(root, [twice])


def test_trades_read_in_pieces_give_the_same_bars(root: Path, csv_file, monkeypatch) -> None:
    start = ms("2024-01-01")
    text = "time,price,size\n" + "".join(f"{start + 7_000 * i},{10 + i % 7},{1 + i % 3}\n" for i in range(500))
    import_files(root / "whole", [csv_file("X.csv", text)], ImportOptions(timeframe=M5))
    monkeypatch.setattr(parts, "_PIECE", 700)
    import_files(root / "pieces", [csv_file("X.csv", text)], ImportOptions(timeframe=M5))
    assert content_hash(Store(root / "pieces").load("X", M5)) == content_hash(Store(root / "whole").load("X", M5))


def test_a_merge_tells_what_it_changed(root: Path, csv_file, make_bars) -> None:
    bars = make_bars(60)
    import_files(root, [csv_file("X_5m.csv", pl.concat([bars[10:20], bars[25:40]]))])
    item = import_files(root, [csv_file("X_5m_b.csv", bars)])[0]
    assert str(item.changes) == "10 before the first, 5 in between, 20 after the last; the first change at 2024-01-01 00:00 UTC"


@pytest.mark.parametrize(("prefer", "volume", "said"), [("new", 7.0, "1 replaced"), ("stored", None, "1 kept against other values")])
def test_conflicting_history_goes_by_what_the_user_prefers(root: Path, csv_file, make_bars, prefer, volume, said: str) -> None:
    bars = make_bars(30)
    other = bars.with_columns(volume=pl.when(pl.int_range(30) == 12).then(7.0).otherwise(pl.col("volume")))
    import_files(root, [csv_file("X_5m.csv", bars)])
    item = import_files(root, [csv_file("X_5m_b.csv", other)], ImportOptions(prefer=prefer))[0]
    assert str(item.changes).startswith(said)
    assert Store(root).load("X", M5)["volume"][12] == (volume or bars["volume"][12])


def test_of_files_that_differ_the_preferred_one_wins(root: Path, csv_file, make_bars) -> None:
    bars = make_bars(30)
    files = [csv_file("X_5m_a.csv", bars), csv_file("X_5m_b.csv", bars.with_columns(volume=pl.lit(1.5)))]
    for prefer, wins in (("stored", bars["volume"][3]), ("new", 1.5)):
        import_files(root / prefer, files, ImportOptions(prefer=prefer))
        assert Store(root / prefer).load("X", M5)["volume"][3] == wins


def test_prefer_and_replace_exclude_each_other() -> None:
    with pytest.raises(DataError, match="--prefer: "):
        ImportOptions(prefer="new", replace=True)


def test_a_dry_run_says_what_it_understood_and_writes_nothing(root: Path, csv_file, make_bars, capsys) -> None:
    file = str(csv_file("BINANCE_ETHUSDT.P, 5_1a2b3.csv", make_bars().drop("volume")))
    assert main(["import", file, "--root", str(root), "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert (
        "5_1a2b3.csv: TradingView chart export, 48 rows; BINANCE:ETHUSDT.P 5m, 48 bars, 2024-01-01 00:00 .. 2024-01-01 03:55 UTC, no volume"
        in out
    )
    assert "Nothing was written" in out
    assert not root.exists()


def test_an_alias_moves_an_import_to_the_name_of_today(root: Path, csv_file, make_bars) -> None:
    root.mkdir()
    (root / "symbols.yaml").write_text("aliases:\n  OLD: NEW\n")
    assert import_files(root, [csv_file("OLD_5m.csv", make_bars())])[0].manifest.symbol == "NEW"
