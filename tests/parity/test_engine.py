"""The fast engine makes every probe's trades exactly as TradingView listed them."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor

import pytest

from pinejax.engine.config import EngineConfig
from pinejax.engine.engine import Engine
from tests.parity.registry import PROBES, Probe
from tests.parity.replay import Comparison, exported_trades, outcome, probe_feed

pytestmark = pytest.mark.usefixtures("_exports")


def replayed(name: str) -> tuple[int, Comparison]:
    """A probe on the engine: the status of its lane, and the comparison with the export."""
    probe = next(p for p in PROBES if p.name == name)
    feed = probe_feed(probe)
    detail = Engine(probe.strategy, [feed], probe.broker, probe.strategy.inputs, EngineConfig(n_threads=1, block=16)).detail({})
    return detail.status, outcome(feed, exported_trades(probe, feed), detail.trades).comparison


@pytest.fixture(scope="module")
def replays(request: pytest.FixtureRequest) -> Iterator[dict[str, Future]]:
    """The selected probes, compiled and run two at a time in fresh processes."""
    names = [item.callspec.params["probe"].name for item in request.session.items if getattr(item, "originalname", "") == TEST]
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield {name: pool.submit(replayed, name) for name in names}


@pytest.mark.parametrize("probe", [pytest.param(p, id=p.name) for p in PROBES])
def test_probe_is_exact_on_the_engine(probe: Probe, replays: dict[str, Future], record_property: Callable[[str, object], None]) -> None:
    status, comparison = replays[probe.name].result()
    record_property("trades_compared", comparison.n_equal)
    assert status == 0
    assert comparison.missing == ()
    assert comparison.extra == ()
    assert comparison.n_equal > 0


TEST = test_probe_is_exact_on_the_engine.__name__
