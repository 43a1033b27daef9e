"""How far a search or its judging is, while it runs: a bar on a terminal, plain lines elsewhere. Not a log of its results."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any, Protocol, cast, runtime_checkable

LINE_EVERY_S = 10.0
"""Plain lines this far apart: enough to follow a job's log, few enough to read it."""


@dataclass(frozen=True)
class Step:
    """Where a search stands. n_done counts the whole study's trials, n_here those of this run; best is text or empty."""

    n_done: int
    n_total: int
    n_here: int
    n_pruned: int
    best: str


@runtime_checkable
class Stream(Protocol):
    """What progress is written to: standard error, or anything like it."""

    def write(self, text: str, /) -> Any: ...

    def flush(self) -> Any: ...

    def isatty(self) -> bool: ...


def progress_for(stream: Stream, clock: Callable[[], float] = time.monotonic) -> BarProgress | LineProgress:
    """A context manager with `update(step)`: the bar if `stream` is a terminal, lines if not."""
    return BarProgress(stream, clock) if stream.isatty() else LineProgress(stream, clock)


@dataclass
class _Pace:
    """Trials a second and the time left, from this run's own trials."""

    start_s: float

    def rate(self, step: Step, now_s: float) -> float:
        return step.n_here / max(now_s - self.start_s, 1e-9)

    def left_s(self, step: Step, now_s: float) -> float | None:
        rate = self.rate(step, now_s)
        return (step.n_total - step.n_done) / rate if rate > 0 else None


class LineProgress:
    """One line every few seconds, and one for the first and last step."""

    def __init__(self, stream: Stream, clock: Callable[[], float] = time.monotonic):
        self._stream, self._clock = stream, clock
        self._pace = _Pace(clock())
        self._last_s: float | None = None

    def __enter__(self) -> LineProgress:
        self._pace = _Pace(self._clock())
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.flush()

    def update(self, step: Step) -> None:
        """Print a line if one is due."""
        now = self._clock()
        if self._last_s is not None and now - self._last_s < LINE_EVERY_S and step.n_done < step.n_total:
            return
        self._last_s = now
        print(describe(step, self._pace.rate(step, now), self._pace.left_s(step, now)), file=self._stream, flush=True)


class BarProgress:
    """A bar with trials/s, the best so far and the time left."""

    def __init__(self, stream: Stream, clock: Callable[[], float] = time.monotonic):
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
        from rich.progress import Progress as RichProgress

        self._clock = clock
        self._pace = _Pace(clock())
        text = TextColumn("{task.fields[rest]}", markup=False)
        self._bar = RichProgress(TextColumn("trials"), BarColumn(), MofNCompleteColumn(), text, console=Console(file=cast(IO[str], stream)))
        self._task: Any = None

    def __enter__(self) -> BarProgress:
        self._pace = _Pace(self._clock())
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def update(self, step: Step) -> None:
        """Move the bar."""
        now = self._clock()
        rest = _rest(step, self._pace.rate(step, now), self._pace.left_s(step, now))
        if self._task is None:
            self._task = self._bar.add_task("trials", total=step.n_total, rest="")
        self._bar.update(self._task, completed=step.n_done, total=step.n_total, rest=rest)


def describe(step: Step, rate: float, left_s: float | None) -> str:
    """`128/512 trials  95.2 trials/s  best 0.3812 (trial 97)  4s left`."""
    return f"{step.n_done}/{step.n_total} trials  {_rest(step, rate, left_s)}"


def _rest(step: Step, rate: float, left_s: float | None) -> str:
    parts = [f"{rate:.1f} trials/s"]
    if step.best:
        parts.append(f"best {step.best}")
    if step.n_pruned:
        parts.append(f"{step.n_pruned} pruned")
    if left_s is not None and step.n_done < step.n_total:
        parts.append(f"{clock_time(left_s)} left")
    return "  ".join(parts)


def clock_time(seconds: float) -> str:
    """`42s`, `3m05s`, `2h10m`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}m"


def stages_for(stream: Stream, clock: Callable[[], float] = time.monotonic) -> StageLine | StageLines:
    """The same for work that has stages and no trials: a context manager with `say(text)`."""
    return StageLine(stream) if stream.isatty() else StageLines(stream, clock)


class StageLines:
    """A line of its own for a stage that begins LINE_EVERY_S or more after the last line: short work says nothing."""

    def __init__(self, stream: Stream, clock: Callable[[], float] = time.monotonic):
        self._stream, self._clock = stream, clock
        self._last_s = clock()

    def __enter__(self) -> StageLines:
        self._last_s = self._clock()
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.flush()

    def say(self, text: str) -> None:
        """Print the stage if a line is due."""
        now = self._clock()
        if now - self._last_s >= LINE_EVERY_S:
            self._last_s = now
            print(f"judging: {text}", file=self._stream, flush=True)


class StageLine:
    """One line of a terminal that shows the stage and is gone at the end."""

    def __init__(self, stream: Stream):
        from rich.console import Console

        self._status = Console(file=cast(IO[str], stream)).status("judging")

    def __enter__(self) -> StageLine:
        self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._status.stop()

    def say(self, text: str) -> None:
        """Show the stage."""
        from rich.text import Text

        self._status.update(Text(f"judging: {text}"))
