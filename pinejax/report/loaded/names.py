"""Names that a user types in a notebook, found among those there are."""

from __future__ import annotations

from collections.abc import Sequence

from pinejax.errors import ReportError, did_you_mean
from pinejax.report.saved import Dataset
from pinejax.report.statistics.searched import Objective


def require_dataset(name: str, known: Sequence[Dataset]) -> str:
    """The dataset's name, from it or from its symbol where that names one. Errors: ReportError."""
    names = [dataset.name for dataset in known]
    if name in names:
        return name
    of_symbol = [dataset.name for dataset in known if dataset.symbol == name]
    if len(of_symbol) == 1:
        return of_symbol[0]
    raise ReportError(f"dataset: expected the name of one, got {name!r}. {did_you_mean(name, names)}")


def require_objective(given: str | int, known: Sequence[Objective]) -> int:
    """The objective's place, from it or its name. Errors: ReportError."""
    names = [objective.name for objective in known]
    if isinstance(given, int):
        if 0 <= given < max(len(names), 1):
            return given
        raise ReportError(f"objective: expected 0 to {len(names) - 1}, or a name, got {given}. {did_you_mean('', names)}")
    if given in names:
        return names.index(given)
    raise ReportError(f"objective: expected the name of one, got {given!r}. {did_you_mean(given, names)}")
