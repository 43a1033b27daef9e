"""`list`: one line per study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pinejax.report.text import grid
from pinejax.search.library import Overview

STATES = {"COMPLETE": "complete", "PRUNED": "pruned", "FAIL": "failed", "RUNNING": "running", "WAITING": "waiting"}
"""As they are shown, and in this order."""


def list_text(storage: str, studies: Sequence[Overview]) -> str:
    """A table in the order of making, and a last line that counts. Times are local."""
    counted = f"{len(studies)} stud{'y' if len(studies) == 1 else 'ies'} in {storage}."
    if not studies:
        return counted
    rows = [
        [
            study.name,
            f"{sum(study.n_by_state.values()):,}",
            states_text(study.n_by_state, study.n_silent),
            _best(study),
            study.last.strftime("%Y-%m-%d %H:%M") if study.last else "-",
        ]
        for study in studies
    ]
    return f"{grid(['study', 'trials', 'of them', 'best', 'last active'], rows)}\n{counted}"


def states_text(n_by_state: Mapping[str, int], n_silent: int = 0) -> str:
    """`180 complete, 15 pruned, 2 running (1 silent)`. n_silent: of the running ones, those whose worker may have died."""
    parts = [f"{n_by_state[state]:,} {word}" for state, word in STATES.items() if n_by_state.get(state)]
    silent = f" ({n_silent} silent)" if n_silent else ""
    return ", ".join(part + (silent if part.endswith("running") else "") for part in parts) or "none"


def _best(study: Overview) -> str:
    if len(study.directions) > 1:
        return f"{len(study.directions)} objectives"
    return "-" if study.best is None else f"{study.best:.6g}"
