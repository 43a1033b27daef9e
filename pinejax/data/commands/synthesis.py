"""`synth`: made-up bars."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from pinejax.core.timeframe import Timeframe
from pinejax.data.commands.lines import OK, line
from pinejax.data.sample import SAMPLE, write_synthetic
from pinejax.data.synth import ALONE, Market, SynthSpec
from pinejax.errors import DataError

_BPS = 10_000
_SYNTH_DEFAULTS = SynthSpec("", seed=1)


def add(commands) -> None:
    """Declare the command."""
    synth = commands.add_parser("synth", help="write synthetic bars: the bundled sample, or one symbol of your own")
    synth.add_argument("--root", required=True, metavar="DIR", help="the store's folder; made if it is not there")
    synth.add_argument("--symbol", metavar="S", help="one symbol, or A,B,C, by the options below; default: the bundled sample's three")
    synth.add_argument("--timeframe", default=str(_SYNTH_DEFAULTS.timeframe), metavar="TF")
    synth.add_argument("--bars", type=int, default=_SYNTH_DEFAULTS.n_bars, metavar="N")
    synth.add_argument("--seed", type=int, default=_SYNTH_DEFAULTS.seed, metavar="N")
    synth.add_argument("--start", default=_SYNTH_DEFAULTS.start, metavar="DATE")
    synth.add_argument("--price", type=float, default=_SYNTH_DEFAULTS.price, metavar="X")
    synth.add_argument("--tick-size", type=float, default=_SYNTH_DEFAULTS.tick_size, metavar="X")
    synth.add_argument("--volatility-rate", type=float, default=_SYNTH_DEFAULTS.volatility_rate, metavar="X", help="of a day")
    synth.add_argument("--regimes", metavar="A,B", help="those that occur, of range, up, down, turbulent; default: all")
    synth.add_argument("--correlation", type=float, default=0.0, metavar="X", help="of any two of several --symbol A,B,C")
    synth.add_argument("--edge-bps", type=float, default=0.0, metavar="X", help="planted drift of a bar with the sign of the last moves")
    synth.add_argument("--edge-bars", type=int, default=ALONE.edge_bars, metavar="N", help="how many moves that is")
    synth.add_argument("--edge-until", type=float, default=1.0, metavar="X", help="the fraction of the bars that have the edge")
    synth.set_defaults(command=run)


def run(arguments: argparse.Namespace) -> int:
    """Generate and store."""
    market = Market(
        correlation=arguments.correlation,
        seed=arguments.seed,
        regimes=tuple(name.strip() for name in arguments.regimes.split(",")) if arguments.regimes else ALONE.regimes,
        edge_rate=arguments.edge_bps / _BPS,
        edge_bars=arguments.edge_bars,
        edge_until=arguments.edge_until,
    )
    if not arguments.symbol:
        if replace(market, seed=ALONE.seed) != ALONE:
            raise DataError("synth: the bundled sample has no options. Give --symbol for a market of your own.")
        specs, market = SAMPLE, ALONE
    else:
        names = [name.strip() for name in arguments.symbol.split(",") if name.strip()]
        if replace(market, seed=ALONE.seed) == ALONE:
            market = ALONE
        # The market has the seed itself; with one symbol and no correlation nothing is drawn from it.
        first = arguments.seed + (1 if market.correlation > 0 else 0)
        specs = tuple(_spec(arguments, name, first + i) for i, name in enumerate(names))
    for manifest in write_synthetic(Path(arguments.root), specs, market):
        print(line(manifest))
    return OK


def _spec(arguments: argparse.Namespace, symbol: str, seed: int) -> SynthSpec:
    return SynthSpec(
        symbol,
        seed=seed,
        timeframe=Timeframe.parse(arguments.timeframe),
        n_bars=arguments.bars,
        start=arguments.start,
        price=arguments.price,
        tick_size=arguments.tick_size,
        volatility_rate=arguments.volatility_rate,
    )
