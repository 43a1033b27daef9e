"""Parameter sets from bank.json files and run folders: what `search.resume_from` tries first. Which of them are tried is the loop's."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pinejax.core.inputs import Value
from pinejax.core.timeframe import PAIR, is_pair
from pinejax.errors import ConfigError
from pinejax.search.space import Space

BANK = "bank.json"
KEY = "search.resume_from"

Sources = str | Path | Sequence[str | Path]


def read_bank(sources: Sources, space: Space) -> tuple[list[dict[str, Value]], int]:
    """Complete parameter sets in the files' order, each once, and how many sets lie outside the space and were left out.

    sources: a bank.json, a run's folder, which holds one, or a list of them. A file is a list of objects with `params`. Errors:
    ConfigError for an unreadable file, SpaceError for unknown names.
    """
    paths = [sources] if isinstance(sources, (str, Path)) else list(sources)
    found: dict[tuple[Value, ...], dict[str, Value]] = {}
    n_outside = 0
    for entry in read_entries(paths, KEY):
        # The pair of a joint study is no parameter of a search of one pair.
        params = {name: value for name, value in entry["params"].items() if name in space.domains or not (name == PAIR and is_pair(value))}
        if not space.contains(params):
            n_outside += 1
            continue
        complete = space.complete(params)
        found.setdefault(space.key(complete), complete)
    return list(found.values()), n_outside


def read_entries(sources: Sequence[str | Path], key: str) -> list[Mapping[str, Any]]:
    """The entries of bank files, one file after the other. key: what the user typed, for messages. Errors: ConfigError."""
    entries: list[Mapping[str, Any]] = []
    for source in sources:
        path = Path(source).expanduser()
        path = path / BANK if path.is_dir() else path
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigError(f"{key}: cannot read {path}: {error.strerror}.") from None
        except ValueError as error:
            raise ConfigError(f"{key}: {path} is not JSON ({error}).") from None
        valid = isinstance(found, list) and all(isinstance(e, Mapping) and isinstance(e.get("params"), Mapping) for e in found)
        if not valid:
            raise ConfigError(f'{key}: expected a list of {{"params": {{...}}}} in {path}.')
        entries += found
    return entries
