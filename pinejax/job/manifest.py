"""What manifest.json says: everything needed to repeat a run, and how it went. Passwords never."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from pinejax import __version__
from pinejax.core.secrets import without_passwords
from pinejax.engine.engine import Engine
from pinejax.engine.parted import PartedEngine
from pinejax.job.joint import JointEngine
from pinejax.job.session import Session
from pinejax.job.spent import Spent, seconds, shares
from pinejax.report.entry import SYNTHETIC_NOTE
from pinejax.report.machine import machine, peak_memory_bytes, versions
from pinejax.search import Objective, SearchConfig
from pinejax.search import Timings as SearchTimings
from pinejax.search.config import resolved


def described(session: Session, objective: Objective, settings: SearchConfig, storage: str) -> dict[str, Any]:
    """What is the same during the whole run."""
    config = session.config
    said = {
        "pinejax": __version__,
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "synthetic": SYNTHETIC_NOTE if session.synthetic else False,
        "study": {"name": settings.study_name, "storage": without_passwords(storage)},
        "strategy": {
            "name": session.strategy.name,
            "given": config.strategy,
            "code_hash": session.strategy.source_hash,
            "space_hash": session.space.fingerprint,
            "space": session.space.describe(),
        },
        "datasets": [asdict(dataset) for dataset in session.histories],
        "validation": asdict(config.validation) | {"divided": [] if session.split is None else session.split.lines},
        "data": asdict(config.data),
        "chosen": session.chosen,
        "broker": asdict(config.broker),
        "objective": objective.config.describe(),
        "search": {
            "sampler": settings.sampler,
            "sampler_flags": dict(settings.sampler_flags),
            "pruner": settings.pruner,
            "pruner_flags": dict(settings.pruner_flags),
            "seed": settings.seed,
            "batch_size": resolved(settings, len(objective.directions)).batch_size,
            "n_trials": settings.n_trials,
            "top_k": settings.top_k,
            "resume_from": settings.resume_from,
            "timeout_s": settings.timeout_s,
            "patience_batches": settings.patience_batches,
            "patience_min_delta": settings.patience_min_delta,
            "target": settings.target,
            "worker": settings.worker,
            "n_workers": config.search.n_workers,
        },
        "engine": asdict(config.engine),
        "versions": versions(),
        "machine": machine(),
    }
    return _without_passwords(said)


def measured(engine: Engine | PartedEngine | JointEngine, search: SearchTimings, spent: Spent, n_new: int) -> dict[str, Any]:
    """Where the time went, how fast it was, how much memory it took."""
    table = seconds(engine.timings, search, spent)
    busy_s, evaluated_s = search.total_s, engine.timings.evaluate_s
    return {
        "device": str(getattr(engine.device, "device_kind", engine.device)),
        "plan": engine.plan,
        "timings_s": table,
        "timings_share": shares(table),
        "seconds_to_first_trial": None if spent.first_trial_s is None else round(spent.first_trial_s, 3),
        "trials_per_s": round(n_new / busy_s, 2) if n_new and busy_s > 0 else None,
        "lane_bars": engine.timings.lane_bars,
        "lane_bars_per_s": round(engine.timings.lane_bars / evaluated_s) if evaluated_s > 0 else None,
        "peak_memory_bytes": peak_memory_bytes(),
    }


def _without_passwords(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_passwords(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_passwords(item) for item in value]
    return without_passwords(value) if isinstance(value, str) else value
