"""Ctrl-C and SIGTERM as a wish to stop after the batch. It knows nothing of studies."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class StopRequest:
    """Set once by the first signal (or by a caller); read by the loop between batches."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """Asks the search to end after its batch."""
        self._event.set()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Waits until somebody asks, for so many seconds at most; whether somebody did."""
        return self._event.wait(timeout_s)

    @property
    def is_set(self) -> bool:
        """Whether somebody asked."""
        return self._event.is_set()


@contextmanager
def stop_on_signals(request: StopRequest) -> Iterator[None]:
    """The first SIGINT or SIGTERM sets the request, the second raises KeyboardInterrupt at once.

    Handlers are installed in the main thread only (Python allows no other) and put back at the end.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handler(number: int, frame: FrameType | None) -> None:
        if request.is_set:
            raise KeyboardInterrupt
        request.set()

    previous = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, old in previous.items():
            signal.signal(number, old)
