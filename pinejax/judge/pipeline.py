"""All evidence about a search, piece by piece, and what is left of it in the run's folder. What follows from it is `verdict`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from pinejax.judge.case import Case, NotEnough
from pinejax.judge.cross_validation import cross_validation
from pinejax.judge.datasets import datasets
from pinejax.judge.deflation import deflation
from pinejax.judge.holdout import holdout
from pinejax.judge.importance import importance
from pinejax.judge.intervals import intervals
from pinejax.judge.null_search import null_search
from pinejax.judge.plateau import plateau
from pinejax.judge.rerank import rerank
from pinejax.judge.stress import stress
from pinejax.judge.walk_forward import walk_forward

Section = Callable[[Case], Mapping[str, Any]]
"""One piece of evidence as plain JSON values. Errors: NotEnough where there is too little for it."""

SECTIONS: dict[str, Section] = {
    "deflation": deflation,
    "datasets": datasets,
    "intervals": intervals,
    "cross_validation": cross_validation,
    "plateau": plateau,
    "importance": importance,
    "stress": stress,
    "null_search": null_search,
    "rerank": rerank,
    "walk_forward": walk_forward,
    "holdout": holdout,
}
"""In the order in which they are made; a later one may not need an earlier one."""


class BrokenOff(KeyboardInterrupt):
    """Ctrl-C within a section. reached: how far that was, in its own words or the last of its progress; may be empty."""

    def __init__(self, section: str, reached: str):
        super().__init__(f"{section}: {reached}")
        self.section, self.reached = section, reached


OF_STRESS = ("stress", "plateau")
"""Sections that `stress=none` leaves out."""


def evidence(case: Case, found: dict[str, Any] | None = None, names: Collection[str] = ()) -> dict[str, Any]:
    """Every section, or those of `names`, by name; `{"not_enough": text}` for one without enough to go by.

    found: is filled as sections are done, so that an exception leaves what was made before it. Errors: BrokenOff for Ctrl-C in a section,
    KeyboardInterrupt where a section's own search took it for a wish to end after its batch.
    """
    found = {} if found is None else found
    said: list[str] = []

    def say(text: str, done: int = 0, of: int = 0) -> None:
        said.append(text)
        case.say(f"{at}, {text}", done, of)

    told = replace(case, say=say)
    chosen = [name for name in SECTIONS if (not names or name in names) and (case.config.stress.enabled or name not in OF_STRESS)]
    for i, name in enumerate(chosen, 1):
        section, at = SECTIONS[name], f"{i} of {len(chosen)}"
        case.say(f"{at}, {name.replace('_', ' ')}")
        try:
            said.clear()
            found[name] = dict(section(told))
        except NotEnough as error:
            found[name] = {"not_enough": str(error)}
        except KeyboardInterrupt as error:
            raise BrokenOff(name, str(error) or (said[-1] if said else "")) from error
        if case.stop.is_set:
            raise KeyboardInterrupt
    return found
