"""`pinejax.load` and `pinejax.load_study`: a run, a sweep or a stored study as an object for notebooks and scripts."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path

from pinejax.errors import ReportError
from pinejax.report.loaded.run import Run
from pinejax.report.loaded.sweep import Sweep
from pinejax.report.saved import read_folder
from pinejax.report.saved_sweep import SWEEP, read_sweep

RUN = "manifest.json"
NEAR = ("*", "*/*", "outputs/*", "outputs/*/*")
"""Where runs are looked for that could have been meant."""
MOST_NAMED = 3


def load(folder: str | PathLike[str]) -> Run | Sweep:
    """What a run or a sweep printed after `Files:`. Errors: ReportError, naming the newest runs near by, for a folder that is neither."""
    place = Path(folder).expanduser()
    if (place / SWEEP).is_file():
        return Sweep(read_sweep(place))
    if (place / RUN).is_file():
        return Run(read_folder(place))
    what = "there is no such folder" if not place.exists() else "it is no folder" if not place.is_dir() else "it is neither"
    raise ReportError(f"{place}: expected the folder of a run (with {RUN}) or of a sweep (with {SWEEP}), but {what}. {_near(place)}")


def load_study(name: str, storage: str | None) -> Run:
    """What a storage has of a study. storage: its URL; None: where a search would keep it. Errors: StudyError."""
    from pinejax.core.location import StorageConfig
    from pinejax.report.cli import page_of_study
    from pinejax.report.from_study import read_study
    from pinejax.search.library import Library

    with Library(StorageConfig(url=storage).resolve(os.environ)) as library:
        return Run(read_study(library.read(name), library.name, datetime.now(UTC)), page_of_study(name))


def _near(place: Path) -> str:
    """The newest folders of runs in it, beside it, or where runs go."""
    start = next((parent for parent in (place, *place.parents) if parent.is_dir()), Path())
    bases = [base for base in dict.fromkeys((start, Path())) if str(base.resolve()) != base.resolve().anchor]
    files = [path for base in bases for near in NEAR for name in (RUN, SWEEP) for path in base.glob(f"{near}/{name}")]
    found = {path.parent: path.stat().st_mtime for path in files}
    newest = sorted(found, key=lambda folder: -found[folder])[:MOST_NAMED]
    return f"The newest near by: {', '.join(map(str, newest))}." if newest else "A run prints its folder after `Files:`."
