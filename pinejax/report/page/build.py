"""A folder to its report.html: a run's, or a sweep's with those of its runs. What is on a page is `run_page` and `sweep_page`."""

from __future__ import annotations

from pathlib import Path

from pinejax.errors import ReportError
from pinejax.report.atomic import write_text
from pinejax.report.page import run_page, sweep_page
from pinejax.report.saved import read_folder
from pinejax.report.saved_sweep import SWEEP, read_sweep
from pinejax.report.sweep_folder import HEATMAP, write_heatmap

NAME = "report.html"


def build(folder: Path, out: Path | None = None) -> Path:
    """Write the report of a run's or a sweep's folder, to report.html in it unless told where; the path written.

    A sweep's runs get theirs as well, unless they are up to date, and the sweep its picture where it has none. Errors: ReportError.
    """
    if not (folder / SWEEP).is_file():
        path = folder / NAME if out is None else out
        write_text(path, run_page.page(read_folder(folder)))
        return path
    sweep = read_sweep(folder)
    broken = {}
    for place, saved in sweep.runs.items():
        if not is_current(saved.folder):
            try:
                build(saved.folder)
            except ReportError as error:
                broken[place] = str(error)
    if not (folder / HEATMAP).is_file():
        write_heatmap(folder, sweep.rows)
    return build_sweep(folder, out, broken)


def build_sweep(folder: Path, out: Path | None = None, broken: dict[str, str] | None = None) -> Path:
    """A sweep's own page alone, with links to those of its runs' reports that there are; the path written.

    broken: by run, why its report could not be made. Errors: ReportError.
    """
    path = folder / NAME if out is None else out
    write_text(path, sweep_page.page(read_sweep(folder), NAME, path.parent, broken or {}))
    return path


def is_current(folder: Path) -> bool:
    """Whether a run's report is younger than everything else in its folder."""
    report = folder / NAME
    if not report.is_file():
        return False
    made = report.stat().st_mtime_ns
    return all(path.stat().st_mtime_ns <= made for path in folder.iterdir() if path.is_file() and path != report)
