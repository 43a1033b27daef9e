"""`show`: one study on a page: what was searched, how far it is, the best trials, and the pairs of a joint search."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pinejax.core.timeframe import PAIR
from pinejax.report.text import grid, typed
from pinejax.search.library import StoredStudy
from pinejax.search.ranking import violation
from pinejax.search.records import duplicate_of
from pinejax.study.best import entry_of
from pinejax.study.listing import states_text


def show_text(storage: str, study: StoredStudy, top: int) -> str:
    """The page."""
    parts = [f"study {study.name} in {storage}", *_aligned(_facts(study))]
    parts += ["", "space", *_space(study.space)]
    if pairs := _pairs(study):
        parts += ["", f"by {PAIR}", pairs]
    parts += ["", *_best(study, top)]
    return "\n".join(parts)


def _facts(study: StoredStudy) -> list[tuple[str, str]]:
    made = study.fingerprint
    facts = []
    if made is None:
        facts.append(("made by", "another tool: it has no fingerprint of pinejax"))
    else:
        facts.append(("strategy", str(made["strategy"])))
        facts.append(("space hash", str(made["space_hash"])))
        facts.append(("datasets", ", ".join(made["datasets"])))
        facts += [(key, str(made["context"][key])) for key in ("pinejax", "code", "dtype") if key in made["context"]]
    facts.append(("objective", ", ".join(f"{name} ({way})" for name, way in zip(study.objectives, study.directions, strict=True))))
    if made is not None and (gates := made["objective"].get("gates")):
        facts.append(("gates", f"{', '.join(f'{name}={limit:g}' for name, limit in gates.items())} ({made['objective']['gate_mode']})"))
    n_duplicates = sum(duplicate_of(trial) is not None for trial in study.trials)
    repeated = f"; {n_duplicates:,} repeat another" if n_duplicates else ""
    facts.append(("trials", f"{len(study.trials):,}: {states_text(study.n_by_state())}{repeated}"))
    moments = [moment for t in study.trials for moment in (t.datetime_start, t.datetime_complete) if moment is not None]
    if moments:
        facts.append(("active", f"{_time(min(moments))} .. {_time(max(moments))}"))
    return facts


def _aligned(facts: Sequence[tuple[str, str]]) -> list[str]:
    width = max((len(name) for name, _ in facts), default=0)
    return [f"  {name:<{width}}  {value}" for name, value in facts]


def _space(space: Mapping[str, Mapping[str, Any]]) -> list[str]:
    searched = {name: domain for name, domain in space.items() if "value" not in domain}
    pinned = {name: domain["value"] for name, domain in space.items() if "value" in domain}
    lines = _aligned([(name, f"{domain.get('kind', ''):<6}  {_domain(domain)}") for name, domain in searched.items()])
    lines = lines or ["  nothing was searched"]
    return [*lines, *([f"  pinned: {' '.join(f'{name}={typed(value)}' for name, value in pinned.items())}"] if pinned else [])]


def _domain(domain: Mapping[str, Any]) -> str:
    if "values" in domain:
        text = ", ".join(typed(value) for value in domain["values"])
    else:
        text = f"{typed(domain['low'])}..{typed(domain['high'])}"
        text += f" step {typed(domain['step'])}" if domain.get("step") not in (None, 1) else ""
        text += " log" if domain.get("log") else ""
    condition = domain.get("active_if")
    return f"{text}, where {'a condition holds' if condition == 'a function' else condition}" if condition else text


def _pairs(study: StoredStudy) -> str:
    """The values of each timeframe pair; empty unless there is a parameter of that name."""
    if "values" not in study.space.get(PAIR, {}) or len(study.directions) > 1:
        return ""
    found: dict[str, list[float]] = defaultdict(list)
    for trial in study.trials:
        if trial.state.name == "COMPLETE" and trial.values and PAIR in trial.params and duplicate_of(trial) is None:
            found[str(trial.params[PAIR])].append(trial.values[0])
    upwards = study.directions == ("maximize",)
    best = {pair: max(values) if upwards else min(values) for pair, values in found.items()}
    rows = [
        [
            "  " + pair,
            f"{len(found[pair]):,}",
            *(f"{x:.6g}" for x in (best[pair], statistics.median(found[pair]), statistics.fmean(found[pair]))),
        ]
        for pair in sorted(best, key=lambda pair: best[pair], reverse=upwards)
    ]
    return grid(["  " + PAIR, "trials", "best", "median", "mean"], rows)


def _best(study: StoredStudy, top: int) -> list[str]:
    found = study.top(top)
    if not found:
        return ["no trial has a result yet"]
    rows = [["  " + str(t.number), *(f"{value:.6g}" for value in t.values or ()), f"{violation(t):.3g}"] for t in found]
    title = "best" if len(study.directions) == 1 else "Pareto front"
    params = entry_of(study, found[0])["params"]
    width = max(map(len, params), default=0)
    return [
        title,
        grid(["  trial", *study.objectives, "violation"], rows),
        "",
        f"parameters of trial {found[0].number}",
        *(f"  {name:<{width}} = {typed(value)}" for name, value in params.items()),
    ]


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")
