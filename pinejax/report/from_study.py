"""A stored study read as a run's folder is: what the database has of it, as a `Saved` without files. No bars, no equity, no trades."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from pinejax.broker.config import BrokerConfig
from pinejax.core.timeframe import PAIR, is_pair
from pinejax.report.entry import SYNTHETIC_NOTE, entry
from pinejax.report.listed import Listed
from pinejax.report.rows import DatasetRow, StudyRows, TrialRow
from pinejax.report.saved import Dataset, Saved
from pinejax.report.slug import slug
from pinejax.report.tables import datasets_table, trials_table
from pinejax.report.text import typed
from pinejax.search.fingerprint import CHOSEN, HISTORIES
from pinejax.search.keepsake import AIM, MANIFEST, VERDICT
from pinejax.search.library import StoredStudy, StoredTrial
from pinejax.search.ranking import violation
from pinejax.search.records import STATUS_KEY, counts, duplicate_of, metrics_of

FROM_STORAGE = "from_storage"
"""Key of such a manifest: storage, read (ISO, UTC), again (the command that makes what is missing, or None), how many trials are running
and silent, how many had ended when the verdict was given and have now, and whether a run has come to its end, as far as one can know."""


@dataclass(frozen=True)
class StoredRun(Saved):
    """A study as a run's folder. held: what its files would have, by their names; every other file is missing."""

    held: Mapping[str, Any] = field(default_factory=dict)

    def _json(self, name: str) -> Any:
        return self.held.get(name)

    def _parquet(self, name: str) -> pl.DataFrame | None:
        return self.held.get(name)

    @cached_property
    def results(self) -> pl.DataFrame | None:
        """As the table of a run's folder."""
        return self.held.get("results_datasets.csv")

    def trades(self, dataset: Dataset) -> Listed | None:
        """Databases keep no trades."""
        return None

    def summary(self, dataset: Dataset) -> dict[str, tuple[str, list[float]]]:
        """Nor what follows from them."""
        return {}


def read_study(study: StoredStudy, storage: str, now: datetime) -> StoredRun:
    """A study of pinejax, or of another tool, which has no datasets. storage: its name without passwords; now: with its zone."""
    rows = study_rows(study)
    held: dict[str, Any] = {
        "trials.parquet": trials_table(rows),
        "results_datasets.csv": datasets_table(rows),
        "verdict.json": study.attrs.get(VERDICT),
    }
    if rows.best:
        held["best.json"] = entry(rows, rows.best[0])
    if len(rows.objectives) > 1:
        held["pareto.json"] = [entry(rows, trial) for trial in rows.front]
    manifest = manifest_of(study, storage)
    manifest.pop("pairs", None)  # folders of a joint study's run
    checked = manifest.get("best_rerun_in_detail") or {}
    if not rows.best or checked.get("trial") != rows.best[0].number:
        manifest["best_rerun_in_detail"] = None  # of an earlier best
    manifest[FROM_STORAGE] = {
        "storage": storage,
        "read": now.astimezone(UTC).isoformat(timespec="seconds"),
        "again": again(study, manifest, held.get("best.json")),
        "n_running": study.n_by_state().get("RUNNING", 0),
        "n_silent": study.n_silent,
        "n_judged": _judged(held["verdict.json"]),
        "n_now": sum(trial.state.is_finished() for trial in study.trials),
        "n_wanted": study.attrs.get(AIM),
        "ended": MANIFEST in study.attrs or sum(map(counts, study.trials)) >= study.attrs.get(AIM, 0),
    }
    return StoredRun(Path(slug(study.name)), manifest, held)


def study_rows(study: StoredStudy) -> StudyRows:
    """As a run's own tables have it, but for the defaults of inactive parameters, which a database does not know."""
    datasets = _dataset_rows(study)
    pins = {name: domain["value"] for name, domain in study.space.items() if "value" in domain}
    made = {trial.number: _row(trial, pins, len(datasets)) for trial in study.trials if trial.state.is_finished()}
    best = [made[trial.number] for trial in study.top(len(study.trials))]
    several = len(study.directions) > 1
    strategy = _strategy_name(study)
    front = tuple(best) if several else ()
    return StudyRows(study.name, strategy, study.objectives, study.directions, datasets, tuple(made.values()), tuple(best[:1]), front)


def manifest_of(study: StoredStudy, storage: str) -> dict[str, Any]:
    """What the last run that ended has left of its own, and what the fingerprint says where none has."""
    made, said = study.fingerprint or {}, dict(study.attrs.get(MANIFEST) or {})
    context: Mapping[str, Any] = made.get("context", {})
    starts = [trial.datetime_start for trial in study.trials if trial.datetime_start is not None]
    known: dict[str, Any] = {
        "pinejax": context.get("pinejax"),
        "started": min(starts).astimezone(UTC).isoformat(timespec="seconds") if starts else None,
        "datasets": [_plain(row) for row in _histories(study)],
        "synthetic": SYNTHETIC_NOTE if any(row.synthetic for row in _histories(study)) else False,
        "broker": context.get("broker", {}),
        "objective": made.get("objective", {}),
        "chosen": context.get(CHOSEN, {}),
    }
    strategy = {
        "name": _strategy_name(study),
        "code_hash": context.get("code"),
        "space_hash": made.get("space_hash"),
        **said.get("strategy", {}),
        "space": study.space,
    }
    state = None if study.n_by_state().get("RUNNING") else said.get("state")
    return {**known, **said, "strategy": strategy, "study": {"name": study.name, "storage": storage}, "state": state}


