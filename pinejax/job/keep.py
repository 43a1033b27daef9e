"""A finished run leaves its manifest and verdict with its study, so that a report can be made of the storage alone."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pinejax.core.secrets import without_passwords
from pinejax.errors import StudyError
from pinejax.job.outcome import Outcome
from pinejax.search.fingerprint import KEY
from pinejax.search.keepsake import leave
from pinejax.search.storage import open_store


def keep_with_study(outcome: Outcome) -> None:
    """From the files in the run's folder. Nothing for workers other than the first. Where that fails, as with a storage that is away by
    now, it is said, and no failure of the run.
    """
    if outcome.settings.worker != 0:
        return
    folder = outcome.folder.path
    try:
        store = open_store(outcome.storage, outcome.settings.study_name, outcome.objective.directions)
        try:
            if KEY not in store.study_attrs()[0]:
                raise StudyError(f"study {outcome.settings.study_name!r} is not in {store.name} any more.")
            leave(store, _without_space(_read(folder / "manifest.json") or {}), _read(folder / "verdict.json"))
        finally:
            store.close()
    except Exception as error:
        said = " ".join(without_passwords(str(error) or type(error).__name__).split())
        outcome.log.say(f"NOTE: the study was not told the verdict, which is in the run's folder: {said}", sys.stderr)


def _without_space(manifest: dict[str, Any]) -> dict[str, Any]:
    """The study's fingerprint has the space."""
    strategy = {key: value for key, value in manifest.get("strategy", {}).items() if key != "space"}
    return manifest | {"strategy": strategy}


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
