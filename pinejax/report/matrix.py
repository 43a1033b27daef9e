"""A sweep as panels of LTF by HTF, and which place on a scale of colours a value has. How it is drawn is the page's and the figure's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from pinejax.core.timeframe import Timeframe
from pinejax.report.outside import common_kind
from pinejax.report.sweep_rows import SweepRow

FAINTEST = 0.15
"""Of a colour: the weakest of values that all have one sign still shows which."""

View = tuple[tuple[str, str], ...]
"""Swept keys that are neither symbol nor timeframe, with one value each."""


@dataclass(frozen=True)
class Panel:
    """The combinations of some symbols in a view. A cell may have several: sets of symbols by one name, or none."""

    view: View
    title: str
    rows: tuple[SweepRow, ...]

    @cached_property
    def ltfs(self) -> list[Timeframe]:
        """Down, the shortest first."""
        return sorted({row.timeframe.ltf for row in self.rows})

    @cached_property
    def htfs(self) -> list[Timeframe]:
        """Across, the shortest first."""
        return sorted({row.timeframe.htf for row in self.rows})

    def at(self, ltf: Timeframe, htf: Timeframe) -> list[SweepRow]:
        """What was asked for there."""
        return [row for row in self.rows if (row.timeframe.ltf, row.timeframe.htf) == (ltf, htf)]


def panels(rows: Sequence[SweepRow]) -> list[Panel]:
    """View by view, then symbol by symbol, each in the order of its first combination."""
    grouped: dict[tuple[View, str], list[SweepRow]] = {}
    for row in rows:
        grouped.setdefault((tuple(row.swept.items()), row.said), []).append(row)
    views = list(dict.fromkeys(view for view, _ in grouped))
    order = sorted(grouped, key=lambda key: views.index(key[0]))
    return [Panel(view, title, tuple(grouped[view, title])) for view, title in order]


@dataclass(frozen=True)
class Scale:
    """Colours for the values of one objective. kind: how bars were kept back (`report.outside`), empty where values are those in sample.

    low, high: of the values, more being better (those of a minimised objective have their sign turned).
    """

    objective: str
    better: str
    kind: str
    low: float
    high: float

    def value(self, row: SweepRow) -> float | None:
        """What is coloured; None where there is none of this kind, or the best set breaks a gate."""
        if row.broke:
            return None
        return row.outside.get(self.kind) if self.kind else row.value

    def place(self, value: float) -> float:
        """-1 (worst) to 1 (best). The sign is the value's own, so that 0 is neither a gain nor a loss; of a minimised objective, which has
        no such point, all are on the side of 1.
        """
        good = self._turned(value)
        if self.low < 0 < self.high and self.better == "maximize":
            return good / max(-self.low, self.high)
        losing = self.better == "maximize" and self.high <= 0
        share = (self.high - good if losing else good - self.low) / ((self.high - self.low) or 1.0)
        strength = FAINTEST + (1 - FAINTEST) * min(max(share, 0.0), 1.0)
        return -strength if losing else strength

    @property
    def ends(self) -> tuple[float, float]:
        """The worst and the best value, as they are."""
        return self._turned(self.low), self._turned(self.high)

    def _turned(self, value: float) -> float:
        return value if self.better == "maximize" else -value


def scales(rows: Sequence[SweepRow]) -> dict[str, Scale]:
    """One per objective: its values out of sample, all of the kind that most have; where none has any, those in sample."""
    found = {}
    for objective in dict.fromkeys(row.objective for row in rows if row.objective):
        mine = [row for row in rows if row.objective == objective]
        scale = Scale(objective, mine[0].better, common_kind([row.outside for row in mine if not row.broke]), 0.0, 0.0)
        values = [scale._turned(value) for row in mine if (value := scale.value(row)) is not None]
        if values:
            found[objective] = Scale(scale.objective, scale.better, scale.kind, min(values), max(values))
    return found
