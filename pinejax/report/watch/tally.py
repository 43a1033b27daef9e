"""A study as those who look on see it: what one look brings is added to what is known. No clock, no storage, no terminal."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pinejax.search.following import News, Sign
from pinejax.search.keepsake import AIM
from pinejax.search.lease import said
from pinejax.search.library import StoredStudy, StoredTrial
from pinejax.search.ranking import pareto_front, violation
from pinejax.search.records import counts, duplicate_of
from pinejax.search.shelf import SILENT_S

WINDOW_S = 60.0
"""Speed is that of the last minute."""
MOST_BETTERS = 8
CHUNK = 500
"""Trials that are held against a Pareto front together: the work grows with the square."""


@dataclass(frozen=True)
class Better:
    """A trial that was the best when it ended. when: local time; None where nobody noted it. violation: of gates; 0 where all hold."""

    trial: int
    value: float
    violation: float
    when: datetime | None


@dataclass(frozen=True)
class Worker:
    """Who runs trials. age_s: since its last sign of life; state: alive, silent (for SILENT_S), or gone (it ran on this machine)."""

    name: str
    n_trials: int
    age_s: float
    state: str


@dataclass(frozen=True)
class View:
    """A study at one moment. n_done counts towards n_wanted, which is None where nobody has said it. rate: trials per second over the last
    minute. left_s: None where it is not running. betters: the last ones, the best last; empty with several objectives, of which n_front is
    the size of the Pareto front. last: when a trial last began or ended, local time.
    """

    name: str
    objectives: tuple[str, ...]
    n_by_state: Mapping[str, int]
    n_done: int
    n_wanted: int | None
    rate: float
    left_s: float | None
    betters: tuple[Better, ...]
    n_front: int | None
    workers: tuple[Worker, ...]
    last: datetime | None

    @property
    def best(self) -> Better | None:
        """Of one objective."""
        return self.betters[-1] if self.betters else None

    @property
    def is_running(self) -> bool:
        """Whether anybody alive runs a trial."""
        return any(worker.state == "alive" for worker in self.workers)

    @property
    def n_silent(self) -> int:
        """Running trials of workers that are silent or gone."""
        return sum(worker.n_trials for worker in self.workers if worker.state != "alive")

    @property
    def n_ended(self) -> int:
        """Trials, however they ended."""
        return sum(n for state, n in self.n_by_state.items() if state not in ("RUNNING", "WAITING"))


class Tally:
    """One study: every trial is counted once, however often it is looked at."""

    def __init__(self, news: News):
        self._directions = news.directions
        self._signs = [-1.0 if way == "maximize" else 1.0 for way in news.directions]
        self._unfinished: dict[int, str] = {}
        self._ended: Counter[str] = Counter()
        self._n_done = 0
        self._best: tuple[float, float, int] | None = None
        self._betters: deque[Better] = deque(maxlen=MOST_BETTERS)
        self._front: list[StoredTrial] = []
        self._recent: deque[tuple[datetime, datetime]] = deque()
        self._last: datetime | None = None
        self.add(news)

    def add(self, news: News) -> None:
        """What a look has brought."""
        self._news = news
        ended = []
        for trial in news.trials:
            moments = [moment for moment in (trial.datetime_start, trial.datetime_complete, self._last) if moment is not None]
            self._last = max(moments, default=None)
            if trial.state.is_finished():
                self._unfinished.pop(trial.number, None)
                ended.append(trial)
            else:
                self._unfinished[trial.number] = trial.state.name
        ended.sort(key=lambda trial: (trial.datetime_complete or datetime.min, trial.number))
        for trial in ended:
            self._ended[trial.state.name] += 1
            self._n_done += counts(trial)
            if trial.datetime_complete is not None:
                self._recent.append((trial.datetime_start or trial.datetime_complete, trial.datetime_complete))
            if len(self._directions) == 1:
                self._compare(trial)
        if len(self._directions) > 1:
            for start in range(0, len(ended), CHUNK):
                self._front = pareto_front([*self._front, *ended[start : start + CHUNK]], self._directions)
        newest = self._recent[-1][1] if self._recent else None
        while newest is not None and (newest - self._recent[0][1]).total_seconds() > WINDOW_S:
            self._recent.popleft()

    def _compare(self, trial: StoredTrial) -> None:
        """Ranked as the search ranks: those that hold their gates first."""
        if trial.state.name != "COMPLETE" or not trial.values or duplicate_of(trial) is not None:
            return
        key = (violation(trial), self._signs[0] * trial.values[0], trial.number)
        if self._best is not None and key >= self._best:
            return
        better = Better(trial.number, trial.values[0], key[0], trial.datetime_complete)
        if self._best is not None and key[:2] == self._best[:2]:
            self._betters.pop()  # as good, and asked earlier: the same best under another number
        self._best = key
        self._betters.append(better)

    def view(self, now: datetime) -> View:
        """The study at `now`, local time."""
        states = self._ended + Counter(self._unfinished.values())
        wanted = self._news.attrs.get(AIM)
        rate = self._rate(now)
        left = max(wanted - self._n_done, 0) if isinstance(wanted, int) else None
        workers = tuple(worker_of(sign) for sign in self._news.running if sign.n_trials or left != 0)
        is_running = any(worker.state == "alive" for worker in workers)
        return View(
            name=self._news.name,
            objectives=StoredStudy(self._news.name, self._directions, self._news.attrs, ()).objectives,
            n_by_state=dict(states),
            n_done=self._n_done,
            n_wanted=wanted if isinstance(wanted, int) else None,
            rate=rate,
            left_s=left / rate if left is not None and rate > 0 and is_running else None,
            betters=tuple(self._betters),
            n_front=len(self._front) if len(self._directions) > 1 else None,
            workers=workers,
            last=self._last,
        )

    def _rate(self, now: datetime) -> float:
        """Of a search that began within the minute, from its first trial on."""
        recent = [(began, ended) for began, ended in self._recent if ended > now - timedelta(seconds=WINDOW_S)]
        if not recent:
            return 0.0
        span = (now - min(began for began, _ in recent)).total_seconds()
        return len(recent) / min(max(span, 1.0), WINDOW_S)


def worker_of(sign: Sign) -> Worker:
    """Whether it lives, as far as that can be known from here."""
    state = "gone" if sign.is_gone else "silent" if sign.age_s > SILENT_S else "alive"
    return Worker(said(sign.lease or None), sign.n_trials, sign.age_s, state)
