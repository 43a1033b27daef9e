"""How often a holdout was opened: each look at it is written into its study before its result is known. What was seen is not kept here."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from pinejax.core.inputs import Params
from pinejax.search.storage import open_store

KEY = "pinejax:holdout_opened:"
"""An attribute of its own for each opening, so that two workers at once lose none."""


@dataclass(frozen=True)
class Opening:
    """One look. time: ISO, UTC; trial: whose set was judged; params: the complete set; first, last: opens of the holdout's first and last
    bar, ISO, UTC; bars: by dataset the holdout's first bar and the first behind it.
    """

    time: str
    trial: int
    params: Params
    first: str
    last: str
    bars: Mapping[str, Sequence[int]]

    @property
    def key(self) -> str:
        """Equal for equal sets."""
        return json.dumps(dict(self.params), sort_keys=True, default=str)


def record_opening(
    url: str | None,
    study_name: str,
    directions: Sequence[str],
    *,
    trial: int,
    params: Params,
    dates: tuple[str, str],
    bars: Mapping[str, Sequence[int]],
) -> list[Opening]:
    """Writes an opening into the study's attributes; all of the study's openings, this one the last.

    url: None keeps nothing. Errors: StudyError where the storage cannot be written to: then nobody may look.
    """
    moment = datetime.now(UTC).isoformat(timespec="milliseconds")
    opening = Opening(moment, trial, dict(params), *dates, {name: [int(b) for b in span] for name, span in bars.items()})
    store = open_store(url, study_name, directions)
    try:
        key = f"{KEY}{moment}:{uuid.uuid4().hex[:8]}"
        store.set_user_attrs({key: asdict(opening)})
        found = store.study_attrs()[0]
    finally:
        store.close()
    return [*openings_in({name: value for name, value in found.items() if name != key}), opening]


def openings_in(attrs: Mapping[str, Any]) -> list[Opening]:
    """Those in a study's user attributes, in the order of time."""
    return sorted((Opening(**value) for name, value in attrs.items() if name.startswith(KEY)), key=lambda opening: opening.time)


def n_sets(openings: Sequence[Opening]) -> int:
    """How many different sets were looked at."""
    return len({opening.key for opening in openings})
