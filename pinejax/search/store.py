"""What a search needs from the place where its study is kept. Implementations: `rdb`, `fallback`, and memory alone, here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from optuna.trial import FrozenTrial

Stored = dict[int, tuple[int, int]]
"""Provisional trial id -> (final id, final number)."""


DUPLICATE_OF = "duplicate_of"


def settled_attrs(attrs: Mapping[str, Any], numbers: Mapping[int, int]) -> dict[str, Any]:
    """User attributes with references to provisional trial numbers replaced. numbers: provisional -> final."""
    if DUPLICATE_OF not in attrs:
        return dict(attrs)
    number = attrs[DUPLICATE_OF]
    return {**attrs, DUPLICATE_OF: numbers.get(number, number)}


@runtime_checkable
class StudyStore(Protocol):
    """One study's durable side. All trials it gives out carry their final ids and numbers."""

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

    def append(self, trials: Sequence[FrozenTrial], system_attrs: Mapping[str, Any]) -> Stored:
        """Stores finished trials and changed system attributes of the study, all or nothing."""
        ...

    def claim(self, trial_id: int) -> bool:
        """Starts a stored WAITING trial; false when another worker was faster."""
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

    def append(self, trials: Sequence[FrozenTrial], system_attrs: Mapping[str, Any]) -> Stored:
        """Numbers the trials; an id is the number."""
        first, self._n_trials = self._n_trials, self._n_trials + len(trials)
        return {trial._trial_id: (first + i, first + i) for i, trial in enumerate(trials)}

    def claim(self, trial_id: int) -> bool:
        """Always."""
        return True

    def close(self) -> None:
        """Nothing to let go of."""
