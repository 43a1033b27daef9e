"""A run's files as the study goes: when to write them, so that a crash loses little and writing costs little. Not what is in them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

MIN_PAUSE_S = 2.0
SHARE = 0.05
"""Of the run's time that may go into writing files before its end."""


@dataclass
class Pace:
    """Says when something costly may be done again: after `first_after_s`, then so rarely that it takes at most `share` of the time."""

    first_after_s: float = 0.0
    share: float = SHARE
    clock: Callable[[], float] = time.perf_counter
    spent_s: float = 0.0

    def __post_init__(self) -> None:
        self._next_s = self.clock() + self.first_after_s

    @property
    def due(self) -> bool:
        """Whether enough time has passed."""
        return self.clock() >= self._next_s

    def timed(self, action: Callable[[], T]) -> T:
        """Does it, and takes its cost into account."""
        started = self.clock()
        try:
            return action()
        finally:
            now = self.clock()
            self.spent_s += now - started
            self._next_s = now + max(MIN_PAUSE_S, (now - started) / self.share)
