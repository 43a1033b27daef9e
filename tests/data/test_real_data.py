"""The real files beside the repository, where they are present: imported as they are, and loaded in every timeframe they allow"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pinejax.core.timeframe import Timeframe
from pinejax.data.check import check_store
from pinejax.data.feed import load_feed
from pinejax.data.ingest import import_files
from pinejax.data.resample import resample
from pinejax.data.store import Store


@pytest.fixture(scope="module")
def store(real_data: Path, tmp_path_factory) -> Store:
    root = tmp_path_factory.mktemp("real")
    import_files(root, sorted(real_data.glob("*.csv")))
    return Store(root)


def test_every_file_is_a_dataset_named_after_it(store: Store, real_data: Path) -> None:
    expected = {tuple(path.stem.removesuffix("_tv").rsplit("_", 1)) for path in real_data.glob("*.csv")}
    assert {(symbol, str(timeframe)) for symbol, timeframe, _ in store.datasets()} == expected


def test_the_bars_are_the_files(store: Store, real_data: Path) -> None:
    raw = pl.read_csv(real_data / "ETHUSDT.P_15m_tv.csv").rename({"timestamp": "time"})
    assert store.load("ETHUSDT.P", Timeframe.parse("15m")).equals(raw)
    raw = pl.read_csv(real_data / "DOGEUSDT_1m.csv", try_parse_dates=True)
    stored = store.load("DOGEUSDT", Timeframe.parse("1m"))
    assert stored["time"].to_list() == raw["timestamp"].dt.epoch("ms").to_list()
    assert stored.drop("time").equals(raw.drop("timestamp"))


def test_they_are_free_of_errors(store: Store) -> None:
    assert not [finding for finding in check_store(store) if finding.level == "error"]


@pytest.mark.parametrize("symbol", ["ADAUSDT", "DOGEUSDT", "DOTUSDT"])
@pytest.mark.parametrize("longer", ["5m", "15m"])
def test_resampled_minutes_agree_with_the_exchanges_own_bars(store: Store, symbol: str, longer: str) -> None:
    timeframe = Timeframe.parse(longer)
    minutes = store.load(symbol, Timeframe.parse("1m"))
    made = resample(minutes, Timeframe.parse("1m"), timeframe)[1:]
    both = made.join(store.load(symbol, timeframe)[:-1], on="time", suffix="_exchange")
    assert len(both) >= len(made) - 3
    for name in ("open", "high", "low", "close"):
        assert (both[name] == both[f"{name}_exchange"]).all()
    np.testing.assert_allclose(both["volume"], both["volume_exchange"], rtol=1e-9)


@pytest.mark.parametrize("pair", ["5m@1h", "15m", "15m@4h", "1h@1D", "1D@1W"])
def test_feeds_of_all_pairs_are_sound(store: Store, pair: str) -> None:
    feed = load_feed(store, "BTCUSDT", pair)
    assert (np.diff(feed.ltf.time) == feed.timeframe.ltf.ms).all()
    known = np.flatnonzero(feed.htf_complete)
    assert (feed.htf.time[known] + feed.timeframe.htf.ms == feed.ltf.time[known] + feed.timeframe.ltf.ms).all()
