"""Plain trees into frozen dataclasses, every key and type checked, errors in a user's words. It knows no key by name."""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pinejax.errors import ConfigError, did_you_mean

T = TypeVar("T")


def build(cls: type[T], given: Any, where: str) -> T:
    """A frozen dataclass from a mapping. Errors: ConfigError for an unknown key or a value of another type."""
    hints = typing.get_type_hints(cls)
    known = [item.name for item in dataclasses.fields(cls)]  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for key, value in as_mapping(where, given).items():
        if key not in known:
            raise ConfigError(f"{where}.{key}: there is no such key. {did_you_mean(key, known)}")
        values[key] = _typed(value, hints[key], f"{where}.{key}")
    return cls(**values)


def _typed(value: Any, kind: Any, where: str) -> Any:
    """`value` in the annotated type: whole floats as int, int as float, dates and numbers as text where text is wanted."""
    options = typing.get_args(kind) if typing.get_origin(kind) in (types.UnionType, typing.Union) else (kind,)
    if value is None and type(None) in options:
        return None
    number = value if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) else None
    for option in options:
        origin = typing.get_origin(option) or option
        if origin is typing.Literal and value in typing.get_args(option):
            return value
        if dataclasses.is_dataclass(option) and isinstance(value, Mapping):
            return build(option, value, where)  # type: ignore[arg-type]
        if option is bool and isinstance(value, bool):
            return value
        if option is int and number is not None and number == int(number):
            return int(number)
        if option is float and number is not None:
            return float(number)
        if option is str and isinstance(value, (str, int, float)) and not isinstance(value, bool):
            return str(value)
        if origin is Mapping and isinstance(value, Mapping):
            return dict(value)
        if origin is Sequence and isinstance(value, (list, tuple)):
            return tuple(value)
    raise ConfigError(f"{where}: expected {_in_words(options)}, got {value!r}.")


def _in_words(options: Sequence[Any]) -> str:
    words = {bool: "true or false", int: "a whole number", float: "a number", str: "text", type(None): "null"}
    said = []
    for option in options:
        origin = typing.get_origin(option) or option
        if origin is typing.Literal:
            said.append(" or ".join(map(str, typing.get_args(option))))
        else:
            said.append(words.get(option) or {"Mapping": "a mapping", "Sequence": "a list"}.get(origin.__name__, origin.__name__))
    return " or ".join(said)


def as_mapping(where: str, value: Any) -> dict[str, Any]:
    """Keys as text; None is none. Errors: ConfigError for anything else."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ConfigError(f"{where}: expected keys and values, got {value!r}.")
    return {str(key): item for key, item in value.items()}


def as_names(where: str, value: Any) -> tuple[str, ...]:
    """A name or a list of names, as text; None is none. Errors: ConfigError."""
    if value is None:
        return ()
    items = value if isinstance(value, (list, tuple)) else [value]
    return tuple(str(as_name(where, item)) for item in items)


def as_name(where: str, value: Any) -> str | int:
    """A single name, or a number that stands for one. Errors: ConfigError."""
    if isinstance(value, (str, int)) and not isinstance(value, bool) and value != "":
        return value
    raise ConfigError(f"{where}: expected a name, got {value!r}.")