def again(study: StoredStudy, manifest: Mapping[str, Any], best: Mapping[str, Any] | None) -> str | None:
    """The command that makes equity and trades of the best set; None where there is none, or nobody has said what it was run on."""
    histories = _histories(study)
    if best is None or not histories:
        return None
    chosen = manifest.get("chosen", {}) or {}
    params = dict(best["params"])
    pair = params.pop(PAIR) if is_pair(params.get(PAIR)) else histories[0].timeframe
    symbols = list(dict.fromkeys(row.symbol for row in histories))
    words = [
        f"strategy={chosen.get('strategy') or manifest['strategy'].get('given') or manifest['strategy']['name']}",
        f"symbol={symbols[0] if len(symbols) == 1 else '[' + ','.join(symbols) + ']'}",
        f"timeframe={pair}",
    ]
    words += [f"data.{key}={chosen[key]}" for key in ("root", "rates", "snapshot", "start", "end") if chosen.get(key) is not None]
    words += [f"broker.{key}={typed(value)}" for key, value in _costs(manifest.get("broker", {})).items()]
    dtype = (study.fingerprint or {}).get("context", {}).get("dtype", "float64")
    words += [f"engine.dtype={dtype}"] if dtype != "float64" else []
    words += [f"params.{name}={typed(value)}" for name, value in params.items()]
    return " ".join(["python -m pinejax.backtest", *map(shlex.quote, words)])


def _strategy_name(study: StoredStudy) -> str:
    """As a run's folder has it: a shipped strategy by its own name, another by its class."""
    made = study.fingerprint or {}
    given = (made.get("context", {}).get(CHOSEN) or {}).get("strategy")
    if isinstance(given, str) and given.isidentifier():
        return given
    return str((study.attrs.get(MANIFEST) or {}).get("strategy", {}).get("name") or made.get("strategy", study.name))


def _costs(broker: Mapping[str, Any]) -> dict[str, Any]:
    """The broker's properties that are not the defaults, by their dotted keys."""
    usual = asdict(BrokerConfig())
    found = {key: value for key, value in broker.items() if key in usual and key != "risk" and value != usual[key]}
    rules, usual_rules = broker.get("risk") or {}, usual["risk"]
    return found | {f"risk.{key}": value for key, value in rules.items() if key in usual_rules and value != usual_rules[key]}


def _dataset_rows(study: StoredStudy) -> tuple[DatasetRow, ...]:
    """What its arrays over datasets have: histories, symbols of a joint study, or parts of histories."""
    names: Sequence[str] = (study.fingerprint or {}).get("datasets", ())
    known = {row.name: row for row in _histories(study)}
    return tuple(known.get(name) or _parsed(name) for name in names)


def _histories(study: StoredStudy) -> list[DatasetRow]:
    """As the study's beginning recorded them, else as the run that ended left them, else as their names say."""
    made = study.fingerprint or {}
    rows = (made.get("context", {}).get(CHOSEN) or {}).get(HISTORIES) or (study.attrs.get(MANIFEST) or {}).get("datasets")
    if rows:
        wanted = [item.name for item in fields(DatasetRow)]
        return [DatasetRow(**{key: row[key] for key in wanted}) for row in rows if all(key in row for key in wanted)]
    hashes = made.get("context", {}).get("data", {})
    return [_parsed(name, str(content_hash)) for name, content_hash in hashes.items()]


def _parsed(name: str, content_hash: str = "") -> DatasetRow:
    symbol, _, pair = name.rpartition(" ")
    return DatasetRow(name, symbol or name, pair if symbol and is_pair(pair) else "", 0, "", "", content_hash, False)


def _plain(row: DatasetRow) -> dict[str, Any]:
    """As the manifest has it; what nobody knows is None."""
    return {key: None if value == 0 and key == "n_bars" else value for key, value in asdict(row).items()}


def _row(trial: StoredTrial, pins: Mapping[str, Any], n_datasets: int) -> TrialRow:
    measured = metrics_of(trial) if n_datasets else {}
    return TrialRow(
        number=trial.number,
        state=trial.state.name,
        values=tuple(trial.values or ()),
        params=dict(trial.params),
        complete={**pins, **trial.params},
        metrics={name: tuple(map(float, values)) for name, values in measured.items() if len(values) == n_datasets},
        status=tuple(int(code) for code in trial.user_attrs.get(STATUS_KEY, ())) if n_datasets else (),
        duplicate_of=duplicate_of(trial) if n_datasets else None,
        violation=violation(trial),
        n_steps=len(trial.intermediate_values),
    )


def _judged(verdict: Mapping[str, Any] | None) -> int | None:
    """How many trials had ended when a verdict was given; None where it does not say."""
    counted = (((verdict or {}).get("evidence") or {}).get("search") or {}).get("trials") or {}
    n = counted.get("raw")
    return int(n) if isinstance(n, (int, float)) and math.isfinite(n) else None
