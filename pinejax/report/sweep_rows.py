"""What the tables of a sweep are made of: one row per combination and timeframe pair, read from the folders that the runs left."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pinejax.core.inputs import Value
from pinejax.core.timeframe import TimeframePair

State = str
"""waiting, running, done, interrupted, failed or not run."""


@dataclass(frozen=True)
class SweepRow:
    """One combination, or one timeframe pair of a joint study, with the best set found for it.

    symbol: as `A+1` for several. swept: other swept keys and their values. objective: its name, of several objectives the first's;
    value: the best set's, None where there is none; values: of every objective. better: `maximize` or `minimize`. params: the best
    set's searched ones. metrics: the mean over the datasets; datasets: of each. seconds: of the run, of a joint study the whole of it.
    verdict: its level, None where there is none; n_distinct: sets evaluated; null, null_p: how the null search was made and its p-value.
    outside: the objective's value on bars that the search did not choose on, by how they were kept back (`report.outside`).
    symbols: all of them. violation: how far the best set is from the gates, 0 where it holds all; its value may then be a penalty.
    gone: whether its folder was there and is no longer; lost: whether the tables do not know either what its p-value was.
    """

    index: int
    symbol: str
    timeframe: TimeframePair
    strategy: str = ""
    swept: Mapping[str, str] = field(default_factory=dict)
    study: str = ""
    state: State = "waiting"
    error: str = ""
    objective: str = ""
    better: str = "maximize"
    value: float | None = None
    values: Mapping[str, float | None] = field(default_factory=dict)
    params: Mapping[str, Value] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    datasets: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    n_trials: int | None = None
    seconds: float | None = None
    verdict: str | None = None
    n_distinct: int | None = None
    null: str | None = None
    null_p: float | None = None
    deflated_sharpe: float | None = None
    outside: Mapping[str, float] = field(default_factory=dict)
    folder: str = ""
    synthetic: bool = False
    symbols: tuple[str, ...] = ()
    violation: float = 0.0
    gone: bool = False
    lost: bool = False

    @property
    def sort_key(self) -> float:
        """Smaller is better; what has no value comes last."""
        if self.value is None:
            return math.inf
        return -self.value if self.better == "maximize" else self.value

    @property
    def holds(self) -> bool:
        """Whether it has a value that can be compared: that of a set which breaks no gate."""
        return self.value is not None and not self.broke

    @property
    def broke(self) -> bool:
        """Whether its best set breaks a gate."""
        return self.violation > 0

    @property
    def said(self) -> str:
        """All its symbols, which of several sets of symbols tell one from the other."""
        return ", ".join(self.symbols) or self.symbol


def read_json(path: Path) -> Any:
    """What a file holds; None where it cannot be read or is not JSON (an empty file that a run has only just claimed)."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def run_folder(wanted: Path) -> Path:
    """Where the run's files are: `wanted`, or the last of `<wanted>_2` and so on, which a repeated job (SLURM's requeue) has taken."""
    n, found = 2, wanted
    while (beside := wanted.with_name(f"{wanted.name}_{n}")).is_dir():
        found, n = beside, n + 1
    return found


def filled(row: SweepRow, folder: Path, pairs: Iterable[TimeframePair]) -> list[SweepRow]:
    """The row with what a run left in its folder; a joint study's folder gives a row per pair."""
    manifest = read_json(folder / "manifest.json") or {}
    known = _common(row, manifest)
    places: Mapping[str, str] = manifest.get("pairs") or {}
    if not places:
        return [_with_best(known, pair, folder, manifest) for pair in pairs]
    rows = []
    for text, place in places.items():
        own = read_json(folder / place / "manifest.json") or {}
        placed = replace(known, folder=f"{known.folder}/{place}".lstrip("/"))
        rows.append(_with_best(placed, TimeframePair.parse(text), folder / place, own))
    return rows


def _common(row: SweepRow, manifest: Mapping[str, Any]) -> SweepRow:
    return replace(
        row,
        strategy=(manifest.get("strategy") or {}).get("name") or row.strategy,
        study=(manifest.get("study") or {}).get("name") or row.study,
        seconds=(manifest.get("timings_s") or {}).get("total"),
        synthetic=bool(manifest.get("synthetic")),
    )


def _with_best(row: SweepRow, pair: TimeframePair, folder: Path, manifest: Mapping[str, Any]) -> SweepRow:
    said = manifest.get("verdict") or {}
    figures = {key: said.get(key) for key in ("n_distinct", "null", "null_p", "deflated_sharpe")}
    outside = said.get("out_of_sample") or {}
    row = replace(row, timeframe=pair, n_trials=manifest.get("n_trials"), verdict=said.get("level"), outside=outside, **figures)
    best = read_json(folder / "best.json")
    if best is None:
        return row
    values: dict[str, float | None] = best["values"]
    first = next(iter(values))
    searched = set(best["searched"])
    return replace(
        row,
        objective=first,
        better=best["directions"][first],
        value=values[first],
        violation=float(best.get("violation") or 0.0),
        values=values,
        params={name: value for name, value in best["params"].items() if name in searched},
        metrics=_means(best["datasets"].values()),
        datasets=best["datasets"],
    )


def _means(datasets: Iterable[Mapping[str, float | None]]) -> dict[str, float]:
    """Each metric's mean over the datasets that have it; NaN where none has."""
    listed = list(datasets)
    found: dict[str, float] = {}
    for name in dict.fromkeys(name for metrics in listed for name in metrics):
        values = [value for metrics in listed if (value := metrics.get(name)) is not None]
        found[name] = math.fsum(values) / len(values) if values else math.nan
    return found
