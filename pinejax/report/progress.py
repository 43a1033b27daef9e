"""Shows how far a search or its judging is, while it runs: a screen on a terminal, plain lines elsewhere. The words are `standing`'s."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import IO, Any, cast

from pinejax.report.run_log import Stream, now_utc, put, stamped
from pinejax.report.standing import (
    GAP,
    Speed,
    Step,
    best_line,
    both_ends,
    clock_time,
    done,
    facts,
    flowed,
    last_line,
    line,
    share,
    shortened,
)

LINE_EVERY_S = 10.0
"""Plain lines this far apart: enough to follow a job's log, few enough to read it."""
REFRESH_PER_S = 4.0
"""Each costs a millisecond of the search's time, and a number that changes more often cannot be read."""
MOST_WIDE = 120
"""A screen does not get wider."""
CLEARED = "\r\x1b[K"
"""Ends a line as if nothing had been written on it."""
STOPPING = "stopping after this batch; Ctrl-C again stops at once and loses it"


def is_screen(stream: Stream, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether lines can be drawn again on it. NO_COLOR takes the colours away, and no more."""
    return stream.isatty() and environ.get("TERM", "").lower() not in ("dumb", "unknown")


@contextmanager
def passing(stream: Stream, text: str) -> Iterator[None]:
    """A few words on a terminal while something is done that cannot tell how far it is, gone at its end; elsewhere nothing."""
    shown = is_screen(stream)
    if shown:
        stream.write(text)
        stream.flush()
    try:
        yield
    finally:
        if shown:
            stream.write(CLEARED)
            stream.flush()


def _ignore(text: str) -> None:
    """No log."""


class SearchProgress:
    """Shows a search. A context manager with `update(step)`.

    note: told a plain line every few seconds, whatever is shown. label: a name before plain lines, for runs that share a stream; those
    draw no screen. stopping: whether somebody has asked the search to stop.
    """

    def __init__(
        self,
        study: str,
        stream: Stream,
        note: Callable[[str], None] = _ignore,
        *,
        label: str = "",
        stopping: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._stream, self._note, self._label, self._clock = stream, note, label, clock
        self._screen = _Live(stream, SearchScreen(study, stopping, clock)) if is_screen(stream) and not label else None
        self._pace = Speed(clock())
        self._step: Step | None = None
        self._line_s: float | None = None

    def __enter__(self) -> SearchProgress:
        self._pace = Speed(self._clock())
        if self._screen is not None:
            self._screen.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._screen is not None:
            self._screen.stop()
        if self._step is not None:
            text = last_line(self._step, self._pace, self._clock())
            self._note(text)
            self._print(text)

    def update(self, step: Step) -> None:
        """A batch was done."""
        now_s = self._clock()
        self._step = step
        self._pace.note(step, now_s)
        if self._screen is not None:
            self._screen.content.show(step, self._pace, now_s)
        if self._line_s is not None and now_s - self._line_s < LINE_EVERY_S:
            return
        self._line_s = now_s
        text = line(step, self._pace, now_s)
        self._note(text)
        if self._screen is None:
            self._print(text)

    def _print(self, text: str) -> None:
        """With its time, unless somebody looks on."""
        _print_line(self._stream, f"[{self._label}] {text}" if self._label else text)


def _print_line(stream: Stream, text: str) -> None:
    put(text if is_screen(stream) else stamped(text, now_utc()), stream)


class SearchScreen:
    """Four or five lines of a terminal: the study, a bar, the best set, what else is known. What rich draws at each refresh."""

    def __init__(self, study: str, stopping: Callable[[], bool], clock: Callable[[], float]):
        self._study, self._stopping, self._clock = study, stopping, clock
        self._start_s = clock()
        self._shown: tuple[Step, Speed, float] | None = None

    def show(self, step: Step, pace: Speed, now_s: float) -> None:
        """What to draw from now on."""
        self._shown = step, pace, now_s

    def __rich_console__(self, console: Any, options: Any) -> Iterator[Any]:
        from rich.text import Text

        width, now_s = min(options.max_width, MOST_WIDE), self._clock()
        gone = clock_time(now_s - self._start_s)
        if self._shown is None:
            yield Text(both_ends(f"study {self._study}", f"first batch{GAP}{gone}", width), no_wrap=True)
            yield from self._asked(width)
            return
        step, pace, shown_s = self._shown
        yield Text(both_ends(f"study {self._study}", f"batch {step.n_batches:,}{GAP}{gone}", width), no_wrap=True)
        percent = share(step.n_done, step.n_total)
        left = pace.time_left(step, now_s)
        yield bar(step.n_done, step.n_total, GAP.join([done(step), percent, *([left] if left else [])]), width)
        yield Text(shortened(best_line(step, now_s - shown_s), width), style="bold", no_wrap=True)
        for text in flowed(facts(step, pace.rates), width):
            yield Text(text, no_wrap=True)
        yield from self._asked(width)

    def _asked(self, width: int) -> Iterator[Any]:
        from rich.text import Text

        if self._stopping():
            yield Text(shortened(STOPPING, width), style="bold", no_wrap=True)


def bar(n: int, of: int, text: str, width: int) -> Any:
    """A bar with a text behind it, together as wide as a line; the text alone where there is no room for both."""
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    room = width - len(text) - len(GAP)
    if room < 8:
        return Text(shortened(text, width), no_wrap=True)
    row = Table.grid(padding=(0, len(GAP), 0, 0))
    row.add_row(
        ProgressBar(total=max(of, 1), completed=min(n, of), width=room, complete_style="cyan", finished_style="cyan"),
        Text(text, no_wrap=True),
    )
    return row


class _Live:
    """A rich display that is gone at its end. What is printed meanwhile to the same terminal comes out above it."""

    def __init__(self, stream: Stream, content: Any):
        from rich.console import Console
        from rich.live import Live

        self.content = content
        self._live = Live(
            content,
            console=Console(file=cast(IO[str], stream)),
            refresh_per_second=REFRESH_PER_S,
            transient=True,
            redirect_stdout=sys.stdout.isatty(),  # what goes to a file stays out of the terminal
            redirect_stderr=True,
        )

    def start(self) -> None:
        with suppress(OSError):  # of a terminal that is gone
            self._live.start(refresh=True)

    def stop(self) -> None:
        with suppress(OSError):
            self._live.stop()


class Stages:
    """Shows work that has stages. A context manager; calling it says what is being done, and how much of it is: `say(text, done, of)`.

    note: told each stage that begins, and one of several steps every few seconds. On a terminal a line with a bar that is gone at the
    end; elsewhere a line only for what goes on LINE_EVERY_S or more after the last: short work says nothing.
    """

    def __init__(
        self,
        stream: Stream,
        note: Callable[[str], None] = _ignore,
        *,
        label: str = "",
        clock: Callable[[], float] = time.monotonic,
    ):
        self._stream, self._note, self._label, self._clock = stream, note, label, clock
        self._screen = _Live(stream, StageScreen(clock)) if is_screen(stream) and not label else None
        self._printed_s = self._noted_s = clock()
        self._begun: tuple[float, int] | None = None

    def __enter__(self) -> Stages:
        self._printed_s = self._noted_s = self._clock()
        if self._screen is not None:
            self._screen.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._screen is not None:
            self._screen.stop()

    def __call__(self, text: str, done: int = 0, of: int = 0) -> None:
        """A stage, or `done` of its `of` steps."""
        now_s = self._clock()
        left = self._left(done, of, now_s)
        said = f"judging: {text}{left and f', {left}'}"
        if self._screen is not None:
            self._screen.content.show(text, done, of, left)
        elif now_s - self._printed_s >= LINE_EVERY_S:
            self._printed_s = now_s
            _print_line(self._stream, f"[{self._label}] {said}" if self._label else said)
        if not of or now_s - self._noted_s >= LINE_EVERY_S:
            self._noted_s = now_s
            self._note(said)

    def _left(self, done: int, of: int, now_s: float) -> str:
        """`2m05s left`, by the steps of this stage since the first that was told; may be empty."""
        if not of:
            self._begun = None
        elif self._begun is None:
            self._begun = now_s, done
        elif done > self._begun[1]:
            since_s, first = self._begun
            return f"{clock_time((of - done) * (now_s - since_s) / (done - first))} left" if done < of else ""
        return ""


class StageScreen:
    """One line of a terminal, or two: the stage, and a bar where its steps are counted."""

    def __init__(self, clock: Callable[[], float]):
        self._clock = clock
        self._start_s = clock()
        self._shown: tuple[str, int, int, str] = ("", 0, 0, "")

    def show(self, text: str, done: int, of: int, left: str = "") -> None:
        """What to draw from now on. left: how long the steps that are not done will take, in words."""
        self._shown = text, done, of, left

    def __rich_console__(self, console: Any, options: Any) -> Iterator[Any]:
        from rich.text import Text

        width = min(options.max_width, MOST_WIDE)
        text, n, of, left = self._shown
        gone = clock_time(self._clock() - self._start_s)
        yield Text(both_ends(f"judging: {text}", gone, width), no_wrap=True)
        if of:
            yield bar(n, of, GAP.join([f"{n:,}/{of:,}", share(n, of), *([left] if left else [])]), width)
