"""A trial as best.json, bank.json and pareto.json have it. Where the files are, is `folder`'s business."""

from __future__ import annotations

from typing import Any

from pinejax.report.atomic import plain
from pinejax.report.rows import StudyRows, TrialRow

SYNTHETIC_NOTE = "Bars made by a generator: these results say nothing about any market."


def entry(study: StudyRows, trial: TrialRow) -> dict[str, Any]:
    """The content; `params` is complete, as `search.resume_from` reads it."""
    said: dict[str, Any] = {
        "study": study.study_name,
        "strategy": study.strategy,
        "trial": trial.number,
        "values": dict(zip(study.objectives, trial.values, strict=True)),
        "directions": dict(zip(study.objectives, study.directions, strict=True)),
        "violation": trial.violation,
        "params": dict(trial.complete),
        "searched": list(trial.params),
        "datasets": {dataset.name: {name: values[i] for name, values in trial.metrics.items()} for i, dataset in enumerate(study.datasets)},
    }
    if study.synthetic:
        said["synthetic"] = SYNTHETIC_NOTE
    return plain(said)
