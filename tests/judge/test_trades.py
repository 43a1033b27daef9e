"""pinejax.judge.trades, by hand."""

from __future__ import annotations

import pytest

from pinejax.core.trade import TradeRecord
from pinejax.judge.trades import open_at_end, without_best


def trade(pnl: float, signal: str = "x") -> TradeRecord:
    return TradeRecord(1, "L", 0, 100.0, signal, 1, 101.0, 1.0, pnl, 0.0, 0.0, 0.0)


LISTS = [[trade(50.0), trade(-20.0), trade(10.0)], [trade(100.0), trade(-40.0), trade(30.0), trade(70.0, "Open")]]


def test_the_best_of_each_dataset_are_left_out():
    found = without_best(LISTS, 2, 1_000.0)
    assert found["n_dropped"] == 4
    assert found["profit"] == 200.0 and found["profit_without"] == -20.0 - 40.0 + 30.0
    assert found["total_return_without"] == pytest.approx(-0.015)
    assert found["best_share"] == 0.5 and found["best_n_share"] == pytest.approx(170 / 200)


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
