"""`export`: all trials of a study as a table in a file. The table and its formats: `pinejax.report.studies`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pinejax.errors import StudyError
from pinejax.report.slug import slug
from pinejax.report.studies import WRITERS, write_rows
from pinejax.search.library import StoredStudy
from pinejax.search.ranking import violation
from pinejax.search.records import duplicate_of, metrics_of

SUFFIXES = tuple(WRITERS)


def export(study: StoredStudy, path: Path) -> int:
    """Writes one row per trial, by number; how many. Errors: StudyError for another ending or a file that cannot be written."""
    if path.suffix.lower() not in WRITERS:
        raise StudyError(f"export: expected a file that ends with {', '.join(SUFFIXES)}, got {path.name!r}.")
    rows = rows_of(study)
    try:
        write_rows(path, rows)
    except OSError as error:
        raise StudyError(f"export: {path} cannot be written ({error.strerror or error}).") from None
    return len(rows)


def rows_of(study: StoredStudy) -> list[dict[str, Any]]:
    """number, state, a value for each objective, violation, duplicate_of, started, ended, params_<name> (None where inactive), and every
    stored metric: metrics_<name>, or metrics_<name>_<dataset> of several.
    """
    datasets = [slug(name) for name in (study.fingerprint or {}).get("datasets", ())]
    names = dict.fromkeys(name for trial in study.trials for name in trial.params)
    rows = []
    for trial in study.trials:
        values = trial.values or [None] * len(study.objectives)
        row: dict[str, Any] = {"number": trial.number, "state": trial.state.name}
        row |= dict(zip(_value_names(study), values, strict=True))
        row |= {"violation": violation(trial), "duplicate_of": duplicate_of(trial)}
        row |= {"started": trial.datetime_start, "ended": trial.datetime_complete}
        row |= {f"params_{name}": trial.params.get(name) for name in names}
        for name, measured in metrics_of(trial).items():
            if len(measured) == 1:
                row[f"metrics_{name}"] = float(measured[0])
            else:
                labels = datasets if len(datasets) == len(measured) else [str(i) for i in range(len(measured))]
                row |= {f"metrics_{name}_{label}": float(value) for label, value in zip(labels, measured, strict=True)}
        rows.append(row)
    return rows


def _value_names(study: StoredStudy) -> list[str]:
    if len(study.objectives) == 1:
        return ["value"]
    return [name if name.startswith("value_") else f"value_{name}" for name in study.objectives]
