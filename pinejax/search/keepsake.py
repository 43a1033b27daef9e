"""What a run leaves in its study's attributes besides the fingerprint: its aim, and at its end verdict and manifest. Not the trials."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pinejax.search.store import StudyStore

AIM = "pinejax:n_trials"
"""How many trials the last run on the study wanted it to have."""
VERDICT, MANIFEST = "pinejax:verdict", "pinejax:manifest"
"""As in verdict.json and manifest.json, cut to MOST_BYTES; of the last run that came to its end."""
LEFT_OUT = "left_out"
"""Where a cut verdict or manifest says what it lacks, each as `evidence.null_search.best`."""
MOST_BYTES = 60_000
"""Of one attribute. Optuna keeps it as TEXT, which is 65,535 bytes in MySQL, and a line that every reader of a journal parses."""

_LEAST_BYTES = 200
"""What is smaller is not worth leaving out."""

Path = tuple[str, ...]


def note_aim(store: StudyStore, n_trials: int) -> None:
    """Says how many trials the study is to have, for those who look on."""
    if store.study_attrs()[0].get(AIM) != n_trials:
        store.set_user_attrs({AIM: n_trials})


def leave(store: StudyStore, manifest: Mapping[str, Any], verdict: Mapping[str, Any] | None) -> None:
    """Stores both with the study, over what an earlier run left. verdict: None where this run gave none; an earlier one stays."""
    attrs = {MANIFEST: fitted(manifest)}
    store.set_user_attrs(attrs if verdict is None else attrs | {VERDICT: fitted(verdict)})


def fitted(content: Mapping[str, Any], most: int = MOST_BYTES) -> dict[str, Any]:
    """The content in at most `most` bytes of JSON: the largest lists are left out first, then the largest objects, and it says which."""
    kept: dict[str, Any] = json.loads(json.dumps(content))
    left_out: list[str] = []
    while _size(kept) > most:
        path = max(_candidates(kept), default=None)
        if path is None:
            break
        *above, name = path[2]
        place = kept
        for key in above:
            place = place[key]
        del place[name]
        left_out.append(".".join(path[2]))
        kept[LEFT_OUT] = left_out
    return kept


def _candidates(content: Mapping[str, Any], path: Path = ()) -> Iterator[tuple[bool, int, Path]]:
    """(whether it is a list, its bytes, where it is) of everything that can be left out."""
    for name, value in content.items():
        if name == LEFT_OUT and not path:
            continue
        if isinstance(value, (list, dict)) and (size := _size(value)) >= _LEAST_BYTES:
            yield isinstance(value, list), size, (*path, name)
        if isinstance(value, dict):
            yield from _candidates(value, (*path, name))


def _size(value: Any) -> int:
    return len(json.dumps(value).encode())
