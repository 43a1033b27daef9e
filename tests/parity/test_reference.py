"""The slow reference makes every probe's trades exactly as TradingView listed them, and its money columns to the cent."""

from __future__ import annotations

import dataclasses

import pytest

from tests.parity.registry import PROBES, Probe
from tests.parity.replay import Comparison, compare, exported_trades, key_of, probe_feed, replay

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
# Half a cent, as money columns are rounded to cents.
HALF_CENT = 0.005 + 1e-6

BY_NAME = {probe.name: probe for probe in PROBES}
# Short ones: every kind of order within a few seconds. The others are marked slow.
QUICK = ("bracket-partial-exit-qty-percent-01", "order-dual-stop-open-tie-01", "mtf-daily-ema26-warmup-01")


def _params() -> list:
    return [pytest.param(p, id=p.name, marks=[] if p.name in QUICK else [pytest.mark.slow]) for p in PROBES]


def _compare(probe: Probe) -> Comparison:
    feed = probe_feed(probe)
    return compare((t.key for t in exported_trades(probe, feed)), (key_of(t) for t in replay(probe, feed).trades))


@pytest.mark.parametrize("probe", _params())
def test_probe_is_exact(probe: Probe) -> None:
    if probe.name in NOT_EXACT:
        pytest.skip(NOT_EXACT[probe.name])
    feed = probe_feed(probe)
    exported, trades = exported_trades(probe, feed), replay(probe, feed).trades
    result = compare((t.key for t in exported), map(key_of, trades))
    assert result.missing == ()
    assert result.extra == ()
    assert result.n_equal == len(exported)
    by_key: dict = {}
    for trade in trades:
        by_key.setdefault(key_of(trade), []).append(trade)
    columns = ("pnl",) if probe.name in EXCURSIONS_FROM_FINER_BARS else ("pnl", "mfe", "mae")
    for theirs in exported:
        ours = by_key[theirs.key].pop(0)
        if not ours.is_open:
            for column in columns:
                assert getattr(ours, column) == pytest.approx(getattr(theirs, column), abs=HALF_CENT), (column, theirs)


def test_all_51_probes_are_declared_once() -> None:
    assert len(BY_NAME) == len(PROBES) == 51


@pytest.mark.parametrize("change", [{"pyramiding": 1}, {"size": 2.0}, {"slippage_ticks": 1}, {"process_orders_on_close": True}])
def test_comparison_notices_a_wrong_setting(change: dict) -> None:
    probe = BY_NAME["pyramid-close-id-grouping-01"]
    if "size" in change:
        probe = BY_NAME["analyzer-parity-percent-of-equity-sizing-01"]
        change = {"size": 0.98}
    assert not _compare(dataclasses.replace(probe, broker=dataclasses.replace(probe.broker, **change))).exact


def test_one_cent_one_bar_or_one_trade_too_many_is_a_difference() -> None:
    key = (1, 10, 180_000, 10_000, 20, 181_000)
    assert compare([key], [key]).exact
    for other in ([], [key, key], [(1, 10, 180_001, *key[3:])], [(1, 11, *key[2:])], [(-1, *key[1:])]):
        assert not compare([key], other).exact
