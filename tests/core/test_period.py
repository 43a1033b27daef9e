"""pinejax.core.period: where buckets begin and end"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from pinejax.core.period import Period
from pinejax.errors import ConfigError


def _ms(text: str, zone: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


@pytest.mark.parametrize(
    ("period", "zone", "time", "begin", "end"),
    [
        ("4h", "UTC", "2025-03-31T15:59", "2025-03-31T12:00", "2025-03-31T16:00"),
        ("1D", "UTC", "2025-03-31T00:00", "2025-03-31T00:00", "2025-04-01T00:00"),
        ("1W", "UTC", "2025-04-06T23:45", "2025-03-31T00:00", "2025-04-07T00:00"),
        ("1M", "UTC", "2024-02-29T12:00", "2024-02-01T00:00", "2024-03-01T00:00"),
        ("3M", "UTC", "2025-12-31T12:00", "2025-10-01T00:00", "2026-01-01T00:00"),
        ("12M", "UTC", "2025-12-31T12:00", "2025-01-01T00:00", "2026-01-01T00:00"),
        # 23 and 25 hours long.
        ("1D", "America/New_York", "2025-03-09T12:00", "2025-03-09T00:00", "2025-03-10T00:00"),
        ("1D", "Europe/Berlin", "2025-10-26T12:00", "2025-10-26T00:00", "2025-10-27T00:00"),
        ("1W", "America/New_York", "2025-03-09T23:59", "2025-03-03T00:00", "2025-03-10T00:00"),
        ("1M", "America/New_York", "2025-03-31T23:59", "2025-03-01T00:00", "2025-04-01T00:00"),
    ],
)
def test_buckets(period: str, zone: str, time: str, begin: str, end: str) -> None:
    found = Period.parse(period)
    begins = found.begin(np.array([_ms(time, zone)]), zone)
    assert begins.tolist() == [_ms(begin, zone)]
    assert found.end(begins, zone).tolist() == [_ms(end, zone)]


def test_parts_of_a_day_lie_on_the_utc_grid_in_every_zone() -> None:
    time = np.array([_ms("2025-07-01T15:59", "UTC")])
    assert Period.parse("4h").begin(time, "America/New_York").tolist() == [_ms("2025-07-01T12:00", "UTC")]


@pytest.mark.parametrize("period", ["1D", "1W", "1M", "3M"])
@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Europe/Berlin"])
def test_buckets_adjoin_and_hold_their_times(period: str, zone: str) -> None:
    found, times = Period.parse(period), _ms("2024-12-30T00:00", "UTC") + np.arange(400) * 90_061_000
    begin = found.begin(times, zone)
    end = found.end(begin, zone)
    assert ((begin <= times) & (times < end)).all()
    assert (found.begin(end, zone) == end).all()
    assert (found.begin(end - 1, zone) == begin).all()


@pytest.mark.parametrize("text", ["", "soon", "7h", "2D", "2W", "5M", "0M", "0"])
def test_what_has_no_grid_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="timeframe: expected"):
        Period.parse(text)


def test_as_text() -> None:
    assert [str(Period.parse(t)) for t in ("60", "D", "1d", "W", "M", "12M")] == ["1h", "1D", "1D", "1W", "1M", "12M"]
