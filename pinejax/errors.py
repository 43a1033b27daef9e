"""Errors a user can act on: each says what was expected, what was found and what to do. Not for our own bugs."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

EXIT_USER, EXIT_INTERRUPTED = 2, 130
"""Exit codes of a user's mistake, and of a search that was asked to stop: the same command goes on with it."""


class PinejaxError(Exception):
    """A user's mistake or a broken input. The command line prints it without a traceback and exits with code 2."""


class ConfigError(PinejaxError):
    """A key or a value in the configuration cannot be used."""


class DataError(PinejaxError):
    """Bars are missing, broken or do not cover what was asked for."""


class StrategyError(PinejaxError):
    """A strategy cannot be found, declared or traced."""


class SpaceError(PinejaxError):
    """A parameter, its range or its value does not fit the strategy's declared inputs."""


class StudyError(PinejaxError):
    """A study or its storage cannot be used for this search."""


class ReportError(PinejaxError):
    """A report cannot be made of a folder, or of one of the files in it."""


class SweepError(PinejaxError):
    """Some combinations of a sweep failed; the message names them. code: 2, or 1 where one of them was a bug."""

    def __init__(self, message: str, code: int = 2):
        super().__init__(message)
        self.code = code


def did_you_mean(name: str, known: Iterable[str], n: int = 3, most: int = 20) -> str:
    """A sentence with the nearest known names, or `most` of them; for the end of an error message."""
    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=n, cutoff=0.5)
    if near:
        return f"Did you mean {' or '.join(near)}?"
    if not known:
        return "None is known."
    shown = ", ".join(known[:most]) + (", ..." if len(known) > most else "")
    return f"Known: {shown}."
