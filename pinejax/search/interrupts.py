"""Ctrl-C and a scheduler's signals as a wish to stop after the batch. It knows nothing of studies."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeGuard

from pinejax.errors import EXIT_INTERRUPTED

STOP_SIGNALS = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGUSR1", "SIGUSR2")
    if hasattr(signal, name)  # Windows has no user signals
)
"""Ctrl-C; SLURM's, Kubernetes' and a shutdown's request to end; the warnings that SLURM sends before a time limit or a preemption."""

Handler = Callable[[int, FrameType | None], Any]


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
    """The first of STOP_SIGNALS sets the request. A Ctrl-C after it raises KeyboardInterrupt at once; others do not, for
    schedulers send several.

    Handlers are installed in the main thread only (Python allows no other) and put back at the end. Where there was a handler of
    somebody else's before (submitit's, which queues its job again; a Ray worker's), the process is theirs: they get their signals
    after the batch, in the order of arrival, and if that returns, SystemExit(130) ends the process, so that nobody takes the
    unfinished search for a finished one. A handler with an attribute `after_batch` is of our own sweep: that function is called
    instead, and the search ends as any interrupted one, with its report. Inside another one for the same request nothing is installed:
    several searches end together then.
    """
    is_theirs = any(getattr(signal.getsignal(number), "request", None) is request for number in STOP_SIGNALS)
    if is_theirs or threading.current_thread() is not threading.main_thread():
        yield
        return

    arrived: list[int] = []

    def handler(number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT and request.is_set:
            raise KeyboardInterrupt
        arrived.append(number)
        request.set()

    handler.request = request  # type: ignore[attr-defined]
    previous = {number: signal.signal(number, handler) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, old in previous.items():
            signal.signal(number, old)
    for number in arrived:
        if after_batch := getattr(previous[signal.Signals(number)], "after_batch", None):
            after_batch()
    _hand_on(arrived, {number: old for number, old in previous.items() if _is_foreign(old)})


def _is_foreign(handler: Any) -> TypeGuard[Handler]:
    """Whether it is a function of a program around us: not the system's default, not Python's own for Ctrl-C, not our sweep's."""
    if hasattr(handler, "after_batch") or isinstance(handler, signal.Handlers):
        return False
    return callable(handler) and handler is not signal.default_int_handler


def _hand_on(arrived: list[int], foreign: dict[Any, Handler]) -> None:
    theirs = [number for number in arrived if number in foreign]
    for number in theirs:
        foreign[number](number, None)
    if theirs:
        raise SystemExit(EXIT_INTERRUPTED)
