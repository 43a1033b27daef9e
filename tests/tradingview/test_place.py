"""pinejax.tradingview.zone and .place: which clock the chart had, told by the bars; and what is said where no clock fits"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from pinejax.core.feed import Feed
from pinejax.errors import ConfigError, DataError
from pinejax.tradingview.export import read_export
from pinejax.tradingview.place import Placed, place
from pinejax.tradingview.zone import clock, fixed_zone, named_zone, zone_of
from tests.tradingview.conftest import START_MS, walk_feed
from tests.tradingview.layouts import Layout, Plain


def utc(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def trades_on(feed: Feed, bars: list[tuple[int, int]], zone: str = "UTC") -> list[Plain]:
    """Longs from open to open of pairs of bars, on a zone's clock."""
    wall = [datetime.fromtimestamp(int(t) / 1000, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M") for t in feed.ltf.time]
    price = feed.ltf.open
    return [
        Plain(n, 1, wall[a], float(price[a]), wall[b], float(price[b]), 1.0, round(float(price[b] - price[a]), 2))
        for n, (a, b) in enumerate(bars, start=1)
    ]


def placed(
    tmp_path: Path, feed: Feed, trades: list[Plain], layout: Layout | None = None, zone: str | None = None, **how: object
) -> list[Placed]:
    path = tmp_path / "export.csv"
    path.write_bytes((layout or Layout()).write(trades, **how))  # type: ignore[arg-type]
    return place(read_export(path), feed, zone)


def entries(found: Placed) -> list[int]:
    return [t.entry_ms for t in found.trades]


EVERY_WEEK = [(i, i + 40) for i in range(300, 365 * 96 - 100, 7 * 96 + 5)]


@pytest.mark.parametrize(
    ("zone", "named"),
    [
        ("Asia/Shanghai", "UTC+8"),
        ("Asia/Kolkata", "UTC+5:30"),
        ("UTC", "UTC"),
        ("America/New_York", "America/New_York"),
        ("Europe/Berlin", "Europe/Berlin"),
        ("Europe/London", "Europe/London"),
        ("Australia/Sydney", "Australia/Sydney"),
        ("Pacific/Chatham", "Pacific/Chatham"),
        ("Asia/Kathmandu", "UTC+5:45"),
    ],
)
def test_the_zone_is_the_one_under_which_every_fill_lies_in_its_bar(zone: str, named: str, walk: Feed, tmp_path: Path) -> None:
    (found,) = placed(tmp_path, walk, trades_on(walk, EVERY_WEEK, zone))
    assert found.zone.name == named
    assert entries(found) == [int(walk.ltf.time[a]) for a, _ in EVERY_WEEK]
    assert (found.n_fit, found.n_fills, found.n_outside) == (2 * len(EVERY_WEEK), 2 * len(EVERY_WEEK), 0)


def test_the_hour_that_comes_twice_is_told_by_its_prices(walk: Feed, tmp_path: Path) -> None:
    """2025-11-02 in New York: 01:15 is 05:15 and 06:15 UTC."""
    twice = [int(np.searchsorted(walk.ltf.time, utc(f"2025-11-02 {hour}:15"))) for hour in ("05", "06")]
    bars = [*EVERY_WEEK, (twice[0], twice[0] + 20), (twice[1], twice[1] + 20)]
    found, *_ = placed(tmp_path, walk, trades_on(walk, bars, "America/New_York"))
    assert [clock(ms) for ms in entries(found)[-2:]] == ["2025-11-02 05:15", "2025-11-02 06:15"]


def test_a_zone_that_is_given_is_used_even_if_it_fits_worse(walk: Feed, tmp_path: Path) -> None:
    trades = trades_on(walk, EVERY_WEEK)
    with pytest.raises(DataError, match=r"another zone than compare_zone=UTC\+1"):
        placed(tmp_path, walk, trades, zone="UTC+1")
    (found,) = placed(tmp_path, walk, trades, zone="UTC")
    assert found.n_fit == found.n_fills


def test_day_and_month_are_told_by_the_bars(walk: Feed, tmp_path: Path) -> None:
    """All days up to the 12th: both orders are dates, one lies on bars with these prices."""
    first = [i for i in range(0, 300 * 96, 31 * 24) if datetime.fromtimestamp(walk.ltf.time[i] / 1000, UTC).day <= 11][:30]
    trades = trades_on(walk, [(i, i + 20) for i in first])
    for order in ("%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"):
        (found,) = placed(tmp_path, walk, trades, Layout(dates=lambda t, order=order: t.strftime(order)))
        assert entries(found) == [int(walk.ltf.time[i]) for i in first]


def test_a_date_alone_is_the_daily_bar_of_that_date(tmp_path: Path) -> None:
    feed = walk_feed(200, "1D")
    trades = trades_on(feed, [(i, i + 3) for i in range(5, 190, 6)])
    (found, *_) = placed(tmp_path, feed, trades, Layout(dates=lambda t: t.strftime("%Y-%m-%d")))
    assert found.zone.name == "UTC"
    assert entries(found) == [int(feed.ltf.time[i]) for i in range(5, 190, 6)]


def test_fills_beyond_the_bars_are_counted_apart(walk: Feed, tmp_path: Path) -> None:
    half = walk_feed(180 * 96)
    trades = trades_on(walk, EVERY_WEEK)
    (found, *_) = placed(tmp_path, half, trades)
    assert found.zone.name == "UTC"
    assert found.n_outside == sum(walk.ltf.time[i] > half.ltf.time[-1] for pair in EVERY_WEEK for i in pair) > 0


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"scale": 25.0}, ("is not of these bars", "times our price", "symbol=")),
        ({"shift": timedelta(days=4000)}, ("no time in common", "2036-", "python -m pinejax.data import")),
        ({"shift": timedelta(minutes=5)}, ("is not of 15m bars", "lie on a bar of")),
    ],
)
def test_what_is_not_of_these_bars_is_refused(how: dict, said: tuple[str, ...], walk: Feed, tmp_path: Path) -> None:
    with pytest.raises(DataError) as raised:
        placed(tmp_path, walk, trades_on(walk, EVERY_WEEK), **how)
    assert all(words in str(raised.value) for words in said), str(raised.value)


