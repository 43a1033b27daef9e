"""A sweep's folder as a page: its sections in order. What a section says is the business of the modules of `sweep`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pinejax.report.page.document import Document, html
from pinejax.report.page.markup import Child, Markup, el
from pinejax.report.page.sweep import curves, failed, headline, manifest, matrix, parameters, ranking, summary
from pinejax.report.page.sweep.compared import Compared, name
from pinejax.report.page.words import say
from pinejax.report.saved_sweep import SavedSweep

MOST_NAMED = 3
ENDED = ("done", "failed", "interrupted")


def page(sweep: SavedSweep, report: str, beside: Path, broken: Mapping[str, str]) -> str:
    """The whole HTML text. report: the name of a run's report in its folder; beside: the folder that the page will lie in, from which links
    to them go; broken: by run, why its report could not be made.
    """
    rows = sweep.rows
    runs = {i: run for i, row in enumerate(rows) if (run := sweep.run(row)) is not None}
    links = [_link(runs[i].folder / report, beside) if i in runs else "" for i in range(len(rows))]
    compared = Compared(rows, links)
    shown = {
        "sweep": headline.section(compared),
        "matrix": matrix.section(compared),
        "ranking": ranking.section(compared),
        "summary": summary.section(compared),
        "curves": curves.section(compared, runs),
        "parameters": parameters.section(compared, runs),
        "failed": failed.section(sweep, compared, broken),
        "manifest": manifest.section(sweep),
    }
    sections = {key: section for key, section in shown.items() if section is not None}
    return html(
        Document(
            title=_title(sweep),
            folder=sweep.folder.resolve().name,
            header=_header(sweep),
            sections=sections,
            body=list(sections.values()),
            data={"datasets": [], **matrix.data(compared)},
            scripts=("data", "frame", "matrix", "sorting", "sweep"),
            styles=("page", "sweep"),
        )
    )


def _link(report: Path, beside: Path) -> str:
    """Relative; empty where the report is not there."""
    if not report.is_file():
        return ""
    return quote(Path(os.path.relpath(report.resolve(), beside.resolve())).as_posix())


def _title(sweep: SavedSweep) -> str:
    rows = sweep.rows
    strategies = [name for name in dict.fromkeys(row.strategy for row in rows) if name]
    symbols = list(dict.fromkeys(symbol for row in rows for symbol in row.symbols or (row.symbol,)))
    if not rows:
        return sweep.folder.resolve().name
    of = strategies if len(strategies) <= MOST_NAMED else [say("sweep.what_strategies", n=len(strategies))]
    on = ", ".join(symbols if len(symbols) <= MOST_NAMED else [say("sweep.what_symbols", n=len(symbols))])
    what = say("sweep.what", strategies=", ".join(of), symbols=on) if of else on
    n = len(sweep.combinations)
    return say("sweep.title" if n != 1 else "sweep.title_one", n=n, what=what)


def _header(sweep: SavedSweep) -> Child:
    said = sweep.said
    facts = []
    if started := said.get("started"):
        facts.append(say("started", when=manifest.when(started)))
    if isinstance(seconds := said.get("seconds"), (int, float)) and said.get("state") != "running":
        facts.append(say("sweep.took", time=_duration(float(seconds))))
    if launcher := said.get("launcher"):
        facts.append(say("sweep.by", launcher=launcher))
    return [
        el("p", " · ".join(facts), class_="facts"),
        el("p", el("strong", say("synthetic")), " ", _synthetic(sweep), class_="banner") if any(r.synthetic for r in sweep.rows) else None,
        _state(sweep),
    ]


def _synthetic(sweep: SavedSweep) -> str:
    notes = (run.manifest.get("synthetic") for run in sweep.runs.values())
    return next((note for note in notes if isinstance(note, str)), "")


def _state(sweep: SavedSweep) -> Markup | None:
    """How the sweep ended, where not well, and which combinations failed."""
    said: dict[str, Any] = dict(sweep.said)
    states = {row.index: row for row in sweep.rows}
    n, failing = len(states), sum(bool(row.error) for row in states.values())
    lines: list[Child] = []
    if not said:
        lines.append(say("sweep.state.banner.none"))
    if said.get("state") == "running":
        lines.append(say("sweep.state.banner.running", n=n, done=sum(row.state in ENDED for row in states.values())))
    if said.get("state") == "interrupted":
        lines.append(say("sweep.state.banner.interrupted"))
    if missing := [name(row) for row in states.values() if row.gone]:
        lines.append(say("sweep.state.banner.gone", name=", ".join(missing)))
    if failing:
        text = say("sweep.state.banner.failed", failed=failing, n=n)
        lines.append([text, " ", el("a", say("sweep.state.banner.more"), href="#failed"), "."])
    return el("div", [el("p", line, class_="banner") for line in lines]) if lines else None


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
