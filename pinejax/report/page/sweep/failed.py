"""Combinations that failed: the error, the command that tries it again, and reports that could not be made."""

from __future__ import annotations

from collections.abc import Mapping

from pinejax.report.page.markup import Child, Markup, el
from pinejax.report.page.sections.best import copyable
from pinejax.report.page.sections.frame import definitions, framed, note
from pinejax.report.page.sweep.compared import Compared, name
from pinejax.report.page.words import say
from pinejax.report.saved_sweep import SavedSweep


def section(sweep: SavedSweep, compared: Compared, broken: Mapping[str, str]) -> Markup | None:
    """None where all is well. broken: by run, why its report could not be made."""
    rows = list({row.index: row for row in compared.rows if row.error}.values())
    if not rows and not broken:
        return None
    parts: list[Child] = []
    if rows:
        parts.append(el("p", say("failed.note"), class_="note"))
    for row in rows:
        alone = sweep.combination(row).get("command")
        again = copyable(say("failed.alone"), str(alone)) if alone else None
        parts.append(
            el("div", el("h3", "✗ ", name(row)), el("p", row.error, class_="error"), again, class_="piece", id=f"failed-{row.index}")
        )
    if broken:
        parts += [el("h3", say("failed.reports")), definitions([(place, note(said)) for place, said in broken.items()])]
    return framed("failed", parts)
