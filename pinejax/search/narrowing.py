"""What a user says about one parameter: a value, `interval(a, b)` or `choice(a, b, c)`. Parsing only; meaning is in `space`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pinejax.core.inputs import Value
from pinejax.errors import SpaceError


@dataclass(frozen=True)
class Interval:
    """Both ends inclusive."""

    low: float
    high: float


@dataclass(frozen=True)
class Choice:
    """One of these values."""

    values: tuple[Value, ...]


Setting = Value | Interval | Choice

_CALL = re.compile(r"\s*(interval|choice)\s*\((.*)\)\s*", re.DOTALL)


def parse_setting(name: str, given: Any) -> Setting:
    """A pin or a narrowing from what the configuration holds: a scalar, a list (a choice) or text like `interval(5, 20)`.

    Errors: SpaceError when the text is neither.
    """
    if isinstance(given, (Interval, Choice)):
        return given
    if isinstance(given, (list, tuple)):
        return Choice(tuple(scalar(name, item) for item in given))
    if not isinstance(given, str):
        return scalar(name, given)
    call = _CALL.fullmatch(given)
    if call is None:
        if re.match(r"\s*\w+\s*\(", given):
            raise SpaceError(f"params.{name}: expected a value, interval(low, high) or choice(a, b, ...), got {given!r}.")
        return scalar(name, given)
    items = [scalar(name, item) for item in call.group(2).split(",") if item.strip()]
    if call.group(1) == "choice":
        if not items:
            raise SpaceError(f"params.{name}: expected at least one value in choice(...), got {given!r}.")
        return Choice(tuple(items))
    numbers = [item for item in items if isinstance(item, (int, float)) and not isinstance(item, bool)]
    if len(items) != 2 or len(numbers) != 2:
        raise SpaceError(f"params.{name}: expected interval(low, high) with two numbers, got {given!r}.")
    return Interval(numbers[0], numbers[1])


def scalar(name: str, given: Any) -> Value:
    if isinstance(given, (bool, int, float)):
        return given
    if not isinstance(given, str):
        raise SpaceError(f"params.{name}: expected a number, true, false or text, got {given!r}.")
    text = given.strip().strip("'\"")
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
