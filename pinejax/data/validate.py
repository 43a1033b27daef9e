"""Whether a file's rows are bars: refuses the file, with row numbers, where they are not. Not gaps: those are only reported (`quality`)."""

from __future__ import annotations

import polars as pl

from pinejax.data.frame import PRICES, SCHEMA, VALUES, iso
from pinejax.data.importers.base import ROW, RawTable
from pinejax.data.times import parse_times
from pinejax.errors import DataError

_SHOWN = 10


def checked_bars(table: RawTable, zone: str = "UTC") -> pl.DataFrame:
    """The table's bars in the store's columns, oldest first, identical repeats of a row left out.

    Volume is NaN where the file has none at all. zone: of times without an offset. Errors: DataError listing the first rows that
    are unreadable, non-finite, not above zero, out of OHLC order, out of time order, or that repeat a time with other values.
    """
    if table.frame.is_empty():
        raise DataError(f"{table.source}: expected bars, got a header and no rows.")
    raw = table.frame
    if "volume" not in raw.columns or _is_blank(raw["volume"]):
        raw = raw.with_columns(volume=pl.lit(float("nan")))
    parsed = raw.select(ROW, parse_times(raw["time"], zone).alias("time"), *(_number(raw[name]) for name in VALUES))
    problems = _value_problems(raw, parsed)
    bars = parsed.drop_nulls("time")
    if _is_reversed(bars["time"]):
        raise DataError(f"{table.source}: expected the oldest bar first, got the newest first. Sort the file by time and import it again.")
    problems += _order_problems(bars)
    if problems:
        raise DataError(_message(table, problems))
    repeats = bool((bars["time"].diff() == 0).any())
    return (parsed.unique(subset="time", keep="first", maintain_order=True) if repeats else parsed).select(SCHEMA.names())


def _is_blank(column: pl.Series) -> bool:
    """Whether every cell is empty or NaN."""
    if column.dtype == pl.String:
        return bool(column.str.strip_chars().str.to_lowercase().is_in(["", "nan"]).fill_null(True).all())
    return column.null_count() == len(column) or (column.dtype.is_float() and bool(column.fill_null(float("nan")).is_nan().all()))


def _number(column: pl.Series) -> pl.Series:
    text = column.str.strip_chars() if column.dtype == pl.String else column
    return text.cast(pl.Float64, strict=False)


def _value_problems(raw: pl.DataFrame, bars: pl.DataFrame) -> list[tuple[int, str]]:
    rows = bars[ROW]
    problems = [(rows[i], f"time {_shown(raw['time'][i])} is no time") for i in _where(bars["time"].is_null())]
    has_volume = not bool(bars["volume"].is_nan().fill_null(False).all())
    for name in VALUES:
        column = bars[name]
        problems += [(rows[i], f"{name} {_shown(raw[name][i])} is no number") for i in _where(column.is_null())]
        if name != "volume" or has_volume:
            problems += [(rows[i], f"{name} is {column[i]}") for i in _where(~column.is_finite())]
        out, words = ((column <= 0), "not above zero") if name in PRICES else ((column < 0), "below zero")
        problems += [(rows[i], f"{name} {column[i]} is {words}") for i in _where(out & column.is_finite())]
    prices = bars.select(PRICES)
    broken = prices.select(
        ((pl.col("high") < pl.max_horizontal(PRICES)) | (pl.col("low") > pl.min_horizontal(PRICES))).alias("broken")
    ).to_series()
    finite = prices.select(pl.all_horizontal(pl.all().is_finite())).to_series()
    for i in _where(broken & finite):
        o, h, low, c = prices.row(i)
        problems.append((rows[i], f"open {o}, high {h}, low {low}, close {c}: high must be the highest and low the lowest"))
    return problems


def _order_problems(bars: pl.DataFrame) -> list[tuple[int, str]]:
    time, rows = bars["time"], bars[ROW]
    step = time.diff()
    same = bars.select(pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift()) for name in VALUES)).to_series()
    problems = [(rows[i], f"time {iso(time[i])} is before the row above ({iso(time[i - 1])})") for i in _where(step < 0)]
    problems += [(rows[i], f"time {iso(time[i])} again, with other values") for i in _where((step == 0) & ~same)]
    return problems


def _is_reversed(time: pl.Series) -> bool:
    step = time.diff().drop_nulls()
    return len(step) > 1 and bool((step <= 0).all()) and bool((step < 0).any())


def _where(mask: pl.Series) -> list[int]:
    return mask.fill_null(False).arg_true().head(_SHOWN + 1).to_list()


def _shown(value: object) -> str:
    return "(empty)" if value is None else repr(value)


def _message(table: RawTable, problems: list[tuple[int, str]]) -> str:
    lines = [f"  {table.row_word} {row}: {text}" for row, text in sorted(problems)[:_SHOWN]]
    more = ["  and more"] if len(problems) > _SHOWN else []
    head = f"{table.source}: expected good bars, got rows that are not; nothing was imported."
    return "\n".join([head, *lines, *more, "Correct or remove these rows and import the file again."])
