"""What a null search has found so far, line by line in a run's folder: the same null search goes on from there, also in another folder
beside it. Not shared between machines."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pinejax.null.best import Best
from pinejax.null.replay import Replayed

FILE = "null.jsonl"


def identity_of(content: Mapping[str, Any]) -> str:
    """A name for all that decides what is found on a surrogate."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:32]


class Kept:
    """Results by the surrogate's number. A line that a kill has torn is not there."""

    def __init__(self, folder: Path, identity: str):
        self._file, self._identity = folder / FILE, identity
        self.found: dict[int, Replayed] = {}
        others = {
            n: found for file in sorted(folder.parent.glob(f"*/{FILE}")) if file != self._file for n, found in self._read(file).items()
        }
        self.found = self._read(self._file)
        self.add({n: found for n, found in others.items() if n not in self.found})

    def add(self, found: Mapping[int, Replayed]) -> None:
        """Written before the next surrogate is begun."""
        if not found:
            return
        self.found |= found
        lines = [json.dumps({"null": self._identity, "surrogate": n, **asdict(one)}) + "\n" for n, one in found.items()]
        torn = self._file.exists() and not self._file.read_bytes().endswith(b"\n")
        with self._file.open("a", encoding="utf-8") as out:
            out.write("\n" * torn + "".join(lines))

    def _read(self, file: Path) -> dict[int, Replayed]:
        found: dict[int, Replayed] = {}
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except OSError:  # none yet, or another user's
            return found
        for line in lines:
            if self._identity not in line:  # most are of other searches beside this one, as in a sweep's folder
                continue
            try:
                one = json.loads(line)
                if one["null"] == self._identity:
                    found[int(one["surrogate"])] = Replayed(Best(**one["best"]), tuple(Best(**own) for own in one["own"]))
            except (ValueError, KeyError, TypeError):
                continue
        return found


def bests(found: Mapping[int, Replayed], n: int) -> Sequence[Replayed]:
    """Of the first n surrogates, in their order."""
    return [found[number] for number in sorted(found) if number < n]
