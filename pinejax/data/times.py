"""Bar times as exchanges write them, read as epoch milliseconds UTC. Not file formats."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl

from pinejax.errors import DataError

_S_FROM, _MS_FROM, _US_FROM, _NS_FROM = 10**8, 10**11, 10**14, 10**17
"""An epoch count's unit by its size: as seconds these would be the years 1973 and 5138, so the ranges cannot be confused."""
_OFFSET = r"(Z|UTC|[+-]\d{2}:?(\d{2})?)\s*$"
_EXACT_FLOAT = 2**53
_ISO = (
    r"^(?<date>\d{4}-\d{2}-\d{2})(?:[T ](?<hm>\d{2}:\d{2})(?::(?<s>[0-5]\d)(?:\.(?<frac>\d{1,9}))?)?)?"
    r"\s*(?:(?:Z|UTC)|(?<sign>[+-])(?<oh>\d{2}):?(?<om>\d{2})?)?$"
)


def parse_times(column: pl.Series, zone: str = "UTC", floor: bool = False) -> pl.Series:
    """Epoch milliseconds UTC (Int64), null where unreadable.

    Reads epoch seconds, milliseconds, microseconds and nanoseconds (told apart value by value, by size), ISO 8601 with or
    without an offset (without: a wall clock of `zone`), and Polars dates and datetimes. Finer than a millisecond is unreadable,
    nanoseconds excepted; floor: it is cut off instead. A wall clock that the zone left out is unreadable; of two equal ones the second
    is the later moment (`wall_to_ms`).
    """
    kind = column.dtype
    if isinstance(kind, pl.Datetime):
        if kind.time_zone is None:
            return wall_to_ms(column.dt.epoch("ms"), zone)
        return column.dt.convert_time_zone("UTC").dt.epoch("ms")
    if kind == pl.Date:
        return wall_to_ms(column.cast(pl.Datetime("ms")).dt.epoch("ms"), zone)
    if kind.is_integer():
        return _select(column, _epoch_to_ms(pl.col("x").cast(pl.Int64, strict=False), floor))
    if kind.is_float():
        return _select(column, _epoch_to_ms(_whole(pl.col("x")), floor))
    if kind != pl.String:
        return pl.Series(column.name, [None] * len(column), dtype=pl.Int64)
    text = pl.col("x").str.strip_chars()
    whole = _select(column, text.cast(pl.Int64, strict=False))
    if not whole.null_count():  # The usual case, three times as fast as looking for floats as well.
        return _select(whole, _epoch_to_ms(pl.col("x"), floor))
    counts = pl.coalesce(text.cast(pl.Int64, strict=False), _whole(text.cast(pl.Float64, strict=False)))
    epochs = _select(column, _epoch_to_ms(counts, floor))
    if not epochs.null_count():
        return epochs
    times = _select(column, _iso_to_ms(text))
    if zone != "UTC":
        is_wall = ~(column.str.contains(":", literal=True) & column.str.contains(_OFFSET)).fill_null(True)
        times = wall_to_ms(_masked(times, is_wall), zone).zip_with(is_wall, times)
    return epochs.zip_with(epochs.is_not_null(), times)


def _masked(values: pl.Series, keep: pl.Series) -> pl.Series:
    return values.zip_with(keep, pl.Series([None], dtype=pl.Int64))


def wall_to_ms(wall: pl.Series, zone: str) -> pl.Series:
    """Epoch milliseconds UTC of wall clocks of a zone, given as if they were UTC; null where the clock was put forward over them.

    Where it was put back, a wall clock comes twice; a row is the earlier of both unless that is not after the row before it.
    """
    if zone == "UTC":
        return wall
    naive = wall.cast(pl.Datetime("ms"))
    early, late = (
        naive.dt.replace_time_zone(zone, ambiguous=which, non_existent="null").dt.convert_time_zone("UTC").dt.epoch("ms")
        for which in ("earliest", "latest")
    )
    doubtful = (early != late).fill_null(False).arg_true().to_list()
    if not doubtful:
        return early
    chosen = early.to_list()
    for i in doubtful:
        if i and chosen[i - 1] is not None and chosen[i] <= chosen[i - 1]:
            chosen[i] = late[i]
    return pl.Series(wall.name, chosen, dtype=pl.Int64)


def parse_bound(text: str, key: str) -> int:
    """A range bound such as `2025-04-01` or `2025-04-01T12:00+02:00` as epoch milliseconds; UTC without an offset.

    Errors: DataError naming `key`.
    """
    try:
        moment = datetime.fromisoformat(str(text).strip())
    except ValueError:
        raise DataError(f"{key}: expected an ISO date such as 2025-04-01 or 2025-04-01T12:00, got {text!r}.") from None
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1_000)


def _select(column: pl.Series, expression: pl.Expr) -> pl.Series:
    return pl.DataFrame({"x": column}).select(expression.cast(pl.Int64).alias(column.name)).to_series()


def _whole(value: pl.Expr) -> pl.Expr:
    """A float as an integer where it is a whole number that a double holds exactly."""
    exact = value.is_finite() & (value == value.floor()) & (value.abs() < _EXACT_FLOAT)
    return pl.when(exact).then(value).cast(pl.Int64, strict=False)


def _epoch_to_ms(count: pl.Expr, floor: bool = False) -> pl.Expr:
    none = pl.lit(None, dtype=pl.Int64)
    return (
        pl.when(count < _S_FROM)
        .then(none)
        .when(count < _MS_FROM)
        .then(count * 1_000)
        .when(count < _US_FROM)
        .then(count)
        .when(count < _NS_FROM)
        .then(count // 1_000 if floor else pl.when(count % 1_000 == 0).then(count // 1_000).otherwise(none))
        .otherwise(count // 1_000_000)
    )


def _iso_to_ms(text: pl.Expr) -> pl.Expr:
    part = text.str.extract_groups(_ISO).struct.field
    clock = pl.concat_str(part("date"), pl.lit(" "), part("hm").fill_null("00:00"), pl.lit(":"), part("s").fill_null("00"))
    wall = clock.str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="ms", strict=False).dt.epoch("ms")
    milli = part("frac").fill_null("0").str.pad_end(3, "0").str.slice(0, 3).cast(pl.Int64)
    minutes = part("oh").fill_null("0").cast(pl.Int64) * 60 + part("om").fill_null("0").cast(pl.Int64)
    sign = pl.when(part("sign") == "-").then(-1).otherwise(1)
    return wall + milli - sign * minutes * 60_000
