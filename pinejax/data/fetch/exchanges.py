"""A symbol's bars from any exchange that ccxt speaks to, page after page. Not Binance's archive (`binance`)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from pinejax.core.secrets import without_passwords
from pinejax.core.timeframe import Timeframe
from pinejax.data.fetch.binance import Report, Say
from pinejax.data.fetch.http import Manners
from pinejax.data.filenames import Naming
from pinejax.data.frame import VALUES, iso
from pinejax.data.importers.base import ROW, RawTable
from pinejax.data.ingest import import_parts
from pinejax.data.manifest import Source
from pinejax.data.options import ImportOptions, Prefer
from pinejax.data.parts import parts_of
from pinejax.data.store import Store
from pinejax.data.times import parse_times
from pinejax.errors import DataError, did_you_mean

_PAGE = 1_000
_PAGES_AN_IMPORT = 50
"""So many pages are stored at a time: what broke off goes on from there."""


@dataclass(frozen=True)
class CcxtWanted:
    """What to fetch: bars that open in the range and have closed by now_ms. base_url: a host instead of the exchange's."""

    exchange: str
    symbols: tuple[str, ...]
    timeframe: Timeframe
    start_ms: int
    end_ms: int
    now_ms: int
    base_url: str | None = None
    prefer: Prefer | None = None


def fetch_ccxt(store: Store, wanted: CcxtWanted, manners: Manners | None = None, say: Say = print) -> Report:
    """Fetch and import symbol after symbol; one that fails is reported and does not stop the others.

    Where bars are stored already, only those before and after them and in their long gaps are asked for. Errors: DataError for an unknown
    exchange, one that has no bars of the timeframe, an exchange that does not answer, or where ccxt is not installed.
    """
    exchange = _Exchange(wanted, manners or Manners())
    report = Report()
    for symbol in wanted.symbols:
        try:
            _fetch_one(store, exchange, symbol, wanted, report, say)
        except DataError as error:
            report.failed[symbol] = str(error)
    return report


def stored_name(exchange: str, market: dict[str, Any]) -> str:
    """`BYBIT:BTCUSDT.P` of a perpetual, `BITSTAMP:BTCUSD` of spot, with the exchange's own name of a dated contract."""
    if market.get("spot") or market.get("swap"):
        return f"{exchange.upper()}:{market['base']}{market['quote']}{'.P' if market.get('swap') else ''}"
    return f"{exchange.upper()}:{market['id']}"


class _Exchange:
    """ccxt's object, asked with retries; its errors as ours."""

    def __init__(self, wanted: CcxtWanted, manners: Manners) -> None:
        try:
            import ccxt
            import stamina
        except ImportError as error:
            raise DataError(f"fetch ccxt needs {error.name}. Install it: pip install 'pinejax[data,ccxt]'") from None
        if wanted.exchange not in ccxt.exchanges:
            raise DataError(f"--exchange: ccxt knows no {wanted.exchange!r}. {did_you_mean(wanted.exchange, ccxt.exchanges)}")
        self._ccxt, self._retry_context, self._manners = ccxt, stamina.retry_context, manners
        self._api = getattr(ccxt, wanted.exchange)({"enableRateLimit": True, "timeout": int(manners.silence_s * 1_000)})
        if wanted.base_url:
            self._api.urls["api"] = _elsewhere(self._api.urls["api"], wanted.base_url)
        self.timeframe = _timeframe_name(wanted.timeframe)
        if not self._api.has.get("fetchOHLCV") or self.timeframe not in (self._api.timeframes or {}):
            known = ", ".join(self._api.timeframes or {}) or "none"
            raise DataError(
                f"--timeframe: {wanted.exchange} has bars of {known}, got {wanted.timeframe}. Fetch a shorter one; runs resample."
            )
        self.markets: dict[str, dict[str, Any]] = self._ask("load_markets")

    def page(self, symbol: str, since_ms: int) -> list[list[Any]]:
        return self._ask("fetch_ohlcv", symbol, self.timeframe, since_ms, _PAGE)

    def steps(self, market: dict[str, Any]) -> ImportOptions:
        """What the exchange says of the instrument."""
        precision, as_step = market.get("precision") or {}, self._api.precisionMode == self._ccxt.TICK_SIZE
        tick, lot = (_step(precision.get(key), as_step) for key in ("price", "amount"))
        size = market.get("contractSize") if market.get("linear") else None
        return ImportOptions(tick_size=tick, lot_step=lot, currency=market.get("quote"), point_value=float(size) if size else None)

    def _ask(self, name: str, *arguments: Any) -> Any:
        m, ccxt = self._manners, self._ccxt
        try:
            for attempt in self._retry_context(
                on=ccxt.NetworkError, attempts=m.attempts, timeout=None, wait_initial=m.wait_initial_s, wait_max=m.wait_max_s,
                wait_jitter=m.wait_initial_s,
            ):  # fmt: skip
                with attempt:
                    return getattr(self._api, name)(*arguments)
        except ccxt.BaseError as error:
            text = without_passwords((str(error).splitlines() or [type(error).__name__])[0])[:200]
            raise DataError(f"{self._api.id}: {type(error).__name__}: {text}. What was fetched is stored; try again later.") from None
        raise AssertionError("a retry context gives a result or raises")


