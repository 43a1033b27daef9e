"""pinejax.data.feed"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pinejax.core.feed import Feed, Instrument
from pinejax.core.timeframe import Timeframe, TimeframePair
from pinejax.data.feed import load_feed
from pinejax.data.frame import content_hash
from pinejax.data.ingest import import_files
from pinejax.data.options import ImportOptions
from pinejax.data.resample import resample
from pinejax.data.store import Store, open_store
from pinejax.errors import ConfigError, DataError

COLUMNS = ("time", "open", "high", "low", "close", "volume")


@pytest.fixture
def store(tmp_path: Path, csv_file, make_bars) -> Store:
    """BTCUSDT, two days from Monday 2024-01-01: 5m, and 15m with prices of their own, so that it shows which were used."""
    files = [csv_file("BTCUSDT_5m.csv", make_bars(576)), csv_file("BTCUSDT_15m.csv", make_bars(192, minutes=15, price=500.0))]
    import_files(tmp_path / "store", files, ImportOptions(tick_size=0.05, lot_step=0.5))
    return open_store(tmp_path / "store")


def test_base_bars_pass_unchanged(store: Store, make_bars) -> None:
    feed = load_feed(store, "BTCUSDT", TimeframePair.parse("5m"))
    assert all((getattr(feed.ltf, name) == make_bars(576)[name].to_numpy()).all() for name in COLUMNS)
    assert feed.htf_complete.all()
    assert feed.content_hash == content_hash(make_bars(576))
    assert (feed.name, feed.synthetic, feed.instrument) == ("BTCUSDT 5m", False, Instrument(tick_size=0.05, lot_step=0.5, currency="USDT"))


def test_the_longest_stored_timeframe_that_divides_the_ltf_is_used(store: Store) -> None:
    assert load_feed(store, "BTCUSDT", "5m@1h").ltf.open[0] == 100.0
    assert load_feed(store, "BTCUSDT", "15m@1h").ltf.open[0] == 500.0
    assert load_feed(store, "BTCUSDT", "1h@4h").ltf.open[0] == 500.0


def test_htf_bars_are_those_of_the_resampled_ltf_on_the_bars_that_complete_them(store: Store, make_bars) -> None:
    feed = load_feed(store, "BTCUSDT", "5m@1h")
    assert np.flatnonzero(feed.htf_complete).tolist() == list(range(11, 576, 12))
    hours = resample(make_bars(576), Timeframe.parse("5m"), Timeframe.parse("1h"))
    assert all((getattr(feed.htf, name)[feed.htf_complete] == hours[name].to_numpy()).all() for name in COLUMNS)


def test_the_start_is_inclusive_and_the_end_exclusive(store: Store) -> None:
    feed = load_feed(store, "BTCUSDT", "5m@1h", "2024-01-01T12:00", "2024-01-02")
    assert (len(feed), feed.ltf.time[0] / 60_000 % 1_440, feed.ltf.time[-1] / 60_000 % 1_440) == (144, 720, 1_435)


def test_a_start_inside_an_htf_bucket_makes_a_partial_first_htf_bar(store: Store) -> None:
    feed = load_feed(store, "BTCUSDT", "5m@1h", "2024-01-01T12:40")
    whole = load_feed(store, "BTCUSDT", "5m@1h")
    assert np.flatnonzero(feed.htf_complete)[:2].tolist() == [3, 15]
    assert feed.htf.open[3] == whole.ltf.open[152] != whole.htf.open[155]


def test_a_range_does_not_change_ltf_bars(store: Store) -> None:
    feed, whole = load_feed(store, "BTCUSDT", "1h", "2024-01-01T12:30", "2024-01-01T15:30"), load_feed(store, "BTCUSDT", "1h")
    assert feed.ltf.time.tolist() == whole.ltf.time[13:16].tolist()
    assert feed.ltf.open.tolist() == whole.ltf.open[13:16].tolist()
    assert feed.content_hash != whole.content_hash


def test_the_hash_is_of_the_selected_bars(store: Store) -> None:
    hashes = [
        load_feed(store, "BTCUSDT", "5m", *bounds).content_hash for bounds in ((None, None), ("2024-01-01", None), ("2024-01-02", None))
    ]
    assert hashes[0] == hashes[1] != hashes[2]


@pytest.mark.parametrize(("symbol", "pair", "bounds", "message"), [
    ("BTCUSD", "5m", (None, None), r"Did you mean BTCUSDT\?"),
    ("BTCUSDT", "1m@5m", (None, None), "1m bars of BTCUSDT cannot be made of the stored 5m, 15m bars"),
    ("BTCUSDT", "20m@5h", (None, None), "divides a day .* got 5h"),
    ("BTCUSDT", "1W", (None, None), "do not fill a single bar"),
    ("BTCUSDT", "5m", ("2025-01-01", None), r"in 2025-01-01 \.\. the end; there are bars from 2024-01-01 00:00 to 2024-01-02 23:55 UTC"),
    ("BTCUSDT", "5m", (None, "2023-01-01"), r"no bars in the beginning \.\. 2023-01-01"),
    ("BTCUSDT", "5m", ("2024-01-02", "2024-01-01"), "a start before the end"),
    ("BTCUSDT", "5m", ("soon", None), r"data\.start: expected an ISO date"),
])  # fmt: skip
def test_what_cannot_be_loaded_is_a_data_error(store: Store, symbol: str, pair: str, bounds: tuple, message: str) -> None:
    with pytest.raises(DataError, match=message):
        load_feed(store, symbol, pair, *bounds)


def test_a_pair_without_sense_is_a_config_error(store: Store) -> None:
    with pytest.raises(ConfigError, match="HTF above the LTF"):
        load_feed(store, "BTCUSDT", "1h@5m")


def test_an_empty_store_knows_no_symbol(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="None is known"):
        load_feed(open_store(tmp_path), "BTCUSDT", "5m")


@pytest.mark.parametrize("pair", ["5m", "15m", "15m@1h", "5m@4h", "1h@1D", "1D@1W"])
def test_every_pair_of_the_sample_gives_a_sound_feed(pair: str) -> None:
    feed: Feed = load_feed(open_store(None), "SYNTH_A", pair)
    assert feed.synthetic
    ratio = feed.timeframe.htf.seconds // feed.timeframe.ltf.seconds
    assert int(feed.htf_complete.sum()) == len(feed) // ratio
    assert (np.diff(feed.ltf.time) == feed.timeframe.ltf.ms).all()
    assert (np.isnan(feed.htf.close) == ~feed.htf_complete).all()
    assert (feed.htf.close[feed.htf_complete] == feed.ltf.close[feed.htf_complete]).all()
