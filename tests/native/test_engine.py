"""The engine by native code and by XLA: the same metrics for strategies with everything in them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from unchecked import unchecked

from pinejax.broker.config import BrokerConfig
from pinejax.core.feed import Feed
from pinejax.core.inputs import Strategy
from pinejax.engine.config import EngineConfig
from pinejax.engine.engine import Engine
from pinejax.strategies.donchian_breakout import DonchianBreakout
from pinejax.strategies.ema_cross import EmaCross
from pinejax.strategies.rsi_reversion import RsiReversion
from pinejax.strategies.squeeze_momentum import SqueezeMomentum
from pinejax.strategies.supertrend import Supertrend
from pinejax.testing.contracts import example_feed, random_parameters
from tests.engine.busy import BROKER, Busy, wave
from tests.parity.registry import PROBES, Probe

N_TRIALS = 24
SHIPPED = (DonchianBreakout, EmaCross, RsiReversion, SqueezeMomentum, Supertrend)
QUICK = ("bracket-exit-tp-sl-fixed-01", "bracket-atr-trailing-stop-state-01", "pyramid-cash-fractional-commission-01")
"""Probes that the quick run covers too: brackets, a trail, pyramids."""


def compare(strategy: type[Strategy], broker: BrokerConfig, feeds: Sequence[Feed], **config: object) -> None:
    """Both backends, the same batch."""
    rng = np.random.default_rng(0)
    batch = [random_parameters(strategy.inputs, rng) for _ in range(N_TRIALS)]
    found = []
    with unchecked():
        for backend in ("native", "xla"):
            engine = Engine(strategy, feeds, broker, strategy.inputs, EngineConfig(backend=backend, **config))  # type: ignore[arg-type]
            found.append(engine.evaluate(batch))
    for native, xla in zip(*found, strict=True):
        assert set(native.metrics) == set(xla.metrics) and native.pruned_at == xla.pruned_at
        np.testing.assert_array_equal(native.status, xla.status)
        for name, expected in xla.metrics.items():
            np.testing.assert_allclose(native.metrics[name], expected, rtol=1e-9, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("strategy", SHIPPED)
def test_shipped_strategy(strategy: type[Strategy]) -> None:
    compare(strategy, BrokerConfig(), [example_feed(900, seed=s) for s in (1, 2)])


def test_strategy_with_everything_in_it() -> None:
    compare(Busy, BROKER, [wave(700, 1), wave(650, 2)], n_segments=4)


@pytest.mark.parametrize("name", QUICK)
def test_probe(name: str) -> None:
    probe = next(p for p in PROBES if p.name == name)
    compare(probe.strategy, probe.broker, [example_feed(900, seed=s, timeframe="15m") for s in (1, 2)])


@pytest.mark.slow
@pytest.mark.parametrize("probe", [p for p in PROBES if p.name not in QUICK], ids=lambda p: p.name)
def test_every_probe(probe: Probe) -> None:
    compare(probe.strategy, probe.broker, [example_feed(1_500, seed=s, timeframe="15m") for s in (1, 2)])
