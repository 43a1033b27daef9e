"""pinejax.tradingview.reasons: a cause is named where the numbers show it, and not where they do not"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from pinejax.broker.config import BrokerConfig
from pinejax.core.trade import TradeRecord
from pinejax.tradingview.match import match
from pinejax.tradingview.place import PlacedTrade
from pinejax.tradingview.reasons import Case, money_alone, reasons
from tests.tradingview.test_match import FEED, placed, record, twin

N = 30
OPEN, CLOSE = FEED.ltf.open, FEED.ltf.close
OURS = [
    record(
        direction=1 if n % 2 else -1,
        entry_bar=b,
        entry_price=float(OPEN[b]),
        exit_bar=b + 5,
        exit_price=float(OPEN[b + 5]),
        qty=1.0,
        pnl=2.0 + n,
    )
    for n, b in enumerate(range(20, 20 + N * 10, 10))
]


def theirs_of(trades: Sequence[TradeRecord]) -> list[PlacedTrade]:
    return [twin(t, n) for n, t in enumerate(trades, 1)]


def texts(theirs: Sequence[PlacedTrade], ours: Sequence[TradeRecord] = tuple(OURS), **more: object) -> list[str]:
    flags = {"start_given": True, "zone_given": False, "placed": placed(theirs), "broker": BrokerConfig()} | more
    case = Case(matched=match(theirs, ours, FEED), ours=ours, **flags)  # type: ignore[arg-type]
    return [reason.text for reason in reasons(case)]


def first_of(theirs: Sequence[PlacedTrade], **more: object) -> str:
    return texts(theirs, **more)[0]  # type: ignore[arg-type]


def test_equal_lists_have_no_reason_to_differ() -> None:
    assert texts(theirs_of(OURS)) == []


def test_another_exit_price_on_the_same_bar_is_the_magnifier() -> None:
    theirs = theirs_of([replace(t, exit_price=t.exit_price + 0.4) for t in OURS])
    assert first_of(theirs).startswith("Inside the bar: 30 trades")
    assert "40 ticks" in first_of(theirs)


def test_sizes_in_one_ratio_are_another_size() -> None:
    assert "3 times ours throughout" in first_of(theirs_of([replace(t, qty=3.0) for t in OURS]))


def test_sizes_nearly_the_same_are_currency_or_commission() -> None:
    theirs = theirs_of([replace(t, qty=1.0 + 0.0002 * (n % 3 + 1)) for n, t in enumerate(OURS)])
    assert "data.rates" in first_of(theirs)


def test_sizes_all_over_are_equity() -> None:
    assert "follow equity" in first_of(theirs_of([replace(t, qty=1.0 + n) for n, t in enumerate(OURS, 1)]))


def test_entries_a_constant_distance_worse_are_slippage() -> None:
    theirs = theirs_of([replace(t, entry_price=t.entry_price + 0.02 * t.direction) for t in OURS])
    assert "30 entries are 2 ticks worse than ours. Set broker.slippage_ticks=2" in first_of(theirs)


def test_a_beginning_that_differs_is_another_start() -> None:
    theirs = theirs_of([replace(t, entry_bar=t.entry_bar + 3) if n < 8 else t for n, t in enumerate(OURS)])
    assert first_of(theirs).startswith("Another start: from")
    assert "all 22 trades agree" in first_of(theirs)


def test_fills_at_closes_are_process_orders_on_close() -> None:
    moved = [
        replace(
            t,
            entry_bar=t.entry_bar - 1,
            entry_price=float(CLOSE[t.entry_bar - 1]),
            exit_bar=t.exit_bar - 1,
            exit_price=float(CLOSE[t.exit_bar - 1]),
        )
        for t in OURS
    ]
    said = texts(theirs_of(moved))
    assert "process_orders_on_close=true" in said[0]
    assert any("one bar earlier" in text for text in said)


def test_a_zone_that_was_given_wrong_is_measured() -> None:
    theirs = [replace(t, entry_ms=t.entry_ms + 7_200_000, exit_ms=(t.exit_ms or 0) + 7_200_000) for t in theirs_of(OURS)]
    assert "2 h earlier" in first_of(theirs, zone_given=True)


def test_prices_outside_our_bars_are_other_bars() -> None:
    theirs = theirs_of([replace(t, exit_price=t.exit_price + 30) for t in OURS])
    assert first_of(theirs, placed=replace(placed(theirs), n_fit=N, n_fills=2 * N)).startswith(
        "Other bars: 30 of the export's 60 fills (50.0 %)"
    )


def test_more_entries_at_once_are_pyramiding() -> None:
    theirs = theirs_of([t for ours in OURS for t in (ours, replace(ours, entry_bar=ours.entry_bar + 1))])
    assert any("they hold up to 2, we up to 1" in text for text in texts(theirs))


def test_no_trades_of_ours_are_not_pyramiding() -> None:
    said = texts(theirs_of(OURS), (), broker=BrokerConfig(size=8.0))
    assert said[0].startswith("We made no trades at all: broker.size=8 with percent_of_equity is a fraction (8 is 800 %)")
    assert "refused for margin" in said[0]
    assert not any("at once" in text for text in said)
    assert "refused for margin" in texts(theirs_of(OURS), (), broker=BrokerConfig(size_type="fixed", size=100.0))[0], "180,000 of 10,000"
    assert "no entry condition was ever true" in texts(theirs_of(OURS), (), broker=BrokerConfig(size=0.5))[0]


@pytest.mark.parametrize(("bars", "said"), [(4, "4 bars later than ours in the same direction (1 h: the zone"), (-3, "3 bars earlier")])
def test_entries_some_bars_apart_are_counted(bars: int, said: str) -> None:
    moved = [replace(t, entry_bar=t.entry_bar + bars, exit_bar=t.exit_bar + bars) for t in OURS]
    assert any(said in text for text in texts(theirs_of(moved)))


def test_a_zone_is_not_blamed_for_a_shift_that_no_zone_has() -> None:
    """Ours at closes, theirs at the next opens, which have the same price: 15 minutes."""
    theirs = [replace(t, entry_ms=t.entry_ms + 900_000, exit_ms=(t.exit_ms or 0) + 900_000) for t in theirs_of(OURS)]
    assert not any("Another zone" in text for text in texts(theirs, zone_given=True))


def test_a_forgotten_exit_is_named() -> None:
    held = [replace(OURS[0], exit_bar=399, exit_signal="Open")]
    said = first_of(theirs_of(OURS), ours=held)
    assert said.startswith("Exits elsewhere: of 1 trade with the same entry we leave later than theirs (1 still open); 29 of theirs begin")
    early = theirs_of([replace(t, exit_bar=t.exit_bar + 3) for t in OURS])
    assert any("30 trades with the same entry TradingView leaves later than ours" in text for text in texts(early))


def test_the_first_sizes_tell_the_setting_where_sizes_compound() -> None:
    theirs = theirs_of([replace(t, qty=10.0 * (1 + 0.002 * max(n - 2, 0))) for n, t in enumerate(OURS)])
    said = first_of(theirs)
    assert "the first 3 10 times" in said
    assert "broker.size=5 or broker.initial_capital=100000" in said


def test_another_currency_is_said_where_sizes_follow_money() -> None:
    theirs = theirs_of([replace(t, qty=1.0 + 0.0002 * (n % 3 + 1)) for n, t in enumerate(OURS)])
    in_usd = replace(placed(theirs), export=replace(placed(theirs).export, price_currency="USDT", pnl_currency="USD"))
    assert "broker.currency=USD data.rates=" in first_of(theirs, placed=in_usd, rates_given=False)
    assert not any("broker.currency" in text for text in texts(theirs, placed=in_usd, rates_given=True))


def test_times_on_a_coarser_grid_name_the_timeframe() -> None:
    hourly = theirs_of([replace(t, entry_bar=t.entry_bar // 4 * 4, exit_bar=t.exit_bar // 4 * 4 + 4) for t in OURS])
    assert any("lie on a grid of 1h, our bars are 15m" in text for text in texts(hourly))


def test_sides_exchanged_are_named() -> None:
    assert first_of(theirs_of([replace(t, direction=-t.direction) for t in OURS])).startswith("Sides: 30")


def test_exits_on_other_bars_are_exit_rules() -> None:
    theirs = theirs_of([replace(t, exit_bar=t.exit_bar + 2, exit_price=float(OPEN[t.exit_bar + 2])) for t in OURS])
    assert any(text.startswith("Exits: 30 trades have the same entry") for text in texts(theirs))


def test_missing_bars_come_first() -> None:
    theirs = theirs_of(OURS)
    early = replace(theirs[0], entry_ms=theirs[0].entry_ms - 10**9)
    assert first_of([early, *theirs]).startswith("Bars are missing: of the export's trades 1 begin before our first bar")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.pnl - 1.5, "-1.50 each: commission per order"),
        (lambda t: t.pnl - 0.0005 * (t.entry_price + t.exit_price), "differ by -0.0500 % of the traded value: broker.commission"),
        (lambda t: t.pnl * 1.004, "1.00400 times ours: the account's currency"),
    ],
)
def test_money_alone_is_told_apart(change: object, said: str) -> None:
    theirs = theirs_of([replace(t, pnl=round(change(t), 2)) for t in OURS])  # type: ignore[operator]
    ours = OURS
    found = match(theirs, ours, FEED)
    assert found.n_different == 0
    lines = money_alone(found)
    assert "P&L of 30" in lines[0] or "P&L of" in lines[0]
    if "times" in said:
        assert "the account's currency" in lines[1]
    else:
        assert said in lines[1]


def test_a_cent_of_rounding_is_no_difference() -> None:
    theirs = theirs_of([replace(t, pnl=t.pnl + 0.01, mfe=t.mfe - 0.01) for t in OURS])
    assert money_alone(match(theirs, OURS, FEED)) == []
    assert np.isclose(OURS[0].pnl, 2.0)
