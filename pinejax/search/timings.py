"""Where a search's seconds went. A stopwatch, no profiler."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Timings:
    """Wall-clock seconds.

    open_s: finding the study in its storage. evaluate_s is without prune_s (reports and pruner inside an evaluation);
    wait_s: for trials that other workers run.
    """

    open_s: float = 0.0
    ask_s: float = 0.0
    evaluate_s: float = 0.0
    prune_s: float = 0.0
    tell_s: float = 0.0
    flush_s: float = 0.0
    pull_s: float = 0.0
    wait_s: float = 0.0
    total_s: float = 0.0

    @property
    def sampler_s(self) -> float:
        """Optuna's part: ask, tell and pruning."""
        return self.ask_s + self.tell_s + self.prune_s

    @property
    def storage_s(self) -> float:
        """The database's part."""
        return self.open_s + self.flush_s + self.pull_s


class Stopwatch:
    """Adds up named spans."""

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self._spans: dict[str, float] = {}

    @contextmanager
    def span(self, name: str) -> Iterator[None]:
        """Adds the time spent inside to `name`."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self._spans[name] = self._spans.get(name, 0.0) + time.perf_counter() - start

    @property
    def spans(self) -> dict[str, float]:
        """Seconds by name."""
        return dict(self._spans)

    @property
    def elapsed_s(self) -> float:
        """Since the stopwatch was made."""
        return time.perf_counter() - self._start

    def read(self) -> Timings:
        """What has been added so far."""
        get = self._spans.get
        prune = get("prune", 0.0)
        return Timings(
            open_s=get("open", 0.0),
            ask_s=get("ask", 0.0),
            evaluate_s=max(0.0, get("evaluate", 0.0) - prune),
            prune_s=prune,
            tell_s=get("tell", 0.0),
            flush_s=get("flush", 0.0),
            pull_s=get("pull", 0.0),
            wait_s=get("wait", 0.0),
            total_s=self.elapsed_s,
        )
