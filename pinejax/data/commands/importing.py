"""`import`: files and folders into a store."""

from __future__ import annotations

import argparse
from pathlib import Path

from pinejax.core.timeframe import Timeframe
from pinejax.data.commands.lines import OK, count, import_line
from pinejax.data.frame import iso
from pinejax.data.ingest import import_parts, read_files
from pinejax.data.options import ImportOptions
from pinejax.data.parts import Part, files_in
from pinejax.data.store import Store


def add(commands) -> None:
    """Declare the command."""
    parser = commands.add_parser("import", help="import CSV, Parquet or Binance zip files; all or nothing, gaps reported and never filled")
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="a file or a folder of them: BTCUSDT_5m.csv, BTCUSDT-5m-2024-01.zip, 'BINANCE_ETHUSDT.P, 15.csv'",
    )
    parser.add_argument("--root", required=True, metavar="DIR", help="the store's folder; made if it is not there")
    parser.add_argument("--symbol", metavar="S", help="default: from a column of symbols, else from each file's name")
    parser.add_argument("--timeframe", metavar="TF", help="such as 5m, 1h, 1D; default: from each file's name, else from the bars' spacing")
    parser.add_argument(
        "--pattern", metavar="P", help="how names are written, such as '{symbol}_{timeframe}_*' or '{exchange}/{symbol}/{timeframe}'"
    )
    parser.add_argument("--times-in", metavar="Z", help="the time zone of times without an offset, such as America/New_York; default: UTC")
    parser.add_argument("--tick-size", type=float, metavar="X", help="smallest price step; default: from the prices' decimals")
    parser.add_argument("--lot-step", type=float, metavar="X", help="smallest quantity step; default: 0.0001")
    parser.add_argument(
        "--currency", metavar="C", help="the quote currency, such as USDT; default: from the symbol's ending where it is plain"
    )
    parser.add_argument("--zone", metavar="Z", help="the exchange's time zone, in which days begin, such as America/New_York; default: UTC")
    parser.add_argument("--session", metavar="H", help="its trading hours there, such as 0930-1600; default: 24x7")
    parser.add_argument("--point-value", type=float, metavar="X", help="quote currency per 1.0 of price and contract; default: 1")
    parser.add_argument(
        "--prefer", choices=("stored", "new"), help="whose bars win where files and store differ; default: such files are refused"
    )
    parser.add_argument("--replace", action="store_true", help="forget the stored bars of these symbols and timeframes instead of merging")
    parser.add_argument("--dry-run", action="store_true", help="say what was understood and what would change, and write nothing")
    parser.set_defaults(command=run)


def run(arguments: argparse.Namespace) -> int:
    """Import, or say what an import would do."""
    options = ImportOptions(
        symbol=arguments.symbol,
        timeframe=Timeframe.parse(arguments.timeframe) if arguments.timeframe else None,
        tick_size=arguments.tick_size,
        lot_step=arguments.lot_step,
        currency=arguments.currency,
        zone=arguments.zone,
        session=arguments.session,
        point_value=arguments.point_value,
        replace=arguments.replace,
        pattern=arguments.pattern,
        times_in=arguments.times_in,
        prefer=arguments.prefer,
        dry_run=arguments.dry_run,
    )
    files = files_in(arguments.files)
    parts = read_files(files, options)
    if options.dry_run:
        for part in parts:
            print(_part_line(part))
    done = import_parts(Store(Path(arguments.root).expanduser()), parts, options)
    for item in done:
        print(import_line(item))
    dry = " Nothing was written (--dry-run)." if options.dry_run else ""
    print(f"{count(len(done), 'dataset')} in {arguments.root} from {count(len(files), 'file')}.{dry}")
    return OK


def _part_line(part: Part) -> str:
    first, last = (iso(int(part.bars["time"][i])) for i in (0, -1))
    volume = "no volume" if part.bars["volume"].is_nan().all() else "volume"
    bars = f"{part.symbol} {part.timeframe}, {len(part.bars):,} bars, {first} .. {last} UTC, {volume}"
    return f"read      {part.source.name}: {part.understood}; {bars}"
