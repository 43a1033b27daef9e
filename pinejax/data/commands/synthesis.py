"""`synth`: made-up bars."""

from __future__ import annotations

import argparse
from pathlib import Path

from pinejax.core.timeframe import Timeframe
from pinejax.data.commands.lines import OK, line
from pinejax.data.sample import SAMPLE, write_synthetic
from pinejax.data.synth import SynthSpec

_SYNTH_DEFAULTS = SynthSpec("", seed=1)


def add(commands) -> None:
    """Declare the command."""
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
    synth.set_defaults(command=run)


def run(arguments: argparse.Namespace) -> int:
    """Generate and store."""
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
        print(line(manifest))
    return OK
