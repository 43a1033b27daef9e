"""One parameter's place in a search: the values it may take, and how a sampler is asked for one. Not the whole space."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import BaseTrial

from pinejax.core.inputs import Input, Value
from pinejax.errors import SpaceError
from pinejax.search.narrowing import Choice, Interval, Setting


@dataclass(frozen=True)
class Domain:
    """A declared input and what is left of it.

    input: as narrowed, with `high` on the grid and the default inside the range. values: the explicit list when the user
    gave one (or the declared options), else None. fixed: pinned, or never active: no sampler is asked.
    """

    declared: Input
    input: Input
    values: tuple[Value, ...] | None = None
    fixed: bool = False

    @property
    def name(self) -> str:
        """The parameter's name."""
        return self.input.name

    def distribution(self) -> BaseDistribution:
        """The Optuna distribution a sampler sees."""
        item = self.input
        if self.values is not None:
            return CategoricalDistribution(self.values)
        if item.kind == "int":
            return IntDistribution(int(_bound(item.low)), int(_bound(item.high)), log=item.log, step=int(item.step or 1))
        return FloatDistribution(_bound(item.low), _bound(item.high), log=item.log, step=item.step)

    def suggest(self, trial: BaseTrial) -> Value:
        """A value from the trial, in its canonical form."""
        item = self.input
        if self.values is not None:
            return self.canonical(trial.suggest_categorical(self.name, self.values))
        low, high = _bound(item.low), _bound(item.high)
        if item.kind == "int":
            return trial.suggest_int(self.name, int(low), int(high), step=int(item.step or 1), log=item.log)
        return self.canonical(trial.suggest_float(self.name, low, high, step=item.step, log=item.log))

    def canonical(self, value: Any) -> Value:
        """The one spelling of a value: its own type, on the declared grid (1.4, not 1.4000000000000001).

        Errors: SpaceError outside the declaration.
        """
        item = self.declared
        value = item.check(value)
        if self.fixed or item.step is None or item.low is None or isinstance(value, (bool, str)):
            return value
        if self.values is not None and value in self.values:
            return value
        steps = round((value - item.low) / item.step)
        on_grid = Decimal(str(item.low)) + steps * Decimal(str(item.step))
        return int(on_grid) if item.kind == "int" else float(on_grid)

    def contains(self, value: Value) -> bool:
        """Whether a value lies in what is left after narrowing."""
        if self.fixed:
            return value == self.input.default
        if self.values is not None:
            return value in self.values
        low, high = _bound(self.input.low), _bound(self.input.high)
        return isinstance(value, (int, float)) and low - 1e-12 <= value <= high + 1e-12

    def grid(self) -> Iterator[Value] | None:
        """Every value in order, None where there are infinitely many."""
        item = self.input
        if self.fixed:
            return iter((item.default,))
        if self.values is not None:
            return iter(self.values)
        if item.step is None:
            return None
        low, step = _bound(item.low), item.step
        n = _steps(low, _bound(item.high), step)
        return (self.canonical(float(Decimal(str(low)) + k * Decimal(str(step)))) for k in range(n + 1))

    def describe(self) -> dict[str, Any]:
        """What a study remembers of it, as plain JSON."""
        item = self.input
        if self.fixed:
            return {"value": item.default}
        text: dict[str, Any] = {"kind": item.kind}
        if self.values is not None:
            text["values"] = list(self.values)
        else:
            text |= {"low": item.low, "high": item.high, "step": item.step, "log": item.log}
        if item.active_if is not None:
            text["active_if"] = item.active_if if isinstance(item.active_if, str) else "a function"
        return text


def narrowed(declared: Input, setting: Setting | None) -> Domain:
    """The domain of one input under the user's setting for it. Errors: SpaceError."""
    _check_scale(declared)
    if isinstance(setting, Interval):
        return _to_interval(declared, setting)
    if isinstance(setting, Choice):
        return _to_choice(declared, setting)
    if setting is not None:
        return pinned(declared, declared.check(setting))
    if declared.kind == "bool":
        return Domain(declared, declared, values=(False, True))
    if declared.kind == "choice":
        return Domain(declared, declared, values=declared.options)
    return _between(declared, _bound(declared.low), _bound(declared.high))


def pinned(declared: Input, value: Value) -> Domain:
    """A domain of one value: low == high, or a single option."""
    if declared.kind in ("bool", "choice"):
        return Domain(declared, replace(declared, default=value, options=(value,)), values=(value,), fixed=True)
    number = float(value)
    return Domain(declared, replace(declared, default=value, low=number, high=number), fixed=True)


def _to_interval(declared: Input, setting: Interval) -> Domain:
    name = f"params.{declared.name}"
    if declared.kind in ("bool", "choice"):
        raise SpaceError(f"{name}: expected a value or choice(...) for a {declared.kind} input, got an interval.")
    low, high = _bound(declared.low), _bound(declared.high)
    if setting.low > setting.high:
        raise SpaceError(f"{name}: expected interval(low, high) with low <= high, got interval({setting.low}, {setting.high}).")
    if setting.low < low - 1e-12 or setting.high > high + 1e-12:
        raise SpaceError(
            f"{name}: expected an interval inside the declared range {declared.low}..{declared.high}, "
            f"got interval({setting.low}, {setting.high}). Narrow the interval or widen the input's declaration."
        )
    return _between(declared, setting.low, setting.high)


def _between(declared: Input, low: float, high: float) -> Domain:
    """The declared grid's points inside low..high; a single point is a pin."""
    step = declared.step
    if step is not None:
        first = math.ceil(round((low - _bound(declared.low)) / step, 9))
        last = _steps(_bound(declared.low), high, step)
        if first > last:
            raise SpaceError(f"params.{declared.name}: no multiple of the step {step} from {declared.low} lies in interval({low}, {high}).")
        anchor, width = Decimal(str(declared.low)), Decimal(str(step))
        low, high = float(anchor + first * width), float(anchor + last * width)
    if low == high:
        return pinned(declared, declared.check(low))
    default = min(max(declared.default, low), high)  # type: ignore[type-var]
    item = replace(declared, low=low, high=high, default=declared.check(default))
    return Domain(declared, item)


def _to_choice(declared: Input, setting: Choice) -> Domain:
    bare = Domain(declared, declared)
    values = tuple(dict.fromkeys(bare.canonical(value) for value in setting.values))
    if len(values) == 1:
        return pinned(declared, values[0])
    default = declared.default if declared.default in values else values[0]
    if declared.kind in ("bool", "choice"):
        return Domain(declared, replace(declared, default=default, options=values if declared.kind == "choice" else ()), values)
    numbers = [float(value) for value in values]
    return Domain(declared, replace(declared, default=default, low=min(numbers), high=max(numbers)), values)


def _check_scale(declared: Input) -> None:
    if not declared.log:
        return
    if declared.low is None or declared.low <= 0:
        raise SpaceError(f"params.{declared.name}: a log scale needs low > 0, got {declared.low}.")
    if declared.step not in (None, 1):
        raise SpaceError(f"params.{declared.name}: a log scale cannot have a step other than 1, got {declared.step}.")


def _steps(low: float, high: float, step: float) -> int:
    return int((Decimal(str(high)) - Decimal(str(low))) // Decimal(str(step)))


def _bound(value: float | None) -> float:
    assert value is not None, "numeric inputs always declare low and high"
    return value
