"""A searched number's range as 0..1, in logs where it is searched in logs. Not how one is drawn."""

from __future__ import annotations

import math

from pinejax.core.inputs import Value
from pinejax.search.domain import Domain


def is_numeric(domain: Domain) -> bool:
    """Whether a parameter is searched over a range of numbers: not pinned, no switch, no choice."""
    return not domain.fixed and domain.values is None


def unit_of(domain: Domain, value: Value) -> float:
    """Where a number lies in its narrowed range, 0 at the low end and 1 at the high one; beyond them for one from outside."""
    low, high = _ends(domain)
    return (_scaled(domain, float(value)) - low) / (high - low)


def value_at(domain: Domain, unit: float) -> Value:
    """The number there, on its grid, never outside the narrowed range."""
    low, high = _ends(domain)
    scaled = low + (high - low) * min(max(unit, 0.0), 1.0)
    raw = math.exp(scaled) if domain.input.log else scaled
    if domain.input.kind == "int" and domain.input.step in (None, 1):
        raw = round(raw)
    bottom, top = float(domain.input.low or 0.0), float(domain.input.high or 0.0)
    return domain.canonical(min(max(raw, bottom), top))


def neighbour_of(domain: Domain, value: Value, up: bool, reach: float) -> Value | None:
    """The next number up or down: one step away, or `reach` of the range for one without steps; None beyond the range."""
    if domain.input.step is None:
        unit = unit_of(domain, value) + (reach if up else -reach)
        return value_at(domain, unit) if -1e-9 <= unit <= 1.0 + 1e-9 else None
    step = domain.input.step if up else -domain.input.step
    raw = float(value) + step
    bottom, top = float(domain.input.low or 0.0), float(domain.input.high or 0.0)
    if not bottom - 1e-9 * abs(step) <= raw <= top + 1e-9 * abs(step):
        return None
    return domain.canonical(min(max(raw, bottom), top))


def _ends(domain: Domain) -> tuple[float, float]:
    low, high = domain.input.low, domain.input.high
    assert low is not None and high is not None and low < high, "a range of one number is a pin"
    return _scaled(domain, low), _scaled(domain, high)


def _scaled(domain: Domain, value: float) -> float:
    return math.log(value) if domain.input.log else value
