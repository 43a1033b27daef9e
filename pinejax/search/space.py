"""The search space: a strategy's declared inputs, pinned and narrowed, conditional by `active_if`. It knows no sampler."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.trial import BaseTrial

from pinejax.core.inputs import Input, Params, Strategy, Value
from pinejax.errors import SpaceError, did_you_mean
from pinejax.search.domain import Domain, narrowed, pinned
from pinejax.search.narrowing import Setting, parse_setting

Key = tuple[Value, ...]


@dataclass(frozen=True)
class Space:
    """Every parameter's domain, in declaration order."""

    strategy: str
    domains: Mapping[str, Domain]

    @cached_property
    def inputs(self) -> dict[str, Input]:
        """The inputs as narrowed, for sizing buffers: pinned ones have low == high, or a single option.

        An input that can never be active is pinned to its default. Defaults lie inside the narrowed range.
        """
        return {name: domain.input for name, domain in self.domains.items()}

    @cached_property
    def distributions(self) -> dict[str, BaseDistribution]:
        """What samplers see of every searched parameter, whether active or not in a given trial."""
        return {name: domain.distribution() for name, domain in self.domains.items() if not domain.fixed}

    @property
    def is_conditional(self) -> bool:
        """Whether some searched parameter is active only under a condition."""
        return any(not domain.fixed and domain.input.active_if is not None for domain in self.domains.values())

    def suggest(self, trial: BaseTrial) -> dict[str, Value]:
        """A complete parameter set from a trial; only active, unpinned parameters are asked for."""
        values: dict[str, Value] = {}
        for name, domain in self.domains.items():
            asked = not domain.fixed and domain.input.is_active(values)
            values[name] = domain.suggest(trial) if asked else domain.input.default
        return values

    def complete(self, params: Params) -> dict[str, Value]:
        """All parameters in canonical form: given ones where active, pins, and defaults for the rest.

        Errors: SpaceError for an unknown name or a value outside the input's declaration (not: outside the narrowing).
        """
        self._check_names(params)
        values: dict[str, Value] = {}
        for name, domain in self.domains.items():
            given = name in params and not domain.fixed and domain.input.is_active(values)
            values[name] = domain.canonical(params[name]) if given else domain.input.default
        return values

    def key(self, complete: Params) -> Key:
        """Equal for equal backtests: the values of a complete set."""
        return tuple(complete.values())

    def active(self, complete: Params) -> dict[str, Value]:
        """The part of a complete set that a sampler would have been asked for."""
        return {name: complete[name] for name, domain in self.domains.items() if not domain.fixed and domain.input.is_active(complete)}

    def contains(self, params: Params) -> bool:
        """Whether a parameter set, maybe of another study, lies in this space."""
        values = self.complete(params)
        given = {name: params[name] for name in params if self.domains[name].input.is_active(values)}
        return all(self.domains[name].contains(self.domains[name].canonical(value)) for name, value in given.items())

    def grid(self, limit: int) -> list[dict[str, Value]]:
        """Every distinct active combination, in declaration order. Inactive parameters multiply nothing.

        Errors: SpaceError for a float without a step, or for more than `limit` combinations.
        """
        endless = [name for name, domain in self.domains.items() if domain.grid() is None]
        if endless:
            raise SpaceError(
                f"search.sampler=grid needs a finite space, but {', '.join(endless)} has no step. "
                "Declare a step, pin it, or narrow it with choice(...)."
            )
        found: list[dict[str, Value]] = []
        for values in self._combinations(list(self.domains.values()), {}):
            if len(found) == limit:
                raise SpaceError(
                    f"search.sampler=grid: the space has more than {limit} combinations. "
                    "Pin or narrow parameters, raise sampler.grid.max_size, or use another sampler."
                )
            found.append(values)
        return found

    def _combinations(self, rest: Sequence[Domain], values: dict[str, Value]) -> Iterator[dict[str, Value]]:
        if not rest:
            yield dict(values)
            return
        domain = rest[0]
        choices = domain.grid() if domain.input.is_active(values) else iter((domain.input.default,))
        assert choices is not None, "grid() has refused endless domains"
        for value in choices:
            values[domain.name] = value
            yield from self._combinations(rest[1:], values)
        values.pop(domain.name, None)

    def describe(self) -> dict[str, Any]:
        """The space as plain JSON, parameter by parameter."""
        return {name: domain.describe() for name, domain in self.domains.items()}

    @cached_property
    def fingerprint(self) -> str:
        """16 hex digits, equal for equal spaces on every machine and Python."""
        text = json.dumps({"strategy": self.strategy, "space": self.describe()}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def _check_names(self, names: Mapping[str, Any] | Sequence[str]) -> None:
        for name in names:
            if name not in self.domains:
                raise SpaceError(f"params.{name}: {self.strategy} has no such parameter. {did_you_mean(name, self.domains)}")


def build_space(
    strategy: type[Strategy],
    params: Mapping[str, Any] | None = None,
    enable: Sequence[str] = (),
    disable: Sequence[str] = (),
) -> Space:
    """The space of a strategy under the user's pins and narrowings.

    params: name -> value | Interval | Choice | "interval(a,b)" | "choice(a,b)" | list (a choice); None leaves the input
    as declared. enable, disable: names of bool inputs pinned to true or false. Errors: SpaceError.
    """
    settings: dict[str, Setting] = {}
    for name, given in (params or {}).items():
        _known(strategy, f"params.{name}", name)
        if given is not None:
            settings[name] = parse_setting(name, given)
    for key, names, value in (("enable", enable, True), ("disable", disable, False)):
        for name in names:
            _switch(strategy, key, name)
            if settings.get(name, value) != value:
                raise SpaceError(f"{key}: {name} is also set to {settings[name]}. Say it once.")
            settings[name] = value
    domains = {name: narrowed(item, settings.get(name)) for name, item in strategy.inputs.items()}
    return Space(strategy.__name__, _without_dead(domains))


def _without_dead(domains: dict[str, Domain]) -> dict[str, Domain]:
    """Pins to its default whatever hangs on a switch that is pinned off: it can never be active."""
    alive: dict[str, Domain] = {}
    for name, domain in domains.items():
        condition = domain.input.active_if
        if isinstance(condition, str) and condition in alive:
            switch = alive[condition]
            if switch.fixed and not switch.input.default:
                domain = pinned(domain.declared, domain.input.default)
        elif callable(condition) and all(earlier.fixed for earlier in alive.values()):
            known = {earlier: d.input.default for earlier, d in alive.items()}
            domain = domain if domain.input.is_active(known) else pinned(domain.declared, domain.input.default)
        alive[name] = domain
    return alive


def _known(strategy: type[Strategy], where: str, name: str) -> None:
    if name not in strategy.inputs:
        raise SpaceError(f"{where}: {strategy.__name__} has no such parameter. {did_you_mean(name, strategy.inputs)}")


def _switch(strategy: type[Strategy], key: str, name: str) -> None:
    switches = [known for known, item in strategy.inputs.items() if item.kind == "bool"]
    _known(strategy, f"{key}=[{name}]", name)
    if name not in switches:
        raise SpaceError(f"{key}=[{name}]: expected a bool input, {name} is {strategy.inputs[name].kind}. {did_you_mean(name, switches)}")
