"""The chosen set on bars that were opened for it, in the run's folder: trade by trade, bar by bar. What it means is the sections'."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinejax.job.detail_files import write_behind
from pinejax.judge.case import Case
from pinejax.report.folder import RunFolder
from pinejax.validation.score import finite

if TYPE_CHECKING:
    from pinejax.engine.engine import Engine


def leave_outside(case: Case, engine: Engine, prefix: str) -> dict[str, dict[str, float | None]]:
    """Writes the lists of these bars, and the run's curves longer by them; the metrics of each dataset there.

    engine: on the opened window of each dataset, behind all bars that the curves have.
    """
    details = [engine.detail(case.chosen.complete, d) for d in range(len(engine.feeds))]
    firsts = [int(engine.window(d).trade_from) for d in range(len(engine.feeds))]
    write_behind(RunFolder(case.folder), details, firsts, case.config.broker, prefix)
    return {detail.feed.name: {name: finite(value) for name, value in detail.metrics.items()} for detail in details}
