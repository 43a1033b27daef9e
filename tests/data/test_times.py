"""pinejax.data.times"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinejax.data.times import parse_bound, parse_times
from pinejax.errors import DataError

MOMENT = 1_735_689_900_000  # 2025-01-01 00:05 UTC


@pytest.mark.parametrize(
    "text",
    [
        "1735689900",
        "1735689900000",
        "1735689900000000",
        "1735689900000000000",
        "1735689900000.0",
        " 1735689900 ",
        "2025-01-01T00:05:00Z",
        "2025-01-01 00:05",
        "2025-01-01 00:05:00.000",
        "2025-01-01 00:05:00 UTC",
        "2025-01-01 00:05:00+00:00",
        "2025-01-01T01:35:00+0130",
        "2024-12-31T19:05:00-05:00",
        "2025-01-01T02:05+02",
    ],
)
def test_every_spelling_of_a_moment_is_the_same_time(text: str) -> None:
    assert parse_times(pl.Series([text])).to_list() == [MOMENT]


def test_a_date_is_its_midnight_in_utc() -> None:
    assert parse_times(pl.Series(["2025-01-01", "1969-12-29"])).to_list() == [1_735_689_600_000, -259_200_000]


@pytest.mark.parametrize(
    "text", ["", "abc", "2025-02-30", "2025-01-01 24:00", "20250101", "17356899001.5", "1735689900000001", "nan", "01/02/2025"]
)
def test_what_is_no_time_is_null(text: str) -> None:
    assert parse_times(pl.Series([text])).to_list() == [None]


def test_milliseconds_and_microseconds_may_be_mixed_as_in_binance_archives() -> None:
    assert parse_times(pl.Series(["1735689600000", "1735689900000000"])).to_list() == [1_735_689_600_000, MOMENT]


@pytest.mark.parametrize(
    "column",
    [
        pl.Series([MOMENT]),
        pl.Series([MOMENT // 1_000], dtype=pl.Int32),
        pl.Series([MOMENT / 1_000]),
        pl.Series([datetime(2025, 1, 1, 0, 5)]),
        pl.Series([datetime(2025, 1, 1, 0, 5)]).cast(pl.Datetime("ns")),
        pl.Series([datetime(2025, 1, 1, 1, 5)]).dt.replace_time_zone("Europe/Berlin"),
    ],
)
def test_typed_columns_are_read_as_their_moment(column: pl.Series) -> None:
    assert parse_times(column).to_list() == [MOMENT]


def test_a_date_column_is_read_and_a_boolean_one_is_not() -> None:
    assert parse_times(pl.Series([date(2025, 1, 1)])).to_list() == [MOMENT - 300_000]
    assert parse_times(pl.Series([True])).to_list() == [None]


@given(
    st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)).map(
        lambda moment: moment.replace(microsecond=moment.microsecond // 1_000 * 1_000)
    ),
    st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
    st.sampled_from([" ", "T"]),
)
@settings(deadline=None)
def test_iso_times_are_read_as_python_reads_them(moment: datetime, zone: timezone, separator: str) -> None:
    local = moment.replace(tzinfo=zone)
    expected = (local - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    assert parse_times(pl.Series([local.isoformat(sep=separator)])).to_list() == [expected]


def test_a_bound_without_an_offset_is_utc() -> None:
    assert parse_bound("2025-01-01", "data.start") == MOMENT - 300_000
    assert parse_bound("2025-01-01T02:05+02:00", "data.start") == MOMENT


def test_a_bad_bound_names_its_key() -> None:
    with pytest.raises(DataError, match=r"data\.end: expected an ISO date .* got 'yesterday'"):
        parse_bound("yesterday", "data.end")
