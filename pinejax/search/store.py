"""What a search needs from the place where its study is kept. Implementations: `rdb`, `fallback`, and memory alone, here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from optuna.trial import FrozenTrial, TrialState

Stored = dict[int, tuple[int, int]]
"""The id that a trial was asked under, provisional (negative) or of a WAITING trial -> (final id, final number)."""

DUPLICATE_OF = "duplicate_of"
STATUS_KEY = "status"
ERROR_KEY = "error"


def counts(trial: FrozenTrial) -> bool:
    """Whether a trial counts towards n_trials: judged, not lost.

    COMPLETE and PRUNED do, and FAIL where the engine gave a status. A trial that failed because evaluation raised, or whose
    worker died, does not: the same command evaluates another in its place.
    """
    if trial.state in (TrialState.COMPLETE, TrialState.PRUNED):
        return True
    return trial.state == TrialState.FAIL and STATUS_KEY in trial.user_attrs


@runtime_checkable
class StudyStore(Protocol):
    """One study's durable side. All trials it gives out carry their final ids and numbers.

    A trial is reserved before it is evaluated, and so is RUNNING for everybody, under a lease; while its worker lives, `beat` renews
    the lease. A lease that ran out, or whose owner is known to be gone, is taken away by `recover`.
    """

    @property
    def name(self) -> str:
        """Where the study is, without passwords."""
        ...

    def read(self) -> list[FrozenTrial]:
        """Trials that are new or changed since the last call and were not written through this object."""
        ...

    def study_attrs(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The study's user and system attributes."""
        ...

    def set_user_attrs(self, attrs: Mapping[str, Any]) -> None:
        """Sets user attributes of the study."""
        ...

    def reserve(self, trials: Sequence[FrozenTrial], n_trials: int, system_attrs: Mapping[str, Any]) -> Stored:
        """Makes trials RUNNING under a lease, which is added to their system attributes; those that got one.

        A trial with a negative id is new; one with another id waits in the study and may have been taken by somebody else. Trials
        that count, RUNNING ones and, before new ones, WAITING ones together are at most `n_trials`: what does not fit is left out.
        A waiting trial that is finished already (it does not fit the space) is taken in any case: it will not count.
        """
        ...

    def finish(self, trials: Sequence[FrozenTrial], system_attrs: Mapping[str, Any]) -> frozenset[int]:
        """Stores the results of reserved trials; the ids of those whose lease was lost meanwhile, of which nothing is stored."""
        ...

    def beat(self) -> None:
        """Renews the leases. May be called from another thread."""
        ...

    def recover(self, mine: bool = False) -> int:
        """Fails RUNNING trials whose lease ran out, and queues their parameters again as WAITING trials; how many there were.

        mine: those of this object instead, at the end of a search that did not get to tell them.
        """
        ...

    def close(self) -> None:
        """Lets go of connections."""
        ...


class MemoryStore:
    """Nothing is kept beyond the process."""

    name = "memory"

    def __init__(self) -> None:
        self._n_trials = 0
        self._user: dict[str, Any] = {}

    def read(self) -> list[FrozenTrial]:
        """Nobody else writes here."""
        return []

    def study_attrs(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """What was set."""
        return dict(self._user), {}

    def set_user_attrs(self, attrs: Mapping[str, Any]) -> None:
        """Kept as long as this object."""
        self._user.update(attrs)

    def reserve(self, trials: Sequence[FrozenTrial], n_trials: int, system_attrs: Mapping[str, Any]) -> Stored:
        """Numbers the trials; an id is the number. There is always room: nobody else takes any."""
        first, self._n_trials = self._n_trials, self._n_trials + len(trials)
        return {trial._trial_id: (first + i, first + i) for i, trial in enumerate(trials)}

    def finish(self, trials: Sequence[FrozenTrial], system_attrs: Mapping[str, Any]) -> frozenset[int]:
        """Nothing to store, nobody to lose a trial to."""
        return frozenset()

    def beat(self) -> None:
        """Nobody looks."""

    def recover(self, mine: bool = False) -> int:
        """What a search does not tell is gone with it."""
        return 0

    def close(self) -> None:
        """Nothing to let go of."""