def _fetch_one(store: Store, exchange: _Exchange, symbol: str, wanted: CcxtWanted, report: Report, say: Say) -> None:
    market = exchange.markets.get(symbol)
    if market is None:
        raise DataError(f"{wanted.exchange} has no market {symbol!r}. {did_you_mean(symbol, exchange.markets)}")
    name = store.given().named(stored_name(wanted.exchange, market))
    options, naming = replace(exchange.steps(market), prefer=wanted.prefer), Naming(name, wanted.timeframe)
    imported = None
    for start_ms, end_ms in _ranges(store, name, wanted):
        for rows in _batches(exchange, symbol, start_ms, end_ms, wanted.timeframe):
            parts = parts_of(iter([_table(name, rows)]), _source(name, rows), "ccxt", naming, options)
            imported = import_parts(store, parts, options)[0]
            say(f"{symbol}: {len(rows):,} bars from {iso(int(rows[0][0]))} UTC")
    if imported is None:
        if not store.root.is_dir() or not store.has(name, wanted.timeframe):
            raise DataError(f"{symbol}: no bars at {wanted.exchange} in this range. Check --start and --end.")
        say(f"{symbol}: nothing new")
        return
    fee = market.get("taker")
    if fee is not None:
        say(f"{symbol}: the taker fee is {fee:g}; runs take it from symbols.yaml (instruments: {name}: commission)")
    report.imported.append(imported)


def _ranges(store: Store, name: str, wanted: CcxtWanted) -> list[tuple[int, int]]:
    """What is wanted and not stored yet: before the stored bars, in gaps of a page or more, and after them.

    A gap is what an earlier fetch left (it broke off, or wanted another range), or the exchange has no bars there and is asked again.
    """
    start_ms, end_ms, step = wanted.start_ms, min(wanted.end_ms, wanted.now_ms), wanted.timeframe.ms
    if not store.root.is_dir() or not store.has(name, wanted.timeframe):
        return [(start_ms, end_ms)]
    manifest = store.manifest(name, wanted.timeframe)
    first, last = parse_times(pl.Series([manifest.first, manifest.last])).to_list()
    wide = [gap for gap in manifest.quality.gaps if gap.n_bars >= _PAGE]
    after, before = (
        parse_times(pl.Series(times, dtype=pl.String)) for times in ([gap.after for gap in wide], [gap.before for gap in wide])
    )
    missing = [(start_ms, first), *sorted(zip(after + step, before, strict=True)), (last + step, end_ms)]
    ranges = [(max(low, start_ms), min(high, end_ms)) for low, high in missing]
    return [(low, high) for low, high in ranges if low + step <= high]


def _batches(exchange: _Exchange, symbol: str, start_ms: int, end_ms: int, timeframe: Timeframe) -> Iterator[list[list[Any]]]:
    """Rows of bars that open in the range and close in it, oldest first, in lists worth an import."""
    batch: list[list[Any]] = []
    at, n_pages = start_ms, 0
    while at + timeframe.ms <= end_ms:
        rows = sorted(row for row in exchange.page(symbol, at) if at <= row[0] <= end_ms - timeframe.ms)
        batch += rows
        # A page without bars is a hole in the exchange's history, or what came before a listing.
        at = rows[-1][0] + timeframe.ms if rows else at + _PAGE * timeframe.ms
        n_pages += 1
        if batch and n_pages % _PAGES_AN_IMPORT == 0:
            yield batch
            batch = []
    if batch:
        yield batch


def _table(name: str, rows: Sequence[Sequence[Any]]) -> RawTable:
    columns = {column: [row[i] for row in rows] for i, column in enumerate(("time", *VALUES))}
    return RawTable(f"{name} from {iso(int(rows[0][0]))}", pl.DataFrame(columns, strict=False).with_row_index(ROW, offset=1), "row")


def _source(name: str, rows: Sequence[Sequence[Any]]) -> Source:
    span = f"{iso(int(rows[0][0]))} .. {iso(int(rows[-1][0]))}"
    return Source(f"{name} through ccxt, {span}", hashlib.sha256(json.dumps(rows).encode()).hexdigest(), 0)


def _timeframe_name(timeframe: Timeframe) -> str:
    return str(timeframe).replace("D", "d").replace("W", "w")


def _step(precision: float | None, as_step: bool) -> float | None:
    """A price or amount step from ccxt's precision: the step itself, or a number of decimals."""
    if precision is None:
        return None
    step = float(precision) if as_step else float(f"1e-{int(precision)}")
    return step if step > 0 else None


def _elsewhere(urls: Any, base_url: str) -> Any:
    """The same paths at another host."""
    if isinstance(urls, dict):
        return {key: _elsewhere(value, base_url) for key, value in urls.items()}
    return re.sub(r"^https?://[^/]+", base_url.rstrip("/"), urls)
