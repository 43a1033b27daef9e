"""Whose lots a close drains: the oldest (FIFO) or those of the id that is named (ANY); exits of all entries."""

from __future__ import annotations

import pytest

from pinejax.core.orders import LONG, SHORT
from pinejax.testing.reference.orders import ExitLevels

FLAT = (100, 100, 100, 100)


def position(broker) -> float:
    return round(broker.grid.qty(broker.account.position), 9)


TWO_LOTS = {0: lambda b: b.entry("A", LONG, qty=2), 1: lambda b: b.entry("B", LONG, qty=3)}
RISING = [FLAT, FLAT, (110, 110, 110, 110), (120, 120, 120, 120), (120, 120, 120, 120)]


def closed(broker):
    return [(t.entry_id, t.exit_signal, round(t.qty, 9), t.exit_bar, round(t.pnl, 9)) for t in broker.account.trades]


@pytest.mark.parametrize(("rule", "rows"), [
    ("FIFO", [("A", "Close entry(s) order B", 2.0, 3, 40.0), ("B", "Close entry(s) order B", 1.0, 3, 10.0)]),
    ("ANY", [("B", "Close entry(s) order B", 3.0, 3, 30.0)]),
])  # fmt: skip
def test_close_drains_the_oldest_lots_or_those_of_its_id(play, rule, rows) -> None:
    broker = play(RISING, {**TWO_LOTS, 2: lambda b: b.close("B")}, pyramiding=2, close_entries_rule=rule)
    assert closed(broker) == rows
    assert position(broker) == 2


@pytest.mark.parametrize(("rule", "id_"), [("FIFO", "A"), ("ANY", "B")])
def test_exit_drains_the_oldest_lots_or_those_of_its_entry(play, rule, id_) -> None:
    commands = {**TWO_LOTS, 2: lambda b: b.exit("X", "B", qty=1, levels=ExitLevels(limit=115.0))}
    assert closed(play(RISING, commands, pyramiding=2, close_entries_rule=rule))[0][:3] == (id_, "X", 1.0)


def test_close_of_a_fraction_takes_it_from_the_lots_of_the_id(play) -> None:
    commands = {**TWO_LOTS, 2: lambda b: b.close("B", qty_rate=0.5)}
    assert closed(play(RISING, commands, pyramiding=2, close_entries_rule="ANY")) == [("B", "Close entry(s) order B", 1.5, 3, 15.0)]


def test_closes_of_an_id_and_of_all_share_the_position(play) -> None:
    def both(b):
        b.close("B")
        b.close_all()

    assert [row[:3] for row in closed(play(RISING, {**TWO_LOTS, 2: both}, pyramiding=2, close_entries_rule="ANY"))] == [
        ("B", "Close entry(s) order B", 3.0), ("A", "Close position order", 2.0),
    ]  # fmt: skip


def test_close_of_an_id_whose_lots_are_gone_at_the_fill_is_skipped_under_any(play) -> None:
    """The close of all is first in the queue; then the close of B finds the position of C, and no lot of B."""

    def three(b):
        b.close_all()
        b.close("B")
        b.entry("C", LONG, qty=1)

    broker = play(RISING, {**TWO_LOTS, 2: three}, pyramiding=3, close_entries_rule="ANY")
    assert [lot.id for lot in broker.account.lots] == ["C"]


def test_reversals_and_close_all_drain_the_oldest_under_either_rule(play) -> None:
    for rule in ("FIFO", "ANY"):
        broker = play(RISING, {**TWO_LOTS, 2: lambda b: b.entry("S", SHORT)}, pyramiding=2, close_entries_rule=rule)
        assert [row[0] for row in closed(broker)] == ["A", "B"]
        assert position(broker) == -1


@pytest.mark.parametrize(("rule", "ids"), [("FIFO", ["A", "B", "C"]), ("ANY", ["A", "C", "D"])])
def test_a_pending_close_counts_by_the_lot_that_it_drains(play, rule, ids) -> None:
    """Two of three lots, A the larger: closing B drains B's lot, which leaves room for two, or half of A's, which leaves it for one."""

    def close_and_add(b):
        b.close("B")
        b.entry("C", LONG)
        b.entry("D", LONG)

    commands = {0: lambda b: b.entry("A", LONG, qty=4), 1: lambda b: b.entry("B", LONG, qty=2), 2: close_and_add}
    broker = play(RISING, commands, pyramiding=3, close_entries_rule=rule)
    assert [lot.id for lot in broker.account.lots] == ids


def test_exit_without_an_entry_closes_the_whole_position_from_its_average_price(play) -> None:
    """2 at 100 and 3 at 110 average 106; 900 ticks of profit are 115."""
    commands = {**TWO_LOTS, 2: lambda b: b.exit("X", levels=ExitLevels(profit_ticks=900))}
    broker = play([*RISING[:3], (110, 116, 110, 116)], commands, pyramiding=2)
    assert [(row[0], row[1], row[2]) for row in closed(broker)] == [("A", "X", 2.0), ("B", "X", 3.0)]
    assert broker.account.trades[0].exit_price == 115.0


def test_exit_without_an_entry_waits_for_any_entry(play) -> None:
    def arm(b):
        b.entry("A", LONG, stop=102.0)
        b.exit("X", levels=ExitLevels(loss_ticks=100))

    broker = play([FLAT, (100, 103, 100, 100)], {0: arm})
    assert [(t.entry_price, t.exit_price) for t in broker.account.trades] == [(102.0, 101.0)]


def test_exit_without_an_entry_needs_a_lot_or_an_order(play) -> None:
    commands = {0: lambda b: b.exit("X", levels=ExitLevels(stop=100.0)), 1: lambda b: b.entry("A", LONG)}
    assert position(play([FLAT] * 3, commands)) == 1
