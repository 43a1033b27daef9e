"""Where a search stands, in words: a line for logs, and the parts of a screen. What shows them, and when, is `progress`."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

WINDOW_S = 30.0
"""The pace is that of so many seconds: long enough for some batches, short enough to notice that workers came or went."""
GAP = "  "
"""Between the parts of a line."""


@dataclass(frozen=True)
class Step:
    """Where a search stands after a batch. n_done, n_total: the whole study's trials; n_here: of this run's own.

    n_finished: all of the study's, of which n_pruned, n_failed and n_repeated are parts. best: in words, empty where there is none;
    best_age_s: seconds since its trial ended, at the time of this step. n_workers: at work on the study; n_running: trials of the
    others' that this run waits for, 0 where it does not wait. limit_s: seconds that search.timeout_s leaves, None without one.
    """

    n_done: int
    n_total: int
    n_here: int
    n_batches: int = 0
    n_finished: int = 0
    n_pruned: int = 0
    n_failed: int = 0
    n_repeated: int = 0
    best: str = ""
    best_age_s: float | None = None
    n_workers: int = 1
    n_running: int = 0
    limit_s: float | None = None


@dataclass(frozen=True)
class Rates:
    """Trials a second: of this run, and of the whole study."""

    here: float = 0.0
    study: float = 0.0


class Speed:
    """How fast trials came of late, and so how long the others will take. Seconds are of any one clock."""

    def __init__(self, start_s: float):
        self.start_s = start_s
        self._marks: deque[tuple[float, int, int]] = deque()

    def note(self, step: Step, now_s: float) -> None:
        """A step was made. The first one tells how many trials there were before."""
        if not self._marks:
            self._marks.append((self.start_s, 0, step.n_done - step.n_here))
        self._marks.append((now_s, step.n_here, step.n_done))
        while len(self._marks) > 2 and self._marks[1][0] <= now_s - WINDOW_S:
            self._marks.popleft()

    @property
    def rates(self) -> Rates:
        """Over the last seconds, or the last batch where that took longer; 0 before the first one."""
        if not self._marks:
            return Rates()
        (first_s, here, done), (last_s, here_now, done_now) = self._marks[0], self._marks[-1]
        passed_s = max(last_s - first_s, 1e-9)
        return Rates((here_now - here) / passed_s, (done_now - done) / passed_s)

    def time_left(self, step: Step, now_s: float) -> str:
        """`2m05s left` until the study has its trials by its own pace, or until search.timeout_s where that comes first; may be empty."""
        if step.n_done >= step.n_total or not self._marks:
            return ""
        since_s, rate = now_s - self._marks[-1][0], self.rates.study
        left_s = None if rate <= 0 else max(0.0, (step.n_total - step.n_done) / rate - since_s)
        limit_s = None if step.limit_s is None else max(0.0, step.limit_s - since_s)
        if limit_s is not None and (left_s is None or limit_s < left_s):
            return f"{clock_time(limit_s)} left of search.timeout_s"
        return "" if left_s is None else f"{clock_time(left_s)} left"


def line(step: Step, pace: Speed, now_s: float) -> str:
    """`1,024/2,000 trials  95.2 trials/s  best sharpe 0.3812 (trial 97)  310 pruned (30%)  4s left`."""
    rates, left = pace.rates, pace.time_left(step, now_s)
    return GAP.join([f"{done(step)} trials", *_facts(step, rate_text(step, rates)), *([left] if left else [])])


def last_line(step: Step, pace: Speed, now_s: float) -> str:
    """The same when the search has ended, with the pace of the whole run: `2,000/2,000 trials  412 trials/s for 5s  ...`."""
    passed_s = max(now_s - pace.start_s, 1e-9)
    return GAP.join([f"{done(step)} trials", *_facts(step, f"{rate_of(step.n_here / passed_s)} trials/s for {clock_time(passed_s)}")])


def best_line(step: Step, passed_s: float) -> str:
    """`best sharpe 0.3812 (trial 97) for 12s`. passed_s: since the step."""
    if not step.best:
        return "no set with a result yet"
    age = "" if step.best_age_s is None else f" for {clock_time(step.best_age_s + passed_s)}"
    return f"best {step.best}{age}"


def facts(step: Step, rates: Rates) -> list[str]:
    """What a screen says besides counts, best and time left."""
    return [rate_text(step, rates), *counts(step), *_waiting(step)]


def _facts(step: Step, speed: str) -> list[str]:
    return [speed, *([f"best {step.best}"] if step.best else []), *counts(step), *_waiting(step)]


def _waiting(step: Step) -> list[str]:
    return [f"waiting for {step.n_running:,} that others run"] if step.n_running else []


def done(step: Step) -> str:
    """`1,024/2,000`."""
    return f"{step.n_done:,}/{step.n_total:,}"


def counts(step: Step) -> list[str]:
    """Trials that ended otherwise than with a value of their own, where there are some."""
    ends = [(step.n_pruned, "pruned"), (step.n_failed, "failed")]
    found = [f"{n:,} {word} ({share(n, step.n_finished)})" for n, word in ends if n]
    return [*found, f"{step.n_repeated:,} repeated"] if step.n_repeated else found


def rate_text(step: Step, rates: Rates) -> str:
    """`95.2 trials/s`; with several workers `95.2 trials/s here, 310 with 4 workers`."""
    own = f"{rate_of(rates.here)} trials/s"
    return own if step.n_workers == 1 else f"{own} here, {rate_of(rates.study)} with {step.n_workers} workers"


def share(n: int, of: int) -> str:
    """`30%`, `0.2%`, `<0.1%`."""
    percent = 100.0 * n / of if of else 0.0
    if 0.0 < percent < 0.1:
        return "<0.1%"
    return f"{percent:.1f}%" if 0.0 < percent < 1.0 else f"{percent:.0f}%"


def rate_of(per_s: float) -> str:
    """Three digits or all whole ones: `0.0713`, `95.2`, `1,234`."""
    return f"{per_s:,.0f}" if per_s >= 100.0 else f"{per_s:.3g}"


def clock_time(seconds: float) -> str:
    """`42s`, `3m05s`, `2h10m`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}m"


def flowed(parts: Iterable[str], width: int, gap: str = GAP) -> list[str]:
    """Parts side by side on as few lines as there need be; none is broken unless it is wider than a line, of which the end goes."""
    lines: list[str] = []
    for part in parts:
        if lines and len(lines[-1]) + len(gap) + len(part) <= width:
            lines[-1] += gap + part
        else:
            lines.append(shortened(part, width))
    return lines


def both_ends(left: str, right: str, width: int) -> str:
    """One to the left, one to the right; the left one gives way."""
    room = width - len(right) - len(GAP)
    if room < 1:
        return shortened(right, width)
    return f"{shortened(left, room):<{room}}{GAP}{right}"


def shortened(text: str, width: int) -> str:
    """Its beginning and an ellipsis, where it is wider."""
    return text if len(text) <= width else text[: max(0, width - 1)] + "…"
