"""A report as the end of something else, which it never takes with it. What is on it, is `page`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from pinejax.core.secrets import without_passwords
from pinejax.report.run_log import put
from pinejax.report.text import short_path


def on_stderr(text: str) -> None:
    """A line that is no result."""
    put(text, sys.stderr)


def leave_report(folder: Path, tell: Callable[[str], None] = on_stderr) -> Path | None:
    """Writes report.html into a folder; the path written. Where that fails, whatever the reason, one line tells so, and None: the files
    it is made from are there, and it can be made again.
    """
    try:
        from pinejax.report.page.build import build

        return build(folder)
    except Exception as error:  # a full disk or a bug in a section: neither is worth a run
        said = " ".join(without_passwords(f"{type(error).__name__}: {error}").split())[:500]
        again = f"python -m pinejax.report build {short_path(folder)}"
        tell(f"pinejax: no report was written ({said}). All other files are there. To try again: {again}")
        return None
