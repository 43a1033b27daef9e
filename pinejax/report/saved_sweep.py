"""What a sweep has left in its folder, read for its report: sweep.json, and the folders of its combinations as far as there are any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from pinejax.core.timeframe import TimeframePair
from pinejax.errors import PinejaxError, ReportError
from pinejax.report.naming import Names
from pinejax.report.saved import Saved, read_folder, read_json
from pinejax.report.sweep_rows import SweepRow, filled

SWEEP = "sweep.json"
UNDECIDED = ("waiting", "running")
"""States that a sweep's file may have kept of a combination that has ended since, or with the sweep."""
LEFT = ("done", "interrupted")
"""States of what has had a folder."""
OWN = ("symbol", "timeframe")
"""Swept keys with a place of their own in the tables."""


@dataclass(frozen=True)
class SavedSweep:
    """A sweep's folder. said: sweep.json, {} where it is still empty."""

    folder: Path
    said: Mapping[str, Any]

    @property
    def combinations(self) -> Sequence[Mapping[str, Any]]:
        """As sweep.json lists them."""
        return self.said.get("combinations") or ()

    @cached_property
    def rows(self) -> list[SweepRow]:
        """One per combination, of a joint study one per pair; states are those of the runs' own manifests where they know more."""
        return [row for one in self.combinations for row in self._rows_of(one)]

    @cached_property
    def runs(self) -> dict[str, Saved]:
        """The combinations' folders that a run has begun to write, by their path in the sweep's."""
        found = {}
        for one in self.combinations:
            place = str(one.get("folder") or "")
            if place and (self.folder / place / "manifest.json").is_file():
                try:
                    found[place] = read_folder(self.folder / place)
                except ReportError:  # broken: its own report says so
                    continue
        return found

    def run(self, row: SweepRow) -> Saved | None:
        """The row's run: of a pair of a joint study the study's."""
        return self.runs.get(self.place(row))

    def place(self, row: SweepRow) -> str:
        """The folder of the row's run in the sweep's."""
        return next((str(one.get("folder") or "") for one in self.combinations if one.get("index") == row.index), "")

    def combination(self, row: SweepRow) -> Mapping[str, Any]:
        """What sweep.json says of the row's combination."""
        return next((one for one in self.combinations if one.get("index") == row.index), {})

    def _rows_of(self, one: Mapping[str, Any]) -> list[SweepRow]:
        symbols = tuple(str(symbol) for symbol in one.get("symbols") or ())
        pairs = [TimeframePair.parse(pair) for pair in one.get("timeframes") or ()]
        if not pairs:
            return []
        folder, swept = str(one.get("folder") or ""), dict(one.get("swept") or {})
        place = self.folder / folder
        row = SweepRow(
            index=int(one.get("index", 0)),
            symbol=Names.of(symbols, pairs).symbol,
            symbols=symbols,
            timeframe=pairs[0],
            strategy=str(swept.get("strategy", "")),
            swept={key: str(value) for key, value in swept.items() if key not in OWN},
            study=str(one.get("study") or ""),
            state=str(one.get("state") or "waiting"),
            error=str(one.get("error") or ""),
            folder=folder if folder and place.is_dir() else "",
        )
        if row.state in LEFT and folder and not place.is_dir():
            return [self._remembered(row, pair, one) for pair in pairs]
        return [self._settled(found, place) for found in filled(row, place, pairs)]

    @cached_property
    def _known(self) -> dict[tuple[int, str], Mapping[str, Any]]:
        """Rows of results.parquet by index and timeframe; empty where it cannot be read."""
        try:
            table = pl.read_parquet(self.folder / "results.parquet")
            return {(int(row["index"]), str(row["timeframe"])): row for row in table.iter_rows(named=True)}
        except (OSError, pl.exceptions.PolarsError, KeyError, TypeError, ValueError):
            return {}

    def _remembered(self, row: SweepRow, pair: TimeframePair, one: Mapping[str, Any]) -> SweepRow:
        """A row whose folder is gone, with what the sweep's own files say of it; no value, which nothing is left to show for."""
        known = self._known.get((row.index, str(pair)))
        if known is None:
            first = str(pair) == str((one.get("timeframes") or [""])[0])
            return replace(row, timeframe=pair, gone=True, lost=True, n_trials=one.get("n_trials") if first else 0)
        figures = {key: known.get(key) for key in ("n_trials", "verdict", "n_distinct", "null", "null_p")}
        return replace(row, timeframe=pair, gone=True, **figures)

    def _settled(self, row: SweepRow, place: Path) -> SweepRow:
        if row.state not in UNDECIDED:
            return row
        try:
            manifest = read_json(place / "manifest.json") or {}
        except ReportError:
            return row
        return replace(row, state=manifest.get("state") or row.state, error=row.error or str(manifest.get("error") or ""))


def read_sweep(folder: Path) -> SavedSweep:
    """A sweep's folder. Errors: ReportError where sweep.json is none, or not as a sweep writes it."""
    said = read_json(folder / SWEEP) or {}
    try:
        if not isinstance(said, Mapping):
            raise TypeError(f"a {type(said).__name__}")
        sweep = SavedSweep(folder, said)
        sweep.rows  # noqa: B018
    except (PinejaxError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise ReportError(f"{folder / SWEEP}: expected what a sweep writes, got something else ({error}). Run the sweep again.") from None
    return sweep
