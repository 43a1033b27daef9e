"""What makes two searches the same study: space, objective, strategy, data. Compared before anything is asked or written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pinejax.errors import StudyError
from pinejax.search.objective import Objective
from pinejax.search.space import Space
from pinejax.search.store import StudyStore

KEY = "pinejax:fingerprint"
CHOSEN = "chosen"
"""The part of a context that is recorded and not compared: where the bars came from. The bars themselves are in `data`, by their hashes."""
HISTORIES = "histories"
"""In that part: a row for each history that was searched on, as the manifest has them."""
RULE = "rule"
"""The part that says by what the best set will be judged, as it was when the study began: recorded and not compared."""
_RECORDED = (CHOSEN, RULE)


def fingerprint(space: Space, objective: Objective, datasets: tuple[str, ...], context: Mapping[str, Any]) -> dict[str, Any]:
    """As plain JSON. context: whatever else changes results (data hashes, costs), from the caller."""
    described = {
        "strategy": space.strategy,
        "space_hash": space.fingerprint,
        "space": space.describe(),
        "objective": objective.config.describe(),
        "datasets": list(datasets),
        "context": dict(context),
    }
    return json.loads(json.dumps(described, sort_keys=True, default=str))


def check_fingerprint(store: StudyStore, study_name: str, mine: Mapping[str, Any], has_trials: bool) -> None:
    """Writes the fingerprint of a new study; compares an old one's. Errors: StudyError saying what differs."""
    stored = store.study_attrs()[0].get(KEY)
    if stored is None:
        if has_trials:
            raise StudyError(
                f"study {study_name!r} in {store.name} was not made by pinejax: it has trials but no fingerprint. "
                "Use another search.study_name."
            )
        store.set_user_attrs({KEY: mine})
        return
    differences = list(_differences(_compared(stored), _compared(mine), ""))
    if not differences:
        return
    if all(text.startswith("context.data.") for text in differences):
        raise StudyError(_other_bars(store, study_name, stored, differences))
    shown = "; ".join(differences[:6]) + (f"; and {len(differences) - 6} more" if len(differences) > 6 else "")
    raise StudyError(
        f"study {study_name!r} in {store.name} was made for another search: {shown}. Use another search.study_name for this one, "
        "or the settings above to go on with the stored one."
    )


def recorded_rule(user_attrs: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a study's user attributes say by what it was to be judged when it began; None where nobody said so."""
    return user_attrs.get(KEY, {}).get("context", {}).get(RULE)


def _compared(fingerprint: Mapping[str, Any]) -> dict[str, Any]:
    context = {key: value for key, value in fingerprint.get("context", {}).items() if key not in _RECORDED}
    return {**fingerprint, "context": context}


def _other_bars(store: StudyStore, study_name: str, stored: Mapping[str, Any], differences: list[str]) -> str:
    chosen = stored["context"].get(CHOSEN) or {}
    made_on = f"; it was made on the snapshot {chosen['snapshot']}" if chosen.get("snapshot") else ""
    back = f"data.snapshot={chosen['snapshot']}" if chosen.get("snapshot") else "the bars it was made on"
    return (
        f"study {study_name!r} in {store.name}: the bars have changed since ({'; '.join(differences[:6])}){made_on}. Its trials are told "
        f"by other bars and are not mixed with new ones. Go on with {back}, or use another search.study_name."
    )


def _differences(stored: Any, mine: Any, path: str) -> Iterator[str]:
    one_parameter = path.startswith("space.")
    if isinstance(stored, Mapping) and isinstance(mine, Mapping) and not (one_parameter and stored.keys() != mine.keys()):
        for key in [*stored, *(key for key in mine if key not in stored)]:
            if key != "space_hash" or path:
                yield from _differences(stored.get(key), mine.get(key), f"{path}.{key}" if path else str(key))
    elif stored != mine:
        yield f"{path}: stored {_short(stored)}, now {_short(mine)}"


def _short(value: Any) -> str:
    text = "nothing" if value is None else json.dumps(value)
    return text if len(text) <= 100 else text[:97] + "..."
