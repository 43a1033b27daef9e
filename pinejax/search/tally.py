"""How a study's trials ended, and who else works on it, counted as the trials come. It reads no database."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from pinejax.search.lease import LEASE_KEY, is_gone
from pinejax.search.records import duplicate_of

RECENT_S = 30.0
"""A worker between two batches runs nothing: it is taken for alive this long after something came of it."""
LOOK_EVERY_S = 1.0
"""Whether processes are still there is looked up this often, however fast batches are."""


@dataclass
class Tally:
    """Finished trials of the whole study. n_repeated: those of them that took an earlier trial's results over."""

    n_complete: int = 0
    n_pruned: int = 0
    n_failed: int = 0
    n_repeated: int = 0

    @property
    def n_finished(self) -> int:
        """However they ended."""
        return self.n_complete + self.n_pruned + self.n_failed

    def add(self, trial: FrozenTrial, n: int = 1) -> None:
        """Counts a finished trial; with n=-1, one that is not to be counted any more."""
        if trial.state == TrialState.COMPLETE:
            self.n_complete += n
        elif trial.state == TrialState.PRUNED:
            self.n_pruned += n
        else:
            self.n_failed += n
        if duplicate_of(trial) is not None:
            self.n_repeated += n


class Others:
    """The other workers of a study, as the leases of their trials tell: no other sign of them is looked at.

    One that died on another machine counts until its trials are taken from it; on this machine its process is looked for.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._own = ""
        self._seen: dict[str, tuple[Mapping[str, Any], float]] = {}
        self._n_alive, self._next_look_s = 0, 0.0

    def own(self, trials: Iterable[FrozenTrial]) -> None:
        """Trials that this worker has just reserved: their lease is its own."""
        for trial in trials:
            self._own = _run_of(trial) or self._own
            return

    def note(self, trials: Iterable[FrozenTrial]) -> None:
        """Trials that have come from the storage just now, written by others."""
        now = self._clock()
        for trial in trials:
            if run := _run_of(trial):
                if run not in self._seen:
                    self._next_look_s = 0.0
                self._seen[run] = trial.system_attrs[LEASE_KEY], now

    def n_alive(self, running: Iterable[FrozenTrial]) -> int:
        """How many there are: those of running trials, and those of which something came lately."""
        now = self._clock()
        if now < self._next_look_s:
            return self._n_alive
        self._next_look_s = now + LOOK_EVERY_S
        leases = {run: trial.system_attrs[LEASE_KEY] for trial in running if (run := _run_of(trial))}
        leases |= {run: lease for run, (lease, seen_s) in self._seen.items() if now - seen_s <= RECENT_S}
        leases.pop(self._own, None)
        self._n_alive = sum(not is_gone(lease) for lease in leases.values())
        return self._n_alive


def _run_of(trial: FrozenTrial) -> str:
    """The run of a worker that holds, or held, the trial's lease; empty without one."""
    lease = trial.system_attrs.get(LEASE_KEY)
    return str(lease.get("run", "")) if isinstance(lease, Mapping) else ""
