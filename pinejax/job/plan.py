"""Which study a run belongs to, and the search's settings. Every choice is checked here, before anything is computed or written."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from pinejax.config import Config
from pinejax.job.session import Session
from pinejax.report.naming import Names, render
from pinejax.report.slug import slug, symbols_slug
from pinejax.search import Objective, SearchConfig, build_objective
from pinejax.search.banks import read_bank
from pinejax.search.config import resolved
from pinejax.search.fingerprint import CHOSEN, HISTORIES, RULE, fingerprint
from pinejax.search.others import is_other
from pinejax.search.parts import PartsObjective
from pinejax.search.pruners import make_pruner
from pinejax.search.sampler_flags import LATER
from pinejax.search.siblings import on_other_bars
from pinejax.search.stopping import check_stops


def plan_search(session: Session) -> tuple[Objective, SearchConfig]:
    """The objective and the search's settings. Errors: ConfigError, SpaceError."""
    choices, config = session.config.search, session.config
    objective = objective_of(session)
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
        context={**session.context, CHOSEN: {**session.chosen, **origin_of(session)}, RULE: rule_of(config)},
        timeout_s=choices.timeout_s,
        patience_batches=choices.patience_batches,
        patience_min_delta=choices.patience_min_delta,
        target=choices.target,
        worker=choices.worker_number(os.environ),
        heartbeat_s=choices.heartbeat_s,
        grace_s=choices.grace_s,
    )
    resolved(settings, len(objective.directions))
    check_stops(settings.target, settings.patience_min_delta, objective)
    n_segments, n_objectives = session.n_segments, len(objective.directions)
    make_pruner(settings.pruner, settings.pruner_flags, n_segments=n_segments, n_objectives=n_objectives)
    if choices.resume_from is not None:
        read_bank(choices.resume_from, session.space)
    name = choices.study_name or _from_template(config) or default_study_name(session, objective, settings)
    return objective, replace(settings, study_name=name)


def origin_of(session: Session) -> dict[str, Any]:
    """What else a study remembers of where its bars came from: enough to show them, and to run one of its sets again. No passwords."""
    data, rows = session.config.data, [asdict(row) for row in session.histories]
    return {"strategy": session.config.strategy, "root": data.root, "rates": data.rates, HISTORIES: rows}


def rule_of(config: Config) -> dict[str, Any]:
    """By what the search's best set will be judged, besides its objective: recorded with a study when it begins."""
    return {name: asdict(getattr(config, name)) for name in ("validation", "null", "stress", "verdict")}


def objective_of(session: Session) -> Objective:
    """The configured one, over the parts of each dataset where there are some. Errors: ConfigError."""
    objective, choices, n_parts = build_objective(session.config.objective), session.config.validation, session.n_parts
    if not n_parts:
        return objective
    return PartsObjective.of(objective, len(session.columns) // n_parts, choices.folds, choices.std_weight)


def _from_template(config: Config) -> str | None:
    """The name that search.study_template gives; in a sweep the sweeper has filled it in already."""
    template = config.search.study_template
    return None if template is None else render("search.study_template", template, Names.of(config.symbols, config.pairs))


def default_study_name(session: Session, objective: Objective, settings: SearchConfig) -> str:
    """`<symbols>_<LTF>_<HTF>_<strategy>_<hash>`: the same search, however often it is started, is the same study.

    The hash covers all that decides which trials come and what they are told; not how many there are, nor where they are kept.
    """
    decisive: dict[str, Any] = {
        "space": session.space.fingerprint,
        "objective": objective.config.describe(),
        "context": session.context,
        "sampler": [settings.sampler, _decisive_flags(settings), settings.batch_size, settings.seed],
        "pruner": [settings.pruner, dict(settings.pruner_flags), session.n_segments if settings.pruner != "none" else None],
    }
    digest = hashlib.sha256(json.dumps(decisive, sort_keys=True, default=str).encode()).hexdigest()[:8]
    symbols = symbols_slug(list(dict.fromkeys(feed.symbol for feed in session.feeds)))
    return f"{symbols}_{session.config.timeframes_slug}_{slug(session.strategy.name)}_{digest}"


def on_changed_bars(session: Session, objective: Objective, settings: SearchConfig, datasets: Sequence[str], storage: str) -> list[str]:
    """Studies in the storage that this search made on bars that have changed since. None of a name of the user's own, whose bars are
    compared with the study itself, and none in a storage that is no database. Errors: StudyError.
    """
    choices = session.config.search
    if choices.study_name is not None or choices.study_template is not None or is_other(storage):
        return []
    mine = fingerprint(session.space, objective, tuple(datasets), settings.context)
    return on_other_bars(storage, settings.study_name.rpartition("_")[0] + "_", mine)


def _decisive_flags(settings: SearchConfig) -> dict[str, Any]:
    """Flags that came later do not count while they are off, so that studies keep their names."""
    return {name: value for name, value in settings.sampler_flags.items() if name not in LATER or value is not None}
