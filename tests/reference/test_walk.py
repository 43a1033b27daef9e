"""The walk that jumps from level to level equals a walk that visits every tick."""

from __future__ import annotations

import ast
import math
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import pinejax.testing.reference as reference
from pinejax.broker.config import BrokerConfig, RiskRules
from pinejax.core.feed import Instrument
from pinejax.core.orders import LONG, SHORT
from pinejax.testing.reference import Broker, ScalarBar
from pinejax.testing.reference.orders import ExitLevels


class TickByTick(Broker):
    """Visits every tick between two corners."""

    def _go(self, corner: float) -> None:
        step = 1 if corner > self.price else -1
        while self.price != corner:
            self._settle(self.grid.price(round(self.price / self.grid.tick) + step), "path")


def _bars(rng: np.random.Generator, n: int) -> list[ScalarBar]:
    bars, last = [], 10_000
    for i in range(n):
        open_ = last + int(rng.integers(-8, 9))
        last = open_ + int(rng.integers(-25, 26))
        high, low = max(open_, last) + int(rng.integers(0, 20)), min(open_, last) - int(rng.integers(0, 20))
        bars.append(ScalarBar(i, i * 900_000, open_ / 100, high / 100, low / 100, last / 100, 1.0))
    return bars


def _level(rng: np.random.Generator, close: float) -> float:
    return math.nan if rng.random() < 0.4 else close + int(rng.integers(-30, 31)) / 100 + float(rng.choice([0.0, 0.004]))


def _command(rng: np.random.Generator, broker: Broker, close: float) -> None:
    """One random order of any kind."""
    kind, id_, side = int(rng.integers(0, 8)), str(rng.choice(["A", "B"])), LONG if rng.random() < 0.5 else SHORT
    qty = float(rng.integers(1, 4))
    if kind <= 1:
        group = {"oca_name": "h", "oca_type": "cancel"} if rng.random() < 0.3 else {}
        broker.entry(id_, side, qty=qty, limit=_level(rng, close), stop=_level(rng, close), **group)
    elif kind == 2:
        broker.order(id_, side, qty=qty, limit=_level(rng, close), stop=_level(rng, close), oca_name="g", oca_type="reduce")
    elif kind == 3:
        broker.close(id_, qty_rate=float(rng.choice([0.5, 1.0])), immediately=rng.random() < 0.3)
    elif kind == 4 and rng.random() < 0.3:
        broker.cancel(id_)
    else:
        trail = float(rng.integers(0, 30)) if rng.random() < 0.5 else math.nan
        levels = ExitLevels(_level(rng, close), _level(rng, close), trail_ticks=trail, trail_offset_ticks=float(rng.integers(0, 15)))
        broker.exit("X" + id_, id_ if rng.random() < 0.8 else "", qty_rate=float(rng.choice([0.5, 1.0])), levels=levels)


def _play(make: type[Broker], config: BrokerConfig, seed: int) -> Broker:
    rng, broker = np.random.default_rng(seed), make(config, Instrument())
    for bar in _bars(rng, 30):
        broker.begin_bar(bar)
        for _ in range(int(rng.integers(0, 3))):
            _command(rng, broker, bar.close)
        broker.end_bar()
    return broker


@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 10**6),
    pyramiding=st.integers(1, 3),
    on_close=st.booleans(),
    verify=st.sampled_from((0, 2)),
    leverage=st.sampled_from((1.0, 50.0)),
    rule=st.sampled_from(("FIFO", "ANY")),
)
def test_jumping_between_levels_equals_visiting_every_tick(
    seed: int, pyramiding: int, on_close: bool, verify: int, leverage: float, rule: str
) -> None:
    config = BrokerConfig(
        initial_capital=500.0,
        size_type="fixed",
        size=1.0,
        pyramiding=pyramiding,
        process_orders_on_close=on_close,
        limit_verify_ticks=verify,
        slippage_ticks=1,
        leverage=leverage,
        close_entries_rule=rule,  # type: ignore[arg-type]
        risk=RiskRules(max_drawdown=0.2),
    )
    jumps, steps = _play(Broker, config, seed), _play(TickByTick, config, seed)
    assert jumps.fills == steps.fills
    assert jumps.account.trades == steps.account.trades


def test_the_reference_knows_nothing_of_the_engine() -> None:
    allowed = ("pinejax.testing.reference", "pinejax.core", "pinejax.broker.config", "pinejax.errors")
    for file in Path(reference.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("pinejax"):
                assert str(node.module).startswith(allowed), (file.name, node.module)
