"""A list of trades read back from the CSV that `pinejax.report.trades` writes. Not other programs' lists (`pinejax.tradingview`)."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from pinejax.errors import ReportError

N_COLUMNS = 15


@dataclass(frozen=True, eq=False)
class Listed:
    """Columns over trades, in the file's order. direction: 1 long, -1 short; times: ms, opens of the bars of the fills; rate, mfe_rate,
    mae_rate, total_rate: fractions; is_open: still open at the last bar.
    """

    direction: Int[np.ndarray, " trades"]
    entry_time: Int[np.ndarray, " trades"]
    exit_time: Int[np.ndarray, " trades"]
    entry_price: Float[np.ndarray, " trades"]
    exit_price: Float[np.ndarray, " trades"]
    qty: Float[np.ndarray, " trades"]
    value: Float[np.ndarray, " trades"]
    pnl: Float[np.ndarray, " trades"]
    rate: Float[np.ndarray, " trades"]
    mfe: Float[np.ndarray, " trades"]
    mfe_rate: Float[np.ndarray, " trades"]
    mae: Float[np.ndarray, " trades"]
    mae_rate: Float[np.ndarray, " trades"]
    total: Float[np.ndarray, " trades"]
    total_rate: Float[np.ndarray, " trades"]
    entry_signal: tuple[str, ...]
    exit_signal: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.direction)

    @property
    def is_open(self) -> np.ndarray:
        """Which were still open at the last bar."""
        return np.array([signal == "Open" for signal in self.exit_signal], bool)


def joined(first: Listed, second: Listed) -> Listed:
    """One list behind the other. Totals stay each list's own."""
    columns: dict[str, Any] = {}
    for name in (f.name for f in fields(Listed)):
        a, b = getattr(first, name), getattr(second, name)
        columns[name] = a + b if isinstance(a, tuple) else np.concatenate([a, b])
    return Listed(**columns)


def read_trades(path: Path) -> Listed:
    """Two rows a trade, its exit first. Errors: ReportError for another layout."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines))[1:]
    exits, entries = rows[::2], rows[1::2]
    if len(exits) != len(entries) or any(len(row) < N_COLUMNS for row in rows):
        raise ReportError(f"{path}: expected two rows of {N_COLUMNS} columns for each trade, as a run writes them. Run again.")
    try:
        qty, value, pnl, rate, mfe, mfe_rate, mae, mae_rate, total, total_rate = (_numbers(exits, column) for column in range(5, N_COLUMNS))
        return Listed(
            direction=np.array([1 if "long" in row[1].lower() else -1 for row in exits], np.int64),
            entry_time=_times(entries), exit_time=_times(exits), entry_price=_numbers(entries, 4), exit_price=_numbers(exits, 4),
            qty=qty, value=value, pnl=pnl, rate=rate / 100, mfe=mfe, mfe_rate=mfe_rate / 100, mae=mae, mae_rate=mae_rate / 100,
            total=total, total_rate=total_rate / 100,
            entry_signal=tuple(row[3] for row in entries), exit_signal=tuple(row[3] for row in exits),
        )  # fmt: skip
    except ValueError as error:
        raise ReportError(f"{path}: {error}. Expected a list of trades as a run writes it: run again.") from None


def _numbers(rows: Sequence[Sequence[str]], column: int) -> Float[np.ndarray, " rows"]:
    return np.array([float(row[column]) for row in rows], np.float64)


def _times(rows: Sequence[Sequence[str]]) -> Int[np.ndarray, " rows"]:
    return np.array([row[2] for row in rows], "datetime64[ms]").astype(np.int64)
