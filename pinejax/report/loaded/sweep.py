"""A sweep's folder as an object: its tables, its runs, its matrix. Read on first use and kept; `pinejax.load` again reads anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from pinejax.errors import ReportError, did_you_mean
from pinejax.report.entry import SYNTHETIC_NOTE
from pinejax.report.loaded import html
from pinejax.report.loaded.run import Run
from pinejax.report.matrix import Panel, Scale, panels, scales
from pinejax.report.page.figures import MINUS
from pinejax.report.page.markup import Child
from pinejax.report.page.sections.verdict import MARKS
from pinejax.report.page.words import name_of, say
from pinejax.report.saved import Saved
from pinejax.report.saved_sweep import SavedSweep
from pinejax.report.sweep_rows import SweepRow
from pinejax.report.sweep_tables import rankings_table, results_table, summary_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_PANELS = 8
"""In a notebook's cell; the page has all."""
COMBINATIONS = {
    "index": pl.Int64, "symbols": pl.List(pl.String), "timeframes": pl.List(pl.String), "study": pl.String, "folder": pl.String,
    "state": pl.String, "error": pl.String, "seconds": pl.Float64, "n_trials": pl.Int64,
}  # fmt: skip


class Runs(Mapping[str, Run]):
    """The runs that a sweep has begun, by their folder in the sweep's; each is read on first use.

    A whole number is the combination's index. Errors: ReportError for a combination without a folder, and for a name that there is not.
    """

    def __init__(self, sweep: SavedSweep):
        self._saved: Mapping[str, Saved] = sweep.runs
        self._combinations: Sequence[Mapping[str, Any]] = sweep.combinations
        self._made: dict[str, Run] = {}

    def __getitem__(self, key: str | int) -> Run:
        name = self._place(key) if isinstance(key, int) else key
        if name not in self._saved:
            one = next((one for one in self._combinations if one.get("folder") == name), {})
            said = ": ".join([str(one["state"]), *str(one.get("error") or "").splitlines()[:1]]) if "state" in one else ""
            why = said or did_you_mean(name, self._saved)
            raise ReportError(f"{name}: expected a run of this sweep that has left something. {why}")
        return self._made.setdefault(name, Run(self._saved[name]))

    def __contains__(self, key: object) -> bool:
        return key in self._saved

    def __iter__(self) -> Iterator[str]:
        return iter(self._saved)

    def __len__(self) -> int:
        return len(self._saved)

    def __repr__(self) -> str:
        return f"Runs({', '.join(map(repr, self._saved))})"

    def _place(self, index: int) -> str:
        known = {int(one.get("index", 0)): str(one.get("folder") or "") for one in self._combinations}
        if index not in known:
            raise ReportError(f"index: expected one of a combination of this sweep, 0 to {len(known) - 1}, got {index}.")
        return known[index]


@dataclass(frozen=True)
class SweepFigures:
    """What can be drawn of a sweep. Each method returns a new `matplotlib.figure.Figure`."""

    rows: Sequence[SweepRow] = field(repr=False)

    def heatmap(self) -> Figure:
        """LTF by HTF for every symbol: the value out of sample where bars were kept back, in sample (hatched) elsewhere."""
        from pinejax.report.figures.heatmap import heatmap

        return heatmap(self.rows, SYNTHETIC_NOTE if any(row.synthetic for row in self.rows) else "")


