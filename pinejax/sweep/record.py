"""How a sweep stands: sweep.json and its tables, made from what the runs leave in their folders, so that any launcher will do."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pinejax import __version__
from pinejax.core.secrets import without_passwords
from pinejax.errors import ConfigError, PinejaxError
from pinejax.report.atomic import write_json
from pinejax.report.machine import versions
from pinejax.report.sweep_datasets import write_sweep_datasets
from pinejax.report.sweep_folder import write_sweep
from pinejax.report.sweep_rows import State, SweepRow, filled, read_json, run_folder
from pinejax.sweep.combinations import Combination
from pinejax.sweep.shown import Shown
from pinejax.sweep.typed import command_of


def claim_folder(wanted: Path) -> Path:
    """The sweep's folder for this process alone; `<wanted>_2` and so on where another sweep has it. Errors: ConfigError where none can
    be made.
    """
    for n in itertools.count(1):
        path = wanted if n == 1 else wanted.with_name(f"{wanted.name}_{n}")
        try:
            path.mkdir(parents=True, exist_ok=True)
            (path / "sweep.json").open("x").close()
        except OSError as error:
            if isinstance(error, FileExistsError) and path.is_dir():
                continue
            raise ConfigError(f"hydra.sweep.dir: {path} cannot be written ({error.strerror}). Choose another.") from None
        return path
    raise AssertionError("itertools.count does not end")


@dataclass
class Standing:
    """One combination's state. error: its first line; by_user: whether a user's mistake, not a bug, made it fail."""

    state: State = "waiting"
    error: str = ""
    by_user: bool = True


@dataclass
class Record:
    """What is known of a sweep while it runs. about: mode, launcher and workers, as sweep.json says them."""

    folder: Path
    combinations: Sequence[Combination]
    about: Mapping[str, Any]
    started: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        self.standing = [Standing() for _ in self.combinations]
        self._shown = Shown(self.folder, wanted=any(one.config.report.html for one in self.combinations))

    def place(self, one: Combination) -> Path:
        """Where the combination's files are."""
        return run_folder(self.folder / one.folder)

    def manifest_state(self, one: Combination) -> str | None:
        """What the combination's own manifest says; None where it has written none."""
        manifest = read_json(self.place(one) / "manifest.json")
        return None if manifest is None else manifest.get("state", "done")

    def rows(self) -> list[SweepRow]:
        """The tables' rows as of now."""
        rows = []
        for one, standing in zip(self.combinations, self.standing, strict=True):
            place = self.place(one)
            row = SweepRow(
                index=one.index,
                symbol=one.names.symbol,
                symbols=tuple(one.config.symbols),
                timeframe=one.config.timeframe,
                strategy=one.config.strategy,
                swept=one.other_swept,
                study=one.study or "",
                state=standing.state,
                error=standing.error,
                folder=str(place.relative_to(self.folder)) if place.is_dir() else "",
            )
            rows += filled(row, place, one.config.pairs)
        return rows

    def write(self, state: State) -> list[SweepRow]:
        """sweep.json, and the tables once a search has left something; the tables' rows.

        Where they cannot be written, a running sweep says so in one line and goes on. Errors: PinejaxError at its end.
        """
        rows: list[SweepRow] = []
        try:
            rows = self.rows()
            write_json(self.folder / "sweep.json", self._described(state, rows))
            if any(row.objective or row.state == "failed" for row in rows):
                write_sweep(self.folder, rows)
                write_sweep_datasets(self.folder, rows)
            if state == "running":
                self._shown.keep()
        except OSError as error:
            said = f"the sweep's files in {self.folder} cannot be written ({error.strerror or error})"
            if state != "running":
                raise PinejaxError(f"{said}. What the searches found is in their own folders and studies.") from None
            print(f"pinejax: {said}; it goes on.", file=sys.stderr, flush=True)
        return rows

    def leave(self) -> Path | None:
        """What there is to look at, once all is written; the report's path, None where there is none."""
        return self._shown.leave(self.rows())

    def _described(self, state: State, rows: Sequence[SweepRow]) -> dict[str, Any]:
        of = {row.index: row for row in rows}
        counts = {i: [row.n_trials for row in rows if row.index == i and row.n_trials is not None] for i in of}
        now = datetime.now(UTC)
        ended = None if state == "running" else now.isoformat(timespec="seconds")
        listed = [
            {
                "index": one.index,
                "symbols": list(one.config.symbols),
                "timeframes": [str(pair) for pair in one.config.pairs],
                "swept": {key: without_passwords(value) for key, value in one.chosen.swept},
                "overrides": [without_passwords(text) for text in one.chosen.overrides],
                "command": command_of(one),
                "study": of[one.index].study or None,
                "folder": str(self.place(one).relative_to(self.folder)),
                "state": standing.state,
                "error": standing.error or None,
                "seconds": of[one.index].seconds,
                "n_trials": sum(counts[one.index]) if counts[one.index] else None,
            }
            for one, standing in zip(self.combinations, self.standing, strict=True)
        ]
        return {
            "pinejax": __version__,
            "state": state,
            "started": self.started.isoformat(timespec="seconds"),
            "ended": ended,
            "seconds": round((now - self.started).total_seconds(), 3),
            **self.about,
            "combinations": listed,
            "versions": versions(),
        }
