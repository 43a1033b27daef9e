"""`fetch`: bars from an exchange into a store."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from pinejax.core.timeframe import Timeframe
from pinejax.data.commands.lines import DATA_ERRORS, OK, count, import_line
from pinejax.data.fetch.archive import BASE_URL, MARKETS
from pinejax.data.fetch.binance import Report, Wanted, fetch_binance
from pinejax.data.fetch.exchanges import CcxtWanted, fetch_ccxt
from pinejax.data.fetch.http import Http, Manners
from pinejax.data.fetch.rest import BASE_URLS, Rest
from pinejax.data.store import Store
from pinejax.data.symbols import read_symbols
from pinejax.data.times import parse_bound
from pinejax.errors import DataError

_CACHE = ".fetched"


def add(commands) -> None:
    """Declare the command and its exchanges."""
    exchanges = commands.add_parser("fetch", help="fetch bars from an exchange").add_subparsers(required=True, metavar="WHERE")
    binance = exchanges.add_parser("binance", help="Binance's archive, then its REST interface for the last days")
    binance.add_argument("--market", choices=tuple(MARKETS), default="um", help="spot, um (USDT margined futures) or cm (coin margined)")
    add_common(binance)
    binance.add_argument("--base-url", metavar="URL", help=f"the archive, or a mirror; default: {BASE_URL}")
    binance.add_argument("--api-url", metavar="URL", help="the REST interface; default: --base-url where that is given, else Binance's")
    binance.add_argument("--no-rest", action="store_true", help="the archive alone")
    binance.add_argument("--cache", metavar="DIR", help=f"where archive files are kept; default: {_CACHE} in --root")
    binance.add_argument("--parallel", type=int, default=Manners.n_parallel, metavar="N", help="requests at the same time")
    binance.add_argument("--per-second", type=float, default=Manners.n_per_s, metavar="X", help="requests a second, all together")
    binance.add_argument("--list-top", type=int, metavar="N", help="print the N symbols of the largest turnover, and fetch nothing")
    binance.add_argument("--quote", default="USDT", metavar="C", help="their quote currency")
    binance.set_defaults(command=_binance)

    ccxt = exchanges.add_parser("ccxt", help="any exchange that ccxt speaks to (pip install 'pinejax[data,ccxt]')")
    ccxt.add_argument("--exchange", required=True, metavar="E", help="ccxt's name, such as bybit")
    add_common(ccxt)
    ccxt.add_argument("--base-url", metavar="URL", help="another host instead of the exchange's")
    ccxt.set_defaults(command=_ccxt)


def add_common(parser: argparse.ArgumentParser) -> None:
    """What every exchange is asked with."""
    parser.add_argument("--symbols", metavar="A,B", help="separated by commas: Binance's names, or ccxt's such as BTC/USDT:USDT")
    parser.add_argument("--timeframe", default="1m", metavar="TF", help="default: 1m, of which runs make all others")
    parser.add_argument("--start", metavar="DATE", help="UTC, inclusive")
    parser.add_argument("--end", metavar="DATE", help="UTC, exclusive; default: now")
    parser.add_argument("--root", metavar="DIR", default="data/real", help="the store's folder; default: data/real")
    parser.add_argument("--prefer", choices=("stored", "new"), help="whose bars win where they differ; default: refuse")


def wanted_range(arguments: argparse.Namespace, now_ms: int) -> tuple[tuple[str, ...], int, int]:
    """Symbols, start and end. Errors: DataError where they are not given."""
    symbols = tuple(dict.fromkeys(name.strip() for name in (arguments.symbols or "").split(",") if name.strip()))
    if not symbols or not arguments.start:
        raise DataError("fetch: expected --symbols A,B and --start DATE. Binance's symbols of the largest turnover: --list-top 50.")
    return symbols, parse_bound(arguments.start, "--start"), parse_bound(arguments.end, "--end") if arguments.end else now_ms


def report_lines(report: Report) -> int:
    """Prints what became of each symbol; the exit code."""
    for item in report.imported:
        print(import_line(item))
    for symbol, reason in report.failed.items():
        print(f"failed    {symbol}: {reason}")
    n_bad = len(report.quarantined)
    print(f"{count(len(report.imported), 'dataset')} fetched, {len(report.failed)} failed, {count(n_bad, 'file')} quarantined.")
    return OK if report.complete else DATA_ERRORS


def _ccxt(arguments: argparse.Namespace) -> int:
    now_ms = time.time_ns() // 1_000_000
    symbols, start_ms, end_ms = wanted_range(arguments, now_ms)
    timeframe = Timeframe.parse(arguments.timeframe)
    wanted = CcxtWanted(arguments.exchange, symbols, timeframe, start_ms, end_ms, now_ms, arguments.base_url, arguments.prefer)
    return report_lines(fetch_ccxt(Store(Path(arguments.root).expanduser()), wanted))


def _binance(arguments: argparse.Namespace) -> int:
    http = Http(Manners(n_parallel=arguments.parallel, n_per_s=arguments.per_second))
    api_url = None if arguments.no_rest else (arguments.api_url or arguments.base_url or BASE_URLS[arguments.market]).rstrip("/")
    if arguments.list_top is not None:
        if api_url is None:
            raise DataError("--list-top: it asks the REST interface. Leave --no-rest out.")
        for symbol, turnover in Rest(http, api_url, arguments.market).top(arguments.list_top, arguments.quote):
            print(f"{symbol:<20} {turnover:>20,.0f} {arguments.quote}")
        return OK
    now_ms = time.time_ns() // 1_000_000
    symbols, start_ms, end_ms = wanted_range(arguments, now_ms)
    root = Path(arguments.root).expanduser()
    known = read_symbols(root)
    wanted = Wanted(
        market=arguments.market,
        symbols=tuple(dict.fromkeys(known.named(symbol) for symbol in symbols)),
        timeframe=Timeframe.parse(arguments.timeframe),
        start_ms=start_ms,
        end_ms=end_ms,
        now_ms=now_ms,
        base_url=(arguments.base_url or BASE_URL).rstrip("/"),
        api_url=api_url,
        cache=Path(arguments.cache).expanduser() if arguments.cache else root / _CACHE,
        prefer=arguments.prefer,
    )
    return report_lines(fetch_binance(Store(root), wanted, http))
