"""`hydra.sweeper.*`, the names of Hydra's stock Optuna sweeper, as overrides of our own keys. Nothing is decided twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pinejax.cli import quoted, rewrite
from pinejax.errors import ConfigError

KEYS: Mapping[str, tuple[str, ...]] = {
    "sampler": ("search.sampler",),
    "pruner": ("search.pruner",),
    "direction": ("objective.direction",),
    "storage": ("storage.url", "storage.sqlite"),
    "study_name": ("search.study_template", "search.study_name"),
    "n_trials": ("search.n_trials",),
    "n_jobs": ("search.worker",),
}
"""Each name, the key that it stands for, then others that say the same thing differently."""


def with_stock_names(options: Mapping[str, Any], arguments: Sequence[str]) -> list[str]:
    """The sweep's overrides: `params`, then what was typed, which wins over it, then what the other names stand for.

    Errors: ConfigError where a name and the key that it stands for were both given, and for values that are no plain ones.
    """
    typed = {key_of(argument) for argument in arguments}
    mapped = []
    for name, keys in KEYS.items():
        given = options.get(name)
        if given is None or (name == "n_jobs" and given == 1):
            continue
        for key in keys:
            if key in typed:
                raise ConfigError(f"hydra.sweeper.{name}: {key} is typed as well, and both say the same thing. Keep one of the two.")
        if name == "storage":
            mapped.append(f"{keys[0]}={quoted(str(given))}")
        elif name != "n_jobs":
            mapped.append(f"{keys[0]}={_text(name, given)}")
    params = [item for item in _params(options.get("params")) if key_of(item) not in typed]
    return [*params, *arguments, *mapped]


def key_of(argument: str) -> str:
    """The key of an override."""
    return argument.lstrip("+~").partition("=")[0]


def n_jobs_of(options: Mapping[str, Any]) -> int:
    """Workers per combination. Errors: ConfigError."""
    given = options.get("n_jobs", 1)
    if not isinstance(given, int) or given < 1:
        raise ConfigError(f"hydra.sweeper.n_jobs: expected 1 or more workers per combination, got {given!r}.")
    return given


def _text(name: str, given: Any) -> str:
    if isinstance(given, Sequence) and not isinstance(given, str):
        return f"[{','.join(map(str, given))}]"
    if isinstance(given, Mapping):
        raise ConfigError(
            f"hydra.sweeper.{name}: expected a name, got {dict(given)}. Here it is a word such as hydra.sweeper.sampler=tpe; flags are "
            f"sampler.tpe.<flag> and pruner.median.<flag>, the seed is search.seed."
        )
    return quoted(str(given)) if isinstance(given, str) else str(given)


def _params(given: Any) -> list[str]:
    """`{params.fast: "interval(5,20)", timeframe: "5m@15m,5m@1h"}` as the words of a command line."""
    return rewrite([f"{key}={_value(value)}" for key, value in (given or {}).items()])


def _value(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{','.join(map(_value, value))}]"
    return str(value)
