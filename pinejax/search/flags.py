"""Checks of a sampler's or pruner's flags against the ones it has. No defaults hide here: every flag is given or named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pinejax.errors import ConfigError, did_you_mean


def merged(kind: str, name: str, given: Mapping[str, Any] | None, known: Mapping[str, Any]) -> dict[str, Any]:
    """The flags of `conf/<kind>/<name>.yaml` with what the user changed. Errors: ConfigError for an unknown flag."""
    for flag in given or {}:
        if flag not in known:
            raise ConfigError(f"{kind}.{name}.{flag}: there is no such flag. {did_you_mean(flag, known)}")
    return {**known, **(given or {})}


def chosen(kind: str, name: str, known: Mapping[str, Any]) -> str:
    """`name`, if it is known. Errors: ConfigError with the nearest names."""
    if name not in known:
        raise ConfigError(f"search.{kind}: there is no {kind} {name!r}. {did_you_mean(name, known)}")
    return name