def test_another_timeframe_is_named(walk: Feed, tmp_path: Path) -> None:
    fine = walk_feed(30 * 288, "5m")
    trades = trades_on(fine, [(i, i + 7) for i in range(100, 8000, 131)])
    with pytest.raises(DataError, match=r"a grid of 5m\. Choose that timeframe=5m"):
        placed(tmp_path, walk, trades)


def test_other_prices_on_the_same_grid_are_another_symbol(walk: Feed, tmp_path: Path) -> None:
    other = walk_feed(365 * 96, seed=99)
    with pytest.raises(DataError, match="is not of these bars"):
        placed(tmp_path, walk, trades_on(other, EVERY_WEEK))


@pytest.mark.parametrize(
    ("text", "offset_h"), [("UTC", 0), ("UTC+8", 8), ("+05:30", 5.5), ("-4", -4), ("GMT-03:00", -3), ("Asia/Tokyo", 9), ("utc+0530", 5.5)]
)
def test_a_zone_is_named_by_offset_or_place(text: str, offset_h: float) -> None:
    zone = zone_of(text, START_MS, START_MS + 10**9)
    assert int(zone.offset(np.array([START_MS]))[0]) == offset_h * 3_600_000


@pytest.mark.parametrize("text", ["Mars/Olympus", "UTC+25", "", "eight"])
def test_an_unknown_zone_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="compare_zone: expected UTC, an offset"):
        zone_of(text, START_MS, START_MS + 10**9)


def test_clocks_are_put_forward_and_back() -> None:
    zone = named_zone("Europe/Berlin", utc("2025-01-01"), utc("2025-12-31"))
    walls = ["2025-03-30 01:45", "2025-03-30 02:15", "2025-03-30 03:00", "2025-10-26 02:30"]
    got = zone.utc(np.array([utc(w) for w in walls]))
    assert [clock(int(ms)) for ms in got[[0, 2, 3]]] == ["2025-03-30 00:45", "2025-03-30 01:00", "2025-10-26 00:30"]
    assert got[1] == -1, "this quarter hour does not exist"
    assert clock(int(zone.utc(np.array([utc(walls[3])]), second=True)[0])) == "2025-10-26 01:30"
    assert clock(utc("2025-07-01 12:00"), zone) == "2025-07-01 14:00"
    assert fixed_zone(-210).name == "UTC-3:30"
