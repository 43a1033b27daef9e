"""A strategy's declared parameters. `input.int`, `input.float`, `input.bool` and `input.choice`, as Pine spells them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from pinejax.errors import SpaceError, StrategyError, did_you_mean

Value = int | float | bool | str
Params = Mapping[str, Value]
Kind = Literal["int", "float", "bool", "choice"]
Condition = str | Callable[[Any], bool] | None


@dataclass(frozen=True)
class Input:
    """One parameter: its kind, default, declared range, and the condition under which it changes anything.

    low, high: both inclusive, `step` apart. options: for `choice`. active_if: the name of an earlier bool input, or a
    function of the earlier values (as attributes); where it is false the parameter stays at its default and no sampler
    is asked for it. Reading it from a strategy instance inside `on_bar` gives the lanes' values.
    """

    kind: Kind
    default: Value
    low: float | None = None
    high: float | None = None
    step: float | None = None
    log: bool = False
    options: tuple[Value, ...] = ()
    active_if: Condition = None
    help: str = ""
    name: str = ""

    def __set_name__(self, owner: type, name: str) -> None:
        object.__setattr__(self, "name", name)

    def __get__(self, instance: Any, owner: type) -> Any:
        """The declaration on the class, the value (an array over lanes while traced) on an instance."""
        return self if instance is None else instance.values[self.name]

    def is_active(self, values: Params) -> bool:
        """Whether the parameter changes anything, given the values of the inputs declared before it."""
        if self.active_if is None:
            return True
        if isinstance(self.active_if, str):
            return bool(values[self.active_if])
        return bool(self.active_if(_Namespace(values)))

    def check(self, value: Any) -> Value:
        """`value` in the input's own type. Errors: SpaceError outside the declared range or of another type."""
        if self.kind == "bool":
            if isinstance(value, bool) or value in (0, 1):
                return bool(value)
            raise self._wrong(value, "true or false")
        if self.kind == "choice":
            if value in self.options:
                return value
            raise self._wrong(value, "one of " + ", ".join(map(str, self.options)))
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise self._wrong(value, "a number")
        if self.kind == "int" and value != int(value):
            raise self._wrong(value, "a whole number")
        if (self.low is not None and value < self.low - 1e-12) or (self.high is not None and value > self.high + 1e-12):
            raise self._wrong(value, f"a value in {self.low}..{self.high}")
        return int(value) if self.kind == "int" else float(value)

    def _wrong(self, value: Any, expected: str) -> SpaceError:
        return SpaceError(f"params.{self.name}: expected {expected}, got {value!r}.")


class _Namespace:
    """Values as attributes, for `active_if` functions."""

    def __init__(self, values: Params):
        self.__dict__.update(values)


def _number(kind: Kind, default: float, low: float, high: float, step: float | None, **kw: Any) -> Input:
    if not low <= default <= high:
        raise StrategyError(f"input.{kind}: expected low <= default <= high, got low={low}, default={default}, high={high}.")
    if step is not None and not step > 0:
        raise StrategyError(f"input.{kind}: expected step > 0, got {step}.")
    return Input(kind, default, low, high, step, **kw)


class input:
    """Declares parameters in a strategy's class body: `fast = input.int(9, low=3, high=40)`."""

    @staticmethod
    def int(default: int, *, low: int, high: int, step: int = 1, log: bool = False, active_if: Condition = None, help: str = "") -> Any:
        """A whole number in low..high, both inclusive."""
        return _number("int", default, low, high, step, log=log, active_if=active_if, help=help)

    @staticmethod
    def float(
        default: float,
        *,
        low: float,
        high: float,
        step: float | None = None,
        log: bool = False,
        active_if: Condition = None,
        help: str = "",
    ) -> Any:
        """A real number in low..high, on multiples of `step` above low if given."""
        return _number("float", default, low, high, step, log=log, active_if=active_if, help=help)

    @staticmethod
    def bool(default: bool, *, active_if: Condition = None, help: str = "") -> Any:
        """A switch. A pinned switch is a compile-time constant: what it turns off costs nothing."""
        return Input("bool", default, active_if=active_if, help=help)

    @staticmethod
    def choice(default: Value, options: Sequence[Value], *, active_if: Condition = None, help: str = "") -> Any:
        """One of a list. Inside `on_bar` a number is itself, a text is compared with `==` (it is traced as its index in `options`)."""
        if default not in options:
            raise StrategyError(f"input.choice: expected the default among the options {list(options)}, got {default!r}.")
        return Input("choice", default, options=tuple(options), active_if=active_if, help=help)


def _check_conditions(strategy: str, inputs: Mapping[str, Input]) -> None:
    """Errors: StrategyError for an `active_if` that looks at anything but inputs declared before it, or is a name of no switch."""
    before: dict[str, Value] = {}
    for name, item in inputs.items():
        asked = item.active_if
        if isinstance(asked, str) and (asked not in before or inputs[asked].kind != "bool"):
            kind = (
                "declared after it" if asked in inputs and asked not in before else "no switch" if asked in inputs else "no declared input"
            )
            raise StrategyError(f"{strategy}.{name}: active_if names {asked!r}, which is {kind}. Name a switch that is declared before.")
        if asked is not None and not isinstance(asked, str):
            try:
                asked(_Namespace(before))
            except AttributeError as error:
                hint = did_you_mean(str(error.name), before) if before else "Declare it first."
                raise StrategyError(
                    f"{strategy}.{name}: active_if looks at {error.name!r}, which is no input declared before it. {hint}"
                ) from None
        before[name] = item.default


class Strategy:
    """Base of every strategy: declared inputs, and `on_bar`, which describes what happens on one bar.

    `on_bar(ctx)` runs once per bar at its close, traced for a block of lanes at a time (docs/strategies.md): bar values
    are scalars, parameters and everything derived from them arrays over lanes. It must not branch in Python on traced
    values: use `ctx.when`, `where` and masks.

    broker: the strategy's own properties, as Pine's `strategy(...)` declares them: keys of `broker` and values, or a whole BrokerConfig.
    They stand in for the defaults; what a command line or an experiment sets wins. A class inherits its base's, whole.
    """

    inputs: Mapping[str, Input] = {}
    broker: ClassVar[Any] = {}

    def __init__(self, values: Mapping[str, Any]):
        self.values = dict(values)

    def __init_subclass__(cls, **kw: Any) -> None:
        super().__init_subclass__(**kw)
        found = dict(cls.inputs)
        for name, value in vars(cls).items():
            if isinstance(value, Input):
                found[name] = value
        cls.inputs = found
        _check_conditions(cls.__name__, found)

    @classmethod
    def defaults(cls) -> dict[str, Value]:
        """Every input at its default."""
        return {name: item.default for name, item in cls.inputs.items()}

    @classmethod
    def complete(cls, params: Params) -> dict[str, Value]:
        """All inputs in declaration order: given values checked, the others at their defaults, inactive ones reset.

        Errors: SpaceError for an unknown name or a value outside its declaration.
        """
        for name in params:
            if name not in cls.inputs:
                raise SpaceError(f"params.{name}: {cls.__name__} has no such input. {did_you_mean(name, cls.inputs)}")
        values: dict[str, Value] = {}
        for name, item in cls.inputs.items():
            given = name in params and item.is_active(values)
            values[name] = item.check(params[name]) if given else item.default
        return values

    def on_bar(self, ctx: Any) -> None:
        """What happens on one bar; override it."""
        raise StrategyError(f"{type(self).__name__} does not define on_bar(self, ctx).")
