"""Binance's REST interface: the last klines, what an instrument is, the symbols by turnover. Not the archive (`archive`)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import polars as pl

from pinejax.core.secrets import without_passwords
from pinejax.core.timeframe import Timeframe
from pinejax.data.fetch.archive import Market, interval_of
from pinejax.data.fetch.http import Http
from pinejax.data.frame import iso
from pinejax.data.importers.base import ROW, RawTable
from pinejax.errors import DataError

BASE_URLS = {"spot": "https://api.binance.com", "um": "https://fapi.binance.com", "cm": "https://dapi.binance.com"}
_ROOTS = {"spot": "api/v3", "um": "fapi/v1", "cm": "dapi/v1"}
_MOST = 1_000
"""Rows of one answer: what all three markets give."""
_COLUMNS = ("time", "open", "high", "low", "close", "volume")


@dataclass(frozen=True)
class Listed:
    """What the exchange says of a symbol."""

    symbol: str
    tick_size: float
    lot_step: float
    currency: str


@dataclass(frozen=True)
class Rest:
    """One market's interface."""

    http: Http
    base_url: str
    market: Market

    def klines(self, symbol: str, timeframe: Timeframe, start_ms: int, end_ms: int) -> tuple[RawTable, str] | None:
        """The bars that open in the range and have closed by its end, and the SHA-256 of the answers; None where there are none.

        Errors: DataError where the server does not answer, or answers something else.
        """
        rows: list[list[Any]] = []
        digest = hashlib.sha256()
        at, last = start_ms, end_ms - timeframe.ms
        while at <= last:
            stop = min(last, at + (_MOST - 1) * timeframe.ms)
            query = f"symbol={symbol}&interval={interval_of(timeframe)}&startTime={at}&endTime={stop}&limit={_MOST}"
            answer, content = self._ask(f"klines?{query}")
            if not isinstance(answer, list):
                raise DataError(f"{self._shown('klines')}: expected a list of klines of {symbol}, got {str(answer)[:100]}.")
            digest.update(content)
            rows += [row[: len(_COLUMNS)] for row in answer if at <= int(row[0]) <= last]
            at = stop + timeframe.ms
        if not rows:
            return None
        frame = pl.DataFrame({name: [row[i] for row in rows] for i, name in enumerate(_COLUMNS)}, strict=False)
        span = f"{iso(int(rows[0][0]))} .. {iso(int(rows[-1][0]))}"
        return RawTable(f"{symbol} REST {span}", frame.with_row_index(ROW, offset=1), "row"), digest.hexdigest()

    def listed(self) -> dict[str, Listed]:
        """The market's symbols that have steps of price and quantity. Errors: as `klines`."""
        answer, _ = self._ask("exchangeInfo")
        try:
            described = [_listed(item) for item in answer["symbols"]]
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"{self._shown('exchangeInfo')}: expected the market's symbols, got something else ({error}).") from None
        return {item.symbol: item for item in described if item is not None}

    def top(self, n: int, quote: str) -> list[tuple[str, float]]:
        """The n symbols quoted in `quote` with the largest turnover of the last day, and that turnover. Errors: as `klines`."""
        answer, _ = self._ask("ticker/24hr")
        try:
            traded = [(str(item["symbol"]), float(item.get("quoteVolume") or item["baseVolume"])) for item in answer]
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"{self._shown('ticker/24hr')}: expected the day's turnovers, got something else ({error}).") from None
        listed = self.listed()
        of_quote = [item for item in traded if item[0] in listed and listed[item[0]].currency == quote]
        return sorted(of_quote, key=lambda item: (-item[1], item[0]))[:n]

    def _url(self, what: str) -> str:
        return f"{self.base_url}/{_ROOTS[self.market]}/{what}"

    def _shown(self, what: str) -> str:
        return without_passwords(self._url(what))

    def _ask(self, what: str) -> tuple[Any, bytes]:
        content = self.http.get(self._url(what))
        if content is None:
            raise DataError(f"{self._shown(what)}: not found. Check --api-url, or leave the last days out with --no-rest.")
        try:
            return json.loads(content), content
        except ValueError:
            raise DataError(f"{self._shown(what)}: expected JSON, got {content[:60]!r}. Check --api-url.") from None


def _listed(item: dict[str, Any]) -> Listed | None:
    filters = {each["filterType"]: each for each in item["filters"]}
    if not {"PRICE_FILTER", "LOT_SIZE"} <= filters.keys():
        return None
    return Listed(
        str(item["symbol"]), float(filters["PRICE_FILTER"]["tickSize"]), float(filters["LOT_SIZE"]["stepSize"]), str(item["quoteAsset"])
    )
