"""Ctrl-C and SIGTERM while a launcher runs a sweep's jobs. What a search does with them is in `pinejax.search.interrupts`."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any, Literal

from pinejax.cli import STOP_FILE

Where = Literal["here", "beside", "elsewhere"]
"""Where a launcher's jobs run: one by one in this process, in processes of this terminal (joblib), or wherever a scheduler has room."""


def where_run(launcher: object) -> Where:
    """Where its jobs run; elsewhere unless it is known to be near."""
    kind = type(launcher)
    if kind.__name__ == "BasicLauncher":
        return "here"
    return "beside" if "joblib" in kind.__module__ else "elsewhere"


@contextmanager
def stopping(folder: Path, where: Where) -> Iterator[None]:
    """Ctrl-C and SIGTERM leave the stop file, so that no further job begins.

    Beside, the jobs' processes get the terminal's Ctrl-C themselves (SIGTERM is passed on to them) and end after their batches, so the
    first one only waits for them; otherwise, and for a second one, KeyboardInterrupt is raised. Here, a search has handlers of its own
    while it runs: it calls `after_batch` of ours after its report, and the job returns 130. Elsewhere the stop file stays, for the jobs
    that still wait in a queue.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    stop, asked = folder / STOP_FILE, threading.Event()

    def ask() -> None:
        asked.set()
        with suppress(OSError):  # a full disk is no reason not to stop
            stop.touch()

    def handler(number: int, frame: FrameType | None) -> None:
        again = asked.is_set()
        ask()
        if again or where != "beside":
            raise KeyboardInterrupt
        print("Stopping after the batches in flight. Ctrl-C again stops at once.", flush=True)
        if number == signal.SIGTERM:
            forward(number)

    own: Any = handler
    own.after_batch = ask
    previous = {number: signal.signal(number, own) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, old in previous.items():
            signal.signal(number, old)
        if where != "elsewhere":
            stop.unlink(missing_ok=True)


def forward(number: int) -> None:
    """Sends a signal to the processes below this one that have a handler for it: searches. To others, such as joblib's idle workers,
    it would be the end, and joblib ends all its workers when one is gone. Nothing happens where there is no /proc.
    """
    for process in descendants(os.getpid()):
        if _catches(process, number):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process, number)


def descendants(process: int) -> list[int]:
    """The processes that it started, and those that they started."""
    found: list[int] = []
    for listed in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError):
            found += map(int, listed.read_text().split())
    return [*found, *(below for child in found for below in descendants(child))]


def _catches(process: int, number: int) -> bool:
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return False
    caught = next((line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:")), "0")
    return bool(int(caught, 16) >> (number - 1) & 1)
