"""strategy.exit: brackets, partial quantities, trails; and margin calls."""

from __future__ import annotations

import math

import pytest

from pinejax.core.orders import LONG, SHORT
from pinejax.testing.reference.orders import ExitLevels

FLAT = (100, 100, 100, 100)


def exits(broker):
    return [(t.exit_signal, round(t.qty, 9), t.exit_bar, round(t.exit_price, 9)) for t in broker.account.trades]


def enter(levels, side=LONG, **more):
    """Entry and exit on the same bar."""

    def both(b):
        b.entry("E", side, qty=more.pop("entry_qty", 1))
        b.exit("X", "E", levels=levels, **more)

    return both


def test_bracket_placed_with_its_entry_works_on_the_entry_bar(play) -> None:
    broker = play([FLAT, (100, 104, 97, 100)], {0: enter(ExitLevels(limit=103.0, stop=98.0))})
    assert exits(broker) == [("X", 1.0, 1, 98.0)]


def test_bracket_already_passed_at_the_entry_fills_at_the_entry_price(play) -> None:
    broker = play([FLAT, (95, 96, 95, 96)], {0: enter(ExitLevels(limit=103.0, stop=98.0))})
    assert exits(broker) == [("X", 1.0, 1, 95.0)]


def test_bracket_of_a_stop_entry_sees_only_the_rest_of_the_path(play) -> None:
    """Low first: 97 is passed before the entry at 102 and does not stop it out."""

    def arm(b):
        b.entry("E", LONG, stop=102.0)
        b.exit("X", "E", levels=ExitLevels(stop=98.0, limit=110.0))

    broker = play([FLAT, (100, 104, 97, 103)], {0: arm})
    assert exits(broker) == []
    assert broker.account.lots[0].price == 102.0


def test_first_touch_wins_by_the_path(play) -> None:
    levels = ExitLevels(limit=103.0, stop=98.0)
    high_first = play([FLAT, (100, 103, 96, 100)], {0: enter(levels)})
    low_first = play([FLAT, (100, 104, 98, 100)], {0: enter(levels)})
    assert (exits(high_first)[0][3], exits(low_first)[0][3]) == (103.0, 98.0)


def test_exit_without_a_lot_or_a_pending_entry_does_nothing(play) -> None:
    broker = play([FLAT] * 3, {0: lambda b: b.exit("X", "E", levels=ExitLevels(stop=100.0)), 1: lambda b: b.entry("E", LONG)})
    assert exits(broker) == []


def test_exit_with_na_levels_only_removes_the_old_one(play) -> None:
    commands = {0: enter(ExitLevels(stop=98.0)), 1: lambda b: b.exit("X", "E", levels=ExitLevels(stop=math.nan))}
    assert exits(play([FLAT, FLAT, (100, 100, 97, 97)], commands)) == []


def test_partial_exits_reserve_in_call_order_and_act_once(play) -> None:
    def orders(b):
        b.exit("HALF", "E", qty_rate=0.5, levels=ExitLevels(limit=102.0))
        b.exit("REST", "E", levels=ExitLevels(limit=104.0, stop=99.0))

    commands = {0: lambda b: b.entry("E", LONG, qty=3), **dict.fromkeys((1, 2, 3), orders)}
    broker = play([FLAT, FLAT, (100, 102.5, 100, 102.5), (102.5, 103, 102, 103), (103, 105, 103, 105)], commands)
    assert exits(broker) == [("HALF", 1.5, 2, 102.0), ("REST", 1.5, 4, 104.0)]


def test_exits_die_with_the_position_but_not_those_of_a_pending_entry(play) -> None:
    def reverse(b):
        b.entry("S", SHORT)
        b.exit("XS", "S", levels=ExitLevels(limit=95.0))

    commands = {0: enter(ExitLevels(stop=90.0)), 2: reverse}
    broker = play([FLAT, FLAT, FLAT, (100, 100, 89, 92)], commands)
    assert exits(broker) == [("S", 1.0, 3, 100.0), ("XS", 1.0, 3, 95.0)]
    assert broker.book.exits == []


def test_profit_and_loss_count_ticks_from_the_average_price(play) -> None:
    broker = play([FLAT, (100, 100.5, 99.9, 100.4)], {0: enter(ExitLevels(profit_ticks=40, loss_ticks=60))})
    assert exits(broker) == [("X", 1.0, 1, 100.4)]


