"""pinejax.core.session: which moments a session holds"""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from pinejax.core.session import Session
from pinejax.errors import ConfigError


def _holds(session: str, days: str, *moments: str) -> list[bool]:
    """Moments on the wall, such as `2025-03-31T09:30`; that day is a Monday."""
    local = [round(datetime.fromisoformat(m).replace(tzinfo=UTC).timestamp() * 1000) for m in moments]
    return Session.parse(session, days).holds(np.array(local)).tolist()


ALL = "1234567"


def test_the_start_is_inside_and_the_end_is_not() -> None:
    day = "2025-03-31T"
    assert _holds("0930-1600", ALL, day + "09:29", day + "09:30", day + "15:59", day + "16:00") == [False, True, True, False]
    assert _holds("1600-2400", ALL, day + "15:59", day + "23:59") == [False, True]


def test_several_spans() -> None:
    day = "2025-03-31T"
    assert _holds("0930-1130,1300-1600", ALL, day + "11:29", day + "12:00", day + "13:00") == [True, False, True]


def test_over_midnight() -> None:
    day = "2025-03-31T"
    assert _holds("1800-0900", ALL, day + "17:59", day + "18:00", day + "00:00", day + "08:59", day + "09:00") == [
        False, True, True, True, False,
    ]  # fmt: skip


def test_days_are_counted_from_sunday() -> None:
    noons = [f"2025-04-{d:02d}T12:00" for d in range(6, 13)]  # from a Sunday on
    assert _holds("0930-1600", "23456", *noons) == [False, True, True, True, True, True, False]
    assert _holds("24x7", "1", *noons) == [True, *[False] * 6]
    assert _holds("0930-1600:7", ALL, *noons) == [*[False] * 6, True]


def test_a_night_belongs_to_the_day_on_which_it_ends() -> None:
    """Monday's session begins on Sunday evening, Friday's ends on Friday."""
    moments = ["2025-04-06T17:00", "2025-04-07T16:59", "2025-04-11T16:59", "2025-04-11T17:00", "2025-04-06T16:59"]
    assert _holds("1700-1700", "23456", *moments) == [True, True, True, False, False]


def test_the_whole_day() -> None:
    for whole in ("24x7", "0000-0000", "0000-2400"):
        assert _holds(whole, "2", "2025-03-31T00:00", "2025-03-31T23:59", "2025-03-30T23:59", "2025-04-01T00:00") == [
            True,
            True,
            False,
            False,
        ]


@pytest.mark.parametrize("text", ["", "0930", "930-1600", "0930-1660", "2430-2500", "0930-1600,", "9:30-16:00", "09:30-16:00", "24x5"])
def test_bad_hours_are_named(text: str) -> None:
    with pytest.raises(ConfigError, match="session: expected hours as HHMM-HHMM"):
        Session.parse(text)


@pytest.mark.parametrize("days", ["", "8", "0", "11", "Mon"])
def test_bad_days_are_named(days: str) -> None:
    with pytest.raises(ConfigError, match="session: expected days"):
        Session.parse("0930-1600", days)


def test_days_given_twice_are_refused() -> None:
    with pytest.raises(ConfigError, match="once"):
        Session.parse("0930-1600:23456", "2")
