"""strategy.risk: what is refused, and what ends trading for a day or for good."""

from __future__ import annotations

import pytest

from pinejax.broker.config import RiskRules
from pinejax.core.feed import Instrument
from pinejax.core.orders import LONG, SHORT

HOUR_MS = 3_600_000
FLAT = (100, 100, 100, 100)


def position(broker) -> float:
    return round(broker.grid.qty(broker.account.position), 9)


def bar(price: float) -> tuple[float, float, float, float]:
    return (price,) * 4


def signals(broker) -> list[tuple[str, int, float]]:
    return [(t.exit_signal, t.exit_bar, t.exit_price) for t in broker.account.trades]


def test_the_nth_fill_of_a_day_closes_the_position_and_locks_the_day(play) -> None:
    bars = [FLAT, FLAT, (100, 105, 100, 104), (104, 104, 104, 104)]
    commands = {
        0: lambda b: b.entry("L", LONG),
        1: lambda b: b.entry("M", LONG, stop=102.0),
        2: lambda b: b.entry("N", LONG),
    }
    broker = play(bars, commands, pyramiding=5, risk=RiskRules(max_intraday_filled_orders=2))
    assert position(broker) == 0
    assert [t.exit_price for t in broker.account.trades] == [105.0, 105.0]
    assert {t.exit_signal for t in broker.account.trades} == {"Close Position (Max number of filled orders in one day)"}


def test_the_extreme_at_which_the_day_is_closed_is_an_excursion(play) -> None:
    """Stopped in at 102.1, slippage and all; closed at the high of 105, less slippage."""
    commands = {0: lambda b: b.entry("L", LONG, stop=102.0)}
    rules = RiskRules(max_intraday_filled_orders=1)
    trade = play([FLAT, (100, 105, 100, 104)], commands, slippage_ticks=10, risk=rules).account.trades[0]
    assert (trade.entry_price, trade.exit_price) == (102.1, 104.9)
    assert trade.mfe == pytest.approx(2.9)


def test_allow_entry_in_lets_the_other_side_only_close(play) -> None:
    commands = {0: lambda b: b.entry("S", SHORT), 1: lambda b: b.entry("L", LONG), 3: lambda b: b.entry("S", SHORT)}
    broker = play([FLAT] * 5, commands, risk=RiskRules(allow_entry_in=LONG))
    assert [f.id for f in broker.fills] == ["L", "S"]
    assert position(broker) == 0


def test_max_position_size_clips_and_blocks_adds(play) -> None:
    commands = {i: (lambda b, i=i: b.entry(f"L{i}", LONG, qty=1.5)) for i in range(3)}
    assert position(play([FLAT] * 4, commands, pyramiding=5, risk=RiskRules(max_position_size=2.0))) == 2


def test_max_position_size_clips_priced_entries_too(play) -> None:
    commands = {0: lambda b: b.entry("L", LONG, qty=3, stop=101.0)}
    assert position(play([FLAT, (100, 102, 100, 102)], commands, risk=RiskRules(max_position_size=2.0))) == 2


def test_raw_orders_are_not_subject_to_the_entry_rules(play) -> None:
    rules = RiskRules(max_position_size=1.0, allow_entry_in=LONG)
    assert position(play([FLAT, FLAT], {0: lambda b: b.order("S", SHORT, qty=3)}, risk=rules)) == -3


def test_raw_orders_count_among_the_filled_orders_of_a_day(play) -> None:
    commands = {i: (lambda b, i=i: b.order(f"L{i}", LONG, qty=1)) for i in range(3)}
    broker = play([FLAT] * 4, commands, risk=RiskRules(max_intraday_filled_orders=2))
    assert [f.bar for f in broker.fills] == [1, 2, 2]
    assert position(broker) == 0


DROPS = [bar(100), bar(100), bar(104), bar(101), bar(99), bar(98), bar(98)]


@pytest.mark.parametrize(
    ("limit", "kind", "judged"), [(5.0, "cash", 4), (6.0, "cash", 5), (0.005, "percent_of_equity", 5), (7.0, "cash", None)]
)
def test_drawdown_is_measured_from_the_highest_close_and_ends_the_run(play, limit, kind, judged) -> None:
    """One contract at 100 of 1000: equity 1000, 1000, 1004, 1001, 999, 998, 998; 0.5 % of 1004 is 5.02."""
    rules = RiskRules(max_drawdown=limit, max_drawdown_type=kind)
    commands = {0: lambda b: b.entry("L", LONG), 6: lambda b: b.entry("M", LONG)}
    broker = play([*DROPS, bar(97)], commands, risk=rules, initial_capital=1000.0, pyramiding=5)
    if judged is None:
        assert [f.id for f in broker.fills] == ["L", "M"]
    else:
        assert signals(broker) == [("Close Position (Max drawdown)", judged + 1, DROPS[judged + 1][0])]
        assert position(broker) == 0
        assert len(broker.fills) == 2


