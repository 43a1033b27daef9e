"""A search of a small strategy on the bundled sample, finished, as what judges it gets it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from small_run import MINE


def case_on(place: Path, study: str = "", **groups: Any) -> Any:
    """In a working folder that is `place`. groups: of the configuration, such as validation={"holdout": 0.2}; study: a name of its own."""
    from pinejax.config import from_mapping
    from pinejax.job.joint import prepare_search
    from pinejax.job.plan import plan_search
    from pinejax.job.study_table import StudyTable
    from pinejax.judge.case import Case
    from pinejax.search import run_search

    (place / "mine.py").write_text(MINE)
    search = {"n_trials": 12, "sampler": "random", "batch_size": 6, "seed": 3, "top_k": 5, **groups.pop("search", {})}
    tree = {"strategy": str(place / "mine.py:Mine"), "timeframe": "1h@4h", "search": search, "symbol": ["SYNTH_A", "SYNTH_B"], **groups}
    session = prepare_search(from_mapping(tree))
    objective, settings = plan_search(session)
    settings = replace(settings, study_name=study) if study else settings
    engine, storage = session.engine(6), f"sqlite:///{place}/studies.db"
    result = run_search(settings, session.space, objective, engine, storage)
    table = StudyTable(settings.study_name, session.strategy.name, session.space, objective, session.columns, settings.top_k)
    return Case(session, engine, objective, settings, table.of(result.trials), storage, place)
