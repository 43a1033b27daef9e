"""What a run has left in its folder, read for its report. Every file may be missing: a run that was killed leaves what it had."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from jaxtyping import Bool, Float, Int

from pinejax.core.feed import Bars
from pinejax.errors import ReportError
from pinejax.report.curves import BARS, EQUITY
from pinejax.report.listed import Listed, read_trades
from pinejax.report.slug import slug, timeframe_slug
from pinejax.report.tables import RESULTS

FROM_SUMMARY = {"net_profit": "net_profit", "profit_factor": "profit_factor", "win_rate": "percent_profitable", "n_trades": "closed_trades"}
"""Metrics that are figures of TradingView's summary too."""
OPENED = {"holdout": "holdout", "rerank": "test"}
"""What opens bars that the search did not see, in evidence, and how its files begin. A holdout proves more than test bars on which other
sets were ranked too."""


@dataclass(frozen=True)
class Dataset:
    """As tables call it, and whose bars."""

    name: str
    symbol: str
    timeframe: str
    synthetic: bool

    @property
    def slug(self) -> str:
        """As file names have it."""
        return f"{slug(self.symbol)}_{timeframe_slug(self.timeframe)}"


@dataclass(frozen=True, eq=False)
class Line:
    """One dataset's equity and that of buy and hold, account currency, at the close of the bars that open at `time` (ms).

    seen: whether the search looked at the bar; capital: what both began with, None where nobody knows.
    """

    time: Int[np.ndarray, " bars"]
    equity: Float[np.ndarray, " bars"]
    hold: Float[np.ndarray, " bars"]
    seen: Bool[np.ndarray, " bars"]
    capital: float | None = None

    @property
    def start(self) -> float:
        """What growth is measured from: the capital, or the first equity."""
        return float(self.equity[0]) if self.capital is None else self.capital

    @cached_property
    def drawdown(self) -> Float[np.ndarray, " bars"]:
        """Fraction below the highest equity so far, of which the capital is the first; 0 or less."""
        return self.equity / np.maximum(np.maximum.accumulate(self.equity), self.start) - 1.0


@dataclass(frozen=True, eq=False)
class Outside:
    """The best set on one dataset's bars that were opened for it: a run of its own, flat at its start and with the initial capital."""

    metrics: Mapping[str, float]
    trades: Listed | None
    summary: dict[str, tuple[str, list[float]]]


