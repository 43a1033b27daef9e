"""How a sweep goes, in lines: what has begun or ended, how many are left, the best so far. A search's own progress is elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from pinejax.report.run_log import now_utc, put, stamped
from pinejax.report.standing import clock_time
from pinejax.report.sweep_rows import SweepRow
from pinejax.sweep.record import Record

AGAIN_S = 60.0
"""A sweep in which nothing begins or ends says this often that it is alive."""
BEGINS = ("waiting", "not run")
"""States of what has not begun."""


class Teller:
    """Prints lines with their times about combinations that run side by side, where a launcher says nothing until all have ended."""

    def __init__(self, record: Record, clock: Callable[[], float] = time.monotonic, now: Callable[[], datetime] = now_utc):
        self._record, self._clock, self._now = record, clock, now
        self._told = ["waiting"] * len(record.combinations)
        self._said_s = self.started_s = clock()

    def tell(self, rows: Sequence[SweepRow]) -> None:
        """What has changed since the last time, and how the sweep stands where something has ended, or nothing was said for long."""
        states = [standing.state for standing in self._record.standing]
        lines = []
        for i, (before, state) in enumerate(zip(self._told, states, strict=True)):
            if state != before and state not in BEGINS:
                lines.append(self._line(i, [row for row in rows if row.index == i]))
        ended = any(state != before and state not in (*BEGINS, "running") for before, state in zip(self._told, states, strict=True))
        self._told = states
        if ended or self._clock() - self._said_s >= AGAIN_S:
            lines.append(f"sweep: {self.summary(rows)}")
        if lines:
            self._said_s = self._clock()
            put(stamped("\n".join(lines), self._now()), sys.stdout)

    def summary(self, rows: Sequence[SweepRow]) -> str:
        """`3 of 12 ended (1 failed), 4 running; best sharpe = 1.23: timeframe=5m@1h; 4m10s gone, about 12m30s left`."""
        states = [standing.state for standing in self._record.standing]
        n = {state: states.count(state) for state in set(states)}
        n_failed, n_running = n.get("failed", 0), n.get("running", 0)
        n_ended = len(states) - n_running - sum(n.get(state, 0) for state in BEGINS)
        counted = f"{n_ended} of {len(states)} ended" + (f" ({n_failed} failed)" if n_failed else "")
        parts = [f"{counted}, {n_running} running" if n_running > 1 else counted]
        if best := best_of(rows):
            parts.append(f"best {value_text(best)}: {self._said(best)}")
        gone_s = self._clock() - self.started_s
        left = f", about {clock_time(gone_s * (len(states) - n_ended) / n_ended)} left" if 0 < n_ended < len(states) else ""
        return "; ".join([*parts, f"{clock_time(gone_s)} gone{left}"])

    def _line(self, i: int, rows: Sequence[SweepRow]) -> str:
        standing, one = self._record.standing[i], self._record.combinations[i]
        said = f"[{i + 1}/{len(self._record.combinations)}] {one.said}: {standing.state}"
        if standing.state == "running":
            return said
        parts = [value_text(best)] if (best := best_of(rows)) else []
        first = next(iter(rows), None)
        if first is not None and first.n_trials:
            parts.append(f"{first.n_trials:,} trials")
        if first is not None and first.seconds is not None:
            parts.append(clock_time(first.seconds))
        return ", ".join([said, *parts, *([standing.error] if standing.error else [])])

    def _said(self, row: SweepRow) -> str:
        one = self._record.combinations[row.index]
        return f"{one.said} at {row.timeframe}" if len(one.config.pairs) > 1 else one.said


def best_of(rows: Sequence[SweepRow]) -> SweepRow | None:
    """The best of those with a value; None where there is none, or where objectives differ, which cannot be compared."""
    valued = [row for row in rows if row.value is not None]
    if len({row.objective for row in valued}) != 1:
        return None
    return min(valued, key=lambda row: (max(row.violation, 0.0), row.sort_key, row.index))


def value_text(row: SweepRow) -> str:
    """`sharpe = 1.23`, or that its set breaks a gate."""
    if row.broke:
        return f"{row.objective} of a set that broke a gate"
    return f"{row.objective} = {row.value:.6g}"
