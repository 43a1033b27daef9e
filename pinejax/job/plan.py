"""Which study a run belongs to, and the search's settings. Every choice is checked here, before anything is computed or written."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

from pinejax.job.session import Session
from pinejax.report.slug import slug, symbols_slug
from pinejax.search import Objective, SearchConfig, build_objective
from pinejax.search.config import read_bank, resolved
from pinejax.search.fingerprint import CHOSEN
from pinejax.search.pruners import make_pruner

LATER_FLAGS = ("max_history",)


def plan_search(session: Session) -> tuple[Objective, SearchConfig]:
    """The objective and the search's settings. Errors: ConfigError, SpaceError."""
    choices, config = session.config.search, session.config
    objective = build_objective(config.objective)
    sampler = choices.sampler or ("nsga2" if len(objective.directions) > 1 else "tpe")
    settings = SearchConfig(
        study_name=choices.study_name or "",
        n_trials=choices.n_trials,
        sampler=sampler,
        pruner=choices.pruner,
        seed=choices.seed,
        batch_size=choices.batch_size,
        sampler_flags=config.samplers.get(sampler, {}),
        pruner_flags=config.pruners.get(choices.pruner, {}),
        resume_from=choices.resume_from,
        top_k=choices.top_k,
        context={**session.context, CHOSEN: session.chosen},
        timeout_s=choices.timeout_s,
        patience_batches=choices.patience_batches,
    )
    resolved(settings, len(objective.directions))
    n_segments, n_objectives = config.engine.n_segments, len(objective.directions)
    make_pruner(settings.pruner, settings.pruner_flags, n_segments=n_segments, n_objectives=n_objectives)
    if choices.resume_from is not None:
        read_bank(choices.resume_from, session.space)
    name = choices.study_name or default_study_name(session, objective, settings)
    return objective, replace(settings, study_name=name)


def default_study_name(session: Session, objective: Objective, settings: SearchConfig) -> str:
    """`<symbols>_<LTF>_<HTF>_<strategy>_<hash>`: the same search, however often it is started, is the same study.

    The hash covers all that decides which trials come and what they are told; not how many there are, nor where they are kept.
    """
    decisive: dict[str, Any] = {
        "space": session.space.fingerprint,
        "objective": objective.config.describe(),
        "context": session.context,
        "sampler": [settings.sampler, _decisive_flags(settings), settings.batch_size, settings.seed],
        "pruner": [settings.pruner, dict(settings.pruner_flags), session.config.engine.n_segments if settings.pruner != "none" else None],
    }
    digest = hashlib.sha256(json.dumps(decisive, sort_keys=True, default=str).encode()).hexdigest()[:8]
    symbols = symbols_slug([feed.symbol for feed in session.feeds])
    return f"{symbols}_{session.config.timeframe.slug}_{slug(session.strategy.name)}_{digest}"


def _decisive_flags(settings: SearchConfig) -> dict[str, Any]:
    """Flags that came later do not count while they are off, so that studies keep their names."""
    return {name: value for name, value in settings.sampler_flags.items() if name not in LATER_FLAGS or value is not None}
