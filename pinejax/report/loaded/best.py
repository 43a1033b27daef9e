"""The best set of a search as a value, and as text for a command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from pinejax.core.inputs import Value
from pinejax.report.loaded import frames, html
from pinejax.report.page.figures import short
from pinejax.report.page.sections.best import span_of
from pinejax.report.page.words import name_of, say
from pinejax.report.saved import Saved
from pinejax.report.text import overrides_of


@dataclass(frozen=True, eq=False)
class Best:
    """trial: its number; None of a backtest, whose one set it is. values: by objective; directions: maximize or minimize. params: complete,
    with pins and defaults.

    searched: names of the searched ones that matter with this set. violation: how far it is from the constraints, 0 where all hold.
    spans: by searched name what the study looked at. by_dataset: its metrics.
    inputs: for TradingView's settings, as text; None where the run has left none.
    """

    trial: int | None
    values: Mapping[str, float]
    directions: Mapping[str, str]
    params: Mapping[str, Value]
    searched: tuple[str, ...] = ()
    violation: float = 0.0
    spans: Mapping[str, str] | None = None
    by_dataset: Mapping[str, Mapping[str, float | None]] | None = None
    inputs: str | None = None

    @property
    def overrides(self) -> str:
        """The searched parameters as typed on a command line: `params.fast=12 params.slow=50`."""
        return overrides_of({name: self.params[name] for name in self.searched if name in self.params})

    @property
    def metrics(self) -> pl.DataFrame:
        """One row per dataset, one column per metric, as the search measured them."""
        return frames.metrics(self.by_dataset or {})

    def __repr__(self) -> str:
        words = [] if self.trial is None else [f"trial {self.trial}", *(f"{name} {value:.6g}" for name, value in self.values.items())]
        return f"Best({', '.join(words)}{': ' if words else ''}{self.overrides})"

    def _repr_html_(self) -> str:
        rows = [[html.code(name), short(self.params.get(name)), (self.spans or {}).get(name, "")] for name in self.searched]
        return html.framed(
            html.line(said(self)) if self.trial is not None else None,
            html.table([say("parameter"), say("value"), say("range")], rows) if rows else None,
            html.block(self.overrides) if self.overrides else None,
        )


def said(best: Best) -> str:
    """The trial and its values in words."""
    values = ", ".join(f"{name_of('metric', name)} {short(value)}" for name, value in best.values.items())
    return say("best.trial", trial=best.trial, values=values)


def best_of(saved: Saved) -> Best | None:
    """Of best.json; None where no trial has a result."""
    entry: Mapping[str, Any] | None = saved.best
    if entry is None:
        return None
    searched = tuple(entry.get("searched", entry.get("params", {})))
    return Best(
        trial=entry.get("trial"),
        values=entry.get("values", {}),
        directions=entry.get("directions", {}),
        params=entry.get("params", {}),
        searched=searched,
        violation=float(entry.get("violation") or 0.0),
        spans={name: span_of(saved, name) for name in searched},
        by_dataset=entry.get("datasets", {}),
        inputs=saved.inputs,
    )
