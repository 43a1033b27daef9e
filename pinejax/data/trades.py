"""Bars from trades (ticks). Not bars from bars (`resample`)."""

from __future__ import annotations

import polars as pl

from pinejax.core.timeframe import Timeframe
from pinejax.data.frame import SCHEMA, iso
from pinejax.data.grid import bucket_open
from pinejax.data.importers.base import ROW, RawTable
from pinejax.data.times import parse_times
from pinejax.errors import DataError

_SHOWN = 10


def bars_of_trades(table: RawTable, timeframe: Timeframe, zone: str = "UTC") -> pl.DataFrame:
    """The table's trades as bars in the store's columns; a bucket without trades gives no bar, the last one may be unfinished.

    Trades of one moment keep the file's order. Volume is NaN where the file has none. zone: of times without an offset.
    Errors: DataError listing rows that are unreadable, not above zero, or out of time order.
    """
    raw = table.frame
    if raw.is_empty():
        raise DataError(f"{table.source}: expected trades, got a header and no rows.")
    volume = _number(raw["volume"]) if "volume" in raw.columns else pl.Series("volume", [float("nan")] * len(raw), dtype=pl.Float64)
    trades = pl.DataFrame(
        {ROW: raw[ROW], "time": parse_times(raw["time"], zone=zone, floor=True), "price": _number(raw["price"]), "volume": volume}
    )
    has_volume = "volume" in raw.columns
    bad_volume = (pl.col("volume").is_null() | ~pl.col("volume").is_finite() | (pl.col("volume") < 0)) if has_volume else pl.lit(False)
    reason = (
        pl.when(pl.col("time").is_null()).then(pl.lit("its time is no time"))
        .when(pl.col("price").is_null() | ~pl.col("price").is_finite() | (pl.col("price") <= 0)).then(pl.lit("its price is not above zero"))
        .when(bad_volume).then(pl.lit("its size is no number of zero or more"))
        .when(pl.col("time").diff() < 0).then(pl.lit("it is before the row above"))
    )  # fmt: skip
    bad = trades.select(ROW, reason=reason).filter(pl.col("reason").is_not_null())
    if not bad.is_empty():
        lines = [f"  {table.row_word} {row}: {why}" for row, why in bad.head(_SHOWN).rows()]
        more = ["  and more"] if len(bad) > _SHOWN else []
        head = f"{table.source}: expected good trades, got rows that are not; nothing was imported."
        raise DataError("\n".join([head, *lines, *more, "Correct or remove these rows and import the file again."]))
    return (
        trades.with_columns(bucket=pl.Series(bucket_open(trades["time"].to_numpy(), timeframe)))
        .group_by("bucket", maintain_order=True)
        .agg(
            open=pl.col("price").first(), high=pl.col("price").max(), low=pl.col("price").min(), close=pl.col("price").last(),
            volume=pl.col("volume").sum(),
        )
        .rename({"bucket": "time"})
        .select(SCHEMA.names())
    )  # fmt: skip


def join_bars(first: pl.DataFrame, second: pl.DataFrame) -> pl.DataFrame:
    """Bars of trades read in two pieces: a bar that both have is put together. Errors: DataError where the second begins earlier."""
    if first.is_empty() or second.is_empty() or first["time"][-1] < second["time"][0]:
        return pl.concat([first, second])
    if first["time"][-1] > second["time"][0]:
        raise DataError(f"trades of {iso(second['time'][0])} come after trades of {iso(first['time'][-1])}. Sort the file by time.")
    a, b = first.row(-1, named=True), second.row(0, named=True)
    one = {
        "time": a["time"], "open": a["open"], "high": max(a["high"], b["high"]), "low": min(a["low"], b["low"]), "close": b["close"],
        "volume": a["volume"] + b["volume"],
    }  # fmt: skip
    return pl.concat([first[:-1], pl.DataFrame([one], schema=SCHEMA), second[1:]])


def _number(column: pl.Series) -> pl.Series:
    text = column.str.strip_chars() if column.dtype == pl.String else column
    return text.cast(pl.Float64, strict=False)
