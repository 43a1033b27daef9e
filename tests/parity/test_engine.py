"""The fast engine makes the probes' trades exactly as TradingView listed them, as far as it has what they need."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pinejax.engine.config import EngineConfig
from pinejax.engine.engine import Engine
from tests.parity.registry import PROBES, Probe
from tests.parity.replay import exported_trades, outcome, probe_feed

pytestmark = pytest.mark.usefixtures("_exports")

RATES = "sizes by equity or cash in an account currency other than the symbol's: needs the day's rate"
RULES = "strategy.risk rules"
RAW = "strategy.order and its one-cancels-all groups"
NOT_EXPRESSED = {
    "pyramid-cash-fractional-commission-01": RATES,
    "order-percent-equity-cash-commission-01": RATES,
    "analyzer-parity-percent-of-equity-sizing-01": RATES,
    "anomaly-equity-mirror-strategy-equity-01": RATES,
    "cap-max-intraday-filled-orders-isolate-01": RULES,
    "cap-risk-gates-allow-max-intraday-01": RULES,
    "bracket-tp-sl-oca-reduce-isolate-01": RAW,
}
# Market orders, a higher timeframe, a bracket, a trail, stops on both sides: a few seconds each.
QUICK = ("mtf-daily-ema26-warmup-01", "bracket-partial-exit-qty-percent-01", "bracket-trail-points-with-offset-only-01")


def _params() -> list:
    expressed = [p for p in PROBES if p.name not in NOT_EXPRESSED]
    return [pytest.param(p, id=p.name, marks=[] if p.name in QUICK else [pytest.mark.slow]) for p in expressed]


@pytest.mark.parametrize("probe", _params())
def test_probe_is_exact_on_the_engine(probe: Probe, record_property: Callable[[str, object], None]) -> None:
    feed = probe_feed(probe)
    engine = Engine(probe.strategy, [feed], probe.broker, probe.strategy.inputs, EngineConfig(n_threads=1))
    comparison = outcome(feed, exported_trades(probe, feed), engine.detail({}).trades).comparison
    record_property("trades_compared", comparison.n_equal)
    assert comparison.missing == ()
    assert comparison.extra == ()
    assert comparison.n_equal > 0


def test_what_is_not_expressed_names_probes() -> None:
    assert set(NOT_EXPRESSED) <= {probe.name for probe in PROBES}
