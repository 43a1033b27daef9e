"""How the search went that is judged: its trials, its chosen set, the rule that chose it. Facts alone; what they mean is `verdict`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pinejax.job.plan import rule_of
from pinejax.judge.case import EVALUATED, Case
from pinejax.report.rows import StudyRows, TrialRow
from pinejax.search import Objective, open_store
from pinejax.search.fingerprint import recorded_rule
from pinejax.search.parts import PartsObjective
from pinejax.selection.splits import Span
from pinejax.selection.timeline import Timeline


def searched(case: Case, stopped: str, joint: bool) -> dict[str, Any]:
    """Counts of the study's trials, how its last search ended, and what the chosen set traded. joint: over several timeframe pairs.

    trials: all that have ended, of every run and worker; repeated: those that took over the results of an earlier one; distinct: sets
    that were evaluated, pruned ones too. days: UTC days on which some searched dataset has a bar, as many as there are daily returns;
    history_days: the same of all bars. chosen: None where there is no best set.
    """
    return {
        "stopped": stopped,
        "joint": joint,
        "n_objectives": len(case.study.directions),
        "told_by": case.told_by,
        "trials": counted(case.study),
        "days": _days(case),
        "history_days": _days(case, whole=True),
        "kept_back": kept_back(case),
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

    recorded: None for a study that does not say; changed: the settings that are others now and could raise the level, as `null.mode`
    where a null search is left out that was to be made. More tests than recorded, or more surrogates, are no change of the rule.
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


def kept_back(case: Case) -> dict[str, Any]:
    """What the search did not see, whoever looks at it later: `holdout`, and `test`, on which the best sets are ranked again.

    dates: opens of the first and last bar; days: as in `searched`.
    """
    split = case.session.split
    if split is None:
        return {}
    behind = Span(split.searched.stop, split.timeline.n_bars if split.held_out is None else split.held_out.first)
    spans = {"test": behind, "holdout": split.held_out}
    return {
        name: {"dates": list(split.timeline.dates(span)), "bars": len(span), "days": split.timeline.days(span)}
        for name, span in spans.items()
        if span is not None and len(span)
    }


def _days(case: Case, *, whole: bool = False) -> int:
    feeds, split = case.session.whole if whole else case.session.feeds, case.session.split
    line = Timeline.of(feeds) if split is None else split.timeline
    return line.days(line.whole if whole or split is None else split.searched)


def _recorded(case: Case) -> dict[str, Any] | None:
    store = open_store(case.storage, case.settings.study_name, case.objective.directions)
    try:
        return recorded_rule(store.study_attrs()[0])
    finally:
        store.close()


STRICTER = ("none", "replay", "research")
"""Null searches by how hard they are to pass."""


def _changed(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    return [
        f"{group}.{key}"
        for group, settings in now.items()
        for key, value in settings.items()
        if key in then.get(group, {}) and then[group][key] != value and _may_help(f"{group}.{key}", then[group][key], value)
    ]


def _may_help(key: str, then: Any, now: Any) -> bool:
    """Whether a change can raise the level: a test that is left out or is another one, not one that is added or made longer."""
    if key == "null.mode":
        return STRICTER.index(now) < STRICTER.index(then)
    if key == "null.n_surrogates":
        return now < then
    if key.startswith("stress."):
        return key in ("stress.enabled", "stress.drop_trades")
    return key != "null.budget_s"


def _sum(metrics: Mapping[str, Any], name: str) -> float:
    return math.fsum(value for value in metrics.get(name, ()) if math.isfinite(value))
