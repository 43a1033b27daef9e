"""Raw orders and groups of orders of which one cancels or reduces the others."""

from __future__ import annotations

from pinejax.core.orders import LONG, SHORT
from pinejax.testing.reference.orders import ExitLevels

FLAT = (100, 100, 100, 100)


def position(broker) -> float:
    return round(broker.grid.qty(broker.account.position), 9)


def test_reduce_group_shrinks_and_cancel_group_removes_siblings(play) -> None:
    def group(kind):
        def orders(b):
            b.order("A", LONG, qty=1, stop=101.0, oca_name="g", oca_type=kind)
            b.order("B", LONG, qty=3, stop=102.0, oca_name="g", oca_type=kind)

        return orders

    bars = [FLAT, (100, 103, 100, 103)]
    assert position(play(bars, {0: group("reduce")})) == 3
    assert position(play(bars, {0: group("cancel")})) == 1
    assert position(play(bars, {0: group("none")})) == 4


def test_raw_orders_neither_reverse_nor_obey_the_lot_cap(play) -> None:
    commands = {0: lambda b: b.order("A", LONG, qty=1), 1: lambda b: b.order("B", LONG, qty=1), 2: lambda b: b.order("C", SHORT, qty=1)}
    broker = play([FLAT] * 4, commands)
    assert position(broker) == 1
    assert [t.exit_signal for t in broker.account.trades] == ["C"]


def test_raw_order_without_a_quantity_has_the_default_size(play) -> None:
    assert position(play([FLAT, FLAT], {0: lambda b: b.order("A", SHORT)}, size=2.5)) == -2.5


def test_lots_of_raw_orders_have_exits_and_closes_under_their_id(play) -> None:
    commands = {0: lambda b: b.order("A", LONG, qty=2), 1: lambda b: b.close("A", qty=1)}
    broker = play([FLAT] * 3, commands)
    assert position(broker) == 1
    assert broker.account.trades[0].exit_signal == "Close entry(s) order A"


def test_entry_of_a_cancel_group_removes_its_sibling(play) -> None:
    def both(b):
        b.entry("L", LONG, stop=101.0, oca_name="g", oca_type="cancel")
        b.entry("S", SHORT, stop=99.0, oca_name="g", oca_type="cancel")

    broker = play([FLAT, (100, 102, 98, 98), (98, 98, 97, 97)], {0: both})
    assert [f.id for f in broker.fills] == ["S"]


def test_reducing_sibling_of_an_equal_size_vanishes(play) -> None:
    def both(b):
        b.entry("L", LONG, stop=101.0, qty=2, oca_name="g", oca_type="reduce")
        b.entry("S", SHORT, stop=98.5, qty=2, oca_name="g", oca_type="reduce")

    broker = play([FLAT, (100, 101, 98, 98)], {0: both})
    assert [f.id for f in broker.fills] == ["L"]


def test_first_market_order_of_a_cancel_group_removes_the_second(play) -> None:
    def both(b):
        b.order("A", LONG, qty=1, oca_name="g", oca_type="cancel")
        b.order("B", LONG, qty=2, oca_name="g", oca_type="cancel")

    assert [f.id for f in play([FLAT, FLAT], {0: both}).fills] == ["A"]


def test_groups_of_another_name_are_not_touched(play) -> None:
    def three(b):
        b.order("A", LONG, qty=1, stop=101.0, oca_name="g", oca_type="cancel")
        b.order("B", LONG, qty=1, stop=102.0, oca_name="h", oca_type="cancel")
        b.order("C", LONG, qty=1, stop=102.0)

    assert [f.id for f in play([FLAT, (100, 103, 100, 103)], {0: three}).fills] == ["A", "B", "C"]


def test_exit_of_a_cancelled_sibling_goes_with_it(play) -> None:
    def orders(b):
        b.entry("A", LONG, stop=101.0, oca_name="g", oca_type="cancel")
        b.entry("B", LONG, stop=105.0, oca_name="g", oca_type="cancel")
        b.exit("X", "B", levels=ExitLevels(limit=103.0))

    broker = play([FLAT, (100, 104, 100, 104)], {0: orders})
    assert position(broker) == 1
    assert broker.book.exits == []
