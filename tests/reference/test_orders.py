"""Entries, closes, cancels and raw orders: sizes, queue, gaps, ties."""

from __future__ import annotations

import math

import pytest

from pinejax.core.orders import LONG, SHORT

FLAT = (100, 100, 100, 100)


def closed(broker):
    """(direction, entry bar, entry price, quantity, exit bar, exit price) of the closed trades."""
    return [(t.direction, t.entry_bar, t.entry_price, round(t.qty, 9), t.exit_bar, t.exit_price) for t in broker.account.trades]


def position(broker) -> float:
    return round(broker.grid.qty(broker.account.position), 9)


def test_market_order_fills_at_the_next_open(play) -> None:
    broker = play([FLAT, (101, 103, 99, 102)], {0: lambda b: b.entry("L", LONG)})
    assert [(f.bar, f.price) for f in broker.fills] == [(1, 101.0)]


def test_market_order_fills_at_this_close_when_orders_are_processed_on_close(play) -> None:
    broker = play([(100, 104, 99, 103)], {0: lambda b: b.entry("L", LONG)}, process_orders_on_close=True)
    assert [(f.bar, f.price) for f in broker.fills] == [(0, 103.0)]


def test_marketable_stop_fills_at_the_close_when_orders_are_processed_on_close(play) -> None:
    bars = [FLAT, (100, 106, 100, 105)]
    broker = play(bars, {0: lambda b: b.entry("L", LONG, stop=90.0)}, process_orders_on_close=True)
    assert [(f.bar, f.price) for f in broker.fills] == [(0, 100.0)]
    waits = play(bars, {0: lambda b: b.entry("L", LONG, stop=103.0)}, process_orders_on_close=True)
    assert [(f.bar, f.price) for f in waits.fills] == [(1, 103.0)]


def test_entry_against_a_position_reverses_it_with_one_order(play) -> None:
    broker = play([FLAT] * 4, {0: lambda b: b.entry("L", LONG, qty=2), 2: lambda b: b.entry("S", SHORT, qty=3)})
    assert closed(broker) == [(1, 1, 100.0, 2.0, 3, 100.0)]
    assert position(broker) == -3
    assert broker.account.trades[0].exit_signal == "S"


def test_size_is_frozen_at_the_call(play) -> None:
    """Armed while long one, the stop sells two; the long is closed first, so it opens two short."""
    bars = [FLAT, FLAT, FLAT, (100, 100, 95, 96)]

    def arm(b):
        b.entry("S", SHORT, stop=98.0)
        b.close("L")

    broker = play(bars, {0: lambda b: b.entry("L", LONG), 2: arm})
    assert position(broker) == -2


def test_close_before_an_opposite_entry_is_counted_in_its_size(play) -> None:
    def flip(b):
        b.close("L")
        b.entry("S", SHORT)

    broker = play([FLAT] * 4, {0: lambda b: b.entry("L", LONG), 2: flip})
    assert position(broker) == -1


def test_na_stop_is_a_market_order(play) -> None:
    broker = play([FLAT, FLAT], {0: lambda b: b.entry("S", SHORT, stop=math.nan)})
    assert position(broker) == -1


def test_second_entry_of_an_id_on_a_bar_replaces_the_first(play) -> None:
    def twice(b):
        b.entry("L", LONG, qty=1)
        b.entry("L", LONG, qty=2)

    broker = play([FLAT, FLAT], {0: twice}, pyramiding=3)
    assert [(f.id, round(broker.grid.qty(f.steps), 9)) for f in broker.fills] == [("L", 2.0)]


def test_two_ids_on_a_bar_open_one_lot_where_one_is_allowed(play) -> None:
    def two(b):
        b.entry("A", LONG)
        b.entry("B", LONG)

    assert position(play([FLAT, FLAT], {0: two})) == 1
    assert position(play([FLAT, FLAT], {0: two}, pyramiding=2)) == 2


def test_stops_armed_flat_may_exceed_the_lot_cap(play) -> None:
    def two(b):
        b.entry("A", LONG, stop=101.0)
        b.entry("B", LONG, stop=102.0)

    assert position(play([FLAT, (100, 103, 100, 103)], {0: two})) == 2


