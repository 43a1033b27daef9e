"""Order programs: broker calls made into strategies whose lanes differ in rhythm, prices and sizes. Not how they are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from pinejax.core.inputs import Strategy, input
from pinejax.core.orders import LONG, SHORT
from pinejax.ops import na, where
from tests.properties.gates import Gate, gate

Kind = Literal["entry", "order", "exit", "close", "close_all", "cancel", "cancel_all"]
ENTRY_LEGS = ((), (), ("stop",), ("limit",), ("stop", "limit"))
EXIT_LEGS = ("stop", "limit", "profit_ticks", "loss_ticks", "trail_price", "trail_ticks")
EXIT_COMMENTS = ("comment", "comment_profit", "comment_loss", "comment_trailing")
IDS = ("A", "B", "C")
# Raw orders have no lot cap: they are not called while this many are open.
RAW_LOTS = 6
NUMBERS = ("period", "phase", "near", "far", "size")


@dataclass(frozen=True)
class Call:
    """One broker call. target: the entry id it is about, empty for an exit of all entries; id: an exit's own. size: which size
    argument is given.

    rhythm: whether it also waits for its lane's period; sometimes_na: whether its levels are na on some bars. oca: the group's name
    and type. comments: which texts are given. An id keeps its kind, its group and its texts throughout a program.
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
    oca: tuple[str, str] = ("", "none")
    comments: tuple[str, ...] = ()

    def texts(self) -> dict[str, str]:
        """The comment arguments."""
        return {name: f"{name.removeprefix('comment_')} of {self.id}{self.target}" for name in self.comments}

    def __str__(self) -> str:
        names = {"exit": (self.id, self.target or None), "cancel": (self.id,), "close_all": (), "cancel_all": ()}
        words = [repr(name) for name in names.get(self.kind, (self.target,))]
        words += [{LONG: "LONG", SHORT: "SHORT"}[self.side]] if self.kind in ("entry", "order") else []
        size = {"qty": "qty", "rate": "qty_rate"}.get(self.size, "")
        words += [*self.legs, *([size] if size else []), *(["immediately"] if self.immediately and "close" in self.kind else [])]
        words += [f"oca={self.oca}"] if self.oca[0] else []
        words += [f"{name}={text!r}" for name, text in self.texts().items()]
        timing = f"{self.gate}{', on its period' if self.rhythm else ''}{', levels sometimes na' if self.sometimes_na else ''}"
        return f"{self.kind}({', '.join(words)}) when {timing}"


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


def describe(program: Program, params: Mapping[str, Any]) -> str:
    """The program and one lane's numbers, a line per call."""
    lines = []
    for k, call in enumerate(program):
        numbers = ", ".join(f"{name} {params[f'{name}_{k}']}" for name in NUMBERS)
        lines.append(f"  {k}: {call}\n     {numbers}")
    return "\n".join(lines)


def _speak(strategy: Any, ctx: Any, call: Call, k: int) -> None:
    bar, broker = ctx.bar, ctx.broker
    period, phase, near, far, size = (getattr(strategy, f"{name}_{k}") for name in NUMBERS)
    count = phase + bar.index
    when = gate(call.gate, bar, broker)
    if call.rhythm:
        when = when & (count - count // period * period == 0)
    if call.kind == "order":
        when = when & (broker.n_open_trades < RAW_LOTS)
    if call.kind in ("entry", "order"):
        more: dict[str, Any] = {"oca_name": call.oca[0], "oca_type": call.oca[1]} if call.oca[0] else {}
        for leg, sense, ticks in (("stop", call.side, near), ("limit", -call.side, far)):
            if leg in call.legs:
                more[leg] = _sometimes_na(call, bar, bar.close + ticks * sense * strategy.tick)
        getattr(broker, call.kind)(call.target, call.side, when=when, **_sizes(call, size), **more, **call.texts())
    elif call.kind == "exit":
        levels = _exit_levels(strategy, call, bar, broker, near, far)
        broker.exit(call.id, call.target or None, when=when, **_sizes(call, size), **levels, **call.texts())
    elif call.kind == "close":
        broker.close(call.target, when=when, immediately=call.immediately, **_sizes(call, size), **call.texts())
    elif call.kind == "close_all":
        broker.close_all(when=when, immediately=call.immediately, **call.texts())
    elif call.kind == "cancel":
        broker.cancel(call.id, when=when)
    else:
        broker.cancel_all(when=when)


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