def test_trail_arms_at_its_activation_and_follows_the_path(play) -> None:
    levels = ExitLevels(trail_ticks=100, trail_offset_ticks=50)
    broker = play([FLAT, (100, 103, 100, 102.8), (102.8, 104, 102.6, 103.6), (103.6, 103.6, 102, 102)], {0: enter(levels)})
    assert exits(broker) == [("X", 1.0, 3, 103.5)]


def test_trail_without_offset_exits_at_its_activation(play) -> None:
    broker = play([FLAT, (100, 103, 99.5, 102)], {0: enter(ExitLevels(trail_ticks=100))})
    assert exits(broker) == [("X", 1.0, 1, 101.0)]


def test_trail_first_placed_beyond_its_activation_is_armed_at_that_close(play) -> None:
    levels = ExitLevels(trail_ticks=100, trail_offset_ticks=50)
    commands = {0: lambda b: b.entry("E", LONG), 1: lambda b: b.exit("X", "E", levels=levels)}
    broker = play([FLAT, (100, 110, 100, 102), (101.6, 101.8, 101, 101)], commands)
    assert exits(broker) == [("X", 1.0, 2, 101.5)]


def test_trail_price_is_an_absolute_activation(play) -> None:
    levels = ExitLevels(trail_price=98.0, trail_offset_ticks=100)
    broker = play([FLAT, (100, 100, 97, 97.5), (97.5, 99, 97.5, 99)], {0: enter(levels, SHORT)})
    assert exits(broker) == [("X", 1.0, 2, 98.0)]


def test_gap_beyond_a_trailing_stop_fills_at_the_open(play) -> None:
    levels = ExitLevels(trail_ticks=100, trail_offset_ticks=50)
    broker = play([FLAT, (100, 103, 100, 103), (101, 102, 101, 102)], {0: enter(levels)})
    assert exits(broker) == [("X", 1.0, 2, 101.0)]


def test_excursions_leave_out_what_came_before_the_entry_and_after_the_exit(play) -> None:
    def arm(b):
        b.entry("E", LONG, stop=102.0)
        b.exit("X", "E", levels=ExitLevels(limit=103.0))

    broker = play([FLAT, (100, 109, 95, 101)], {0: arm})
    trade = broker.account.trades[0]
    assert (trade.mfe, trade.mae) == (pytest.approx(1.0), 0.0)


def test_fees_are_in_the_trade_and_its_excursions(play) -> None:
    commands = {0: lambda b: b.entry("E", LONG, qty=2), 2: lambda b: b.close("E")}
    broker = play([FLAT, FLAT, (100, 110, 100, 110), (110, 110, 110, 110)], commands, commission=0.001)
    trade = broker.account.trades[0]
    assert trade.commission == pytest.approx(2 * 100 * 0.001 + 2 * 110 * 0.001)
    assert trade.pnl == pytest.approx(20 - trade.commission)
    assert (trade.mfe, trade.mae) == (pytest.approx(20 - 0.2), pytest.approx(-0.2))


def test_a_fee_per_order_is_shared_by_the_lots_it_closes_and_opens(play) -> None:
    commands = {0: lambda b: b.entry("E", LONG, qty=1), 2: lambda b: b.entry("S", SHORT, qty=3)}
    broker = play([FLAT] * 4, commands, commission_type="cash_per_order", commission=8.0)
    assert broker.account.trades[0].commission == pytest.approx(8.0 + 8.0 / 4)
    assert broker.account.lots[0].fee == pytest.approx(8.0 * 3 / 4)


def test_short_beyond_its_margin_is_cut_by_four_times_the_shortfall_at_the_high(play) -> None:
    """1000 of capital, short 9 at 100: at 110 equity is 910, required 990; 80 / 110 = 0.7272 contracts, times four."""
    broker = play([FLAT, (100, 110, 99.99, 105)], {0: lambda b: b.entry("S", SHORT, qty=9)}, initial_capital=1000.0)
    assert broker.n_liquidations == 1
    assert exits(broker) == [("Margin call", pytest.approx(4 * 0.7272), 1, 110.0)]


def test_long_on_full_margin_is_never_called(play) -> None:
    broker = play([FLAT, (100, 100, 1, 1)], {0: lambda b: b.entry("L", LONG, qty=10)}, initial_capital=1000.0)
    assert broker.n_liquidations == 0


def test_no_margin_calls_where_they_are_switched_off(play) -> None:
    broker = play([FLAT, (100, 200, 100, 200)], {0: lambda b: b.entry("S", SHORT, qty=9)}, initial_capital=1000.0, liquidation=False)
    assert broker.n_liquidations == 0
