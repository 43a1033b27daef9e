"""A sweep's files while a launcher runs many combinations and says nothing until all have ended."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pinejax.sweep.combinations import Combination
from pinejax.sweep.record import Record

EVERY_S = 5.0
"""Rare enough to cost nothing on a network file system with a hundred combinations."""


@contextmanager
def watching(record: Record, batch: Sequence[Combination], every_s: float = EVERY_S) -> Iterator[None]:
    """Looks at the combinations' manifests now and then, and writes the sweep's files again where one has begun or ended."""
    ended = threading.Event()

    def look() -> None:
        seen: list[str] = []
        while not ended.wait(every_s):
            now = [record.manifest_state(one) or "waiting" for one in batch]
            if now == seen:
                continue
            for one, state in zip(batch, now, strict=True):
                record.standing[one.index].state = state
            record.write("running")
            seen = now

    thread = threading.Thread(target=look, name="pinejax sweep", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
