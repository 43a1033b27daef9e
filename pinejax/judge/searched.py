"""How the search went that is judged: its trials, its chosen set, the rule that chose it. Facts alone; what they mean is `verdict`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pinejax.job.plan import rule_of
from pinejax.judge.case import EVALUATED, Case
from pinejax.report.rows import DatasetRow, StudyRows, TrialRow
from pinejax.search import Objective, open_store
from pinejax.search.fingerprint import recorded_rule
from pinejax.search.parts import PartsObjective


def searched(case: Case, stopped: str, joint: bool) -> dict[str, Any]:
    """Counts of the study's trials, how its last search ended, and what the chosen set traded. joint: over several timeframe pairs.

    trials: all that have ended, of every run and worker; repeated: those that took over the results of an earlier one; distinct: sets
    that were evaluated, pruned ones too. chosen: None where there is no best set.
    """
    return {
        "stopped": stopped,
        "joint": joint,
        "n_objectives": len(case.study.directions),
        "told_by": case.told_by,
        "trials": counted(case.study),
        "days": max((days_of(row) for row in case.session.histories), default=0),
        "chosen": chosen_of(case.chosen) if case.study.best else None,
    }


def counted(study: StudyRows) -> dict[str, int]:
    """How many trials there are, by what became of them."""
    states = [trial.state for trial in study.trials]
    own = [trial for trial in study.trials if trial.duplicate_of is None and trial.state in EVALUATED]
    return {
        "raw": len(states),
        "complete": states.count("COMPLETE"),
        "pruned": states.count("PRUNED"),
        "failed": states.count("FAIL"),
        "repeated": sum(trial.duplicate_of is not None for trial in study.trials),
        "distinct": len({tuple(sorted(trial.complete.items())) for trial in own}),
    }


def chosen_of(trial: TrialRow) -> dict[str, Any]:
    """The chosen set's trades over all datasets, and how much of its profit is that of a position which is still open."""
    net, still = (_sum(trial.metrics, name) for name in ("net_profit", "open_profit"))
    return {
        "trial": trial.number,
        "values": list(trial.values),
        "violation": trial.violation,
        "n_trades": int(_sum(trial.metrics, "n_trades")),
        "net_profit": net,
        "open_profit": still,
        "exposed": any(value > 0 for value in trial.metrics.get("exposure", ())),
    }


def rule(case: Case) -> dict[str, Any]:
    """By what the best set was chosen and is judged, in words and as settings, and what the study recorded before its first trial.

    recorded: None for a study that does not say; changed: the settings that are others now, as `null.mode`.
    """
    now = rule_of(case.config)
    then = _recorded(case)
    return {
        "text": objective_text(case.objective),
        "objective": case.objective.config.describe(),
        "settings": now,
        "recorded": then,
        "changed": [] if then is None else sorted(_changed(then, now)),
    }


def objective_text(objective: Objective) -> str:
    """`largest mean of sharpe over datasets, with min_trades=10`."""
    config = objective.config
    ways = {"maximize": "largest", "minimize": "smallest"}
    said = " and ".join(f"{ways[term.direction]} {term.name}" for term in objective.terms)
    gates = ", ".join(f"{name}={limit:g}" for name, limit in config.gates.items() if limit is not None)
    over = f"{config.aggregate} over datasets" if config.aggregate != "quantile" else f"quantile {config.quantile:g} over datasets"
    parts = f", {objective.combination} of the parts" if isinstance(objective, PartsObjective) else ""
    return f"{said}, {over}{parts}" + (f", with {gates}" if gates else "")


def days_of(row: DatasetRow) -> int:
    """Days from a dataset's first to its last bar."""
    first, last = (datetime.strptime(text, "%Y-%m-%d %H:%M") for text in (row.first, row.last))
    return (last - first).days


def _recorded(case: Case) -> dict[str, Any] | None:
    store = open_store(case.storage, case.settings.study_name, case.objective.directions)
    try:
        return recorded_rule(store.study_attrs()[0])
    finally:
        store.close()


def _changed(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    return [
        f"{group}.{key}"
        for group, settings in now.items()
        for key, value in settings.items()
        if key in then.get(group, {}) and then[group][key] != value
    ]


def _sum(metrics: Mapping[str, Any], name: str) -> float:
    return math.fsum(value for value in metrics.get(name, ()) if math.isfinite(value))
