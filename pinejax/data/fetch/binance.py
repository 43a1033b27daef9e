"""A symbol's bars from Binance: months, then days, from the archive, then the last days through REST. Not the merge (`ingest`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pinejax.core.secrets import without_passwords
from pinejax.core.timeframe import Timeframe
from pinejax.data.fetch.archive import ArchiveFile, Fetched, Market, days_of, fetch_file, interval_of, months, set_aside
from pinejax.data.fetch.http import Http
from pinejax.data.fetch.rest import Listed, Rest
from pinejax.data.filenames import Naming
from pinejax.data.frame import iso
from pinejax.data.ingest import Imported, import_parts
from pinejax.data.manifest import Source
from pinejax.data.options import ImportOptions, Prefer
from pinejax.data.parts import Part, parts_of, read_parts
from pinejax.data.store import Store
from pinejax.errors import DataError

Say = Callable[[str], None]
_YOUNG = timedelta(days=62)
"""A month's file appears some days into the next month. Older months without one have no days either, unless between or right after
others. As much, and not more, is asked through REST."""


@dataclass(frozen=True)
class Wanted:
    """What to fetch. start_ms, end_ms: bars that open in this range (whole archive files are kept); now_ms: the clock."""

    market: Market
    symbols: tuple[str, ...]
    timeframe: Timeframe
    start_ms: int
    end_ms: int
    now_ms: int
    base_url: str
    api_url: str | None
    cache: Path
    prefer: Prefer | None = None


@dataclass
class Report:
    """How a fetch went: what was stored, and what a user must know of each symbol that is not whole."""

    imported: list[Imported] = field(default_factory=list)
    quarantined: list[Fetched] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether nothing failed and nothing was put aside."""
        return not self.quarantined and not self.failed


def fetch_binance(store: Store, wanted: Wanted, http: Http, say: Say = print) -> Report:
    """Fetch and import symbol after symbol; one that fails is reported and does not stop the others. What was fetched stays in the cache.

    Where only the REST interface fails, the archive's bars are imported, and the symbol is reported all the same.
    Errors: DataError where the cache cannot be written, or the range or the timeframe makes no sense.
    """
    interval_of(wanted.timeframe)
    if wanted.start_ms >= min(wanted.end_ms, wanted.now_ms):
        raise DataError(f"--start: expected a start before the end and before now, got {iso(wanted.start_ms)} .. {iso(wanted.end_ms)}.")
    report, listed = Report(), _listed(wanted, http, say)
    for symbol in wanted.symbols:
        try:
            parts = _archived(symbol, wanted, http, say, report)
            try:
                parts += _tail(symbol, parts, wanted, http, say)
            except DataError as error:
                if not parts:
                    raise
                report.failed[symbol] = f"the last days are missing: {error} (--no-rest leaves them out)"
            if not parts:
                raise DataError(f"{symbol}: no bars at {without_passwords(wanted.base_url)}. Check --symbols, --market and --start.")
            done = import_parts(store, parts, _options(wanted, listed.get(symbol)))
            report.imported += done
        except DataError as error:
            report.failed[symbol] = str(error)
    return report


def _archived(symbol: str, wanted: Wanted, http: Http, say: Say, report: Report) -> list[Part]:
    end_ms = min(wanted.end_ms, wanted.now_ms)
    wanted_months = months(wanted.start_ms, end_ms)
    this_month = datetime.fromtimestamp(wanted.now_ms / 1_000, UTC).date().isoformat()[:7]
    monthly = _fetch(symbol, [month for month in wanted_months if month < this_month], wanted, http)
    found = [item.file.part for item in monthly if item.state == "here"]
    days = [day for month in _by_days(wanted_months, found, monthly, wanted) for day in days_of(month, wanted.start_ms, end_ms)]
    daily = [*_fetch(symbol, days, wanted, http), *_days_after(symbol, max(found, default=""), wanted_months, days, wanted, http)]
    parts, broken = _read([*monthly, *daily], symbol, wanted)
    aside = [item for item in (*monthly, *daily) if item.state == "quarantined"] + broken
    for item in aside:
        say(f"quarantined {item.path}: {item.reason}. Its bars are missing unless a daily file has them; fetch again later.")
    report.quarantined += aside
    n_here = sum(item.state == "here" for item in daily)
    say(f"{symbol}: {len(found)} monthly and {n_here} daily files, {len(daily) - n_here} days without one, {len(aside)} quarantined")
    return parts


