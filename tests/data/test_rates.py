"""pinejax.data.rates: reading daily rates, and the rate of each bar"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pinejax.broker.config import BrokerConfig
from pinejax.config import Config, DataConfig
from pinejax.core.timeframe import TimeframePair
from pinejax.data.feed import load_feed
from pinejax.data.frame import content_hash
from pinejax.data.ingest import import_files
from pinejax.data.options import ImportOptions
from pinejax.data.rates import rates_for, read_rates
from pinejax.data.store import Store, open_store
from pinejax.errors import ConfigError, DataError
from pinejax.job.session import prepare

CSV = "utc_date,rate_usd_per_usdt,lo\n2024-01-01,0.9,1\n2024-01-02,0.8,1\n2024-01-04,0.7,1\n"


@pytest.fixture
def store(tmp_path: Path, csv_file, make_bars) -> Store:
    """Five days of hours from 2024-01-01 on: BTCUSDT, and NOBODY, whose currency nobody knows."""
    files = [csv_file(f"{name}_1h.csv", make_bars(120, minutes=60)) for name in ("BTCUSDT", "NOBODY")]
    import_files(tmp_path / "store", files, ImportOptions())
    return open_store(tmp_path / "store")


@pytest.fixture
def rates(csv_file) -> str:
    return str(csv_file("USDT_USD.csv", CSV))


def by_day(rate: np.ndarray | None, per_day: int = 24) -> list[float]:
    assert rate is not None
    assert all(len(set(day)) == 1 for day in rate.reshape(-1, per_day))
    return rate[::per_day].tolist()


def test_the_first_day_has_1_and_a_day_without_a_rate_keeps_the_one_before(store: Store, rates: str) -> None:
    feed = load_feed(store, "BTCUSDT", "1h@4h", currency="USD", rates=rates)
    assert by_day(feed.rate) == [1.0, 0.8, 0.8, 0.7, 0.7]
    later = load_feed(store, "BTCUSDT", "1h@4h", start="2024-01-03", currency="USD", rates=rates)
    assert by_day(later.rate) == [1.0, 0.7, 0.7]


def test_the_first_day_is_the_first_bar_s_even_where_it_is_partial(store: Store, rates: str) -> None:
    feed = load_feed(store, "BTCUSDT", "1h", start="2024-01-01T20:00", end="2024-01-02T02:00", currency="USD", rates=rates)
    assert feed.rate is not None
    assert feed.rate.tolist() == [1.0] * 4 + [0.8] * 2


def test_equal_or_unsaid_currencies_need_no_rates(store: Store, rates: str, make_bars) -> None:
    for currency, path in (("", None), ("USDT", None), ("usdt", None), ("USDT", rates)):
        feed = load_feed(store, "BTCUSDT", "1h", currency=currency, rates=path)
        assert feed.rate is None
        assert feed.content_hash == content_hash(make_bars(120, minutes=60))


def test_rates_without_an_account_currency_are_used(store: Store, rates: str) -> None:
    assert by_day(load_feed(store, "NOBODY", "1h", rates=rates).rate) == [1.0, 0.8, 0.8, 0.7, 0.7]


def test_other_rates_are_other_data(store: Store, rates: str, csv_file) -> None:
    other = str(csv_file("other.csv", CSV.replace("0.7", "0.71")))
    same = str(csv_file("same.csv", CSV.replace("lo\n", "lo\n2023-12-01,5,1\n")))
    hashes = [load_feed(store, "BTCUSDT", "1h", currency="USD", rates=path).content_hash for path in (rates, other, same)]
    assert hashes[0] == hashes[2] != hashes[1]
    assert hashes[0] != load_feed(store, "BTCUSDT", "1h").content_hash


def test_a_folder_is_searched_for_the_pair(store: Store, rates: str, csv_file) -> None:
    folder = str(Path(rates).parent)
    assert by_day(load_feed(store, "BTCUSDT", "1h", currency="USD", rates=folder).rate)[1] == 0.8
    with pytest.raises(DataError, match=r"USDT_EUR\.csv cannot be read"):
        load_feed(store, "BTCUSDT", "1h", currency="EUR", rates=folder)
    for symbol, currency in (("NOBODY", "USD"), ("BTCUSDT", "")):
        with pytest.raises(ConfigError, match="is a folder"):
            load_feed(store, symbol, "1h", currency=currency, rates=folder)


def test_currencies_that_differ_without_rates_say_what_to_give() -> None:
    with pytest.raises(ConfigError, match=r"quoted in USDT and the account is in USD. Give the daily rates with data.rates"):
        rates_for("BTCUSDT", "USDT", "USD", None)
    with pytest.raises(ConfigError, match=r"no known currency .* --currency"):
        rates_for("NOBODY", "", "USD", None)


@pytest.mark.parametrize("head", ["date,close", "UTC_Date;Rate", "time\trate_eur", "junk,close,day"])
def test_columns_are_found_by_meaning(csv_file, head: str) -> None:
    separator = next(s for s in ",;\t" if s in head)
    row = separator.join(["x", "1.25", "2024-01-02"] if head.startswith("junk") else ["2024-01-02", "1.25"])
    found = read_rates(csv_file("r.csv", f"{head}\n{row}\n"))
    assert (found.day.tolist(), found.rate.tolist()) == ([19_724], [1.25])


def test_rows_may_come_in_any_order(csv_file) -> None:
    assert read_rates(csv_file("r.csv", "date,rate\n2024-01-03,3\n2024-01-02,2\n")).rate.tolist() == [2.0, 3.0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("date,rate\n", "with values"),
        ("date,price\n2024-01-01,1\n", "of rates"),
        ("when,rate\n2024-01-01,1\n", "of UTC dates"),
        ("date,rate\n2024-01-01,1\nsoon,1\n", "a UTC date .* line 3: 'soon'"),
        ("date,rate\n2024-01-01T12:00,1\n", "a UTC date"),
        ("date,rate\n2024-01-01,0\n", "above zero .* line 2: '0'"),
        ("date,rate\n2024-01-01,-1\n", "above zero"),
        ("date,rate\n2024-01-01,nan\n", "above zero"),
        ("date,rate\n2024-01-01,\n", "above zero"),
        ("date,rate\n2024-01-01,1\n2024-01-01,2\n", "each day once"),
    ],
)
def test_bad_files_are_refused_with_their_lines(csv_file, text: str, message: str) -> None:
    with pytest.raises(DataError, match=f"data.rates: .*{message}"):
        read_rates(csv_file("r.csv", text))


def test_a_missing_file_is_a_data_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_rates(tmp_path / "none.csv")


def test_rates_that_begin_too_late_are_refused(store: Store, csv_file) -> None:
    late = str(csv_file("late.csv", "date,rate\n2024-01-03,1.1\n"))
    with pytest.raises(DataError, match=r"begins on 2024-01-03, but there are bars from 2024-01-02 on"):
        load_feed(store, "BTCUSDT", "1h", currency="USD", rates=late)
    assert by_day(load_feed(store, "BTCUSDT", "1h", start="2024-01-02", currency="USD", rates=late).rate)[:2] == [1.0, 1.1]


def test_a_run_s_identity_and_errors_know_the_rates(store: Store, rates: str) -> None:
    plain = Config("ema_cross", ("BTCUSDT",), TimeframePair.parse("1h@4h"), DataConfig(str(store.root)))
    converted = replace(plain, data=replace(plain.data, rates=rates), broker=BrokerConfig(currency="USD"))
    one, other = prepare(plain), prepare(converted)
    assert one.context["data"] != other.context["data"]
    assert by_day(other.feeds[0].rate) == [1.0, 0.8, 0.8, 0.7, 0.7]
    with pytest.raises(ConfigError, match=r"data\.rates"):
        prepare(replace(plain, broker=BrokerConfig(currency="EUR")))
