"""The broker of one run: what the user chose, else what the strategy declares, else the defaults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from pinejax.broker.config import BrokerConfig
from pinejax.config import flat_keys
from pinejax.core.inputs import Strategy
from pinejax.errors import StrategyError
from pinejax.schema import build


def broker_of(strategy: type[Strategy], configured: BrokerConfig, given: Iterable[str]) -> tuple[BrokerConfig, tuple[str, ...]]:
    """The broker, and the keys that the strategy's declaration decided.

    given: the keys that were chosen, which win. Errors: StrategyError where the declaration is no mapping; ConfigError for its keys
    and values, under the strategy's name.
    """
    declared = declared_properties(strategy)
    build(BrokerConfig, declared, f"{strategy.__name__}.broker")
    decided = tuple(key for key in flat_keys(declared) if key not in set(given))
    tree = asdict(configured)
    for key in decided:
        *path, name = key.split(".")
        place, source = tree, declared
        for part in path:
            place, source = place[part], source[part]
        place[name] = source[name]
    return (build(BrokerConfig, tree, f"{strategy.__name__}.broker") if decided else configured), decided


def declared_properties(strategy: type[Strategy]) -> dict[str, Any]:
    """What a strategy's `broker` says, as a tree. Errors: StrategyError."""
    declared = strategy.broker
    if isinstance(declared, BrokerConfig):
        return asdict(declared)
    if not isinstance(declared, Mapping):
        raise StrategyError(
            f"{strategy.__name__}.broker: expected a mapping such as {{'size_type': 'fixed', 'size': 1}} or a BrokerConfig, "
            f"got {declared!r}."
        )
    return {name: asdict(value) if hasattr(value, "__dataclass_fields__") else value for name, value in declared.items()}


def said(broker: BrokerConfig, keys: Iterable[str]) -> str:
    """`size_type=fixed size=1`: the properties of those keys."""
    tree = asdict(broker)
    words = []
    for key in keys:
        value: Any = tree
        for part in key.split("."):
            value = value[part]
        words.append(f"{key}={str(value).lower() if isinstance(value, bool) else f'{value:g}' if isinstance(value, float) else value}")
    return " ".join(words)
