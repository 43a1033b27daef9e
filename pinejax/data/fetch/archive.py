"""Binance's archive of kline files: what they are called, and one of them fetched with its checksum into a cache. Not their content."""

from __future__ import annotations

import calendar
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal

from pinejax.core.secrets import without_passwords
from pinejax.core.timeframe import Timeframe
from pinejax.data.fetch.http import Http
from pinejax.data.parquet import write_bytes
from pinejax.errors import DataError

BASE_URL = "https://data.binance.vision"
MARKETS = {"spot": "spot", "um": "futures/um", "cm": "futures/cm"}
Market = Literal["spot", "um", "cm"]
INTERVALS = ("1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d")
_TRIES = 2
"""Of a file whose checksum is wrong: files are uploaded again, and their checksums a moment later."""
_SHA256 = re.compile(rb"^([0-9a-fA-F]{64})\b")


@dataclass(frozen=True)
class ArchiveFile:
    """One zip of klines. part: `2024-03`, or `2024-03-09` of a day."""

    market: Market
    symbol: str
    interval: str
    part: str

    @property
    def path(self) -> str:
        """Where it lies, from the archive's root."""
        kind = "monthly" if len(self.part) == len("2024-03") else "daily"
        return f"data/{MARKETS[self.market]}/{kind}/klines/{self.symbol}/{self.interval}/{self.symbol}-{self.interval}-{self.part}.zip"

    @property
    def days(self) -> tuple[date, date]:
        """Its first day and the day after its last."""
        if len(self.part) > len("2024-03"):
            day = date.fromisoformat(self.part)
            return day, day + timedelta(days=1)
        first = date.fromisoformat(f"{self.part}-01")
        return first, first + timedelta(days=calendar.monthrange(first.year, first.month)[1])


@dataclass(frozen=True)
class Fetched:
    """What became of one file. path: in the cache, where it is `here`; reason: why it is quarantined."""

    file: ArchiveFile
    state: Literal["here", "missing", "quarantined"]
    path: Path | None = None
    reason: str = ""


def interval_of(timeframe: Timeframe) -> str:
    """Binance's name of a timeframe. Errors: DataError where there are no klines of it."""
    name = str(timeframe).replace("D", "d")
    if name not in INTERVALS:
        raise DataError(
            f"--timeframe: expected one of Binance's ({', '.join(INTERVALS)}), got {timeframe}. Fetch a shorter one; runs resample."
        )
    return name


def months(start_ms: int, end_ms: int) -> list[str]:
    """The months that the range touches, `2024-03`."""
    day, last = _day(start_ms).replace(day=1), _day(end_ms - 1)
    found = []
    while day <= last:
        found.append(day.isoformat()[:7])
        day = (day + timedelta(days=31)).replace(day=1)
    return found


def days_of(month: str, start_ms: int, end_ms: int) -> Iterator[str]:
    """The days of a month that the range touches, `2024-03-09`."""
    first, stop = max(date.fromisoformat(f"{month}-01"), _day(start_ms)), _day(end_ms - 1)
    while first <= stop and first.isoformat()[:7] == month:
        yield first.isoformat()
        first += timedelta(days=1)


def fetch_file(http: Http, base_url: str, cache: Path, file: ArchiveFile) -> Fetched:
    """The file, from the cache where it lies there with its checksum, else from the archive.

    A file is put in place whole and after its checksum has been verified. One whose checksum is wrong twice goes to `quarantine/`.
    Errors: DataError where the server does not answer or the cache cannot be written.
    """
    path = cache / file.path
    checksum = path.with_name(path.name + ".CHECKSUM")
    if _is_whole(path, checksum):
        return Fetched(file, "here", path)
    reason, content = "", b""
    for _ in range(_TRIES):
        content = http.get(f"{base_url}/{file.path}")
        if content is None:
            return Fetched(file, "missing")
        said = http.get(f"{base_url}/{file.path}.CHECKSUM")
        wanted, found = _wanted(said), hashlib.sha256(content).hexdigest()
        if wanted == found:
            _keep(content, path)
            _keep(said or b"", checksum)
            return Fetched(file, "here", path)
        reason = f"its checksum file {'is missing' if said is None else 'says ' + (wanted or 'nothing of use')}, its content is {found}"
    aside = cache / "quarantine" / path.name
    _keep(content, aside)
    _keep(f"{without_passwords(base_url)}/{file.path}: tried {_TRIES} times; {reason}\n".encode(), aside.with_name(aside.name + ".txt"))
    return Fetched(file, "quarantined", aside, reason)


def set_aside(cache: Path, path: Path) -> Path:
    """Move a file of the cache to its quarantine, its checksum with it; the new place."""
    aside = cache / "quarantine" / path.name
    aside.parent.mkdir(parents=True, exist_ok=True)
    path.replace(aside)
    path.with_name(path.name + ".CHECKSUM").unlink(missing_ok=True)
    return aside


def _is_whole(path: Path, checksum: Path) -> bool:
    try:
        return _wanted(checksum.read_bytes()) == hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return False


def _wanted(said: bytes | None) -> str:
    match = _SHA256.match((said or b"").strip())
    return match[1].decode().lower() if match else ""


def _keep(content: bytes, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(content, path)
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror or error}). Give another --cache, or make room.") from None


def _day(time_ms: int) -> date:
    return datetime.fromtimestamp(time_ms / 1_000, UTC).date()