@dataclass(frozen=True)
class Saved:
    """A run's folder. manifest: {} where it is empty, as for a run that left before it wrote anything."""

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def is_backtest(self) -> bool:
        """Whether one set was run and nothing was searched."""
        return "metrics" in self.manifest and "search" not in self.manifest

    @cached_property
    def best(self) -> Mapping[str, Any] | None:
        """best.json; of a backtest its set, in the same layout."""
        return _set_of(self.manifest) if self.is_backtest else self._json("best.json")

    @cached_property
    def front(self) -> list[Mapping[str, Any]]:
        """pareto.json, empty with one objective."""
        return self._json("pareto.json") or []

    @cached_property
    def verdict(self) -> Mapping[str, Any] | None:
        """verdict.json."""
        return self._json("verdict.json")

    @cached_property
    def trials(self) -> pl.DataFrame | None:
        """trials.parquet."""
        return self._parquet("trials.parquet")

    @cached_property
    def inputs(self) -> str | None:
        """inputs.txt: the best set for TradingView's settings."""
        path = self.folder / "inputs.txt"
        return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else None

    @cached_property
    def results(self) -> pl.DataFrame | None:
        """results_datasets.parquet; without it the CSV, in which texts that begin like a formula are marked."""
        if (exact := self._parquet("results_datasets.parquet")) is not None:
            return exact
        path = self.folder / "results_datasets.csv"
        if not path.is_file():
            return None
        try:
            names = pl.read_csv(path, n_rows=0).columns
            return pl.read_csv(path, schema_overrides={name: RESULTS.get(name, pl.Float64) for name in names})
        except (pl.exceptions.PolarsError, OSError) as error:
            raise ReportError(f"{path}: expected a table as a run writes it, got {error}. Delete it, or run again.") from None

    @cached_property
    def datasets(self) -> list[Dataset]:
        """Those the best set was run on: of a study over timeframe pairs those of its own pair, of one over parts the whole histories."""
        rows = [Dataset(r["name"], r["symbol"], r["timeframe"], bool(r["synthetic"])) for r in self.manifest.get("datasets", ())]
        pair = (self.best or {}).get("params", {}).get("timeframe")
        mine = [row for row in rows if row.timeframe == pair] or rows
        if self.lines and not any(row.name in self.lines for row in mine):
            parted = (name.rpartition(" ") for name in self.lines)
            return [Dataset(f"{symbol} {pair}", symbol, pair, bool(self.manifest.get("synthetic"))) for symbol, _, pair in parted]
        return mine

    def metrics(self, dataset: Dataset) -> Mapping[str, float]:
        """The best trial's on one dataset; of a history that was searched in parts (`in_parts`) those that its detail run left."""
        rows = (self.best or {}).get("datasets", {})
        return rows.get(dataset.name) or rows.get(dataset.symbol) or self._of_whole(dataset)

    @property
    def in_parts(self) -> bool:
        """Whether the best trial's own metrics are of parts of the histories."""
        rows = (self.best or {}).get("datasets", {})
        return bool(rows) and not any(d.name in rows or d.symbol in rows for d in self.datasets)

    def _of_whole(self, dataset: Dataset) -> dict[str, float]:
        figures, line = self.summary(dataset), self.lines.get(dataset.name)
        found = {metric: figures[name][1][0] for metric, name in FROM_SUMMARY.items() if name in figures}
        if line is not None and line.seen.any():
            inside = line.seen
            found |= {
                "total_return": float(line.equity[inside][-1] / line.start - 1.0),
                "max_drawdown": float(-line.drawdown[inside].min()),
            }
        return found

    @cached_property
    def lines(self) -> dict[str, Line]:
        """equity.parquet by dataset."""
        capital = (self.manifest.get("broker") or {}).get("initial_capital") or None
        return {
            name: Line(_ms(rows), *(rows[column].to_numpy() for column in ("equity", "buy_and_hold", "seen")), capital=capital)
            for name, rows in self._by_dataset(EQUITY)
        }

    @cached_property
    def bars(self) -> dict[str, tuple[Bars, int]]:
        """bars.parquet by dataset: the bars, and how many of the run's one of them is."""
        found = {}
        for name, rows in self._by_dataset(BARS):
            open_, high, low, close = (rows[column].to_numpy() for column in ("open", "high", "low", "close"))
            found[name] = Bars(_ms(rows), open_, high, low, close, np.zeros(len(rows))), int(rows["n_bars"][0])
        return found

    @cached_property
    def walk(self) -> pl.DataFrame | None:
        """walk_forward_equity.parquet: the test spans of a walk forward as one history, day by day, of one unit."""
        return self._parquet("walk_forward_equity.parquet")

    def exact_trades(self, dataset: Dataset) -> pl.DataFrame | None:
        """Its rows of trades.parquet, nothing rounded; None where that is missing, or does not know the dataset."""
        table = self._trades_table
        if table is None or not {"dataset", "commission"} <= set(table.columns):
            return None
        return rows if len(rows := table.filter(pl.col("dataset") == dataset.name)) else None

    @cached_property
    def _trades_table(self) -> pl.DataFrame | None:
        return self._parquet("trades.parquet")

    def trades(self, dataset: Dataset) -> Listed | None:
        """The list of trades of one dataset; None where there is no file."""
        path = self._of(dataset, "trades")
        return read_trades(path) if path.is_file() else None

    def summary(self, dataset: Dataset) -> dict[str, tuple[str, list[float]]]:
        """performance_summary of one dataset: name -> (unit, [all, long, short]), NaN where not defined; empty where there is no file."""
        return read_summary(self._of(dataset, "performance_summary"))

    @cached_property
    def outside(self) -> dict[str, Outside]:
        """By dataset: on the bars that were opened for it (`opened`)."""
        section, said = self.opened
        if not section:
            return {}
        known, prefix = said["datasets"], OPENED[section]
        found = {}
        for dataset in self.datasets:
            if dataset.name in known:
                path = self._of(dataset, f"{prefix}_trades")
                trades = read_trades(path) if path.is_file() else None
                found[dataset.name] = Outside(known[dataset.name], trades, read_summary(self._of(dataset, f"{prefix}_performance_summary")))
        return found

    @cached_property
    def opened(self) -> tuple[str, Mapping[str, Any]]:
        """The part of the verdict's evidence that opened bars for the best set, and what it says of them: the first of OPENED; "" and {}
        where none did.
        """
        evidence = (self.verdict or {}).get("evidence") or {}
        for section in OPENED:
            said = evidence.get(section)
            if isinstance(said, Mapping) and isinstance(said.get("datasets"), Mapping):
                return section, said
        return "", {}

    def _of(self, dataset: Dataset, what: str) -> Path:
        """A backtest of one dataset need not name it."""
        named = self.folder / f"{what}_{dataset.slug}.csv"
        return self.folder / f"{what}.csv" if self.is_backtest and len(self.datasets) == 1 and not named.is_file() else named

    def _json(self, name: str) -> Any:
        return _of_kind(self.folder / name, list if name == "pareto.json" else dict)

    def _parquet(self, name: str) -> pl.DataFrame | None:
        path = self.folder / name
        if not path.is_file():
            return None
        try:
            return pl.read_parquet(path)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise ReportError(f"{path}: expected a Parquet file as a run writes it, got {error}. Delete it, or run again.") from None

    def _by_dataset(self, name: str) -> list[tuple[str, pl.DataFrame]]:
        rows = self._parquet(name)
        return [] if rows is None else [(str(part["dataset"][0]), part) for part in rows.partition_by("dataset", maintain_order=True)]