def test_stops_armed_flat_on_both_sides_flatten_each_other(play) -> None:
    def both(b):
        b.entry("A", LONG, stop=101.0)
        b.entry("B", SHORT, stop=99.0)

    broker = play([FLAT, (100, 102, 97, 98)], {0: both})
    assert position(broker) == 0
    assert closed(broker) == [(1, 1, 101.0, 1.0, 1, 99.0)]


def test_stop_fills_at_the_open_when_price_gaps_through(play) -> None:
    broker = play([FLAT, (105, 106, 104, 105)], {0: lambda b: b.entry("L", LONG, stop=102.0)})
    assert broker.fills[0].price == 105.0


def test_limit_fills_at_the_better_open_when_price_gaps_through(play) -> None:
    broker = play([FLAT, (95, 97, 94, 96)], {0: lambda b: b.entry("L", LONG, limit=98.0)})
    assert broker.fills[0].price == 95.0


def test_levels_are_touched_at_equality(play) -> None:
    broker = play([FLAT, (100, 102, 99, 100)], {0: lambda b: b.entry("L", LONG, stop=102.0)})
    assert [f.price for f in broker.fills] == [102.0]


def test_of_two_gapped_stops_the_buy_goes_first(play) -> None:
    def both(b):
        b.entry("S", SHORT, stop=100.0)
        b.entry("L", LONG, stop=100.0)

    broker = play([FLAT, FLAT], {0: both})
    assert [f.id for f in broker.fills] == ["L", "S"]


def test_market_orders_precede_gapped_stops(play) -> None:
    def close_and_stop(b):
        b.entry("S", SHORT, stop=100.0)
        b.close("L")

    broker = play([FLAT] * 4, {0: lambda b: b.entry("L", LONG), 2: close_and_stop})
    assert [f.id for f in broker.fills] == ["L", "Close entry(s) order L", "S"]


def test_stop_limit_arms_at_the_stop_and_stays_armed(play) -> None:
    bars = [FLAT, (100, 103, 100, 103), (103, 103, 100, 101)]
    broker = play(bars, {0: lambda b: b.entry("L", LONG, stop=102.0, limit=101.0)})
    assert [(f.bar, f.price) for f in broker.fills] == [(2, 101.0)]


def test_stop_limit_within_its_limit_fills_where_the_stop_is_touched(play) -> None:
    broker = play([FLAT, (100, 103, 100, 103)], {0: lambda b: b.entry("L", LONG, stop=102.0, limit=102.5)})
    assert [(f.bar, f.price) for f in broker.fills] == [(1, 102.0)]


def test_limit_needs_the_ticks_beyond_it_but_fills_at_its_level(play) -> None:
    bars = [FLAT, (100, 100, 98.99, 99.5), (99.5, 99.5, 98.98, 99)]
    broker = play(bars, {0: lambda b: b.entry("L", LONG, limit=99.0)}, limit_verify_ticks=2)
    assert [(f.bar, f.price) for f in broker.fills] == [(2, 99.0)]


def test_slippage_hits_market_and_stop_fills_but_not_limits(play) -> None:
    def orders(b):
        b.entry("M", LONG)
        b.entry("P", LONG, stop=101.0)
        b.entry("Q", LONG, limit=99.0)

    broker = play([FLAT, (100, 101, 99, 100)], {0: orders}, slippage_ticks=3, pyramiding=3)
    assert {f.id: round(f.price, 9) for f in broker.fills} == {"M": 100.03, "P": 101.03, "Q": 99.0}


def test_second_close_of_an_id_on_a_bar_is_ignored(play) -> None:
    def twice(b):
        b.close("L", qty=1)
        b.close("L")
        b.close("L")

    broker = play([FLAT] * 4, {0: lambda b: b.entry("L", LONG, qty=2), 2: twice})
    assert [round(broker.grid.qty(f.steps), 9) for f in broker.fills] == [2, -1, -1]


def test_close_without_a_lot_of_that_id_does_nothing(play) -> None:
    def enter_and_close(b):
        b.entry("L", LONG)
        b.close("L")

    assert position(play([FLAT] * 3, {0: enter_and_close})) == 1


