"""A run's folder as an object: its frames, its verdict, its figures. Read on first use and kept; `pinejax.load` again reads anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from pinejax.report.atomic import write_text
from pinejax.report.loaded import frames, html
from pinejax.report.loaded.best import Best, best_of, said
from pinejax.report.loaded.figures import Figures
from pinejax.report.loaded.names import require_dataset
from pinejax.report.loaded.verdict import UNJUDGED, Verdict, verdict_of
from pinejax.report.page.figures import metric
from pinejax.report.page.markup import Child
from pinejax.report.page.sections.overview import COLUMNS, SIGNED
from pinejax.report.page.sections.stored import KEY
from pinejax.report.page.words import name_of, say
from pinejax.report.saved import Saved, read_folder
from pinejax.report.thin import kept

MOST_DATASETS = 12
"""In the notebook's table."""
STATES = {"running": "state.running", "interrupted": "state.interrupted", "failed": "state.failed", "empty": "state.empty"}


@dataclass(frozen=True, eq=False, repr=False)
class Run:
    """One search, or one part of a joint one. A file that the run has not left is an empty frame, None, or a figure that says so."""

    saved: Saved
    page: Path | None = None
    """Where `report` goes; None is into the folder."""

    @property
    def folder(self) -> Path:
        """Where its files are; of a stored study no more than a name."""
        return self.saved.folder

    @property
    def name(self) -> str:
        """The folder's."""
        return self.folder.resolve().name

    @property
    def manifest(self) -> Mapping[str, Any]:
        """manifest.json, {} where it is still empty."""
        return self.saved.manifest

    @property
    def study(self) -> str | None:
        """The study's name."""
        return (self.manifest.get("study") or {}).get("name") or (self.saved.best or {}).get("study")

    @property
    def strategy(self) -> str | None:
        """The strategy's name."""
        return (self.manifest.get("strategy") or {}).get("name") or (self.saved.best or {}).get("strategy")

    @property
    def state(self) -> str:
        """running (or killed: it never said that it ended), done, interrupted, failed, or empty for one that left before it began."""
        if not self.manifest:
            return "empty"
        stored = self.manifest.get(KEY)
        if stored and (stored.get("n_running") or not stored.get("ended")):
            return "running"
        return str(self.manifest.get("state") or "done")

    @property
    def synthetic(self) -> bool:
        """Whether any bar was made up."""
        return bool(self.manifest.get("synthetic"))

    @cached_property
    def verdict(self) -> Verdict:
        """On the best set; of a search that was not judged what that means."""
        return verdict_of(self.saved)

    @cached_property
    def best(self) -> Best | None:
        """The best set, of several objectives the first of the front; None where no trial has a result."""
        return best_of(self.saved)

    @property
    def front(self) -> list[Mapping[str, Any]]:
        """The Pareto front as pareto.json has it, empty with one objective."""
        return self.saved.front

    @property
    def trials(self) -> pl.DataFrame:
        """One row per trial: number, state, value, violation, n_steps, duplicate_of, params_<name>."""
        return frames.trials(self.saved)

    @cached_property
    def results(self) -> pl.DataFrame:
        """One row per trial and dataset with every metric."""
        return frames.results(self.saved)

    @cached_property
    def datasets(self) -> pl.DataFrame:
        """One row per dataset: name, symbol, timeframe, n_bars, first, last, content_hash, synthetic."""
        return frames.datasets(self.saved)

    @cached_property
    def trades(self) -> pl.DataFrame:
        """The best set's trades on all datasets, one row each; seen: whether the search looked at their bars."""
        return frames.trades(self.saved, self.saved.datasets)

    def trades_of(self, dataset: str) -> pl.DataFrame:
        """Those on one dataset, named as in `datasets`, or by its symbol alone. Errors: ReportError for another name."""
        known = self.saved.datasets
        name = require_dataset(dataset, known)
        return self.trades.filter(pl.col("dataset") == name)

    @cached_property
    def equity(self) -> pl.DataFrame:
        """The best set bar by bar: dataset, time, equity, buy_and_hold, drawdown, seen (whether the search looked at the bar)."""
        return frames.equity(self.saved)

    @cached_property
    def bars(self) -> pl.DataFrame:
        """What it traded on: dataset, time, open, high, low, close, n_bars (how many bars one row is)."""
        return frames.bars(self.saved)

    @cached_property
    def summary(self) -> pl.DataFrame:
        """TradingView's performance summary: dataset, figure, unit, all, long, short, seen."""
        return frames.summary(self.saved, self.saved.datasets)

    @cached_property
    def walk_forward(self) -> pl.DataFrame:
        """One row per span of a walk forward, with the set that was chosen in it."""
        return frames.folds(self.saved)

    @property
    def walk_forward_equity(self) -> pl.DataFrame:
        """Its test spans as one history: day, fold, return, equity of one unit."""
        return frames.history(self.saved)

    @property
    def null(self) -> pl.DataFrame:
        """The best value of each history without an edge: history, value."""
        return frames.histories(self.saved)

    @property
    def stress(self) -> pl.DataFrame:
        """The best set under harder conditions: name, value, change and some metrics."""
        return frames.stress(self.saved)

    @cached_property
    def figures(self) -> Figures:
        """What can be drawn."""
        return Figures(self.saved)

    @property
    def pairs(self) -> dict[str, Run]:
        """Of a joint study: timeframe pair -> its own run's part. Empty for another."""
        places: Mapping[str, str] = self.manifest.get("pairs") or {}
        begun = {pair: self.folder / place for pair, place in places.items() if (self.folder / place / "manifest.json").is_file()}
        return {pair: Run(read_folder(folder)) for pair, folder in begun.items()}

    def report(self) -> Path:
        """Makes report.html of the folder as it is now; its path. Of a stored study: of what was read, to outputs/report_<study>.html."""
        from pinejax.report.page import run_page
        from pinejax.report.page.build import build

        if self.page is None:
            return build(self.folder)
        self.page.parent.mkdir(parents=True, exist_ok=True)
        write_text(self.page, run_page.page(self.saved))
        return self.page

    def __repr__(self) -> str:
        words = [self.strategy or "?", self.state, f"{len(self.trials):,} trials"]
        if self.best is not None and self.best.values:
            words.append("best " + ", ".join(f"{name} {value:.4g}" for name, value in self.best.values.items()))
        return f"Run({self.name!r}: {', '.join(words)}; verdict: {'not judged' if self.verdict.level == UNJUDGED else self.verdict.level})"

    def _repr_html_(self) -> str:
        best = self.best
        symbols = ", ".join(dict.fromkeys(dataset.symbol for dataset in self.saved.datasets))
        head = say("title", strategy=self.strategy or self.name, datasets=symbols) if symbols else self.strategy or self.name
        return html.framed(
            html.title(head, self.name),
            html.note(f"{say('synthetic')} {self.manifest['synthetic']}") if isinstance(self.manifest.get("synthetic"), str) else None,
            html.note(say(STATES[self.state], **({"error": self.manifest.get("error", "")} if self.state == "failed" else {})))
            if self.state in STATES
            else None,
            html.verdict(self.verdict.level, self.verdict.sentence),
            None if best is None or best.trial is None else html.line(said(best)),
            html.block(best.overrides) if best is not None and best.overrides else None,
            self._table() if best is not None else None,
            html.line(say("search.counts", n=f"{len(self.trials):,}", said=self._counts()), soft=True) if len(self.trials) else None,
        )

    def _counts(self) -> str:
        counts = self.trials["state"].value_counts(sort=True)
        return ", ".join(f"{n:,} {state.lower()}" for state, n in counts.iter_rows())

    def _table(self) -> Child:
        """One row per dataset, with its equity as a line."""
        rows = []
        for dataset in self.saved.datasets[:MOST_DATASETS]:
            known, line = self.saved.metrics(dataset), self.saved.lines.get(dataset.name)
            picture = "" if line is None else html.spark(line.equity[kept([line.equity], 240)], say("equity"))
            cells = [html.signed(metric(key, known.get(key)), known.get(key) if key in SIGNED else None) for key in COLUMNS]
            held_out = self.saved.outside.get(dataset.name)
            found = None if held_out is None else held_out.metrics.get("total_return")
            outside = [html.signed(metric("total_return", found), found)] if self.saved.outside else []
            rows.append([dataset.name, picture, *cells, *outside])
        left = len(self.saved.datasets) - len(rows)
        more = html.line(f"… {left:,}", soft=True) if left > 0 else None
        head = [say("dataset"), say("equity"), *(name_of("metric", key) for key in COLUMNS)]
        head += [f"{name_of('metric', 'total_return')}, {say('side.out').lower()}"] if self.saved.outside else []
        return [html.table(head, rows), more]