def _by_days(wanted_months: Sequence[str], found: Sequence[str], monthly: Sequence[Fetched], wanted: Wanted) -> list[str]:
    """The months to fetch day by day: young ones, holes between others, and those whose file is quarantined."""
    young = (datetime.fromtimestamp(wanted.now_ms / 1_000, UTC) - _YOUNG).date().isoformat()[:7]
    bad = {item.file.part for item in monthly if item.state == "quarantined"}
    inside = (min(found), max(found)) if found else ("9", "0")
    return [month for month in wanted_months if month not in found and (month >= young or month in bad or inside[0] < month < inside[1])]


def _days_after(symbol: str, last: str, wanted_months: Sequence[str], asked: Sequence[str], wanted: Wanted, http: Http) -> list[Fetched]:
    """The days of the months after the last one found, until a month has none of them: an archive that goes on by days alone."""
    end_ms, fetched = min(wanted.end_ms, wanted.now_ms), []
    months_asked = {day[:7] for day in asked}
    for month in wanted_months:
        if month > last and month not in months_asked:
            of_month = _fetch(symbol, list(days_of(month, wanted.start_ms, end_ms)), wanted, http)
            fetched += of_month
            if all(item.state == "missing" for item in of_month):
                break
    return fetched


def _fetch(symbol: str, parts: Sequence[str], wanted: Wanted, http: Http) -> list[Fetched]:
    files = [ArchiveFile(wanted.market, symbol, interval_of(wanted.timeframe), part) for part in parts]
    with ThreadPoolExecutor(http.manners.n_parallel) as pool:
        return list(pool.map(lambda file: fetch_file(http, wanted.base_url, wanted.cache, file), files))


def _read(items: Sequence[Fetched], symbol: str, wanted: Wanted) -> tuple[list[Part], list[Fetched]]:
    """The parts of the files that are here, and those among them that cannot be read, put aside: their checksum was right."""
    parts, broken = [], []
    options = ImportOptions(symbol=symbol, timeframe=wanted.timeframe)
    for item in items:
        if item.state != "here" or item.path is None:
            continue
        try:
            parts += read_parts(item.path, options)
        except DataError as error:
            broken.append(replace(item, state="quarantined", path=set_aside(wanted.cache, item.path), reason=str(error).splitlines()[0]))
    return parts, broken


def _tail(symbol: str, parts: Sequence[Part], wanted: Wanted, http: Http, say: Say) -> list[Part]:
    """What the archive does not have yet, if it reaches into the last two months."""
    end_ms = min(wanted.end_ms, wanted.now_ms)
    reached = max((int(part.bars["time"][-1]) + wanted.timeframe.ms for part in parts), default=0)
    start_ms = max(reached, wanted.start_ms)
    if wanted.api_url is None or start_ms + wanted.timeframe.ms > end_ms:
        return []
    if end_ms - start_ms > _YOUNG.total_seconds() * 1_000:
        say(f"{symbol}: the archive ends at {iso(start_ms)} UTC, too long before the end to ask the REST interface for the rest")
        return []
    answer = Rest(http, wanted.api_url, wanted.market).klines(symbol, wanted.timeframe, start_ms, end_ms)
    if answer is None:
        return []
    table, digest = answer
    say(f"{symbol}: {len(table.frame):,} bars through REST from {iso(start_ms)} UTC")
    source, naming = Source(table.source, digest, 0), Naming(symbol, wanted.timeframe)
    return parts_of(iter([table]), source, "Binance REST", naming, ImportOptions())


def _listed(wanted: Wanted, http: Http, say: Say) -> dict[str, Listed]:
    if wanted.api_url is None:
        return {}
    try:
        return Rest(http, wanted.api_url, wanted.market).listed()
    except DataError as error:
        say(f"no tick sizes from the exchange, they are made out from the prices: {error}")
        return {}


def _options(wanted: Wanted, listed: Listed | None) -> ImportOptions:
    if listed is None:
        return ImportOptions(prefer=wanted.prefer)
    return ImportOptions(tick_size=listed.tick_size, lot_step=listed.lot_step, currency=listed.currency, prefer=wanted.prefer)
