"""What the flagship's modules do to its trades, and which of its parameters count when. The contract suite is in `test_contracts`."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from unchecked import unchecked

from pinejax.broker.config import BrokerConfig
from pinejax.core.feed import Feed
from pinejax.core.inputs import Strategy
from pinejax.engine.config import EngineConfig
from pinejax.engine.engine import Engine
from pinejax.errors import StrategyError
from pinejax.strategies.squeeze_momentum import SqueezeMomentum, event_times
from pinejax.testing.contracts import example_feed
from pinejax.testing.reference import run

BROKER = BrokerConfig(size=0.5, commission=0.0)
# Frequent trades: the flux alone decides and nothing stops a position.
BUSY = {"require_momentum_cross": False, "use_htf": False, "use_atr_stop": False, "min_hold_bars": 0}


@pytest.fixture(scope="module")
def feed() -> Feed:
    return example_feed(700)


def trades(feed: Feed, params: dict[str, Any], strategy: type[Strategy] = SqueezeMomentum) -> tuple:
    with unchecked():
        return run(strategy, params, feed, BROKER).trades


def test_opposite_signal_flips_or_closes_or_does_nothing(feed: Feed) -> None:
    flips = trades(feed, BUSY)
    assert len(flips) > 10 and all(a.exit_bar == b.entry_bar for a, b in pairwise(flips))
    long_only = trades(feed, {**BUSY, "allow_short": False})
    assert {t.direction for t in long_only} == {1} and len(long_only) > 3
    held = trades(feed, {**BUSY, "exit_opposite": False})
    assert len(held) == 1 and held[0].exit_signal == "Open"


def test_reentry_waits_after_an_exit_and_so_forbids_flips(feed: Feed) -> None:
    waited = trades(feed, {**BUSY, "reentry_bars": 5})
    gaps = [b.entry_bar - a.exit_bar for a, b in pairwise(waited)]
    # The wait ends on the bar of the decision; the order fills at the next open.
    assert gaps and min(gaps) >= 6


def test_min_hold_holds_back_signals_but_not_stops(feed: Feed) -> None:
    patient = trades(feed, {**BUSY, "min_hold_bars": 12})
    assert min(t.exit_bar - t.entry_bar for t in patient if not t.is_open) >= 13
    stopped = trades(feed, {**BUSY, "min_hold_bars": 12, "use_fixed_stop": True, "fixed_stop_rate": 0.002})
    assert any(t.exit_signal in ("XL", "XS") and t.exit_bar - t.entry_bar < 12 for t in stopped)


def test_time_stop_closes_after_max_hold_bars(feed: Feed) -> None:
    timed = trades(feed, {**BUSY, "exit_opposite": False, "use_time_stop": True, "max_hold_bars": 10})
    assert {t.exit_bar - t.entry_bar for t in timed if not t.is_open} == {11}


@pytest.mark.parametrize(
    "stop",
    [
        {"use_atr_stop": True, "atr_mult": 0.5}, {"use_fixed_stop": True, "fixed_stop_rate": 0.002},
        {"use_swing_stop": True, "stop_lookback": 3}, {"use_pivot_stop": True, "pivot_len": 2},
        {"use_atr_trail": True, "atr_trail_mult": 0.5},
        {"use_breakeven": True, "breakeven_mult": 0.5},
    ],
    ids=lambda stop: next(iter(stop)),
)  # fmt: skip
def test_every_stop_ends_trades(stop: dict[str, Any], feed: Feed) -> None:
    assert sum(t.exit_signal in ("XL", "XS") for t in trades(feed, BUSY | stop)) > 3


def test_no_entry_inside_an_event_window(feed: Feed) -> None:
    class Cautious(SqueezeMomentum):
        event_windows = (("1970-01-02T00:00", "1970-01-04"), ("1970-01-05T06:00+02:00", "1970-01-05T12:00Z"))

    assert Cautious.inputs["use_event_filter"].active_if is None
    every, outside = trades(feed, BUSY, Cautious), trades(feed, {**BUSY, "use_event_filter": True}, Cautious)
    inside = [t for t in every if any(a <= feed.ltf.time[t.entry_bar - 1] < b for a, b in event_times(Cautious.event_windows))]
    assert inside
    decided = np.array([feed.ltf.time[t.entry_bar - 1] for t in outside])
    assert not any(((decided >= a) & (decided < b)).any() for a, b in event_times(Cautious.event_windows))


@pytest.mark.parametrize("windows", [(("yesterday", "2024-01-01"),), (("2024-01-02", "2024-01-01"),)])
def test_an_event_window_that_is_none_is_refused(windows: Any) -> None:
    with pytest.raises(StrategyError, match="event_windows: expected"):
        event_times(windows)


def active(**switches: bool) -> set[str]:
    values = SqueezeMomentum.complete(switches)
    return {name for name, item in SqueezeMomentum.inputs.items() if item.is_active(values)}


def test_parameters_of_a_module_switched_off_are_inactive() -> None:
    assert {"atr_mult", "htf_ema_len", "dyn_len", "bb_len"} <= active()
    assert not {"stop_lookback", "pivot_len", "atr_trail_len", "breakeven_mult", "fixed_stop_rate", "max_hold_bars"} & active()
    assert not {"buy_threshold", "sell_threshold", "stat_threshold", "use_sym_threshold", "use_event_filter"} & active()
    assert {"buy_threshold", "sell_threshold"} <= active(use_dynamic_thresh=False)
    assert "stat_threshold" in active(use_dynamic_thresh=False, use_sym_threshold=True)
    assert not {"bb_len", "kc_len"} & active(use_same_len=True)
    assert not {"osc_len", "signal_len", "bb_mult", "dyn_len", "require_flux"} & active(require_momentum_cross=False)
    assert "osc_len" in active(require_momentum_cross=False, use_mom_fade=True)
    assert not {"flux_len", "use_flux_heikin"} & active(require_flux=False)


def test_pinned_switches_leave_their_modules_out_and_change_no_trade(feed: Feed) -> None:
    from pinejax.testing.contracts import pinned

    searched = SqueezeMomentum.inputs
    values = SqueezeMomentum.defaults()
    fixed = {name: pinned(item, values[name]) if item.kind == "bool" else item for name, item in searched.items()}
    with unchecked():
        engines = [Engine(SqueezeMomentum, [feed], BROKER, inputs, EngineConfig(n_threads=1)) for inputs in (searched, fixed)]
        (one,), (other,) = (engine.evaluate([values]) for engine in engines)
    assert len(engines[1].program.initial_sites) < len(engines[0].program.initial_sites)
    for name in one.metrics:
        np.testing.assert_allclose(one.metrics[name], other.metrics[name], rtol=1e-9, err_msg=name)
