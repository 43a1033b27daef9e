"""The price grid and the path of the price inside one bar. Not orders: `pinejax.testing.reference.orders`."""

from __future__ import annotations

import math
from dataclasses import dataclass

# A level this close to a tick (in ticks) is that tick: docs/semantics.md, 2.7.
TICK_TOLERANCE = 1e-4
# A quantity this close to a whole number of lot steps (in steps) is that number: 0.3 / 0.0001 is 2999.9999999999995.
STEP_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Grid:
    """Prices and quantities as whole numbers of steps."""

    tick: float
    lot_step: float

    def price(self, n_ticks: int) -> float:
        """The double nearest to n ticks, as a parsed decimal would be (178128 ticks of 0.01 are 1781.28, not 1781.2800000000002)."""
        per_unit = round(1.0 / self.tick)
        if per_unit and abs(per_unit * self.tick - 1.0) < 1e-9:
            return n_ticks / per_unit
        return n_ticks * self.tick

    def snap(self, price: float, *, up: bool) -> float:
        """The tick itself where `price` is within the tolerance of one, else the next tick up or down; NaN stays NaN."""
        if math.isnan(price):
            return math.nan
        ticks = price / self.tick
        nearest = math.floor(ticks + 0.5)
        if abs(ticks - nearest) <= TICK_TOLERANCE:
            return self.price(nearest)
        return self.price(math.ceil(ticks) if up else math.floor(ticks))

    def stop(self, price: float, direction: int) -> float:
        """A stop level, snapped away from the trader: a buy stop up, a sell stop down."""
        return self.snap(price, up=direction > 0)

    def limit(self, price: float, direction: int) -> float:
        """A limit level, snapped in the trader's favour: a buy limit down, a sell limit up."""
        return self.snap(price, up=direction < 0)

    def steps(self, qty: float) -> int:
        """Contracts floored to whole lot steps; 0 for NaN, infinities and negatives."""
        if not math.isfinite(qty) or qty <= 0:
            return 0
        return math.floor(qty / self.lot_step + STEP_TOLERANCE)

    def qty(self, steps: int) -> float:
        """Contracts of a whole number of lot steps."""
        return steps * self.lot_step


def whole_ticks(ticks: float) -> int:
    """Trail distances are rounded up to whole ticks, with the tick tolerance."""
    return math.ceil(ticks - TICK_TOLERANCE)


def bar_path(open_: float, high: float, low: float, close: float) -> tuple[float, float, float, float]:
    """The four corners that the price visits, in order.

    The high comes first if it is strictly nearer to the open than the low, on unrounded doubles; ties go low first (2.1).
    """
    if high - open_ < open_ - low:
        return open_, high, low, close
    return open_, low, high, close
