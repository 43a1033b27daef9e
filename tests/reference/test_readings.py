"""What a body reads of its account, by a hand-made run: two wins, a loss, an even trade, and what is left open."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pinejax.core.orders import LONG, SHORT
from pinejax.testing.reference.readings import Readings

# Closes of the bars; every order fills at the open, which is the close of the bar before.
PRICES = (100, 100, 104, 103, 97, 97, 97, 99)
COMMANDS = {
    0: lambda b: b.entry("A", LONG, qty=2),
    2: lambda b: b.entry("S", SHORT, qty=3),
    3: lambda b: b.close("S", qty=1),
    4: lambda b: b.close_all(),
    5: lambda b: b.entry("A", LONG, qty=1),
    6: lambda b: b.entry("B", LONG, qty=4),
}


@pytest.fixture
def seen(play) -> list[dict]:
    """Every reading at every close, capital 1000, a fee of 0.5 per order."""
    rows: list[dict] = []

    def read(b):
        r = Readings(b)
        plain = {name: getattr(r, name) for name in dir(Readings) if isinstance(getattr(Readings, name), property) and name[0] != "_"}
        rows.append({**plain, "open": [r.open_trade(i) for i in range(3)], "closed": [r.closed_trade(i) for i in range(4)]})

    def act(i):
        return lambda b: (read(b), COMMANDS.get(i, lambda _: None)(b))

    bars = [(o, max(o, c), min(o, c), c) for o, c in zip((PRICES[0], *PRICES), PRICES, strict=False)]
    play(
        bars,
        {i: act(i) for i in range(len(PRICES))},
        initial_capital=1000.0,
        pyramiding=2,
        commission=0.5,
        commission_type="cash_per_order",
    )
    return rows


def column(rows: list[dict], name: str) -> list[float]:
    return [round(float(row[name]), 9) for row in rows]


def test_counts(seen) -> None:
    assert column(seen, "n_open_trades") == [0, 1, 1, 1, 1, 0, 1, 2]
    assert column(seen, "n_closed_trades") == [0, 0, 0, 1, 2, 3, 3, 3]
    assert column(seen, "n_wins") == [0, 0, 0, 1, 2, 3, 3, 3]
    assert column(seen, "n_losses") == column(seen, "n_even") == [0] * 8


def test_profits_carry_their_fees(seen) -> None:
    """2 x 4 - 0.5 - 0.5 x 2 / 5; the entry's 0.3 of fee on three shorts is taken off a third at a time."""
    first, second, third = 8 - 0.5 - 0.2, 1 - 0.5 - 0.1, 14 - 0.5 - 0.2
    assert column(seen, "net_profit") == pytest.approx(np.cumsum([0, 0, 0, first, second, third, 0, 0]))
    assert column(seen, "gross_profit") == column(seen, "net_profit")
    assert column(seen, "open_profit") == pytest.approx([0, -0.5, 7.5, 3 - 0.3, 14 - 0.2, 0, -0.5, 10 - 1.0])


def test_equity_extremes_are_of_closes(seen) -> None:
    """Equity 1000, 999.5, 1007.5, 1010, 1021.5, 1021, 1020.5, 1030: falls by 1 from 1021.5, rises by 30.5 from 999.5."""
    assert column(seen, "equity") == pytest.approx([1000, 999.5, 1007.5, 1010, 1021.5, 1021, 1020.5, 1030])
    assert column(seen, "max_drawdown") == pytest.approx([0, 0.5, 0.5, 0.5, 0.5, 0.5, 1, 1])
    assert column(seen, "max_runup") == pytest.approx([0, 0, 8, 10.5, 22, 22, 22, 30.5])


def test_position(seen) -> None:
    assert column(seen, "position_size") == [0, 2, 2, -3, -2, 0, 1, 5]
    assert column(seen, "max_contracts_held") == [0, 2, 2, 3, 3, 3, 3, 5]
    assert column(seen, "initial_capital") == [1000] * 8
    np.testing.assert_array_equal(column(seen, "position_avg_price"), [math.nan, 100, 100, 104, 104, math.nan, 97, 97])
    np.testing.assert_array_equal(column(seen, "bars_since_entry"), [math.nan, 0, 1, 0, 1, math.nan, 0, 1])
    np.testing.assert_array_equal(column(seen, "bars_since_exit"), [math.nan] * 3 + [0, 0, 0, 1, 2])


def test_single_trades(seen) -> None:
    oldest, newer, none = seen[7]["open"]
    assert (oldest.size, oldest.entry_price, oldest.entry_bar, oldest.profit) == (1, 97, 6, 2 - 0.5)
    assert (newer.size, newer.entry_bar, newer.profit) == (4, 7, 8 - 0.5)
    assert math.isnan(none.size) and math.isnan(none.profit)
    latest, second, first, before = seen[7]["closed"]
    assert (latest.size, latest.entry_price, latest.entry_bar, latest.exit_price, latest.exit_bar) == (-2, 104, 3, 97, 5)
    assert (round(second.size, 9), second.exit_price, first.size, first.exit_bar) == (-1, 103, 2, 3)
    assert first.profit == pytest.approx(7.3)
    assert math.isnan(before.profit)


def test_losing_and_even_trades_are_told_apart(play) -> None:
    """Bought at 100 and sold at 100, then bought at 100 and sold at 98."""
    commands = {0: lambda b: b.entry("A", LONG), 1: lambda b: b.close_all(), 2: lambda b: b.entry("A", LONG), 3: lambda b: b.close_all()}
    flat, low = (100,) * 4, (98,) * 4
    r = Readings(play([flat, flat, flat, flat, low], commands))
    assert (r.n_wins, r.n_losses, r.n_even, r.gross_profit, r.gross_loss) == (0, 1, 1, 0, 2)


def test_drawdown_starts_at_the_initial_capital_and_run_up_at_the_lowest_close_of_the_whole_run(play) -> None:
    """Equity 1000, 990, 1010, 1000, 1012: a new peak at 1010 does not forget the 990."""
    prices = (100, 100, 90, 110, 100, 112)
    bars = [(o, max(o, c), min(o, c), c) for o, c in zip((100, *prices), prices, strict=False)]
    r = Readings(play(bars, {0: lambda b: b.entry("A", LONG)}, initial_capital=1000.0))
    assert (r.max_drawdown, r.max_runup) == (10, 22)
