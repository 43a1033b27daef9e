"""A local stub of Bitstamp's public REST interface as ccxt asks it: two markets, their bars, and faults on demand"""

from __future__ import annotations

import json
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import polars as pl


class BitstampServer:
    """bars: of btcusd and btcusd-perp. faults: HTTP statuses for the next requests for bars. asked: their starts, in seconds."""

    def __init__(self, bars: pl.DataFrame) -> None:
        self.bars = bars
        self.faults: list[int] = []
        self.asked: list[int] = []
        self.url = ""


@contextmanager
def serving(site: BitstampServer) -> Iterator[BitstampServer]:
    """Runs until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"site": site}))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    site.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    site: BitstampServer

    def log_message(self, *arguments: object) -> None:
        """The tests' output stays clean."""

    def do_GET(self) -> None:
        split = urllib.parse.urlsplit(self.path)
        if split.path == "/api/v2/markets/":
            self._answer(200, json.dumps([_market("btcusd", "BTC/USD", "SPOT"), _market("btcusd-perp", "BTC/USD-PERP", "PERPETUAL")]))
        elif split.path.startswith("/api/v2/ohlc/"):
            query = {key: int(value) for key, value in urllib.parse.parse_qsl(split.query)}
            self.site.asked.append(query["start"])
            status = self.site.faults.pop(0) if self.site.faults else 200
            answer = json.dumps({"data": {"pair": "BTC/USD", "ohlc": self._rows(query)}})
            self._answer(status, answer if status == 200 else "<html>later</html>")
        else:
            self._answer(404, "{}")

    def _rows(self, query: dict[str, int]) -> list[dict[str, str]]:
        inside = self.site.bars.filter(pl.col("time").is_between(query["start"] * 1_000, query["end"] * 1_000)).head(query["limit"])
        return [
            {"timestamp": str(row.pop("time") // 1_000), **{key: str(value) for key, value in row.items()}} for row in inside.to_dicts()
        ]

    def _answer(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _market(symbol: str, name: str, kind: str) -> dict[str, object]:
    more = {"payoff_type": "Linear", "contract_size": "1.00000000"} if kind == "PERPETUAL" else {}
    return {
        "name": name, "market_symbol": symbol, "base_currency": "BTC", "base_decimals": 3, "counter_currency": "USD", "counter_decimals": 1,
        "minimum_order_value": "10", "trading": "Enabled", "instant_order_counter_decimals": 2, "instant_and_market_orders": "Enabled",
        "description": "Bitcoin / U.S. dollar", "market_type": kind, **more,
    }  # fmt: skip
