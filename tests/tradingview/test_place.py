"""pinejax.tradingview.zone and .place: which clock the chart had, told by the bars; and what is said where no clock fits"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from pinejax.core.feed import Feed
from pinejax.errors import ConfigError, DataError
from pinejax.tradingview.export import read_export
from pinejax.tradingview.place import Placed, place
from pinejax.tradingview.zone import clock, fixed_zone, known_zones, named_zone, zone_of
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
    with pytest.raises(DataError, match=r"Another zone than compare_zone=UTC\+1"):
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
    with pytest.raises(DataError, match=r"a grid of 5m\. Use timeframe=5m"):
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


def test_only_offsets_in_use_are_tried() -> None:
    """No place is a quarter of an hour from a whole one, but for Kathmandu, Eucla and Chatham: another quarter hides a bar."""
    names = {zone.name for zone in known_zones(START_MS, START_MS + 10**9)}
    assert {"UTC", "UTC+8", "UTC-12", "UTC+14", "UTC+5:30", "UTC+5:45", "UTC-9:30", "Europe/Berlin"} <= names
    assert not {"UTC+8:15", "UTC+0:15", "UTC-0:30", "UTC+7:45", "UTC+14:30"} & names


def gapless(feed: Feed, but_every: int) -> Feed:
    """Each close is the next open, except on every so many bars."""
    bars, index = feed.ltf, np.arange(len(feed.ltf))
    close = np.where(index % but_every, np.append(bars.open[1:], bars.close[-1]), bars.close)
    high, low = np.maximum(bars.high, close), np.minimum(bars.low, close)
    ltf = replace(bars, close=close, high=np.maximum(high, bars.open), low=np.minimum(low, bars.open))
    return replace(feed, ltf=ltf, htf=ltf)


HOURS = [(i, i + 7) for i in range(100, 4000, 101)]


def at_closes(feed: Feed, zone: str) -> list[Plain]:
    bars = feed.ltf
    filled = replace(feed, ltf=replace(bars, open=bars.close))
    return trades_on(filled, HOURS, zone)


@pytest.mark.parametrize("make", [lambda feed: trades_on(feed, HOURS, "Asia/Shanghai"), lambda feed: at_closes(feed, "Asia/Shanghai")])
def test_of_clocks_one_bar_apart_the_one_of_exact_prices_is_taken(make, tmp_path: Path) -> None:
    """On hours a fill at a close is nearly one at the next open: our trades, which may be at the wrong one, must not choose."""
    feed = gapless(walk_feed(4200, "1h"), but_every=5)
    wide = replace(feed.ltf, high=feed.ltf.high + 50, low=feed.ltf.low - 50)
    found = placed(tmp_path, replace(feed, ltf=wide), make(feed))
    (best, *others) = found
    assert best.zone.name == "UTC+8"
    assert "UTC+7" in best.near or "UTC+9" in best.near
    assert not best.undecided
    hours = [round((p.trades[0].entry_ms - best.trades[0].entry_ms) / 3_600_000) for p in others]
    assert all(abs(h) > 1 for h in hours), "what is left for trades to choose from is further apart"


def test_where_every_close_is_the_next_open_the_clock_is_undecided(tmp_path: Path) -> None:
    feed = gapless(walk_feed(4200, "1h"), but_every=10**9)
    best = placed(tmp_path, feed, trades_on(feed, HOURS, "Asia/Shanghai"))[0]
    assert best.zone.name == "UTC+8", "fills at opens are the usual ones"
    assert best.undecided == ("UTC+9",) or best.undecided == ("UTC+7",)
    (given,) = placed(tmp_path, feed, trades_on(feed, HOURS, "Asia/Shanghai"), zone="UTC+8")
    assert not given.undecided


def test_bars_that_begin_after_most_of_the_export_are_named_by_their_range(walk: Feed, tmp_path: Path) -> None:
    trades = trades_on(walk, EVERY_WEEK)
    end = walk.ltf
    late = {name: getattr(end, name)[EVERY_WEEK[-1][0] - 5 :] for name in ("time", "open", "high", "low", "close", "volume")}
    with pytest.raises(DataError) as raised:
        placed(tmp_path, replace(walk, ltf=replace(end, **late)), trades)
    said = str(raised.value)
    assert "lies outside these bars: its entries are from 2025-04-03" in said
    assert "only 2 of 104 fills are among them. Widen data.start" in said
    assert "symbol" not in said


def test_a_third_of_the_export_within_the_bars_can_be_compared(walk: Feed, tmp_path: Path) -> None:
    found = placed(tmp_path, walk_feed(120 * 96), trades_on(walk, EVERY_WEEK))[0]
    assert found.n_fit == found.n_fills < found.n_outside


def test_prices_like_ours_are_no_factor_of_ours(walk: Feed, tmp_path: Path) -> None:
    with pytest.raises(DataError) as raised:
        placed(tmp_path, walk, trades_on(walk, EVERY_WEEK), scale=1.004)
    assert "times our price" not in str(raised.value)
    assert "Another exchange or contract of the same symbol" in str(raised.value)


def test_a_finer_timeframe_of_the_right_symbol_is_named(tmp_path: Path) -> None:
    """Fills inside 15m bars, of which the 5m bar at their time has few."""
    fine = walk_feed(30 * 288, "5m")
    trades = [
        replace(t, entry_price=t.entry_price + 40, exit_price=t.exit_price + 40)
        for t in trades_on(fine, [(i, i + 9) for i in range(99, 8000, 87)])
    ]
    with pytest.raises(DataError, match=r"a grid of 15m, these are 5m bars: use timeframe=15m"):
        placed(tmp_path, fine, trades)
