"""Fills change lots and money; levels snap to the grid. Numbers by hand."""

from __future__ import annotations

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinejax.broker.account import (
    Account,
    Terms,
    average_price_of,
    average_price_of_entry,
    n_lots_of,
    new_account,
    open_profit_of,
    position_of,
)
from pinejax.broker.deal import Fill, transact
from pinejax.broker.env import snap
from pinejax.core.status import OVERFLOW
from pinejax.testing.reference.path import Grid


def terms(tick: float = 0.01, commission: float = 0.0) -> Terms:
    inverse = round(1 / tick)
    exact = inverse > 0 and abs(inverse * tick - 1) < 1e-9
    numbers = {
        "tick": tick,
        "tick_size": 1.0 if exact else tick,
        "ticks_in": float(inverse) if exact else 1.0,
        "lot_step": 0.1,
        "unit": 0.1,
    }
    rest = {"initial_capital": 1000.0, "size": 1.0, "commission": commission, "slippage": 0.0, "margin_rate": 1.0, "verify": 0.0}
    return Terms(**{name: jnp.asarray(x) for name, x in (numbers | rest).items()})


def after(*fills: tuple[float, float, int], lots: int = 3, commission: float = 0.0, kind: str = "percent") -> Account:
    """One lane after fills of (lot steps, price, entry code)."""
    account = new_account(1, lots, np.float64)
    for bar, (qty, price, entry) in enumerate(fills):
        fill = Fill(jnp.asarray([qty]), jnp.asarray([price]), jnp.asarray([price]), jnp.asarray([entry], jnp.int32), 0, bar, terms().unit)
        account = transact(account, fill, terms(commission=commission), kind)
    return account


def one(x: object) -> float:
    return float(np.asarray(x)[0])


def test_the_oldest_lot_is_closed_first() -> None:
    account = after((10.0, 100.0, 0), (5.0, 110.0, 1), (-12.0, 120.0, 2))
    assert one(position_of(account)) == 3.0
    assert [float(x) for x in account.lots.qty[:, 0]] == [3.0, 0.0, 0.0]
    assert one(account.lots.price[0]) == 110.0
    assert one(account.stats.n_trades) == 2.0
    assert one(account.stats.net_profit) == pytest.approx(10 * 0.1 * 20 + 2 * 0.1 * 10)


def test_crossing_zero_closes_everything_and_opens_the_rest() -> None:
    account = after((10.0, 100.0, 0), (-25.0, 90.0, 1))
    assert one(position_of(account)) == -15.0
    assert one(n_lots_of(account)) == 1.0
    assert one(account.stats.net_profit) == pytest.approx(-10.0)


def test_one_order_pays_one_fee_shared_by_quantity() -> None:
    account = after((10.0, 100.0, 0), (-30.0, 100.0, 1), commission=1.5, kind="cash_per_order")
    assert one(account.stats.commission) == 3.0
    assert one(account.stats.net_profit) == pytest.approx(-1.5 - 0.5)
    # Per lot step: the new lot has 20 of them.
    assert one(account.lots.fee[0]) == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("kind", "fee"), [("percent", 10 * 0.1 * 100 * 0.01), ("cash_per_contract", 10 * 0.1 * 0.01), ("cash_per_order", 0.01)]
)
def test_the_kind_of_commission_decides_the_fee(kind: str, fee: float) -> None:
    assert one(after((10.0, 100.0, 0), commission=0.01, kind=kind).stats.commission) == pytest.approx(fee)


def test_no_fill_changes_nothing() -> None:
    before = after((10.0, 100.0, 0))
    fill = Fill(jnp.zeros(1), jnp.asarray([50.0]), jnp.asarray([50.0]), jnp.zeros(1, jnp.int32), 0, 7, terms().unit)
    same = transact(before, fill, terms(), "percent")
    assert one(same.lots.qty[0]) == 10.0
    assert one(same.stats.n_trades) == 0.0
    assert one(same.last_exit_bar) == -1.0


def test_a_lot_too_many_stops_the_lane_with_a_status() -> None:
    account = after((1.0, 100.0, 0), (1.0, 100.0, 0), lots=1)
    assert one(account.status) == OVERFLOW
    assert one(position_of(account)) == 1.0


def test_average_prices_of_all_lots_and_of_one_id() -> None:
    account = after((10.0, 100.0, 0), (30.0, 110.0, 1))
    assert one(average_price_of(account)) == pytest.approx(107.5)
    assert one(average_price_of_entry(account, 0)) == 100.0
    assert np.isnan(one(average_price_of_entry(account, 2)))
    assert np.isnan(one(average_price_of(new_account_on_device())))


def new_account_on_device() -> Account:
    account = new_account(1, 2, np.float64)
    return replace(account, lots=replace(account.lots, qty=jnp.asarray(account.lots.qty)))


def test_open_profit_is_less_the_entry_fees() -> None:
    account = after((10.0, 100.0, 0), commission=0.01)
    assert one(open_profit_of(account, 103.0, terms())) == pytest.approx(10 * 0.1 * 3 - 1.0)


def test_a_new_lot_has_seen_its_price_before_slippage() -> None:
    account = new_account(1, 1, np.float64)
    fill = Fill(jnp.asarray([1.0]), jnp.asarray([100.03]), jnp.asarray([100.0]), jnp.zeros(1, jnp.int32), 0, 0, terms().unit)
    lots = transact(account, fill, terms(), "percent").lots
    assert (one(lots.low[0]), one(lots.high[0])) == (100.0, 100.03)


@settings(deadline=None, max_examples=100)
@given(
    price=st.floats(1e-3, 1e6), up=st.booleans(), tick=st.sampled_from((0.01, 0.5, 0.25, 1e-4, 5.0)),
    beside=st.sampled_from((0.0, 5e-5, -5e-5, 2e-4, -2e-4)), on_grid=st.booleans(),
)  # fmt: skip
def test_levels_snap_as_the_reference_snaps(price: float, up: bool, tick: float, beside: float, on_grid: bool) -> None:
    level = round(price / tick) * tick + beside * tick if on_grid else price
    assert float(snap(jnp.asarray(level), up, terms(tick))) == Grid(tick, 0.1).snap(level, up=up)


def test_na_snaps_to_na() -> None:
    assert np.isnan(float(snap(jnp.nan, True, terms())))
