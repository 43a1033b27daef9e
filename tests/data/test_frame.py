"""pinejax.data.frame"""

from __future__ import annotations

import hashlib
import io

import numpy as np
import polars as pl

from pinejax.data.frame import content_hash, iso, to_bars


def test_content_hash_is_that_of_the_raw_bytes(make_bars) -> None:
    bars = make_bars(10)
    raw = bars["time"].to_numpy().tobytes() + b"".join(
        bars[name].to_numpy().tobytes() for name in ("open", "high", "low", "close", "volume")
    )
    assert content_hash(bars) == hashlib.sha256(raw).hexdigest()


def test_content_hash_does_not_change_with_chunks_or_a_round_trip(make_bars) -> None:
    bars = make_bars(10)
    buffer = io.BytesIO()
    bars.write_parquet(buffer, row_group_size=3)
    assert content_hash(pl.concat([bars[:4], bars[4:]], rechunk=False)) == content_hash(bars)
    assert content_hash(pl.read_parquet(io.BytesIO(buffer.getvalue()))) == content_hash(bars)


def test_content_hash_changes_with_any_value(make_bars) -> None:
    bars = make_bars(10)
    hashes = {
        content_hash(bars.with_columns(pl.when(pl.int_range(10) == 7).then(pl.col(name) + 1).otherwise(name))) for name in bars.columns
    }
    assert len(hashes | {content_hash(bars), content_hash(bars[1:])}) == 8


def test_content_hash_knows_one_nan(make_bars) -> None:
    bars = make_bars(4)
    odd = np.frombuffer(np.array([0xFFF8000000000001] * 4, "<u8").tobytes(), "<f8")
    plain = bars.with_columns(volume=pl.lit(float("nan")))
    assert content_hash(bars.with_columns(volume=pl.Series(odd))) == content_hash(plain)


def test_to_bars_gives_contiguous_int64_and_float64(make_bars) -> None:
    bars = to_bars(pl.concat([make_bars(4), make_bars(4, start_ms=1_735_689_600_000)], rechunk=False))
    assert bars.time.dtype == np.int64
    assert all(
        column.dtype == np.float64 and column.flags.c_contiguous for column in (bars.open, bars.high, bars.low, bars.close, bars.volume)
    )


def test_iso_shows_seconds_only_where_there_are_any() -> None:
    assert (iso(1_735_689_600_000), iso(1_735_689_601_000), iso(-60_000)) == ("2025-01-01 00:00", "2025-01-01 00:00:01", "1969-12-31 23:59")
