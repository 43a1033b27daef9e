"""`best`: the best sets of a study in a form that other commands read."""

from __future__ import annotations

import json
from typing import Any

import yaml

from pinejax.core.timeframe import PAIR, is_pair
from pinejax.errors import StudyError
from pinejax.report.atomic import plain
from pinejax.report.params_file import params_text
from pinejax.report.text import overrides_of
from pinejax.search.library import StoredStudy, StoredTrial
from pinejax.search.ranking import violation

FORMATS = ("words", "json", "yaml")


def best_text(study: StoredStudy, top: int, form: str) -> str:
    """The best `top` sets. words: a line of `params.x=...` for each; json: a list as bank.json is; yaml: a list, and of one set alone
    the file that `params=FILE` takes, as best.yaml is. Errors: StudyError where no trial has a result.
    """
    entries = [entry_of(study, trial) for trial in study.top(top)]
    if not entries:
        raise StudyError(f"study {study.name!r}: no trial has a result yet.")
    if form == "words":
        return "\n".join(_words(entry["params"]) for entry in entries)
    if form == "json":
        return json.dumps(plain(entries), indent=2, ensure_ascii=False)
    if top > 1:
        return yaml.safe_dump(plain(entries), sort_keys=False, allow_unicode=True).rstrip()
    best, chosen = entries[0], _chosen(entries[0]["params"])
    values = ", ".join(f"{name} = {value:.6g}" for name, value in best["values"].items())
    said = f"{'Best set' if len(best['values']) == 1 else 'First of the front'} of study {study.name}: trial {best['trial']}, {values}"
    return params_text(chosen["params"], chosen.get(PAIR), [said]).rstrip()


def _chosen(params: dict[str, Any]) -> dict[str, Any]:
    """As an experiment's file has it: the pair of a joint study is no parameter of the strategy."""
    if not is_pair(params.get(PAIR)):
        return {"params": params}
    return {PAIR: params[PAIR], "params": {name: value for name, value in params.items() if name != PAIR}}


def _words(params: dict[str, Any]) -> str:
    chosen = _chosen(params)
    pair = [f"{PAIR}={chosen[PAIR]}"] if PAIR in chosen else []
    return " ".join([*pair, overrides_of(chosen["params"])])


def entry_of(study: StoredStudy, trial: StoredTrial) -> dict[str, Any]:
    """A trial as a bank holds it. params: what it was asked for, and the pins of a search of pinejax."""
    pins = {name: domain["value"] for name, domain in study.space.items() if "value" in domain}
    values = trial.values or ()
    return {
        "study": study.name,
        "trial": trial.number,
        "values": dict(zip(study.objectives, values, strict=True)),
        "directions": dict(zip(study.objectives, study.directions, strict=True)),
        "violation": violation(trial),
        "params": {name: {**pins, **trial.params}[name] for name in [*study.space, *trial.params] if name in {**pins, **trial.params}},
    }
