"""`python -m pinejax.backtest`: one parameter set on one or more datasets, its metrics and its trades. Nothing is searched."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pinejax.cli import main

if TYPE_CHECKING:
    from pinejax.config import Config
    from pinejax.engine.detail import Detail
    from pinejax.job.session import Session
    from pinejax.report.folder import RunFolder
    from pinejax.tradingview import Verdict

EXIT_DIFFERENT = 1


def backtest(config: Config, folder: Path) -> int:
    """Run the strategy with its defaults, `enable`, `disable` and `params`, print every metric, write the lists of trades.

    Trades of all datasets: trades.csv and trades.parquet; of each trades_<dataset>.csv; performance_summary.csv, of several with the
    dataset in the name. inputs.txt: the set for TradingView's settings. report.html shows all of it. With `compare` the list of trades
    of a chart is compared with ours: comparison.csv. Returns 0, or 1 where that comparison finds a difference. Errors: a user's
    mistakes, as PinejaxError, before anything is written.
    """
    from pinejax.errors import SpaceError
    from pinejax.job.comparison import run_comparison
    from pinejax.job.session import prepare
    from pinejax.report.folder import RunFolder

    # A comparison that looks for the start looks at all bars first, rates or not.
    session = prepare(config, converted=config.compare is None or config.data.start is not None)
    narrowed = [name for name, value in config.params.items() if not session.space.domains[name].fixed and value is not None]
    if narrowed:
        raise SpaceError(f"params.{narrowed[0]}: expected one value, got {config.params[narrowed[0]]!r}. A backtest searches nothing.")
    params = session.space.complete({})
    verdict = None
    if config.compare is not None:
        compared = run_comparison(session, params)
        session, details, verdict = compared.session, [compared.detail], compared.verdict
    else:
        engine = session.engine(1, pinned=params)
        details = [engine.detail(params, i) for i in range(len(session.feeds))]

    metrics = {name: [float(detail.metrics[name]) for detail in details] for name in details[0].metrics}
    files = RunFolder.claim(folder)
    files.write_manifest(_manifest(session, params, metrics, verdict))
    _print_head(session, params)
    if verdict is not None:
        _write_and_print_verdict(files, verdict)
    _print_metrics(session, metrics, short=verdict is not None)
    _write_together(files, session, params, details)
    for detail in details:
        _write_and_print(files, session, detail, alone=len(details) == 1, short=verdict is not None)
    _leave_page(files, session)
    return 0 if verdict is None or verdict.agrees else EXIT_DIFFERENT


def _print_head(session: Session, params: dict[str, Any]) -> None:
    from pinejax.job.broker_of import said
    from pinejax.report.entry import SYNTHETIC_NOTE
    from pinejax.report.text import overrides_of

    print(f"{session.strategy.name}: {overrides_of(params) or 'no parameters'}")
    if session.declared:
        print(f"Properties the strategy declares: {said(session.config.broker, session.declared)}")
    if session.synthetic:
        print(f"SYNTHETIC: {SYNTHETIC_NOTE}")
    for note in session.notes:
        print(note)
    print()


def _print_metrics(session: Session, metrics: dict[str, list[float]], short: bool) -> None:
    """Every metric, or beside a verdict those that a first look needs."""
    from pinejax.report.text import all_metrics, per_dataset

    print(f"{(per_dataset if short else all_metrics)(session.datasets, metrics)}\n")


def _write_together(files: RunFolder, session: Session, params: dict[str, Any], details: list[Detail]) -> None:
    """What is of all datasets."""
    from pinejax.job.detail_files import write_together
    from pinejax.report.atomic import write_text
    from pinejax.report.entry import SYNTHETIC_NOTE
    from pinejax.tradingview.inputs_text import INPUTS, inputs_text

    broker, name = session.config.broker, session.strategy.name
    write_together(files, details, broker)
    said = [name, f"SYNTHETIC: {SYNTHETIC_NOTE}"] if session.synthetic else [name]
    write_text(files.path / INPUTS, inputs_text(session.strategy.cls, params, broker, session.datasets, said))


def _write_and_print(files: RunFolder, session: Session, detail: Detail, alone: bool, short: bool) -> None:
    """A dataset's list of trades and performance summary; the summary is shown where there is one dataset and no verdict."""
    from pinejax.job.detail_files import write_lists
    from pinejax.report.all_trades import TRADES
    from pinejax.report.text import short_path
    from pinejax.tradingview.summary_text import summary_text

    lists = write_lists(files, detail, session.config.broker, summary="performance_summary.csv" if alone else None)
    if alone and not short:
        print(f"{summary_text(lists.figures)}\n")
    trades = files.path / TRADES if alone else lists.trades
    print(f"Trades: {short_path(trades)}\nTradingView's performance summary: {short_path(lists.summary)}")


def _leave_page(files: RunFolder, session: Session) -> None:
    """report.html unless `report.html=false`."""
    from pinejax.job.run_page import RunPage
    from pinejax.report.text import short_path

    if page := RunPage(session.config.report.html).leave(files.path):
        print(f"Report: {short_path(page)}")


def _write_and_print_verdict(files: RunFolder, verdict: Verdict) -> None:
    from pinejax.report.atomic import write_text
    from pinejax.report.text import short_path
    from pinejax.tradingview.text import comparison_csv, verdict_text

    path = files.path / "comparison.csv"
    write_text(path, comparison_csv(verdict))
    print(f"{verdict_text(verdict)}\n\nEach trade: {short_path(path)}; all metrics: {short_path(files.path / 'manifest.json')}\n")


def _manifest(session: Session, params: dict[str, Any], metrics: dict[str, list[float]], verdict: Verdict | None) -> dict[str, Any]:
    from dataclasses import asdict

    from pinejax import __version__
    from pinejax.report.entry import SYNTHETIC_NOTE
    from pinejax.report.machine import machine, versions

    said = {
        "pinejax": __version__,
        "synthetic": SYNTHETIC_NOTE if session.synthetic else False,
        "strategy": {"name": session.strategy.name, "code_hash": session.strategy.source_hash, "params": params},
        "datasets": [asdict(dataset) for dataset in session.datasets],
        "broker": asdict(session.config.broker),
        "broker_declared_by_strategy": list(session.declared),
        "engine": asdict(session.config.engine),
        "metrics": metrics,
        "versions": versions(),
        "machine": machine(),
    }
    if verdict is not None:
        said["comparison"] = verdict.summary()
    return said


if __name__ == "__main__":
    sys.exit(main(backtest))