def read_folder(folder: Path) -> Saved:
    """A run's folder. Errors: ReportError for a folder without manifest.json, and for files that cannot be read."""
    manifest = folder / "manifest.json"
    if not manifest.is_file():
        inside = sorted(path.parent.name for path in folder.glob("*/manifest.json"))
        hint = f"It holds runs: name one, such as {folder / inside[0]}." if inside else "Name the folder that a run printed after `Files:`."
        raise ReportError(f"{folder}: expected a run's folder with manifest.json, found none. {hint}")
    return Saved(folder, _of_kind(manifest, dict) or {})


def read_summary(path: Path) -> dict[str, tuple[str, list[float]]]:
    """A performance summary as a run writes it: name -> (unit, [all, long, short]); empty where there is no file."""
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines))[1:]
    return {name: (unit, [float(value) if value else float("nan") for value in values]) for name, unit, *values in rows}


def read_json(path: Path) -> Any:
    """Its content; None where there is no file, or nothing in it. Errors: ReportError where it is no JSON."""
    if not path.is_file():
        return None
    text = path.read_text(encoding="utf-8")
    try:
        return json.loads(text) if text.strip() else None
    except ValueError as error:
        raise ReportError(f"{path}: expected JSON as a run writes it, got {error}. Delete it, or run again.") from None


def _of_kind(path: Path, kind: type) -> Any:
    """Errors: ReportError, also for JSON of another kind than a run writes."""
    found = read_json(path)
    if found is not None and not isinstance(found, kind):
        what = "a list" if kind is list else "an object"
        raise ReportError(f"{path}: expected {what} as a run writes it, got {type(found).__name__}. Delete it, or run again.")
    return found


def _set_of(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """A backtest's set as best.json has one."""
    metrics, names = manifest["metrics"], [row["name"] for row in manifest.get("datasets", ())]
    return {
        "params": manifest.get("strategy", {}).get("params", {}),
        "datasets": {name: {metric: values[i] for metric, values in metrics.items()} for i, name in enumerate(names)},
    }


def _ms(rows: pl.DataFrame) -> np.ndarray:
    return rows["time"].dt.epoch("ms").to_numpy()
