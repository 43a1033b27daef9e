"""A sweep's files and what is told of it while a launcher runs many combinations and says nothing until all have ended."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pinejax.report.sweep_rows import SweepRow
from pinejax.sweep.combinations import Combination
from pinejax.sweep.record import Record
from pinejax.sweep.telling import Teller

EVERY_S = 5.0
"""Rare enough to cost nothing on a network file system with a hundred combinations."""


@contextmanager
def watching(record: Record, batch: Sequence[Combination], teller: Teller, every_s: float = EVERY_S) -> Iterator[None]:
    """Looks at the combinations' manifests now and then; where one has begun or ended, writes the sweep's files again and says so."""
    ended = threading.Event()

    def look() -> None:
        seen: list[str] = []
        rows: Sequence[SweepRow] = ()
        while not ended.wait(every_s):
            now = [record.manifest_state(one) or "waiting" for one in batch]
            if now != seen:
                for one, state in zip(batch, now, strict=True):
                    record.standing[one.index].state = state
                rows, seen = record.write("running"), now
            teller.tell(rows)

    thread = threading.Thread(target=look, name="pinejax sweep", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
