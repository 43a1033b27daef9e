"""When a run writes its report.html: now and then while it goes on, and at its end. What is on it, is `pinejax.report.page`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pinejax.job.ledger import Pace
from pinejax.report.leave import leave_report, on_stderr

FIRST_PAGE_S = 30.0
"""A run shorter than this gets its report at the end only."""
PAGE_SHARE = 0.02
"""Of the run's time that may go into reports before its end."""


class RunPage:
    """Of one run's folder. wanted: `report.html`; tell: told in a line why there is none."""

    def __init__(self, wanted: bool, tell: Callable[[str], None] = on_stderr):
        self._wanted = self._works = wanted
        self._tell = tell
        self._pace = Pace(first_after_s=FIRST_PAGE_S, share=PAGE_SHARE)
        self._shown: object = None

    def keep(self, folder: Path, state: object) -> None:
        """As of now, where it is time for it and `state` is another than at the last one. After one that failed, only `leave` tries."""
        if self._works and state != self._shown and self._pace.due:
            self._works = self._pace.timed(lambda: leave_report(folder, self._tell)) is not None
            self._shown = state

    def leave(self, folder: Path) -> Path | None:
        """For good; where it is, None where there is none."""
        return leave_report(folder, self._tell) if self._wanted else None
