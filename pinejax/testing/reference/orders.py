"""Pending orders and the price levels at which they act. What a fill does is `pinejax.testing.reference.broker`'s business."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from pinejax.testing.reference.path import Grid, whole_ticks

OcaType = Literal["cancel", "reduce", "none"]

na = math.nan
# Ties at one price inside a leg: stop, then trail, then limit (docs/semantics.md, 2.6).
STOP, TRAIL, LIMIT = 0, 1, 2


@dataclass
class Order:
    """A signed transaction waiting to happen: an entry, a raw order or a market close.

    steps: lot steps, frozen at the call. limit, stop: snapped levels, NaN for none; without either it is a market order.
    recheck_pyramiding: the lot cap is tested again at the fill. armed: the stop of a stop-limit order has been touched. oca_name,
    oca_type: the group of orders it belongs to, empty for none, and what its fill does to them.
    """

    kind: Literal["entry", "order", "close"]
    id: str
    direction: int
    steps: int
    seq: int
    limit: float = na
    stop: float = na
    recheck_pyramiding: bool = False
    armed: bool = False
    oca_name: str = ""
    oca_type: OcaType = "none"
    immediately: bool = False
    comment: str = ""

    @property
    def is_market(self) -> bool:
        """Whether the order has no price: na levels are no levels."""
        return math.isnan(self.limit) and math.isnan(self.stop)

    @property
    def opens(self) -> bool:
        """Whether a fill may open a lot under this id."""
        return self.kind != "close"

    @property
    def signal(self) -> str:
        """The text that a trade opened or closed by this order shows."""
        if self.comment:
            return self.comment
        if self.kind != "close":
            return self.id
        return f"Close entry(s) order {self.id}" if self.id else "Close position order"


@dataclass(frozen=True)
class ExitLevels:
    """The arguments of strategy.exit as given: prices, or ticks from the average entry price; NaN for none."""

    limit: float = na
    stop: float = na
    profit_ticks: float = na
    loss_ticks: float = na
    trail_price: float = na
    trail_ticks: float = na
    trail_offset_ticks: float = na

    @property
    def trails(self) -> bool:
        """Whether there is a trailing leg."""
        return not (math.isnan(self.trail_price) and math.isnan(self.trail_ticks))

    @property
    def empty(self) -> bool:
        """Whether no leg is given at all."""
        prices = (self.limit, self.stop, self.profit_ticks, self.loss_ticks)
        return not self.trails and all(math.isnan(x) for x in prices)


@dataclass(frozen=True)
class ExitComments:
    """The texts of an exit in lists of trades: per leg, else for all legs; empty for none."""

    any: str = ""
    profit: str = ""
    loss: str = ""
    trailing: str = ""

    def of(self, rank: int) -> str:
        """The text of a leg by its rank, or an empty one."""
        return {STOP: self.loss, TRAIL: self.trailing, LIMIT: self.profit}[rank] or self.any


@dataclass
class Exit:
    """An exit bracket: one order with up to three legs, bound to the lots of one entry id, or of all for an empty one.

    steps: the explicit quantity, or None. rate: the share of the lots, or None. frozen: that share in lot steps, fixed when
    lots first exist. trail_armed, best: the trail's state; best is the most favourable path price since arming.
    """

    id: str
    from_entry: str
    seq: int
    levels: ExitLevels = field(default_factory=ExitLevels)
    comments: ExitComments = field(default_factory=ExitComments)
    steps: int | None = None
    rate: float | None = None
    frozen: int | None = None
    trail_armed: bool = False
    best: float = na

    @property
    def partial(self) -> bool:
        """Whether it was asked to close less than everything: such an id acts once per position."""
        return self.steps is not None or self.rate is not None

    def forget(self) -> None:
        """Back to the state of a fresh order; its levels stay."""
        self.frozen, self.trail_armed, self.best = None, False, na


@dataclass(frozen=True)
class Leg:
    """One price at which an order acts. upward: it is reached by a rising price. level: the fill price on a touch;
    trigger: the price that must be reached (differs from the level for limits with verification ticks)."""

    rank: int
    level: float
    trigger: float
    upward: bool
    arms: bool = False

    def reached(self, price: float) -> bool:
        """Whether a price touches or is beyond the trigger."""
        return price >= self.trigger if self.upward else price <= self.trigger


def stop_leg(level: float, direction: int, *, rank: int = STOP, arms: bool = False) -> Leg:
    """A stop of a buy (reached upwards) or a sell (reached downwards)."""
    return Leg(rank, level, level, direction > 0, arms)


def limit_leg(grid: Grid, level: float, direction: int, verify_ticks: int) -> Leg:
    """A limit; price must trade `verify_ticks` through it."""
    return Leg(LIMIT, level, grid.snap(level - direction * verify_ticks * grid.tick, up=direction < 0), direction < 0)


def order_legs(order: Order, grid: Grid, verify_ticks: int) -> list[Leg]:
    """The levels of an entry or a raw order; none for a market order. A stop-limit shows its stop until that is touched."""
    has_stop, has_limit = not math.isnan(order.stop), not math.isnan(order.limit)
    if has_stop and not order.armed:
        return [stop_leg(order.stop, order.direction, arms=has_limit)]
    if has_limit:
        return [limit_leg(grid, order.limit, order.direction, verify_ticks)]
    return []


def exit_legs(exit_: Exit, grid: Grid, direction: int, average: float, verify_ticks: int) -> list[Leg]:
    """The levels of a live exit. direction: of the exit's own transaction, -1 closes a long; average: of the matching lots.

    Both `stop` and `loss_ticks` (or `limit` and `profit_ticks`) given: both legs work, the first touched wins.
    """
    lv = exit_.levels
    legs = []
    for stop in (lv.stop, average + direction * lv.loss_ticks * grid.tick):
        if not math.isnan(stop):
            legs.append(stop_leg(grid.stop(stop, direction), direction))
    if exit_.trail_armed:
        level = exit_.best + direction * trail_offset(lv) * grid.tick
        legs.append(stop_leg(grid.stop(level, direction), direction, rank=TRAIL))
    for limit in (lv.limit, average - direction * lv.profit_ticks * grid.tick):
        if not math.isnan(limit):
            legs.append(limit_leg(grid, grid.limit(limit, direction), direction, verify_ticks))
    return legs


def trail_offset(levels: ExitLevels) -> int:
    """Whole ticks between the best price and the trailing stop; omitted is 0."""
    return 0 if math.isnan(levels.trail_offset_ticks) else whole_ticks(levels.trail_offset_ticks)


def trail_activation(levels: ExitLevels, grid: Grid, direction: int, average: float) -> float:
    """The price that arms the trail, snapped as a limit of the exit's side; NaN without a trail.

    Of `trail_price` and `trail_ticks` the one that is reached first counts, as Pine's manual says of all such pairs.
    """
    prices = [levels.trail_price]
    if not math.isnan(levels.trail_ticks):
        prices.append(average - direction * whole_ticks(levels.trail_ticks) * grid.tick)
    at = [grid.limit(x, direction) for x in prices if not math.isnan(x)]
    return (min(at) if direction < 0 else max(at)) if at else na
