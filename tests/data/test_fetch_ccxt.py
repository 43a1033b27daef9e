"""pinejax.data.fetch.exchanges, against a local stub of Bitstamp's REST interface"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from bitstamp_server import BitstampServer, serving

from pinejax.core.timeframe import Timeframe
from pinejax.data.cli import main
from pinejax.data.fetch import exchanges
from pinejax.data.fetch.binance import Report
from pinejax.data.fetch.exchanges import CcxtWanted, fetch_ccxt
from pinejax.data.fetch.http import Manners
from pinejax.data.store import Store
from pinejax.errors import DataError

M5 = Timeframe.parse("5m")
START_MS = 1_704_067_200_000
SPOT, NAME = "BTC/USD", "BITSTAMP:BTCUSD"
QUICK = Manners(wait_initial_s=0.001, wait_max_s=0.01, attempts=3, silence_s=2.0)


@pytest.fixture
def bars(make_bars) -> pl.DataFrame:
    return make_bars(2_400)


@pytest.fixture
def site(bars) -> Iterator[BitstampServer]:
    with serving(BitstampServer(bars)) as running:
        yield running


@pytest.fixture
def fetch(site: BitstampServer, tmp_path: Path) -> Callable[..., Report]:
    def run(*symbols: str, **changes) -> Report:
        end_ms = START_MS + 2_400 * M5.ms
        wanted = CcxtWanted("bitstamp", symbols or (SPOT,), M5, START_MS, end_ms, end_ms, site.url)
        return fetch_ccxt(Store(tmp_path / "store"), replace(wanted, **changes), QUICK, lambda text: None)

    return run


def stored(tmp_path: Path) -> pl.DataFrame:
    return Store(tmp_path / "store").load(NAME, M5)


def test_pages_give_every_closed_bar(site, bars, fetch, tmp_path: Path) -> None:
    assert fetch(now_ms=START_MS + 2_399 * M5.ms + 1_000).complete
    assert stored(tmp_path).equals(bars[:2_399])
    assert site.asked == [START_MS // 1_000 + 300_000 * k for k in range(3)]


def test_the_instrument_is_the_exchanges(fetch, tmp_path: Path) -> None:
    fetch()
    instrument = Store(tmp_path / "store").manifest(NAME, M5).instrument
    assert (instrument.tick_size, instrument.lot_step, instrument.currency) == (0.1, 0.001, "USD")


def test_a_later_fetch_asks_only_for_what_is_not_stored(site, bars, fetch, tmp_path: Path) -> None:
    fetch(start_ms=START_MS + 600 * M5.ms, end_ms=START_MS + 1_200 * M5.ms)
    site.asked.clear()
    report = fetch()
    assert (report.imported[0].outcome, stored(tmp_path).equals(bars)) == ("extended", True)
    assert site.asked == [START_MS // 1_000, START_MS // 1_000 + 1_200 * 300, START_MS // 1_000 + 2_200 * 300]
    assert fetch().complete and len(site.asked) == 3


def test_a_hole_in_the_exchanges_history_is_passed_over(site, bars, fetch, tmp_path: Path) -> None:
    site.bars = bars.filter(~pl.int_range(len(bars)).is_between(100, 2_200))
    assert fetch().complete
    assert stored(tmp_path).equals(site.bars)


def test_what_may_go_better_is_tried_again(site, bars, fetch, tmp_path: Path) -> None:
    site.faults += [429, 503]
    assert fetch().complete
    assert stored(tmp_path).equals(bars)


def test_a_fetch_that_broke_off_goes_on_from_what_it_stored(site, bars, fetch, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(exchanges, "_PAGES_AN_IMPORT", 1)
    site.faults += [200, 503, 503, 503]
    assert "ExchangeNotAvailable" in fetch().failed[SPOT]
    assert len(stored(tmp_path)) == 1_000
    site.asked.clear()
    assert fetch().complete
    assert stored(tmp_path).equals(bars) and len(site.asked) == 2


def test_what_two_fetches_left_between_them_is_asked_for(site, bars, fetch, tmp_path: Path) -> None:
    fetch(end_ms=START_MS + 300 * M5.ms)
    site.bars = bars.filter(pl.int_range(len(bars)) >= 1_400)
    fetch(start_ms=START_MS + 1_400 * M5.ms)
    assert len(stored(tmp_path)) == 1_300
    site.bars = bars
    site.asked.clear()
    assert fetch(start_ms=START_MS + 500 * M5.ms).complete
    assert stored(tmp_path).equals(bars.filter(~pl.int_range(len(bars)).is_between(300, 499)))
    assert site.asked == [START_MS // 1_000 + 500 * 300]


def test_an_extension_backwards_that_broke_off_goes_on(site, bars, fetch, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(exchanges, "_PAGES_AN_IMPORT", 1)
    fetch(start_ms=START_MS + 2_300 * M5.ms)
    site.faults += [200, 503, 503, 503]
    assert fetch().failed
    assert len(stored(tmp_path)) == 1_100
    assert fetch().complete
    assert stored(tmp_path).equals(bars)


def test_a_perpetual_is_stored_under_tradingviews_name(fetch, tmp_path: Path) -> None:
    report = fetch("BTC/USD:USD", SPOT)
    assert [item.manifest.symbol for item in report.imported] == ["BITSTAMP:BTCUSD.P", NAME]


def test_what_is_unknown_is_told_with_what_is_near(fetch) -> None:
    assert "bitstamp has no market 'BTC/UST'. Did you mean BTC/USD" in fetch("BTC/UST").failed["BTC/UST"]
    with pytest.raises(DataError, match=r"ccxt knows no 'bitstmap'\. Did you mean bitstamp"):
        fetch(exchange="bitstmap")
    with pytest.raises(DataError, match=r"--timeframe: bitstamp has bars of 1m, 3m, 5m, .*got 7m"):
        fetch(timeframe=Timeframe.parse("7m"))


def test_a_range_without_bars_fails_the_symbol(fetch) -> None:
    assert "no bars at bitstamp in this range" in fetch(start_ms=START_MS - 500 * M5.ms, end_ms=START_MS).failed[SPOT]


def test_the_command_fetches(site, tmp_path: Path, capsys) -> None:
    where = ["--base-url", site.url, "--root", str(tmp_path / "store"), "--exchange", "bitstamp"]
    asked = ["--symbols", SPOT, "--timeframe", "5m", "--start", "2024-01-01", "--end", "2024-01-03"]
    assert main(["fetch", "ccxt", *where, *asked]) == 0
    assert f"new       {NAME}" in capsys.readouterr().out


def test_without_the_extra_the_error_says_what_to_install(fetch, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "ccxt", None)
    with pytest.raises(DataError, match=r"fetch ccxt needs ccxt\. Install it: pip install 'pinejax\[data,ccxt\]'"):
        fetch()
