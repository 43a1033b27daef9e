"""`python -m pinejax.data import|list|check|synth`: arguments in, lines out. What the commands do is in the other modules."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pinejax.core.timeframe import Timeframe
from pinejax.data.check import check_store
from pinejax.data.ingest import Imported, ImportOptions, import_files
from pinejax.data.manifest import Manifest
from pinejax.data.sample import SAMPLE, write_synthetic
from pinejax.data.store import open_store
from pinejax.data.synth import SynthSpec
from pinejax.errors import PinejaxError

OK, DATA_ERRORS, USER_ERROR = 0, 1, 2
_SYNTH_DEFAULTS = SynthSpec("", seed=1)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0, 1 (`check` found errors), 2 (a user's mistake, told on stderr)."""
    arguments = build_parser().parse_args(argv)
    try:
        return arguments.command(arguments)
    except PinejaxError as error:
        print(f"error: {error}", file=sys.stderr)
        return USER_ERROR


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m pinejax.data", description="Import bars into a store and look at what is there.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    add = commands.add_parser("import", help="import CSV, Parquet or Binance zip files; all or nothing, gaps reported and never filled")
    add.add_argument("files", nargs="+", metavar="FILE", help="such as BTCUSDT_5m.csv, BTCUSDT-5m-2024-01.zip, 'BINANCE_ETHUSDT.P, 15.csv'")
    add.add_argument("--root", required=True, metavar="DIR", help="the store's folder; made if it is not there")
    add.add_argument("--symbol", metavar="S", help="default: from each file's name")
    add.add_argument("--timeframe", metavar="TF", help="such as 5m, 1h, 1D; default: from each file's name, else from the bars' spacing")
    add.add_argument("--tick-size", type=float, metavar="X", help="smallest price step; default: from the prices' decimals")
    add.add_argument("--lot-step", type=float, metavar="X", help="smallest quantity step; default: 0.0001")
    add.add_argument(
        "--currency", metavar="C", help="the quote currency, such as USDT; default: from the symbol's ending where it is plain"
    )
    add.add_argument("--zone", metavar="Z", help="the exchange's time zone, in which days begin, such as America/New_York; default: UTC")
    add.add_argument("--session", metavar="H", help="its trading hours there, such as 0930-1600; default: 24x7")
    add.add_argument("--point-value", type=float, metavar="X", help="quote currency per 1.0 of price and contract; default: 1")
    add.add_argument("--replace", action="store_true", help="forget the stored bars of these symbols and timeframes instead of merging")
    add.set_defaults(command=_import)

    for name, command, text in (
        ("list", _list, "list the stored datasets"),
        ("check", _check, "check the stored datasets; exit code 1 if one is broken"),
    ):
        look = commands.add_parser(name, help=text)
        look.add_argument("--root", metavar="DIR", help="the store's folder; default: the bundled synthetic sample")
        look.set_defaults(command=command)

    synth = commands.add_parser("synth", help="write synthetic bars: the bundled sample, or one symbol of your own")
    synth.add_argument("--root", required=True, metavar="DIR", help="the store's folder; made if it is not there")
    synth.add_argument("--symbol", metavar="S", help="one symbol by the options below; default: the bundled sample's three")
    synth.add_argument("--timeframe", default=str(_SYNTH_DEFAULTS.timeframe), metavar="TF")
    synth.add_argument("--bars", type=int, default=_SYNTH_DEFAULTS.n_bars, metavar="N")
    synth.add_argument("--seed", type=int, default=_SYNTH_DEFAULTS.seed, metavar="N")
    synth.add_argument("--start", default=_SYNTH_DEFAULTS.start, metavar="DATE")
    synth.add_argument("--price", type=float, default=_SYNTH_DEFAULTS.price, metavar="X")
    synth.add_argument("--tick-size", type=float, default=_SYNTH_DEFAULTS.tick_size, metavar="X")
    synth.add_argument("--volatility-rate", type=float, default=_SYNTH_DEFAULTS.volatility_rate, metavar="X", help="of a day")
    synth.set_defaults(command=_synth)
    return parser


def _import(arguments: argparse.Namespace) -> int:
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
    )
    done = import_files(arguments.root, arguments.files, options)
    for item in done:
        print(_import_line(item))
    print(f"{_count(len(done), 'dataset')} in {arguments.root} from {_count(len(arguments.files), 'file')}.")
    return OK


def _import_line(item: Imported) -> str:
    added = f" (+{item.n_added:,} bars)" if item.outcome == "extended" else ""
    return f"{item.outcome:<9} {_line(item.manifest)}{added}"


def _line(manifest: Manifest) -> str:
    quality = manifest.quality
    notes = [
        f"{_count(quality.n_gaps, 'gap')} ({_count(quality.n_missing_bars, 'bar')} missing)" if quality.n_gaps else "no gaps",
        f"{_count(manifest.n_duplicates, 'repeated row')} left out" if manifest.n_duplicates else "",
        f"{quality.n_off_grid} off grid" if quality.n_off_grid else "",
        _count(quality.n_jumps, "jump") if quality.n_jumps else "",
        "" if manifest.has_volume else "no volume",
        f"tick {manifest.tick_size:g}",
        manifest.currency,
        "" if manifest.zone == "UTC" else manifest.zone,
        "" if manifest.session == "24x7" else manifest.session,
        "" if manifest.point_value == 1 else f"point value {manifest.point_value:g}",
        "SYNTHETIC" if manifest.synthetic else "",
    ]
    span = f"{manifest.first} .. {manifest.last}"
    return f"{manifest.symbol:<18} {manifest.timeframe:>4} {manifest.n_rows:>9,} bars  {span}  " + ", ".join(note for note in notes if note)


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def _list(arguments: argparse.Namespace) -> int:
    store = open_store(arguments.root)
    datasets = store.datasets()
    for _, _, manifest in datasets:
        print(_line(manifest))
    print(f"{_count(len(datasets), 'dataset')} in {store.root}; times are UTC opens.")
    return OK


def _check(arguments: argparse.Namespace) -> int:
    store = open_store(arguments.root)
    findings = check_store(store)
    for finding in findings:
        print(f"{finding.level:<8} {finding.dataset}: {finding.text}")
    n_errors, n_warnings = (sum(finding.level == level for finding in findings) for level in ("error", "warning"))
    n_datasets = len({finding.dataset for finding in findings})
    print(f"{_count(n_datasets, 'dataset')} in {store.root}: {_count(n_errors, 'error')}, {_count(n_warnings, 'warning')}.")
    return DATA_ERRORS if n_errors else OK


def _synth(arguments: argparse.Namespace) -> int:
    specs = SAMPLE
    if arguments.symbol:
        specs = (
            SynthSpec(
                arguments.symbol,
                seed=arguments.seed,
                timeframe=Timeframe.parse(arguments.timeframe),
                n_bars=arguments.bars,
                start=arguments.start,
                price=arguments.price,
                tick_size=arguments.tick_size,
                volatility_rate=arguments.volatility_rate,
            ),
        )
    for manifest in write_synthetic(Path(arguments.root), specs):
        print(_line(manifest))
    return OK
