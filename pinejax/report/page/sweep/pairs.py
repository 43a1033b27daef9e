"""The timeframe pairs of a joint study within its run's report: the same matrix and table as a sweep's."""

from __future__ import annotations

from typing import Any

from pinejax.core.timeframe import TimeframePair
from pinejax.errors import ConfigError
from pinejax.report.naming import Names
from pinejax.report.page.markup import Markup, el
from pinejax.report.page.sections.frame import note
from pinejax.report.page.sweep import matrix, ranking
from pinejax.report.page.sweep.compared import Compared
from pinejax.report.page.words import say
from pinejax.report.saved import Saved
from pinejax.report.sweep_rows import SweepRow, filled


def compared(saved: Saved) -> Compared | None:
    """None for a study of one pair, or where pairs are not read."""
    places = saved.manifest.get("pairs") or {}
    try:
        pairs = [TimeframePair.parse(pair) for pair in places]
    except ConfigError:
        return None
    if not pairs:
        return None
    symbols = tuple(dict.fromkeys(str(row["symbol"]) for row in saved.manifest.get("datasets", ())))
    row = SweepRow(0, Names.of(symbols, pairs).symbol, pairs[0], state="done", symbols=symbols)
    rows = filled(row, saved.folder, pairs)
    return Compared(rows, [""] * len(rows))


def section(found: Compared) -> Markup | None:
    """The matrix, with the table of the pairs below it."""
    shown = matrix.section(found)
    if shown is None:
        return None
    return el("div", shown, el("section", ranking.ranked_table(found), note(say("pairs.note")), class_="below"), class_="pairs")


def data(found: Compared) -> dict[str, Any]:
    """For its script."""
    return matrix.data(found)
