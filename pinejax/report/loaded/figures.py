"""Everything that can be drawn of a run, by name. How each is drawn is `report.figures`; where there is nothing to draw it says why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pinejax.report.loaded import frames
from pinejax.report.loaded.names import require_dataset, require_objective
from pinejax.report.saved import Dataset, Line, Saved
from pinejax.report.statistics.months import monthly
from pinejax.report.statistics.searched import Searched, judged_importance, searched

if TYPE_CHECKING:  # Matplotlib takes a third of a second to load, frames do not need it
    from matplotlib.figure import Figure

    from pinejax.report.figures.canvas import Look

NAMES = (
    "equity", "monthly_returns", "trade_returns", "history", "importance", "slices", "parallel", "contour", "pareto", "null",
    "walk_forward", "stress",
)  # fmt: skip


@dataclass(frozen=True)
class Figures:
    """Each method returns a new `matplotlib.figure.Figure`, which a notebook shows and `savefig` writes.

    dark: for dark paper. dataset: a name, or a symbol; None is all of them. objective: a name or its place. Errors: ReportError for a name
    that there is not.
    """

    saved: Saved
    is_dark: bool = False

    @property
    def dark(self) -> Figures:
        """The same on dark paper."""
        return replace(self, is_dark=True)

    def equity(self, dataset: str | None = None) -> Figure:
        """Equity against buy and hold with the drawdown below; what the search did not see is shaded."""
        from pinejax.report.figures.equity import equity

        return equity(self._lines(dataset), self._look, currency=self.saved.manifest.get("broker", {}).get("currency") or "")

    def monthly_returns(self, dataset: str | None = None) -> Figure:
        """A table of years and months, UTC."""
        from pinejax.report.figures.monthly_returns import monthly_returns

        returns = {name: monthly(line.time, line.equity, line.capital) for name, line in self._lines(dataset).items() if len(line.time)}
        return monthly_returns(returns, self._look)

    def trade_returns(self, dataset: str | None = None) -> Figure:
        """How the closed trades' results are spread."""
        from pinejax.report.figures.trade_returns import trade_returns

        found = [trades for one in self._datasets(dataset) if (trades := self.saved.trades(one)) is not None]
        rates = np.concatenate([np.zeros(0), *(trades.rate[~trades.is_open] for trades in found)])
        return trade_returns(rates, self._look)

    def history(self, objective: str | int = 0) -> Figure:
        """The score of every trial, and the best so far."""
        from pinejax.report.figures.history import history

        return history(self._searched, self._look, objective=self._objective(objective))

    def importance(self, objective: str | int = 0) -> Figure:
        """Parameter importance."""
        from pinejax.report.figures.importance import importance

        i, judged = self._objective(objective), bool(judged_importance(self.saved)) and len(self._searched.objectives) == 1
        return importance(self._searched, self._look, objective=i, judged=judged)

    def slices(self, objective: str | int = 0) -> Figure:
        """The score against each of the most important parameters."""
        from pinejax.report.figures.slices import slices

        return slices(self._searched, self._look, objective=self._objective(objective))

    def parallel(self, objective: str | int = 0) -> Figure:
        """A line for each trial over the most important parameters."""
        from pinejax.report.figures.parallel import parallel

        return parallel(self._searched, self._look, objective=self._objective(objective))

    def contour(self, objective: str | int = 0) -> Figure:
        """The smoothed score over the two most important parameters."""
        from pinejax.report.figures.contour import contour

        return contour(self._searched, self._look, objective=self._objective(objective))

    def pareto(self, x: str | int = 0, y: str | int = 1) -> Figure:
        """Two objectives against each other."""
        from pinejax.report.figures.pareto import pareto

        if len(self._searched.objectives) < 2:
            return pareto(self._searched, self._look)
        return pareto(self._searched, self._look, x=self._objective(x), y=self._objective(y))

    def null(self) -> Figure:
        """What the same search finds where there is nothing to find, and what it found."""
        from pinejax.report.figures.null import null

        return null(frames.evidence(self.saved, "null_search"), self._look, objective=self._first)

    def walk_forward(self) -> Figure:
        """The test spans of a walk forward, and where the chosen parameters went."""
        from pinejax.report.figures.walk_forward import walk_forward

        return walk_forward(frames.evidence(self.saved, "walk_forward"), self.saved.walk, self._look)

    def stress(self) -> Figure:
        """The best set under harder conditions."""
        from pinejax.report.figures.stress import stress

        return stress(frames.evidence(self.saved, "stress"), self._look, objective=self._first)

    def all(self) -> dict[str, Figure]:
        """Every one of them by name."""
        draw: dict[str, Callable[[], Figure]] = {name: getattr(self, name) for name in NAMES}
        return {name: made() for name, made in draw.items()}

    def save(self, folder: Path | str, suffix: str = "png", dpi: float = 160) -> list[Path]:
        """Every figure as a file in a folder, which is made; the paths. suffix: png, svg or pdf."""
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        paths = []
        for name, figure in self.all().items():
            paths.append(place / f"{name}.{suffix}")
            figure.savefig(paths[-1], dpi=dpi)
        return paths

    def __repr__(self) -> str:
        return f"Figures of {self.saved.folder.name}: {', '.join(f'{name}()' for name in NAMES)}, all(), save(folder); dark"

    @cached_property
    def _searched(self) -> Searched:
        return searched(self.saved)

    @property
    def _first(self) -> str:
        known = self._searched.objectives
        return known[0].name if known else ""

    @property
    def _look(self) -> Look:
        from pinejax.report.figures.canvas import DARK, LIGHT, Look

        subject = (self.saved.manifest.get("strategy") or {}).get("name") or ""
        return Look(DARK if self.is_dark else LIGHT, bool(self.saved.manifest.get("synthetic")), str(subject))

    def _objective(self, given: str | int) -> int:
        return require_objective(given, self._searched.objectives)

    def _datasets(self, name: str | None) -> list[Dataset]:
        known = self.saved.datasets
        if name is None:
            return known
        wanted = require_dataset(name, known)
        return [dataset for dataset in known if dataset.name == wanted]

    def _lines(self, name: str | None) -> dict[str, Line]:
        if name is None:
            return self.saved.lines
        return {one.name: self.saved.lines[one.name] for one in self._datasets(name) if one.name in self.saved.lines}
