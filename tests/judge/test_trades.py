"""pinejax.judge.trades, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from pinejax.core.trade import TradeRecord
from pinejax.judge.trades import open_at_end, without_best


def trade(pnl: float, signal: str = "x") -> TradeRecord:
    return TradeRecord(1, "L", 0, 100.0, signal, 1, 101.0, 1.0, pnl, 0.0, 0.0, 0.0)


LISTS = [[trade(50.0), trade(-20.0), trade(10.0)], [trade(100.0), trade(-40.0), trade(30.0), trade(70.0, "Open")]]


def test_the_best_of_all_datasets_are_left_out():
    found = without_best(LISTS, 2, 1_000.0)
    assert found["n_dropped"] == 2
    assert found["profit"] == 200.0 and found["profit_without"] == 200.0 - 100.0 - 70.0
    assert found["total_return_without"] == pytest.approx(0.015)
    assert found["best_share"] == 0.5 and found["best_n_share"] == pytest.approx(170 / 200)


def test_an_edge_on_many_symbols_does_not_fall_by_their_number():
    """Ten symbols with twenty trades each, of a mean of 0.3 standard deviations: four standard errors above 0."""
    pnl = np.random.default_rng(0).normal(0.3, 1.0, (10, 20))
    found = without_best([[trade(x) for x in some] for some in pnl.tolist()], 5, 1_000.0)
    assert found["n_dropped"] == 5 and found["profit_without"] > 0.6 * found["profit"] > 0


def test_there_is_no_share_of_a_loss():
    found = without_best([[trade(5.0), trade(-10.0)]], 1, 100.0)
    assert found["profit"] == -5.0 and found["profit_without"] == -10.0
    assert found["best_share"] is None and found["best_n_share"] is None


def test_an_open_position_that_makes_the_result_is_told():
    assert open_at_end(LISTS) == {"n_open": 1, "open_profit": 70.0, "share": pytest.approx(0.35), "makes_the_result": False}
    assert open_at_end([[trade(-30.0), trade(70.0, "Open")]])["makes_the_result"] is True
    assert open_at_end([[trade(-90.0), trade(70.0, "Open")]]) == {
        "n_open": 1, "open_profit": 70.0, "share": None, "makes_the_result": False
    }  # fmt: skip
    assert open_at_end([[trade(1.0)]])["n_open"] == 0
