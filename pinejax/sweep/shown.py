"""What a sweep shows of itself beside its tables: report.html and heatmap.png at its end, the report before where that costs little."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pinejax.core.secrets import without_passwords
from pinejax.job.ledger import Pace
from pinejax.report.leave import leave_report, on_stderr
from pinejax.report.sweep_folder import write_heatmap
from pinejax.report.sweep_rows import SweepRow

FIRST_AFTER_S = 10.0
"""A sweep shorter than this gets its report at the end only."""
SHARE = 0.02
"""Of a sweep's time that may go into reports before its end."""


@dataclass
class Shown:
    """Of one sweep's folder. wanted: with report.html. A failure is told in a line and never is the sweep's."""

    folder: Path
    wanted: bool = True
    clock: Callable[[], float] = time.perf_counter

    def __post_init__(self) -> None:
        self._pace = Pace(FIRST_AFTER_S, SHARE, self.clock)

    def keep(self) -> None:
        """The report of the sweep itself as of now, where it is time for it; not those of its runs, which write their own."""
        if self.wanted and self._pace.due:
            self._pace.timed(self._build)

    def _build(self) -> None:
        try:
            from pinejax.report.page.build import build_sweep

            build_sweep(self.folder)
        except Exception as error:  # it is tried again at the end, which says more
            _say("its report", error)

    def leave(self, rows: Sequence[SweepRow]) -> Path | None:
        """Both for good; the report's path, None where there is none."""
        try:
            write_heatmap(self.folder, rows)
        except Exception as error:
            _say("heatmap.png", error)
        return leave_report(self.folder) if self.wanted else None


def _say(what: str, error: Exception) -> None:
    said = " ".join(without_passwords(f"{type(error).__name__}: {error}").split())[:500]
    on_stderr(f"pinejax: {what} cannot be written ({said}); the sweep goes on.")
