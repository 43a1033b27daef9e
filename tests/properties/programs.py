"""Order programs: broker calls made into strategies whose lanes differ in rhythm, prices and sizes. Not how they are compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from pinejax.core.inputs import Strategy, input
from pinejax.core.orders import LONG
from pinejax.ops import na, where

Kind = Literal["entry", "exit", "close", "close_all", "cancel", "cancel_all"]
Gate = Literal["clock", "up", "down", "long", "short", "flat", "held", "always"]
ENTRY_LEGS = ((), (), ("stop",), ("limit",), ("stop", "limit"))
EXIT_LEGS = ("stop", "limit", "profit_ticks", "loss_ticks", "trail_price", "trail_ticks")
IDS = ("A", "B", "C")


@dataclass(frozen=True)
class Call:
    """One broker call. target: the entry id it is about; id: an exit's own. size: which size argument is given.

    rhythm: whether it also waits for its lane's period; sometimes_na: whether its levels are na on some bars.
    """

    kind: Kind
    target: str = "A"
    id: str = ""
    side: int = LONG
    legs: tuple[str, ...] = ()
    size: Literal["", "qty", "rate"] = ""
    gate: Gate = "clock"
    rhythm: bool = True
    sometimes_na: bool = False
    immediately: bool = False


Program = tuple[Call, ...]


def make_strategy(program: Program) -> type[Strategy]:
    """The strategy of a program. Per call k: period_k, phase_k, near_k, far_k (ticks from the close), size_k; tick is the instrument's."""

    def on_bar(self: Any, ctx: Any) -> None:
        for k, call in enumerate(program):
            _speak(self, ctx, call, k)

    body: dict[str, Any] = {"on_bar": on_bar, "tick": input.float(0.01, low=1e-9, high=1e3)}
    for k in range(len(program)):
        body[f"period_{k}"] = input.int(3, low=1, high=23)
        body[f"phase_{k}"] = input.int(0, low=0, high=22)
        body[f"near_{k}"] = input.float(5.0, low=-60.0, high=60.0)
        body[f"far_{k}"] = input.float(9.0, low=-60.0, high=60.0)
        body[f"size_{k}"] = input.float(1.0, low=0.0, high=100.0)
    return type("OrderProgram", (Strategy,), body)


def random_params(rng: np.random.Generator, program: Program, tick: float) -> dict[str, Any]:
    """One lane's numbers: small periods, levels on and off the tick grid and a hair beside it."""
    params: dict[str, Any] = {"tick": tick}
    for k in range(len(program)):
        params[f"period_{k}"] = int(rng.choice([1, 2, 3, 5, 7, 11, 23]))
        params[f"phase_{k}"] = int(rng.integers(0, 23))
        for name in ("near", "far"):
            params[f"{name}_{k}"] = float(rng.integers(-25, 46)) + float(rng.choice([0.0, 0.0, 0.3, 0.5, 0.99996, 0.00004, 0.9995, 0.0005]))
        params[f"size_{k}"] = float(rng.choice([0.25, 0.5, 1.0, 1.0, 2.0, 3.5, 0.33333]))
    return params


def _speak(strategy: Any, ctx: Any, call: Call, k: int) -> None:
    bar, broker = ctx.bar, ctx.broker
    period, phase, near, far, size = (getattr(strategy, f"{name}_{k}") for name in ("period", "phase", "near", "far", "size"))
    count = phase + bar.index
    when = _gate(call.gate, bar, broker)
    if call.rhythm:
        when = when & (count - count // period * period == 0)
    if call.kind == "entry":
        qty = size if call.size == "qty" else None
        levels = {}
        for leg, sense, ticks in (("stop", call.side, near), ("limit", -call.side, far)):
            if leg in call.legs:
                levels[leg] = _sometimes_na(call, bar, bar.close + ticks * sense * strategy.tick)
        broker.entry(call.target, call.side, when=when, qty=qty, **levels)
    elif call.kind == "exit":
        broker.exit(call.id, call.target, when=when, **_sizes(call, size), **_exit_levels(strategy, call, bar, broker, near, far))
    elif call.kind == "close":
        broker.close(call.target, when=when, immediately=call.immediately, **_sizes(call, size))
    elif call.kind == "close_all":
        broker.close_all(when=when, immediately=call.immediately)
    elif call.kind == "cancel":
        broker.cancel(call.id, when=when)
    else:
        broker.cancel_all(when=when)


def _gate(gate: Gate, bar: Any, broker: Any) -> Any:
    position = broker.position_size
    masks = {
        "up": bar.close > bar.open, "down": bar.close < bar.open, "long": position > 0, "short": position < 0,
        "flat": position == 0, "held": position != 0,
    }  # fmt: skip
    return masks.get(gate, bar.index >= 0)


def _sizes(call: Call, size: Any) -> dict[str, Any]:
    if call.size == "qty":
        return {"qty": size}
    return {"qty_rate": size / 2} if call.size == "rate" else {}


def _exit_levels(strategy: Any, call: Call, bar: Any, broker: Any, near: Any, far: Any) -> dict[str, Any]:
    """Prices count from the close towards the loss (stop) or the gain (limit, trail) of the position, ticks as they are."""
    sense = where(broker.position_size < 0, -1.0, 1.0) * strategy.tick
    prices = {
        "stop": bar.close - (near + 15) * sense, "limit": bar.close + (far + 15) * sense, "trail_price": bar.close + near * sense,
        "profit_ticks": far + 26, "loss_ticks": near + 26, "trail_ticks": where(near < 0, near * -0.5, near),
    }  # fmt: skip
    out = {leg: _sometimes_na(call, bar, prices[leg]) for leg in call.legs}
    if "trail_price" in call.legs or "trail_ticks" in call.legs:
        out["trail_offset_ticks"] = where(far < 0, 0.0, far)
    return out


def _sometimes_na(call: Call, bar: Any, level: Any) -> Any:
    return where(bar.index // 3 - bar.index // 6 * 2 == 0, na, level) if call.sometimes_na else level
