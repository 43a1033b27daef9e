"""A table-top broker: bars as corners, commands by bar."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from pinejax.broker.config import BrokerConfig
from pinejax.core.feed import Instrument
from pinejax.testing.reference import Broker, ScalarBar

QUARTER_HOUR_MS = 900_000


@pytest.fixture
def play() -> Callable[..., Broker]:
    """play(bars, commands): bars as (open, high, low, close), commands as {bar: function of the broker}. One contract, no costs."""

    def run(
        bars: Sequence[tuple[float, float, float, float]],
        commands: Mapping[int, Callable[[Broker], Any]],
        *,
        rates: Mapping[int, float] | None = None,
        bar_ms: int = QUARTER_HOUR_MS,
        instrument: Instrument | None = None,
        **config: Any,
    ) -> Broker:
        settings = {"initial_capital": 1_000_000.0, "size_type": "fixed", "size": 1.0, "commission": 0.0, **config}
        broker = Broker(BrokerConfig(**settings), instrument or Instrument())
        for i, (o, h, l, c) in enumerate(bars):  # noqa: E741
            broker.begin_bar(ScalarBar(i, i * bar_ms, float(o), float(h), float(l), float(c), 1.0, (rates or {}).get(i, 1.0)))
            commands.get(i, lambda _: None)(broker)
            broker.end_bar()
        return broker

    return run
