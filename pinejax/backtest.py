"""`python -m pinejax.backtest`: one parameter set on one or more datasets, its metrics and its trades. Nothing is searched."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pinejax.cli import main

if TYPE_CHECKING:
    from pinejax.config import Config
    from pinejax.job.session import Session


def backtest(config: Config, folder: Path) -> None:
    """Run the strategy with its defaults, `enable`, `disable` and `params`, print every metric, write the lists of trades.

    One dataset: trades.csv; several: trades_<symbol>_<timeframe>.csv. Errors: a user's mistakes, as PinejaxError, before anything
    is written.
    """
    from pinejax.errors import SpaceError
    from pinejax.job.session import prepare
    from pinejax.report.folder import SYNTHETIC_NOTE, RunFolder
    from pinejax.report.text import all_metrics, overrides_of, short_path

    session = prepare(config)
    narrowed = [name for name, value in config.params.items() if not session.space.domains[name].fixed and value is not None]
    if narrowed:
        raise SpaceError(f"params.{narrowed[0]}: expected one value, got {config.params[narrowed[0]]!r}. A backtest searches nothing.")
    params = session.space.complete({})
    engine = session.engine(1, pinned=params)
    details = [engine.detail(params, i) for i in range(len(session.feeds))]

    metrics = {name: [float(detail.metrics[name]) for detail in details] for name in details[0].metrics}
    print(f"{session.strategy.name}: {overrides_of(params) or 'no parameters'}")
    if session.synthetic:
        print(f"SYNTHETIC: {SYNTHETIC_NOTE}")
    print(f"\n{all_metrics(session.datasets, metrics)}\n")
    files = RunFolder.claim(folder)
    files.write_manifest(_manifest(session, params, metrics))
    for feed, detail in zip(session.feeds, details, strict=True):
        name = "trades.csv" if len(session.feeds) == 1 else None
        path = files.write_trades(feed, detail.trades, config.broker.initial_capital, name)
        print(f"Trades: {short_path(path)}")


def _manifest(session: Session, params: dict[str, Any], metrics: dict[str, list[float]]) -> dict[str, Any]:
    from dataclasses import asdict

    from pinejax import __version__
    from pinejax.report.folder import SYNTHETIC_NOTE
    from pinejax.report.machine import machine, versions

    return {
        "pinejax": __version__,
        "synthetic": SYNTHETIC_NOTE if session.synthetic else False,
        "strategy": {"name": session.strategy.name, "code_hash": session.strategy.source_hash, "params": params},
        "datasets": [asdict(dataset) for dataset in session.datasets],
        "broker": asdict(session.config.broker),
        "engine": asdict(session.config.engine),
        "metrics": metrics,
        "versions": versions(),
        "machine": machine(),
    }


if __name__ == "__main__":
    sys.exit(main(backtest))