def test_close_drains_the_oldest_lots_whatever_their_id(play) -> None:
    commands = {0: lambda b: b.entry("A", LONG), 1: lambda b: b.entry("B", LONG, qty=2), 2: lambda b: b.close("B")}
    broker = play([FLAT, FLAT, FLAT, (102, 102, 102, 102)], commands, pyramiding=2)
    assert [(t.entry_id, round(t.qty, 9)) for t in broker.account.trades] == [("A", 1.0), ("B", 1.0)]


def test_immediate_close_fills_at_this_close(play) -> None:
    broker = play([FLAT, FLAT, (100, 103, 99, 102)], {0: lambda b: b.entry("L", LONG), 2: lambda b: b.close("L", immediately=True)})
    assert closed(broker) == [(1, 1, 100.0, 1.0, 2, 102.0)]


def test_pending_entries_survive_closes_but_not_cancels(play) -> None:
    bars = [FLAT, FLAT, FLAT, FLAT, (100, 106, 100, 106)]
    commands = {0: lambda b: b.entry("A", LONG), 1: lambda b: b.entry("B", SHORT, stop=105.0, limit=None), 2: lambda b: b.close_all()}
    assert [f.id for f in play(bars, commands).fills][:2] == ["A", "B"]
    gone = {0: lambda b: b.entry("B", LONG, stop=105.0), 2: lambda b: b.cancel("B")}
    assert play(bars, gone).fills == []


def test_cancel_acts_in_source_order(play) -> None:
    def cancel_then_enter(b):
        b.cancel("L")
        b.entry("L", LONG)

    def enter_then_cancel(b):
        b.entry("L", LONG)
        b.cancel("L")

    assert position(play([FLAT, FLAT], {0: cancel_then_enter})) == 1
    assert position(play([FLAT, FLAT], {0: enter_then_cancel})) == 0


def test_market_entry_beyond_the_margin_is_refused_silently(play) -> None:
    refused = play([FLAT, FLAT], {0: lambda b: b.entry("L", LONG, qty=10.01)}, initial_capital=1000.0)
    taken = play([FLAT, FLAT], {0: lambda b: b.entry("L", LONG, qty=10)}, initial_capital=1000.0)
    levered = play([FLAT, FLAT], {0: lambda b: b.entry("L", LONG, qty=50)}, initial_capital=1000.0, leverage=5.0)
    assert (position(refused), position(taken), position(levered)) == (0, 10, 50)


@pytest.mark.parametrize(
    ("config", "qty"),
    [
        ({"size_type": "cash", "size": 1234.56789}, 12.3456),
        ({"size_type": "percent_of_equity", "size": 0.25}, 2.5),
        ({"size_type": "percent_of_equity", "size": 0.25, "commission_type": "cash_per_order", "commission": 5.0}, 2.45),
        ({"size_type": "percent_of_equity", "size": 1.0, "commission": 0.001}, 9.9900),
        ({"size_type": "cash", "size": 250.0, "commission_type": "cash_per_order", "commission": 5.0}, 2.5),
    ],
)
def test_default_sizes_are_floored_to_the_lot_step_and_percent_sizes_reserve_the_fee(play, config, qty) -> None:
    capital = 1000.0 if "percent" in config["size_type"] else 1e6
    assert position(play([FLAT, FLAT], {0: lambda b: b.entry("L", LONG)}, initial_capital=capital, **config)) == qty


def test_sizes_and_money_use_the_days_rate(play) -> None:
    day = 86_400_000
    commands = {0: lambda b: b.entry("A", LONG), 1: lambda b: b.close_all(), 2: lambda b: b.entry("B", LONG)}
    bars = [FLAT, FLAT, (110, 110, 110, 110), (110, 110, 110, 110)]
    rates = {2: 0.9, 3: 0.8}
    broker = play(bars, commands, bar_ms=day, rates=rates, size_type="cash", size=1000.0)
    assert [round(broker.grid.qty(f.steps), 9) for f in broker.fills] == [10.0, -10.0, 10.101]
    assert broker.account.trades[0].pnl == pytest.approx(10 * 10 * 0.9)
