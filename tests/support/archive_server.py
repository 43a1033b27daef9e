"""A local HTTP server with the layout of Binance's archive and REST interface, made of bars, that can misbehave as real ones do."""

from __future__ import annotations

import hashlib
import io
import json
import threading
import time
import urllib.parse
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import polars as pl

FOLDERS = {"spot": "spot", "um": "futures/um", "cm": "futures/cm"}
HEADER = "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore"


class ArchiveServer:
    """files: path -> content. faults: path -> what the next requests for it get instead: an HTTP status, `truncated`, `reset`, `slow`, a
    path that it redirects to, or bytes. retry_after: what statuses 418 and 429 ask for. asked: how often each path was asked for."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.faults: dict[str, list[int | str | bytes]] = defaultdict(list)
        self.asked: Counter[str] = Counter()
        self.klines: dict[str, list[list]] = {}
        self.symbols: dict[str, dict] = {}
        self.slow_s = 0.2
        self.retry_after: dict[int, str] = {429: "0"}
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self, port: int = 0) -> None:
        handler = type("Handler", (_Handler,), {"site": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> int:
        """The port that becomes free."""
        assert self._server is not None
        port = self._server.server_address[1]
        self._server.shutdown()
        self._server.server_close()
        return port

    def publish(
        self, symbol: str, bars: pl.DataFrame, minutes: int, *, market: str = "um", archived_until_ms: int | None = None,
        daily_from: str = "9999",
        header: bool = True, microseconds: bool = False,
    ) -> None:  # fmt: skip
        """Bars as monthly files, as daily ones from the month `daily_from` on, and all of them as klines of the REST interface."""
        interval = f"{minutes}m" if minutes < 60 else f"{minutes // 60}h"
        rows = [_row(row, minutes, 1) for row in bars.rows()]
        self.klines[symbol] = rows
        self.symbols[symbol] = {
            "symbol": symbol, "quoteAsset": "USDT",
            "filters": [{"filterType": "PRICE_FILTER", "tickSize": "0.00050"}, {"filterType": "LOT_SIZE", "stepSize": "0.2"}],
        }  # fmt: skip
        parts: dict[str, list[list]] = defaultdict(list)
        for bar, row in zip(bars.rows(), rows, strict=True):
            if archived_until_ms is None or bar[0] < archived_until_ms:
                day = datetime.fromtimestamp(bar[0] / 1_000, UTC).strftime("%Y-%m-%d")
                parts[day if day[:7] >= daily_from else day[:7]].append(_row(bar, minutes, 1_000) if microseconds else row)
        for part, of_part in parts.items():
            text = "\n".join([*([HEADER] if header else []), *(",".join(map(str, row)) for row in of_part)]) + "\n"
            self.put(path_of(symbol, interval, part, market), f"{symbol}-{interval}-{part}.csv", text.encode())

    def put(self, path: str, member: str, text: bytes) -> None:
        """A zip of one member, and its checksum."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(member, text)
        self.files[path] = buffer.getvalue()
        self.files[f"{path}.CHECKSUM"] = f"{hashlib.sha256(buffer.getvalue()).hexdigest()}  {path.rpartition('/')[2]}\n".encode()


def path_of(symbol: str, interval: str, part: str, market: str = "um") -> str:
    kind = "monthly" if len(part) == 7 else "daily"
    return f"/data/{FOLDERS[market]}/{kind}/klines/{symbol}/{interval}/{symbol}-{interval}-{part}.zip"


def _row(bar: tuple, minutes: int, unit: int) -> list:
    open_ms, values = bar[0], [f"{value:.10g}" for value in bar[1:]]
    close_ms = (open_ms + minutes * 60_000) * unit - 1
    return [open_ms * unit, *values, close_ms, "0", 1, "0", "0", "0"]


@contextmanager
def serving(site: ArchiveServer) -> Iterator[ArchiveServer]:
    """Runs until the block ends."""
    site.start()
    try:
        yield site
    finally:
        site.stop()


class _Handler(BaseHTTPRequestHandler):
    site: ArchiveServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments: object) -> None:
        """The tests' output stays clean."""

    def do_GET(self) -> None:
        split = urllib.parse.urlsplit(self.path)
        site = self.site
        site.asked[split.path] += 1
        body = self._rest(split.path, dict(urllib.parse.parse_qsl(split.query)))
        body = site.files.get(split.path) if body is None else body
        fault = site.faults[split.path].pop(0) if site.faults[split.path] else None
        if isinstance(fault, bytes):
            body, fault = fault, None
        if isinstance(fault, int):
            self._answer(fault, b"{}", headers={"Retry-After": site.retry_after.get(fault)})
        elif isinstance(fault, str) and fault.startswith("/"):
            self._answer(301, b"", headers={"Location": fault})
        elif fault == "reset":
            self.close_connection = True
        elif body is None:
            self._answer(404, b"no such file")
        elif fault == "truncated":
            self._answer(200, body[: len(body) // 2], length=len(body))
            self.close_connection = True
        elif fault == "slow":
            self._answer(200, body[:10], length=len(body))
            time.sleep(site.slow_s)
            self.wfile.write(body[10:])
        else:
            self._answer(200, body)

    def _answer(self, status: int, body: bytes, length: int | None = None, headers: dict[str, str | None] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in (headers or {}).items():
            if value is not None:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def _rest(self, path: str, query: dict[str, str]) -> bytes | None:
        name = path.rpartition("/v1/")[2] if "/v1/" in path else path.rpartition("/v3/")[2]
        if name == "exchangeInfo":
            return json.dumps({"symbols": list(self.site.symbols.values())}).encode()
        if name == "ticker/24hr":
            tickers = [{"symbol": symbol, "quoteVolume": str(len(rows))} for symbol, rows in self.site.klines.items()]
            return json.dumps(tickers).encode()
        if name == "klines":
            low, high, n = int(query["startTime"]), int(query["endTime"]), int(query["limit"])
            rows = [row for row in self.site.klines.get(query["symbol"], []) if low <= row[0] <= high]
            return json.dumps(rows[:n]).encode()
        return None
