"""Renews a worker's leases from a thread of its own, so that a long batch does not look like a dead worker."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pinejax.errors import StudyError
from pinejax.search.store import MemoryStore, StudyStore

logger = logging.getLogger(__name__)


@contextmanager
def heartbeat(store: StudyStore, interval_s: float) -> Iterator[None]:
    """While inside, the store's leases are renewed every `interval_s` seconds. A beat that fails is logged; the next one may succeed."""
    if isinstance(store, MemoryStore):
        yield
        return
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(interval_s):
            try:
                store.beat()
            except StudyError as error:
                logger.warning("heartbeat: %s", error)

    thread = threading.Thread(target=run, name="pinejax-heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
