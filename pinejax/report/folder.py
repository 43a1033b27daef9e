"""A run's folder: which files are in it and how each is written, whole or not at all. When to write is the run's business."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pinejax.core.feed import Feed
from pinejax.core.timeframe import PAIR
from pinejax.core.trade import TradeRecord
from pinejax.errors import ConfigError
from pinejax.report.atomic import write_atomically, write_json, write_text
from pinejax.report.csv_file import write_csv
from pinejax.report.entry import SYNTHETIC_NOTE, entry
from pinejax.report.params_file import BEST, params_text
from pinejax.report.rows import StudyRows, TrialRow
from pinejax.report.slug import slug
from pinejax.report.tables import datasets_table, trials_table
from pinejax.report.text import objective_values
from pinejax.report.trades import write_trades

FINAL = "trials_final.csv"


@dataclass(frozen=True)
class RunFolder:
    """manifest.json, trials.jsonl (`trial_log`), trials.parquet, results_datasets.csv and .parquet, bank.json, with several objectives
    pareto.json, at the end trials_final.csv; of the best set best.json, best.yaml, inputs.txt, trades_<dataset>.csv, trades.csv and
    .parquet (`all_trades`), performance_summary_<dataset>.csv, equity.parquet and bars.parquet (`curves`); run.log.
    """

    path: Path

    @classmethod
    def claim(cls, wanted: Path) -> RunFolder:
        """The folder for this process alone; `<wanted>_2` and so on where another run of the same second has it. Errors: ConfigError
        where none can be made.
        """
        for n in itertools.count(1):
            path = wanted if n == 1 else wanted.with_name(f"{wanted.name}_{n}")
            try:
                path.mkdir(parents=True, exist_ok=True)
                (path / "manifest.json").open("x").close()
            except OSError as error:
                if isinstance(error, FileExistsError) and path.is_dir():
                    continue
                raise ConfigError(f"hydra.run.dir: {path} cannot be written ({error.strerror}). Choose another.") from None
            return cls(path)
        raise AssertionError("itertools.count does not end")

    @property
    def log(self) -> Path:
        """What the run said (`run_log`)."""
        return self.path / "run.log"

    def write_manifest(self, content: Mapping[str, Any]) -> None:
        """What was run, on what, with what outcome."""
        write_json(self.path / "manifest.json", content)

    def write_study(self, study: StudyRows, final: bool = False) -> None:
        """Every table and list that follows from the trials alone. final: nothing more will come."""
        trials, datasets = trials_table(study), datasets_table(study)
        write_atomically(self.path / "trials.parquet", trials.write_parquet)
        if final:
            write_csv(self.path / FINAL, trials)
        write_atomically(self.path / "results_datasets.parquet", datasets.write_parquet)
        write_csv(self.path / "results_datasets.csv", datasets)
        write_json(self.path / "bank.json", [entry(study, trial) for trial in study.best])
        if study.best:
            write_json(self.path / "best.json", entry(study, study.best[0]))
            write_text(self.path / BEST, best_params(study, study.best[0]))
        if len(study.objectives) > 1:
            write_json(self.path / "pareto.json", [entry(study, trial) for trial in study.front])

    def write_best(self, study: StudyRows, verdict: Mapping[str, Any]) -> None:
        """best.json again, with the verdict on the best set."""
        if study.best:
            write_json(self.path / "best.json", {**entry(study, study.best[0]), "verdict": verdict})

    def write_trades(
        self, feed: Feed, trades: Sequence[TradeRecord], initial_capital: float, name: str | None = None, currency: str = ""
    ) -> Path:
        """One dataset's list of trades, in trades_<symbol>_<timeframe>.csv unless named; the path written. currency: the account's."""
        path = self.path / (name or f"trades_{slug(feed.symbol)}_{feed.timeframe.slug}.csv")
        write_trades(path, trades, feed, initial_capital, currency)
        return path


def best_params(study: StudyRows, trial: TrialRow) -> str:
    """A trial as `params=best.yaml` takes it: every parameter, and in a joint study the pair, which is none of the strategy's."""
    kind = "First of the front" if len(study.objectives) > 1 else "Best set"
    said = [f"{kind} of study {study.study_name} ({study.strategy}): trial {trial.number}, {objective_values(study, trial)}"]
    said += [f"SYNTHETIC: {SYNTHETIC_NOTE}"] if study.synthetic else []
    params = {name: value for name, value in trial.complete.items() if trial.timeframe is None or name != PAIR}
    return params_text(params, trial.timeframe, said)
