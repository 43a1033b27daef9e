"""A finished search as a `Case`, made without a database: sets of a space evaluated on the bundled sample."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from small_run import MINE

from pinejax.config import from_mapping
from pinejax.core.inputs import Params
from pinejax.job.joint import TIMEFRAME, prepare_search
from pinejax.job.plan import plan_search
from pinejax.judge.case import Case
from pinejax.report.rows import StudyRows, TrialRow


def searched(folder: Path, sets: list[Params] | int = 40, text: str = MINE, **tree: Any) -> Case:
    """A case of these sets (or of so many random ones) of `Mine`, the best by value being the chosen one. folder: for its file."""
    source = folder / "mine.py"
    source.write_text(text)
    config = from_mapping({"strategy": f"{source}:Mine", "timeframe": "1h@4h", "symbol": ["SYNTH_A", "SYNTH_B"], **tree})
    session = prepare_search(config)
    objective, settings = plan_search(session)
    given = some_of(session.space, sets) if isinstance(sets, int) else [session.space.complete(s) for s in sets]
    engine = session.engine(len(given))
    rows = []
    for number, (params, found) in enumerate(zip(given, engine.evaluate(given), strict=True)):
        verdict = objective.judge(found.metrics, found.status)
        metrics = {name: tuple(map(float, values)) for name, values in found.metrics.items()}
        status = tuple(map(int, found.status)) if found.status.any() else ()  # as a study keeps it
        active, violation = session.space.active(params), float(sum(verdict.violations.values()))
        told = {"violation": violation, "timeframe": params.get(TIMEFRAME)}
        rows.append(TrialRow(number, "COMPLETE", verdict.values or (), active, params, metrics, status, **told))
    engine = getattr(engine, "whole", engine)  # as the end of a run has it
    return Case(session, engine, objective, settings, study_of(session, objective, rows), "sqlite:///none.db", folder)


def study_of(session: Any, objective: Any, rows: list[TrialRow]) -> StudyRows:
    """The rows as a study, ranked by the first objective."""
    sign = objective.terms[0].sign
    best = sorted((r for r in rows if r.values), key=lambda r: (r.violation, -sign * r.values[0], r.number))
    names = tuple(term.name for term in objective.terms)
    return StudyRows("study", "Mine", names, objective.directions, session.columns, tuple(rows), tuple(best[:10]))


def some_of(space: Any, n: int) -> list[Params]:
    """Distinct random sets of a finite space."""
    every = space.grid(100_000)
    return [every[i] for i in np.random.default_rng(1).choice(len(every), n, replace=False)]
