"""A search of a small strategy, finished and without a database, for what puts it beside histories without an edge."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from small_run import MINE

from pinejax.config import from_mapping
from pinejax.job.joint import prepare_search
from pinejax.job.plan import plan_search
from pinejax.job.study_table import StudyTable
from pinejax.judge.case import Case
from pinejax.search import run_search


def case_in(folder: Path, **groups: Any) -> Case:
    """Twelve random trials on the bundled sample. groups: of the configuration, such as null={"mode": "research"}; folder: of the run."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mine.py").write_text(MINE)
    search = {"n_trials": 12, "sampler": "random", "batch_size": 6, "seed": 3, "top_k": 5, **groups.pop("search", {})}
    tree = {"strategy": f"{folder}/mine.py:Mine", "timeframe": "1h@4h", "symbol": ["SYNTH_A", "SYNTH_B"], "search": search, **groups}
    session = prepare_search(from_mapping(tree))
    objective, settings = plan_search(session)
    engine = session.engine(6)
    result = run_search(settings, session.space, objective, engine)
    table = StudyTable(settings.study_name, session.strategy.name, session.space, objective, session.columns, settings.top_k)
    return Case(session, getattr(engine, "whole", engine), objective, settings, table.of(result.trials), "sqlite:///none.db", folder)


def with_null(case: Case, folder: Path | None = None, **choices: Any) -> Case:
    """The same case under another null search, in another folder."""
    config = replace(case.config, null=replace(case.config.null, **choices))
    return replace(case, session=replace(case.session, config=config), folder=case.folder if folder is None else folder)
