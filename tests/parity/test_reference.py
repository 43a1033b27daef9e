"""The slow reference makes every probe's trades exactly as TradingView listed them, and its money columns to the cent."""

from __future__ import annotations

import dataclasses
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor

import pytest

from tests.parity.registry import PROBES, Probe
from tests.parity.replay import Outcome, compare, outcome_of

pytestmark = pytest.mark.usefixtures("_exports")

# Probes that are not exact on the reference, with the reason. None.
NOT_EXACT: dict[str, str] = {}

# Excursions that no walk of the 15-minute bars gives. In these exports (all seven from 2025-04-05) TradingView's extremes at the
# ends of a trade are prices between the bars' corners, as if sampled on finer bars; entries, exits and P&L agree.
EXCURSIONS_FROM_FINER_BARS = frozenset(
    f"{name}-01"
    for name in (
        "ta-hma-fast-slow-cross",
        "ta-dmi-adx-di-cross",
        "ta-ema-ribbon-stack-transition",
        "ta-cci-threshold-cross",
        "bracket-atr-trailing-stop-state",
        "ta-pivot-array-unshift-pop",
        "matrix-covariance-eigen-pca",
    )
)
# Money columns are rounded to cents, and the day's rate is known to 5 decimals only (6 to 7e-6 on its five loose days).
HALF_CENT, RATE_ERROR = 0.005 + 1e-6, 7e-6
# The last bar opens on a day without a known rate: the day before stands in.
LAST_BAR_RATE_ERROR = 2e-5

BY_NAME = {probe.name: probe for probe in PROBES}
# Short ones: every kind of order within a few seconds. The others are marked slow.
QUICK = ("bracket-partial-exit-qty-percent-01", "order-dual-stop-open-tie-01", "mtf-daily-ema26-warmup-01")


def _params() -> list:
    return [pytest.param(p, id=p.name, marks=[] if p.name in QUICK else [pytest.mark.slow]) for p in PROBES]


@pytest.fixture(scope="module")
def outcome() -> Iterator[Callable[[Probe], Outcome]]:
    """Replays a probe in a fresh process: this one checks every call's types, which makes the scalar loop 40 times slower."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield lambda probe: pool.submit(outcome_of, probe).result()


@pytest.mark.parametrize("probe", _params())
def test_probe_is_exact(probe: Probe, outcome: Callable[[Probe], Outcome], record_property: Callable[[str, object], None]) -> None:
    if probe.name in NOT_EXACT:
        pytest.skip(NOT_EXACT[probe.name])
    result = outcome(probe)
    record_property("trades_compared", result.comparison.n_equal)
    assert result.comparison.missing == ()
    assert result.comparison.extra == ()
    assert result.comparison.n_equal > 0
    columns = ("pnl",) if probe.name in EXCURSIONS_FROM_FINER_BARS else ("pnl", "mfe", "mae")
    for theirs, ours in result.twins:
        rate_error = LAST_BAR_RATE_ERROR if ours.exit_bar == result.n_bars - 1 else RATE_ERROR
        for column in columns:
            expected = getattr(theirs, column)
            assert abs(getattr(ours, column) - expected) <= HALF_CENT + rate_error * abs(expected), (column, theirs, ours)


def test_all_51_probes_are_declared_once() -> None:
    assert len(BY_NAME) == len(PROBES) == 51


@pytest.mark.parametrize("change", [{"pyramiding": 1}, {"size": 2.0}, {"slippage_ticks": 1}, {"process_orders_on_close": True}])
def test_comparison_notices_a_wrong_setting(change: dict, outcome: Callable[[Probe], Outcome]) -> None:
    probe = BY_NAME["pyramid-close-id-grouping-01"]
    if "size" in change:
        probe = BY_NAME["analyzer-parity-percent-of-equity-sizing-01"]
        change = {"size": 0.98}
    changed = dataclasses.replace(probe, broker=dataclasses.replace(probe.broker, **change))
    assert not outcome(changed).comparison.exact


def test_one_cent_one_bar_or_one_trade_too_many_is_a_difference() -> None:
    key = (1, 10, 180_000, 10_000, 20, 181_000)
    assert compare([key], [key]).exact
    for other in ([], [key, key], [(1, 10, 180_001, *key[3:])], [(1, 11, *key[2:])], [(-1, *key[1:])]):
        assert not compare([key], other).exact
