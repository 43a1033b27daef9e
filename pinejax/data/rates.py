"""Daily currency rates from CSV files, and the rate of each bar's day. Not what is converted with them: that is the broker's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from jaxtyping import Float, Int

from pinejax.core.clock import DAY_MS
from pinejax.data.frame import iso
from pinejax.data.importers.base import ROW, read_csv
from pinejax.data.times import parse_times
from pinejax.errors import ConfigError, DataError

_DATE_NAMES = ("utc_date", "date", "day", "utc_day", "time")
_SHOWN = 3


@dataclass(frozen=True, eq=False)
class DailyRates:
    """Account currency per quote currency, one rate for a UTC day. source: the file as messages call it; day: since 1970-01-01, rising."""

    source: str
    day: Int[np.ndarray, " days"]
    rate: Float[np.ndarray, " days"]

    def on(self, time: Int[np.ndarray, " bars"]) -> Float[np.ndarray, " bars"]:
        """The rate of each bar's UTC day; of a day without one, the last before it; 1 on the first day of the bars, as TradingView does.

        Errors: DataError where bars come before the first rate (the first day needs none). (docs/semantics.md, 6.1)
        """
        days = time // DAY_MS
        later = days > days[:1]
        place = np.searchsorted(self.day, days, side="right") - 1
        if (later & (place < 0)).any():
            lacking = iso(int(days[later & (place < 0)][0]) * DAY_MS)[:10]
            first = iso(int(self.day[0]) * DAY_MS)[:10]
            raise DataError(f"data.rates: {self.source} begins on {first}, but there are bars from {lacking} on. Give earlier rates.")
        return np.where(later, self.rate[np.maximum(place, 0)], 1.0)


def rates_for(symbol: str, own: str, account: str, path: str | None) -> DailyRates | None:
    """The rates with which a symbol's quote currency `own` becomes the account's; None: no conversion.

    path: `data.rates`, a CSV file, or a folder with one per pair such as `USDT_USD.csv`. Errors: ConfigError where the currencies
    differ and there is nothing to convert with; DataError for a file that is missing or unreadable.
    """
    if account and own and account.upper() == own.upper():
        return None
    if path is None:
        if not account:
            return None
        what = f"is quoted in {own}" if own else "has no known currency"
        remedy = "" if own else ", or import the bars again with --currency"
        raise ConfigError(
            f"broker.currency: {symbol} {what} and the account is in {account}. "
            f"Give the daily rates with data.rates=FILE.csv{remedy}, or leave broker.currency empty."
        )
    where = Path(path).expanduser()
    if where.is_dir():
        if not (own and account):
            raise ConfigError(
                f"data.rates: {path} is a folder, whose file is chosen by both currencies: {symbol} has {own or 'none that is known'}, "
                f"the account {account or 'none'}. Give a file, or broker.currency and import --currency."
            )
        where = where / f"{own.upper()}_{account.upper()}.csv"
    return read_rates(where)


def read_rates(path: Path) -> DailyRates:
    """Read a CSV with a column of UTC dates (`utc_date`, `date`) and one of rates (`rate...`, `close`).

    Errors: DataError naming the file and the line.
    """
    try:
        frame = read_csv(path.read_bytes(), f"data.rates: {path.name}")
    except OSError as error:
        raise DataError(f"data.rates: {path} cannot be read ({error.strerror or error}). Check the path.") from None
    names = {name.strip().lower(): name for name in frame.columns if name != ROW}
    date = next((names[name] for name in _DATE_NAMES if name in names), None)
    rate = next((names[name] for name in names if name.startswith("rate")), names.get("close"))
    if date is None or rate is None or frame.is_empty():
        raise DataError(
            f"data.rates: {path.name}: expected columns of UTC dates (utc_date or date) and of rates (rate or close) with values, "
            f"got {', '.join(names) or 'none'}."
        )
    time, value = parse_times(frame[date]), frame[rate].str.strip_chars().cast(pl.Float64, strict=False)
    _refuse(path, frame, time.is_null() | (time % DAY_MS != 0), date, "a UTC date such as 2025-03-31")
    _refuse(path, frame, value.is_null() | ~value.is_finite() | (value <= 0), rate, "a rate above zero")
    _refuse(path, frame, time.is_duplicated(), date, "each day once")
    order = np.argsort(time.to_numpy())
    return DailyRates(path.name, time.to_numpy()[order] // DAY_MS, value.to_numpy()[order])


def _refuse(path: Path, frame: pl.DataFrame, bad: pl.Series, column: str, expected: str) -> None:
    wrong = frame.filter(bad.fill_null(True)).select(ROW, column).head(_SHOWN).rows()
    if wrong:
        shown: Sequence[str] = [f"line {row}: {text!r}" for row, text in wrong]
        raise DataError(f"data.rates: {path.name}: expected {expected} in {column}, got {'; '.join(shown)}.")