def test_drawdown_counts_from_the_initial_capital_on(play) -> None:
    broker = play(
        [bar(100), bar(100), bar(97), bar(96)],
        {0: lambda b: b.entry("L", LONG)},
        risk=RiskRules(max_drawdown=3.0, max_drawdown_type="cash"),
    )
    assert signals(broker) == [("Close Position (Max drawdown)", 3, 96.0)]


def test_a_broken_rule_drops_what_waits_and_ignores_every_command_of_its_bar(play) -> None:
    def commands_of_the_bar(b):
        b.entry("M", LONG, stop=98.0)
        b.order("N", LONG, qty=1)
        b.cancel_all()
        b.close("L")

    commands = {0: lambda b: b.entry("L", LONG), 1: lambda b: b.entry("P", LONG, limit=95.0), 2: commands_of_the_bar}
    bars = [bar(100), bar(100), bar(97), (97, 99, 94, 96), bar(96)]
    broker = play(bars, commands, pyramiding=5, risk=RiskRules(max_drawdown=2.5, max_drawdown_type="cash"))
    assert [(f.bar, f.price) for f in broker.fills] == [(1, 100.0), (3, 97.0)]


def test_a_broken_rule_closes_at_this_close_when_orders_are_processed_on_close(play) -> None:
    commands = {0: lambda b: b.entry("L", LONG)}
    rules = RiskRules(max_drawdown=3.0, max_drawdown_type="cash")
    broker = play([bar(100), bar(97), bar(96)], commands, risk=rules, process_orders_on_close=True)
    assert signals(broker) == [("Close Position (Max drawdown)", 1, 97.0)]


def test_a_days_loss_is_measured_from_its_highest_close_and_ends_the_day(play) -> None:
    """Four bars a day. Bought at 100; day 2 opens with the 103 of the evening before as its highest, falls by 4 and is over."""
    prices = [100, 100, 101, 103, 101, 99, 99, 99, 99, 95, 95]
    commands = {0: lambda b: b.entry("L", LONG), 6: lambda b: b.entry("M", LONG), 8: lambda b: b.entry("N", LONG)}
    rules = RiskRules(max_intraday_loss=4.0, max_intraday_loss_type="cash")
    broker = play([bar(p) for p in prices], commands, bar_ms=6 * HOUR_MS, risk=rules)
    assert [(f.bar, f.price) for f in broker.fills] == [(1, 100.0), (6, 99.0), (9, 95.0)]
    assert signals(broker) == [("Close Position (Max intraday loss)", 6, 99.0)]


def test_a_days_loss_starts_afresh_at_the_evening_before(play) -> None:
    """From 103 to 99 in two steps of 2 on two days: no day loses 4."""
    prices = [100, 103, 103, 101, 99, 99, 99, 99, 99]
    rules = RiskRules(max_intraday_loss=4.0, max_intraday_loss_type="cash")
    broker = play([bar(p) for p in prices], {0: lambda b: b.entry("L", LONG)}, bar_ms=6 * HOUR_MS, risk=rules)
    assert position(broker) == 1


@pytest.mark.parametrize(
    ("zone", "bars"), [("UTC", [1, 2, 2, 5, 6, 6]), ("America/New_York", [1, 2, 2, 6]), ("Asia/Tokyo", [1, 2, 2, 4, 5, 5])]
)
def test_days_begin_in_the_exchanges_zone(play, zone, bars) -> None:
    """Two fills a day; six-hour bars from 00:00 UTC, so days begin with bar 4, in New York with 1 and 5, in Tokyo with 3."""
    rules, commands = RiskRules(max_intraday_filled_orders=2), {i: (lambda b, i=i: b.entry(f"L{i}", LONG)) for i in range(6)}
    broker = play([FLAT] * 7, commands, bar_ms=6 * HOUR_MS, pyramiding=9, risk=rules, instrument=Instrument(zone=zone))
    assert [f.bar for f in broker.fills] == bars


def test_losing_days_in_a_row_end_the_run_on_the_morning_after(play) -> None:
    """Two bars a day. Days end at 100, 99, 99.5, 98, 97: the second row of losing days is two long after day 5."""
    prices = [100, 100, 100, 99, 99, 99.5, 99, 98, 98, 97, 97, 97, 97]
    commands = {0: lambda b: b.entry("L", LONG), 11: lambda b: b.entry("M", LONG)}
    broker = play([bar(p) for p in prices], commands, bar_ms=12 * HOUR_MS, pyramiding=3, risk=RiskRules(max_cons_loss_days=2))
    assert signals(broker) == [("Close Position (Max consecutive loss days)", 11, 97.0)]
    assert position(broker) == 0
