"""A finished run leaves its manifest and verdict with its study, so that a report can be made of the storage alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pinejax.errors import StudyError
from pinejax.job.outcome import Outcome
from pinejax.search.keepsake import leave
from pinejax.search.storage import open_store


def keep_with_study(outcome: Outcome) -> None:
    """From the files in the run's folder. Nothing for workers other than the first. A storage that is away by now is said, no failure."""
    if outcome.settings.worker != 0:
        return
    folder = outcome.folder.path
    try:
        store = open_store(outcome.storage, outcome.settings.study_name, outcome.objective.directions)
        try:
            leave(store, _without_space(_read(folder / "manifest.json") or {}), _read(folder / "verdict.json"))
        finally:
            store.close()
    except StudyError as error:
        print(f"NOTE: the study was not told the verdict, which is in the run's folder: {error}", flush=True)


def _without_space(manifest: dict[str, Any]) -> dict[str, Any]:
    """The study's fingerprint has the space."""
    strategy = {key: value for key, value in manifest.get("strategy", {}).items() if key != "space"}
    return manifest | {"strategy": strategy}


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
