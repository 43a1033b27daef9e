"""The best set bar by bar, as two small tables of a run's folder: its equity against buy and hold, and the bars it traded on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from jaxtyping import Float, Int

from pinejax.core.feed import Bars
from pinejax.report.atomic import write_atomically
from pinejax.report.thin import merged

EQUITY, BARS = "equity.parquet", "bars.parquet"
MOST_CANDLES = 60_000
"""Bars of one dataset in bars.parquet; of more, neighbours are merged. A year of ten-minute bars stays as it is."""


@dataclass(frozen=True, eq=False)
class Curve:
    """One dataset of a detail run, over the bars that it was traded on.

    bars: those; equity: account currency, at each bar's close; hold: what the initial capital would be worth, bought at the first open.
    seen: so many of the bars, the first ones, the search looked at; None: all.
    """

    dataset: str
    bars: Bars
    equity: Float[np.ndarray, " bars"]
    hold: Float[np.ndarray, " bars"]
    seen: int | None = None


def buy_and_hold(bars: Bars, capital: float, rate: Float[np.ndarray, " bars"] | None = None) -> Float[np.ndarray, " bars"]:
    """The capital bought at the first open and held, at each close, without costs. rate: account currency per quote currency, None: 1."""
    worth = bars.close if rate is None else bars.close * rate
    return capital * worth / (bars.open[0] * (1.0 if rate is None else float(rate[0])))


def write_curves(folder: Path, curves: Sequence[Curve]) -> None:
    """equity.parquet: dataset, time, equity, buy_and_hold at every bar, and `seen`, whether the search looked at it. bars.parquet: dataset,
    time, open, high, low, close, n_bars: how many bars are one row (more than MOST_CANDLES are merged: see `merged`).

    Times are the opens of bars, UTC.
    """
    equity = [
        _columns(c.dataset, c.bars.time, {"equity": c.equity, "buy_and_hold": c.hold}).with_columns(
            seen=pl.Series(np.arange(len(c.bars)) < (len(c.bars) if c.seen is None else c.seen))
        )
        for c in curves
    ]
    write_atomically(folder / EQUITY, pl.concat(equity).write_parquet)
    rows = []
    for curve in curves:
        bars, n = merged(curve.bars, MOST_CANDLES)
        prices = {"open": bars.open, "high": bars.high, "low": bars.low, "close": bars.close}
        rows.append(_columns(curve.dataset, bars.time, prices).with_columns(n_bars=pl.lit(n, pl.Int32)))
    write_atomically(folder / BARS, pl.concat(rows).write_parquet)


def read_equity(folder: Path) -> dict[str, tuple[Float[np.ndarray, " bars"], int]]:
    """Each dataset's equity in equity.parquet, and at how many of its bars, the first ones, the search looked; empty without the file."""
    if not (folder / EQUITY).is_file():
        return {}
    parts = pl.read_parquet(folder / EQUITY).partition_by("dataset", maintain_order=True)
    return {str(rows["dataset"][0]): (rows["equity"].to_numpy(), int(rows["seen"].sum())) for rows in parts}


def _columns(dataset: str, time: Int[np.ndarray, " rows"], values: dict[str, np.ndarray]) -> pl.DataFrame:
    when = pl.Series("time", np.asarray(time, np.int64)).cast(pl.Datetime("ms", "UTC"))
    floats = [pl.Series(name, np.asarray(column, np.float64)) for name, column in values.items()]
    return pl.DataFrame([when, *floats]).select(pl.lit(dataset).alias("dataset"), pl.all())
