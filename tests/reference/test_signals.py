"""The texts of trades: comments, else ids."""

from __future__ import annotations

import pytest

from pinejax.core.orders import LONG, SHORT
from pinejax.testing.reference.orders import ExitComments, ExitLevels

FLAT = (100, 100, 100, 100)


def position(broker) -> float:
    return round(broker.grid.qty(broker.account.position), 9)


def texts(broker):
    return [(t.entry_id, t.entry_signal, t.exit_signal) for t in broker.account.trades]


def test_without_comments_the_texts_are_the_ids(play) -> None:
    commands = {0: lambda b: b.entry("L", LONG), 1: lambda b: b.entry("S", SHORT), 2: lambda b: b.close_all()}
    assert texts(play([FLAT] * 4, commands)) == [("L", "L", "S"), ("S", "S", "Close position order")]


def test_comments_of_entries_sign_what_they_open_and_what_they_reverse(play) -> None:
    commands = {
        0: lambda b: b.entry("L", LONG, comment="up"),
        1: lambda b: b.entry("S", SHORT, comment="down"),
        2: lambda b: b.close("S", comment="enough"),
    }
    assert texts(play([FLAT] * 4, commands)) == [("L", "up", "down"), ("S", "down", "enough")]


def test_comments_of_raw_orders_and_close_all(play) -> None:
    commands = {0: lambda b: b.order("L", LONG, qty=1, comment="raw"), 1: lambda b: b.close_all(comment="out")}
    assert texts(play([FLAT] * 3, commands)) == [("L", "raw", "out")]


BARS = {"profit": (100, 106, 100, 106), "loss": (100, 100, 94, 94), "trailing": (100, 103, 101, 101)}


@pytest.mark.parametrize("leg", BARS)
@pytest.mark.parametrize("given", ["leg", "any", "none"])
def test_the_leg_that_fills_signs_with_its_comment_else_the_exits_else_its_id(play, leg, given) -> None:
    comments = {"leg": ExitComments("any", "profit", "loss", "trailing"), "any": ExitComments("any"), "none": ExitComments()}[given]
    levels = ExitLevels(limit=105.0, stop=95.0, trail_ticks=200, trail_offset_ticks=100)
    if leg == "profit":
        levels = ExitLevels(limit=105.0, stop=95.0)

    def both(b):
        b.entry("L", LONG)
        b.exit("X", "L", levels=levels, comments=comments)

    assert texts(play([FLAT, BARS[leg]], {0: both})) == [("L", "L", {"leg": leg, "any": "any", "none": "X"}[given])]


def test_an_exit_issued_again_has_its_new_comments(play) -> None:
    def exit(text):
        return lambda b: b.exit("X", "L", levels=ExitLevels(stop=95.0), comments=ExitComments(text))

    commands = {0: lambda b: b.entry("L", LONG), 1: exit("first"), 2: exit("second")}
    assert texts(play([FLAT, FLAT, FLAT, BARS["loss"]], commands))[0][2] == "second"


def test_open_trades_keep_their_entrys_text(play) -> None:
    broker = play([FLAT, FLAT], {0: lambda b: b.entry("L", LONG, comment="up")})
    assert [(t.entry_signal, t.exit_signal) for t in broker.account.still_open(100.0, 1.0, 1)] == [("up", "Open")]
