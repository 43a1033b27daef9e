"""run.log: what a run says, line by line with its time, so that it can be read later. Results are in the other files."""

from __future__ import annotations

import logging
import re
import sys
import threading
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Protocol, cast, runtime_checkable

from pinejax.core.secrets import without_passwords
from pinejax.errors import PinejaxError

LOGGERS = ("pinejax", "optuna")
"""Whose warnings are noted."""

_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@runtime_checkable
class Stream(Protocol):
    """What is written to: standard output or error, or anything like them."""

    def write(self, text: str, /) -> Any: ...

    def flush(self) -> Any: ...

    def isatty(self) -> bool: ...


def now_utc() -> datetime:
    """The clock of a log's lines."""
    return datetime.now(UTC)


def stamped(text: str, now: datetime) -> str:
    """Each line of a text with the time before it, `2026-01-31T12:00:00Z`; without control characters and passwords."""
    plain = harmless(without_passwords(text)).strip("\n")
    stamp = f"{now:%Y-%m-%dT%H:%M:%SZ}"
    return "\n".join(f"{stamp}  {line}".rstrip() for line in plain.split("\n"))


def harmless(text: str) -> str:
    """Text that moves no cursor and changes no colour, whoever has named things in it; lines stay lines."""
    lines = _ESCAPES.sub("", text.replace("\r\n", "\n")).replace("\r", "\n")
    return _CONTROLS.sub("", lines)


class RunLog:
    """What a run says. A context manager around the run: warnings, and the exception that ends it, are noted too.

    Lines wait in memory until `keep` says where they go, so that a run that is refused leaves nothing. A file that cannot be written
    is given up with one warning: it is no reason for a search to end.
    """

    def __init__(self, clock: Callable[[], datetime] = now_utc):
        self._clock = clock
        self._path: Path | None = None
        self._waiting: list[str] = []
        self._lock = threading.Lock()
        self._handler = _Warnings(self)

    def __enter__(self) -> RunLog:
        for name in LOGGERS:
            logging.getLogger(name).addHandler(self._handler)
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        for name in LOGGERS:
            logging.getLogger(name).removeHandler(self._handler)
        if error is not None:
            self.note(last_words(error))

    def keep(self, path: Path) -> None:
        """From now on lines are appended to this file, after those that wait."""
        with self._lock:
            self._path = path
            self._write()

    def say(self, text: str, stream: Stream | None = None) -> None:
        """Prints a text, on standard output unless told otherwise, and notes it."""
        put(text, stream or sys.stdout)
        self.note(text)

    def note(self, text: str) -> None:
        """Notes a text without printing it. From any thread."""
        with self._lock:
            self._waiting.append(stamped(text, self._clock()))
            if self._path is not None:
                self._write()

    def _write(self) -> None:
        lines, self._waiting = self._waiting, []
        if not lines or self._path is None:
            return
        try:
            with self._path.open("a", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
                file.write("\n".join(lines) + "\n")
        except OSError as error:
            path, self._path = self._path, None
            put(f"pinejax: {path} cannot be written ({error.strerror or error}); the run goes on without it.", sys.stderr)


def put(text: str, stream: Stream) -> None:
    """Prints a line. Characters that the stream's encoding lacks are escaped; a stream that takes no more, as a file on a full disk, gets
    nothing: what a run says is no reason for it to end. Errors: BrokenPipeError, where its reader went away.
    """
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        print(text.encode(encoding, "backslashreplace").decode(encoding), file=cast(IO[str], stream), flush=True)
    except BrokenPipeError:
        raise
    except OSError:
        pass


def last_words(error: BaseException) -> str:
    """What ended a run: a user's mistake in its own words, a bug with its traceback."""
    if isinstance(error, (KeyboardInterrupt, SystemExit)):
        return "Interrupted."
    if isinstance(error, PinejaxError):
        return f"Failed: {error}"
    return "Failed: " + "".join(traceback.format_exception(error))


class _Warnings(logging.Handler):
    """Notes warnings. Where nobody else would show those of pinejax, it sends them where Python shows what nobody handles."""

    def __init__(self, log: RunLog):
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        self._log.note(f"{record.levelname}: {record.getMessage()}")
        if record.name.startswith("pinejax") and not logging.getLogger().handlers and logging.lastResort is not None:
            logging.lastResort.handle(record)