@dataclass(frozen=True, eq=False, repr=False)
class Sweep:
    """One search per combination. Its tables are made of what the runs have left by now, so a sweep may still be running."""

    saved: SavedSweep

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return self.saved.folder

    @property
    def name(self) -> str:
        """The folder's."""
        return self.folder.resolve().name

    @property
    def state(self) -> str:
        """running (or killed: it never said that it ended), done, interrupted, failed, or empty for one that left before it began."""
        return str(self.saved.said.get("state") or "running") if self.saved.said else "empty"

    @property
    def synthetic(self) -> bool:
        """Whether any bar was made up."""
        return any(row.synthetic for row in self.saved.rows)

    @cached_property
    def combinations(self) -> pl.DataFrame:
        """As sweep.json lists them: index, symbols, timeframes, study, folder, state, error, seconds, n_trials."""
        rows = [{name: one.get(name) for name in COMBINATIONS} for one in self.saved.combinations]
        return pl.DataFrame(rows, schema=COMBINATIONS)

    @cached_property
    def results(self) -> pl.DataFrame:
        """One row per combination, of joint studies and pair, as results.parquet."""
        return results_table(self.saved.rows)

    @cached_property
    def summary(self) -> pl.DataFrame:
        """Mean, median and best by LTF, HTF, pair and symbol, as results_timeframe_summary.csv."""
        return summary_table(self.saved.rows)

    @cached_property
    def rankings(self) -> pl.DataFrame:
        """Combinations with a value, best first, those that break a gate last, as results_timeframe_rankings.csv."""
        return rankings_table(self.saved.rows)

    @cached_property
    def runs(self) -> Runs:
        """Every run that has left something: `sweep.runs["0_SYNTH_A_15m_1h"]`, `sweep.runs[0]` by its index."""
        return Runs(self.saved)

    @property
    def best(self) -> Run | None:
        """The run of the first row of `rankings`; None where no set that holds the gates has a value.

        It is the best of all combinations' trials.
        """
        held = self.rankings.filter(pl.col("violation") <= 0)
        return self.runs[int(held["index"][0])] if len(held) else None

    @property
    def figures(self) -> SweepFigures:
        """What can be drawn."""
        return SweepFigures(self.saved.rows)

    def report(self) -> Path:
        """Makes report.html of the sweep and of its runs as they are now; the sweep's path."""
        from pinejax.report.page.build import build

        return build(self.folder)

    def __repr__(self) -> str:
        n_failed = sum(one.get("state") == "failed" for one in self.saved.combinations)
        failed = f", {n_failed} failed" if n_failed else ""
        return f"Sweep({self.name!r}: {self.state}, {len(self.saved.combinations)} combinations{failed})"

    def _repr_html_(self) -> str:
        shown, found = panels(self.saved.rows), scales(self.saved.rows)
        n_failed = sum(one.get("state") == "failed" for one in self.saved.combinations)
        counts = f"{self.state}, {len(self.saved.combinations)} combinations" + (f", {n_failed} failed" if n_failed else "")
        return html.framed(
            html.title(self.name, counts),
            html.note(f"{say('synthetic')} {SYNTHETIC_NOTE}") if self.synthetic else None,
            [_panel(panel, found) for panel in shown[:MOST_PANELS]],
            html.line(f"… {len(shown) - MOST_PANELS:,}", soft=True) if len(shown) > MOST_PANELS else None,
        )


def _panel(panel: Panel, found: Mapping[str, Scale]) -> Child:
    """LTF down, HTF across: the value out of sample in its colour, without one that in sample, without; and the verdict's mark."""
    view = ", ".join(f"{key}={value}" for key, value in panel.view)
    objectives = [found[name] for name in dict.fromkeys(row.objective for row in panel.rows if row.objective) if name in found]
    what = ", ".join(map(_what, objectives))
    rows = [
        [str(ltf), *(_cell(mine[0], found.get(mine[0].objective)) if (mine := panel.at(ltf, htf)) else "" for htf in panel.htfs)]
        for ltf in panel.ltfs
    ]
    head = ["LTF \\ HTF", *map(str, panel.htfs)]
    return [html.line(html.strong(panel.title), f" · {view}" if view else "", f" · {what}" if what else ""), html.table(head, rows)]


def _what(scale: Scale) -> str:
    """Which value a cell has."""
    objective = name_of("metric", scale.objective)
    return f"{objective}: {say(f'sweep.kind.{scale.kind}').lower()}" if scale.kind else say("sweep.in_sample", objective=objective)


def _cell(row: SweepRow, scale: Scale | None) -> Child:
    if row.broke:
        return say("sweep.cell.broke")
    if row.gone:
        return say("sweep.cell.gone")
    value = None if scale is None else scale.value(row)
    mark = f" {MARKS[row.verdict]}" if row.verdict in MARKS else ""
    if value is None or scale is None:
        return row.state if row.value is None else f"({_number(row.value)} {say('sweep.cell.in_sample')}){mark}"
    text = _number(value) + mark
    return html.shaded(text, scale.place(value)) if scale.kind else text


def _number(value: float) -> str:
    return f"{value:.4g}".replace("-", MINUS)
