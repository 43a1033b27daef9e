"""pinejax.data.fetch, against a local server with the archive's layout"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from archive_server import ArchiveServer, path_of, serving

from pinejax.core.timeframe import Timeframe
from pinejax.data.cli import main
from pinejax.data.fetch.binance import Report, Wanted, fetch_binance
from pinejax.data.fetch.http import Http, Manners
from pinejax.data.ingest import import_files
from pinejax.data.store import Store
from pinejax.errors import DataError

H1 = Timeframe.parse("1h")
QUICK = Manners(n_per_s=2_000.0, wait_initial_s=0.001, wait_max_s=0.01, silence_s=0.1, attempts=4)


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1_000)


@pytest.fixture
def site() -> Iterator[ArchiveServer]:
    with serving(ArchiveServer()) as running:
        yield running


@pytest.fixture
def bars(make_bars) -> pl.DataFrame:
    """Hours of 80 days from 2024-01-01: all of January and February, to March 20th."""
    return make_bars(80 * 24, minutes=60)


@pytest.fixture
def fetch(site: ArchiveServer, tmp_path: Path) -> Callable[..., Report]:
    """Fetch hours until 2024-03-20 12:30, unless told otherwise."""

    def run(*symbols: str, said: list[str] | None = None, manners: Manners = QUICK, **changes) -> Report:
        wanted = Wanted(
            market="um", symbols=symbols or ("XUSDT",), timeframe=H1, start_ms=ms("2024-01-01"), end_ms=ms("2024-03-20T12:30"),
            now_ms=ms("2024-03-20T12:30"), base_url=site.url, api_url=site.url, cache=tmp_path / "cache",
        )  # fmt: skip
        lines = said if said is not None else []
        return fetch_binance(Store(tmp_path / "store"), replace(wanted, **changes), Http(manners), lines.append)

    return run


def stored(tmp_path: Path, symbol: str = "XUSDT") -> pl.DataFrame:
    return Store(tmp_path / "store").load(symbol, H1)


def published(site: ArchiveServer, bars: pl.DataFrame, **how) -> None:
    """Months to February, March by day, up to the 18th; the rest through REST alone."""
    site.publish("XUSDT", bars, 60, archived_until_ms=ms("2024-03-18"), daily_from="2024-03", **how)


def test_months_then_days_then_rest_give_every_closed_bar(site, bars, fetch, tmp_path: Path) -> None:
    published(site, bars)
    said: list[str] = []
    report = fetch(said=said)
    assert report.complete
    assert stored(tmp_path).equals(bars.filter(pl.col("time") <= ms("2024-03-20T11:00")))
    assert said == [
        "XUSDT: 2 monthly and 17 daily files, 3 days without one, 0 quarantined",
        "XUSDT: 60 bars through REST from 2024-03-18 00:00 UTC",
    ]
    assert site.asked[path_of("XUSDT", "1h", "2024-02")] == 1


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("market", ["spot", "um"])
def test_both_units_of_time_and_files_without_a_header_are_read(site, bars, fetch, tmp_path: Path, header: bool, market: str) -> None:
    published(site, bars, header=header, market=market, microseconds=market == "spot")
    assert fetch(market=market).complete
    assert stored(tmp_path).equals(bars.filter(pl.col("time") <= ms("2024-03-20T11:00")))


def test_what_the_exchange_says_of_an_instrument_is_kept(site, bars, fetch, tmp_path: Path) -> None:
    published(site, bars)
    fetch()
    instrument = Store(tmp_path / "store").manifest("XUSDT", H1).instrument
    assert (instrument.tick_size, instrument.lot_step, instrument.currency) == (0.0005, 0.2, "USDT")


def test_without_the_exchanges_word_on_instruments_the_prices_tell_the_tick(site, bars, fetch, tmp_path: Path) -> None:
    published(site, bars)
    site.faults["/fapi/v1/exchangeInfo"] += [404]
    said: list[str] = []
    assert fetch(said=said).complete
    assert said[0].startswith("no tick sizes from the exchange")
    assert Store(tmp_path / "store").manifest("XUSDT", H1).tick_size == 0.01


def test_a_symbol_without_steps_does_not_hide_the_others(site, bars, fetch, tmp_path: Path) -> None:
    published(site, bars)
    site.symbols["ODD"] = {"symbol": "ODD", "quoteAsset": "USDT", "filters": []}
    assert fetch().complete
    assert Store(tmp_path / "store").manifest("XUSDT", H1).tick_size == 0.0005


def test_a_second_fetch_asks_for_no_file_again_and_adds_what_is_new(site, bars, fetch, tmp_path: Path) -> None:
    published(site, bars)
    fetch(now_ms=ms("2024-03-19T06:00"))
    before = dict(site.asked)
    report = fetch()
    archived = [path for path in before if path.endswith(("-2024-02.zip", "-03-17.zip"))]
    assert archived and all(site.asked[path] == before[path] for path in archived)
    assert (report.imported[0].outcome, report.imported[0].n_added) == ("extended", 30)


@pytest.mark.parametrize("fault", [429, 503, 418, "truncated", "reset", "slow"])
def test_what_may_go_better_is_tried_again(site, bars, fetch, tmp_path: Path, fault: int | str) -> None:
    published(site, bars)
    path = path_of("XUSDT", "1h", "2024-01")
    site.faults[path] += [fault, fault]
    site.faults[f"{path}.CHECKSUM"] += [fault]
    assert fetch().complete
    assert site.asked[path] == 3
    assert len(stored(tmp_path)) == 79 * 24 + 12


def test_a_server_that_asks_for_a_long_wait_is_taken_at_its_word_and_not_waited_for(site, bars, fetch) -> None:
    published(site, bars)
    path = path_of("XUSDT", "1h", "2024-01")
    site.retry_after[418] = "259200"
    site.faults[path] += [418]
    assert f"{path}: the server answered 418 and asks to wait 259200 s. Try again then" in fetch().failed["XUSDT"]
    assert site.asked[path] == 1


def test_a_redirect_is_followed_and_a_circle_is_not(site, bars, fetch) -> None:
    published(site, bars)
    path = path_of("XUSDT", "1h", "2024-01")
    site.files["/elsewhere.zip"] = site.files[path]
    site.faults[path] += ["/elsewhere.zip"]
    assert fetch().complete
    assert site.asked["/elsewhere.zip"] == 1
    path = path_of("YUSDT", "1h", "2024-01")
    site.faults[path] += [path] * 99
    assert "no answer (too many redirects), after 4 attempts" in fetch("YUSDT").failed["YUSDT"]


def test_retries_print_nothing(site, bars, tmp_path: Path) -> None:
    published(site, bars)
    site.faults[path_of("XUSDT", "1h", "2024-01")] += [503]
    asked = ["--symbols", "XUSDT", "--timeframe", "1h", "--start", "2024-01-01", "--end", "2024-02-01", "--per-second", "1000"]
    command = [sys.executable, "-m", "pinejax.data", "fetch", "binance", *asked, "--base-url", site.url, "--root", str(tmp_path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_slow_body_that_keeps_coming_is_waited_for(site, bars, fetch) -> None:
    published(site, bars)
    site.slow_s = 0.05
    path = path_of("XUSDT", "1h", "2024-01")
    site.faults[path] += ["slow"]
    assert fetch().complete
    assert site.asked[path] == 1


def test_a_server_that_stays_down_fails_the_symbol_and_the_next_fetch_goes_on(site, bars, fetch, tmp_path: Path) -> None:
    published(site, bars)
    site.publish("YUSDT", bars, 60)
    path = path_of("XUSDT", "1h", "2024-02")
    site.faults[path] += [503] * 4
    report = fetch("XUSDT", "YUSDT")
    assert "the server answered 503, after 4 attempts" in report.failed["XUSDT"]
    assert [item.manifest.symbol for item in report.imported] == ["YUSDT"]
    assert not Store(tmp_path / "store").parquet_path("XUSDT", H1).exists()
    n_january = site.asked[path_of("XUSDT", "1h", "2024-01")]
    assert fetch().complete
    assert site.asked[path_of("XUSDT", "1h", "2024-01")] == n_january


@pytest.mark.parametrize("status", [451, 503])
def test_where_rest_fails_the_archives_bars_are_imported_and_the_next_fetch_adds_the_rest(site, bars, fetch, tmp_path, status: int) -> None:
    published(site, bars)
    site.faults["/fapi/v1/klines"] += [status] * (1 if status == 451 else QUICK.attempts)
    report = fetch()
    assert report.failed["XUSDT"].startswith("the last days are missing: http")
    assert f"answered {status}" in report.failed["XUSDT"] and "--no-rest" in report.failed["XUSDT"]
    assert [item.outcome for item in report.imported] == ["new"] and not report.complete
    assert stored(tmp_path).equals(bars.filter(pl.col("time") < ms("2024-03-18")))
    assert fetch().complete
    assert stored(tmp_path)["time"][-1] == ms("2024-03-20T11:00")


def test_where_rest_fails_and_the_archive_has_nothing_the_symbol_fails(site, fetch) -> None:
    site.faults["/fapi/v1/klines"] += [451]
    assert "answered 451" in fetch(start_ms=ms("2024-03-18")).failed["XUSDT"]


def test_a_restarted_server_is_found_again(site, bars, fetch, tmp_path: Path) -> None:
    published(site, bars)
    port = site.stop()
    assert "no answer" in fetch(api_url=None).failed["XUSDT"]
    site.start(port)
    assert fetch().complete


def test_a_wrong_checksum_once_is_tried_again(site, bars, fetch) -> None:
    published(site, bars)
    path = path_of("XUSDT", "1h", "2024-02")
    site.faults[path] += [b"half of an upload"]
    assert fetch().complete
    assert site.asked[path] == 2


def test_a_wrong_checksum_twice_is_quarantined_and_daily_files_take_its_place(site, bars, fetch, tmp_path: Path) -> None:
    published(site, bars)
    daily = ArchiveServer()
    daily.publish("XUSDT", bars, 60, daily_from="2024-02", archived_until_ms=ms("2024-02-20"))
    site.files |= {path: content for path, content in daily.files.items() if "daily" in path}
    path = path_of("XUSDT", "1h", "2024-02")
    site.files[f"{path}.CHECKSUM"] = b"0" * 64 + b"  XUSDT-1h-2024-02.zip\n"
    said: list[str] = []
    report = fetch(said=said)
    assert not report.complete and not report.failed
    aside = tmp_path / "cache" / "quarantine" / "XUSDT-1h-2024-02.zip"
    assert aside.read_bytes() == site.files[path]
    assert "tried 2 times; its checksum file says 000" in aside.with_name(aside.name + ".txt").read_text()
    assert f"quarantined {aside}" in said[0]
    missing = stored(tmp_path).filter(pl.col("time").is_between(ms("2024-02-20"), ms("2024-03-01"), closed="left"))
    assert len(missing) == 0 and len(stored(tmp_path)) == (79 - 10) * 24 + 12
    site.publish("XUSDT", bars, 60, archived_until_ms=ms("2024-03-18"), daily_from="2024-03")
    assert fetch().complete
    assert len(stored(tmp_path)) == 79 * 24 + 12


def test_a_file_that_is_no_zip_in_spite_of_its_checksum_is_quarantined(site, bars, fetch, tmp_path: Path) -> None:
    import hashlib

    published(site, bars)
    path = path_of("XUSDT", "1h", "2024-01")
    site.files[path] = b"PK not really a zip"
    site.files[f"{path}.CHECKSUM"] = hashlib.sha256(site.files[path]).hexdigest().encode()
    report = fetch()
    assert [item.file.part for item in report.quarantined] == ["2024-01"]
    assert stored(tmp_path)["time"][0] == ms("2024-02-01")


def test_days_are_asked_for_where_a_month_is_missing_between_others_and_not_before_a_listing(site, bars, fetch, tmp_path: Path) -> None:
    published(site, bars)
    del site.files[path_of("XUSDT", "1h", "2024-01")]
    fetch(start_ms=ms("2022-11-01"), now_ms=ms("2024-06-01"), end_ms=ms("2024-03-18"))
    assert stored(tmp_path)["time"][0] == ms("2024-02-01")
    assert not any("daily" in path and ("2022" in path or "2023" in path) for path in site.asked)


def test_an_archive_that_goes_on_by_days_alone_is_followed_and_no_further_than_it_goes(site, bars, fetch, tmp_path: Path) -> None:
    site.publish("XUSDT", bars, 60, daily_from="2024-02", archived_until_ms=ms("2024-02-06"))
    assert fetch(now_ms=ms("2025-06-01"), end_ms=ms("2025-06-01"), api_url=None).complete
    assert stored(tmp_path)["time"][-1] == ms("2024-02-05T23:00")
    assert sum("daily" in path and "2024-03" in path for path in site.asked) == 31
    assert not any("daily" in path and "2024-04" in path for path in site.asked)


def test_a_range_that_ended_long_ago_is_completed_through_rest(site, bars, fetch, tmp_path: Path) -> None:
    published(site, bars)
    assert fetch(now_ms=ms("2025-06-01"), end_ms=ms("2024-03-20")).complete
    assert stored(tmp_path)["time"][-1] == ms("2024-03-19T23:00")


def test_a_symbol_that_is_nowhere_fails_with_advice(site, bars, fetch) -> None:
    assert "no bars at http://127.0.0.1" in fetch("NOSUCH").failed["NOSUCH"]


def test_history_that_changed_is_refused_unless_told_which_wins(site, bars, fetch, tmp_path: Path) -> None:
    published(site, bars)
    fetch()
    for path in (tmp_path / "cache").rglob("*-2024-02.zip"):
        path.unlink()
    changed = bars.with_columns(volume=pl.when(pl.col("time") == ms("2024-02-03")).then(7.0).otherwise(pl.col("volume")))
    published(site, changed)
    assert "other values for the same 1 bars (2024-02-03 00:00)" in fetch().failed["XUSDT"]
    report = fetch(prefer="new")
    assert str(report.imported[0].changes) == "1 replaced; the first change at 2024-02-03 00:00 UTC"


def test_a_password_in_the_mirrors_address_is_neither_said_nor_written(site, bars, fetch, tmp_path: Path) -> None:
    published(site, bars)
    site.files[path_of("XUSDT", "1h", "2024-02") + ".CHECKSUM"] = b"0" * 64
    url = site.url.replace("http://", "http://me:it's@hush@")
    site.faults["/fapi/v1/klines"] += [451]
    said: list[str] = []
    report = fetch(base_url=url, api_url=url, said=said)
    failed = [*report.failed.values(), *fetch("NOSUCH", base_url=url, api_url=url).failed.values()]
    kept = (tmp_path / "cache" / "quarantine" / "XUSDT-1h-2024-02.zip.txt").read_text()
    assert len(failed) == 2
    for text in (*failed, kept):
        assert "http://me:***@127.0.0.1" in text
    assert "hush" not in "".join([*failed, *said, kept])


def test_a_range_without_sense_and_a_timeframe_without_klines_are_refused(fetch) -> None:
    with pytest.raises(DataError, match=r"--start: expected a start before the end"):
        fetch(start_ms=ms("2025-01-01"))
    with pytest.raises(DataError, match=r"--timeframe: expected one of Binance's"):
        fetch(timeframe=Timeframe.parse("7m"))


def test_a_proxy_of_the_environment_is_used(site, bars, fetch, monkeypatch) -> None:
    published(site, bars)
    monkeypatch.setenv("http_proxy", site.url)
    monkeypatch.setenv("no_proxy", "")
    assert fetch(base_url="http://archive.invalid", api_url="http://api.invalid").complete
    assert site.asked[path_of("XUSDT", "1h", "2024-01")] == 1


def test_a_forbidden_answer_is_not_asked_for_again(site, bars, fetch) -> None:
    published(site, bars)
    path = path_of("XUSDT", "1h", "2024-01")
    site.faults[path] += [403] * 9
    assert "the server answered 403" in fetch().failed["XUSDT"]
    assert site.asked[path] == 1


def test_the_pace_is_shared_by_all_threads(site, bars, fetch) -> None:
    import time

    published(site, bars)
    began = time.monotonic()
    fetch(manners=replace(QUICK, n_per_s=200.0, n_parallel=8))
    assert time.monotonic() - began >= (sum(site.asked.values()) - 1) / 200.0


def test_a_cache_that_cannot_be_written_is_a_data_error(site, bars, fetch, tmp_path: Path) -> None:
    published(site, bars)
    (tmp_path / "cache").write_text("a file, not a folder")
    assert "cannot be written" in fetch().failed["XUSDT"]


def test_the_command_fetches_lists_and_takes_aliases(site, bars, tmp_path: Path, capsys) -> None:
    published(site, bars)
    site.publish("YUSDT", bars[:30], 60)
    root = tmp_path / "store"
    root.mkdir()
    (root / "symbols.yaml").write_text("aliases: {OLDUSDT: XUSDT}\n")
    where = ["--base-url", site.url + "/", "--root", str(root)]
    assert main(["fetch", "binance", *where, "--list-top", "1"]) == 0
    assert capsys.readouterr().out.split() == ["XUSDT", "1,920", "USDT"]
    asked = ["--symbols", "OLDUSDT", "--timeframe", "1h", "--start", "2024-01-01", "--end", "2024-03-01"]
    assert main(["fetch", "binance", *where, *asked, "--per-second", "1000"]) == 0
    assert "new       XUSDT                1h     1,440 bars" in capsys.readouterr().out
    assert main(["fetch", "binance", *where]) == 2
    assert "expected --symbols" in capsys.readouterr().err
    assert main(["fetch", "binance", *where, "--symbols", "NOSUCH", "--start", "2024-01-01", "--per-second", "5000"]) == 1


def test_real_minutes_come_through_the_archive_as_they_are(site, real_data: Path, tmp_path: Path) -> None:
    import_files(tmp_path / "direct", [real_data / "ADAUSDT_1m.csv"])
    minutes = Store(tmp_path / "direct").load("ADAUSDT", Timeframe.parse("1m"))
    site.publish("ADAUSDT", minutes, 1, archived_until_ms=ms("2025-06-28"), daily_from="2025-06")
    wanted = Wanted(
        "um", ("ADAUSDT",), Timeframe.parse("1m"), ms("2025-05-01"), ms("2025-07-01"), ms("2025-07-01"), site.url, site.url, tmp_path / "c"
    )
    assert fetch_binance(Store(tmp_path / "store"), wanted, Http(replace(QUICK, silence_s=5.0)), lambda text: None).complete
    assert Store(tmp_path / "store").load("ADAUSDT", Timeframe.parse("1m")).equals(minutes)


@pytest.mark.parametrize("missing", ["stamina", "urllib3"])
def test_without_the_extra_the_error_says_what_to_install(monkeypatch, missing: str) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(DataError, match=rf"fetch needs {missing}\. Install it: pip install 'pinejax\[data\]'"):
        Http()
