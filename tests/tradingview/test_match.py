"""pinejax.tradingview.match and .start: equality is exact, order does not matter, and the start is found"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pinejax.broker.config import BrokerConfig
from pinejax.core.feed import Feed
from pinejax.core.trade import TradeRecord
from pinejax.tradingview.compare import Asked, Verdict, compare
from pinejax.tradingview.export import Export, ExportedTrade
from pinejax.tradingview.match import match
from pinejax.tradingview.place import Placed, PlacedTrade
from pinejax.tradingview.start import DAY_MS, Run, best_start, midnights
from pinejax.tradingview.text import verdict_text
from pinejax.tradingview.zone import fixed_zone
from tests.tradingview.conftest import START_MS, walk_feed

FEED = walk_feed(400)


def record(**changes: object) -> TradeRecord:
    values: dict = {
        "direction": 1, "entry_id": "L", "entry_bar": 10, "entry_price": 1800.25, "exit_signal": "flat", "exit_bar": 20,
        "exit_price": 1799.5, "qty": 0.25, "pnl": -0.19, "commission": 0.0, "mfe": 1.0, "mae": -2.0,
    }  # fmt: skip
    return TradeRecord(**(values | changes))


def twin(ours: TradeRecord, number: int = 1, feed: Feed = FEED) -> PlacedTrade:
    """The same trade as TradingView lists it."""
    time = feed.ltf.time
    leave = int(time[ours.exit_bar])
    exported = ExportedTrade(
        number, ours.direction, int(time[ours.entry_bar]), ours.entry_price, ours.entry_id, leave, ours.exit_price, ours.exit_signal,
        ours.is_open, ours.qty, ours.pnl, ours.mfe, ours.mae,
    )  # fmt: skip
    return PlacedTrade(exported, exported.entry_time, None if ours.is_open else leave)


def placed(trades: Sequence[PlacedTrade], end_ms: int | None = None) -> Placed:
    export = Export(Path("export.csv"), tuple(t.exported for t in trades), True, False, "dates year first, decimal point")
    end = max(t.exit_ms or t.entry_ms for t in trades) if end_ms is None else end_ms
    return Placed(export, fixed_zone(0), tuple(trades), 2 * len(trades), 2 * len(trades), 2 * len(trades), 2 * len(trades), 0, 0, end)


def counts(theirs: Sequence[PlacedTrade], ours: Sequence[TradeRecord]) -> dict[str, int]:
    found = match(theirs, ours, FEED)
    return {s: found.count(s) for s in ("equal", "differs", "missing", "extra", "outside") if found.count(s)}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [{"entry_price": 1800.26}, {"exit_price": 1799.51}, {"exit_bar": 21}, {"qty": 0.2501}, {"exit_signal": "Open"}],
)
def test_one_tick_one_bar_or_one_lot_step_is_a_difference(change: dict) -> None:
    assert counts([twin(record())], [record()]) == {"equal": 1}
    assert counts([twin(record())], [record(**change)]) == {"differs": 1}


@pytest.mark.parametrize("change", [{"entry_bar": 11}, {"direction": -1}])
def test_another_bar_or_side_is_one_missing_and_one_extra(change: dict) -> None:
    assert counts([twin(record())], [record(**change)]) == {"missing": 1, "extra": 1}


def test_less_than_half_a_tick_and_half_a_lot_step_are_equal() -> None:
    assert counts([twin(record())], [record(entry_price=1800.2549, qty=0.25004)]) == {"equal": 1}


def test_signals_and_money_are_not_compared() -> None:
    assert counts([twin(record())], [record(exit_signal="other", pnl=7.0)]) == {"equal": 1}


def test_lists_are_multisets() -> None:
    a, b = record(), record(entry_bar=30, exit_bar=40)
    assert counts([twin(a), twin(a), twin(b)], [b, a, a]) == {"equal": 3}
    assert counts([twin(a), twin(b)], [b, a, a]) == {"equal": 2, "extra": 1}
    assert counts([twin(a), twin(a), twin(b)], [b, a]) == {"equal": 2, "missing": 1}


def test_of_an_open_trade_the_entry_counts() -> None:
    theirs = twin(record(exit_signal="Open", exit_bar=399, exit_price=1.0))
    assert counts([theirs], [record(exit_signal="Open", exit_bar=399, exit_price=2.0)]) == {"equal": 1}
    assert counts([theirs], [record(exit_bar=300)]) == {"differs": 1}


def test_a_trade_that_closed_after_our_bars_is_open_there() -> None:
    theirs = replace(twin(record()), exit_ms=int(FEED.ltf.time[-1]) + 900_000)
    assert counts([theirs], [record(exit_signal="Open", exit_bar=399)]) == {"equal": 1}


def test_trades_where_there_are_no_bars_are_outside() -> None:
    early = replace(twin(record()), entry_ms=START_MS - 900_000)
    assert counts([early, twin(record())], [record()]) == {"equal": 1, "outside": 1}


def test_what_differs_is_paired_with_the_most_alike_and_the_first_is_named() -> None:
    a, b = record(qty=1.0), record(qty=2.0, exit_bar=25)
    later = record(entry_bar=5, exit_bar=6)
    found = match([twin(a), twin(b)], [replace(b, exit_bar=26), replace(a, exit_price=1.0), later], FEED)
    assert [p.status for p in found.pairs] == ["extra", "differs", "differs"]
    assert found.first_difference is found.pairs[0]
    assert all(p.ours.qty == p.theirs.exported.qty for p in found.of("differs") if p.ours and p.theirs)


def days_of(start_ms: int) -> list[TradeRecord]:
    """A strategy with a memory: each day at noon a long, its size the number of days since the start (its first three are 1)."""
    time = FEED_DAYS.ltf.time
    first = int((time >= start_ms).argmax())
    out = []
    for bar in range(first + 48, len(time) - 10, 96):
        out.append(record(entry_bar=bar - first, exit_bar=bar - first + 4, qty=float(max(1, (bar - first) // 96 - 1))))
    return out


FEED_DAYS = walk_feed(20 * 96)


def runs(starts: Sequence[int], end: int) -> Iterator[Run]:
    for start in starts:
        keep = (FEED_DAYS.ltf.time >= start) & (FEED_DAYS.ltf.time <= end)
        bars = replace(FEED_DAYS.ltf, **{n: getattr(FEED_DAYS.ltf, n)[keep] for n in ("time", "open", "high", "low", "close", "volume")})
        feed = replace(FEED_DAYS, ltf=bars, htf=bars, htf_complete=FEED_DAYS.htf_complete[keep])
        yield Run(feed, tuple(t for t in days_of(start) if bars.time[0] + t.entry_bar * 900_000 <= end))


def exported_from(start_ms: int) -> Placed:
    (run,) = runs([start_ms], int(FEED_DAYS.ltf.time[-1]))
    return placed([twin(t, n, run.feed) for n, t in enumerate(run.trades, 1)])


def test_the_start_is_found_where_none_is_given() -> None:
    seventh = START_MS + 7 * DAY_MS
    found = best_start([exported_from(seventh)], runs, FEED_DAYS, given=False)
    assert int(found.run.feed.ltf.time[0]) == seventh
    assert found.matched.n_different == 0
    assert (len(found.tried), found.from_first) == (2, False), "the first bar, then the nearest midnight"


def test_the_first_bar_is_enough_where_it_agrees() -> None:
    found = best_start([exported_from(START_MS)], runs, FEED_DAYS, given=False)
    assert (len(found.tried), found.from_first, found.matched.n_different) == (1, True, 0)


def test_one_trade_by_chance_keeps_the_default_start() -> None:
    """None of theirs is ours but one, which a later start happens to have."""
    tenth, eighth = exported_from(START_MS + 10 * DAY_MS), exported_from(START_MS + 8 * DAY_MS)
    moved = [replace(t, entry_ms=t.entry_ms + 900_000) for t in tenth.trades]
    lucky = replace(tenth, trades=(*moved[:5], eighth.trades[7], *moved[6:]))
    found = best_start([lucky], runs, FEED_DAYS, given=False)
    assert sum(match(lucky.trades, run.trades, run.feed).n_equal for run in runs([START_MS + 8 * DAY_MS], lucky.end_ms)) == 1
    assert (found.from_first, found.helped) == (True, False)
    assert len(found.tried) > 5


def test_a_start_with_more_trades_is_taken_even_if_some_differ() -> None:
    seventh = START_MS + 7 * DAY_MS
    right = exported_from(seventh)
    spoilt = replace(right, trades=(*right.trades[:-1], replace(right.trades[-1], entry_ms=right.trades[-1].entry_ms + 900_000)))
    found = best_start([spoilt], runs, FEED_DAYS, given=False)
    assert int(found.run.feed.ltf.time[0]) == seventh
    assert (found.helped, found.matched.n_equal) == (True, len(right.trades) - 1)


def test_an_agreement_under_an_undecided_clock_is_none() -> None:
    def verdict(placement: Placed) -> Verdict:
        return compare(Asked(Path("export.csv"), start=True), FEED_DAYS, BrokerConfig(), [placement], runs)

    right = exported_from(START_MS)
    assert verdict(right).agrees
    unclear = verdict(replace(right, near=("UTC+1",), undecided=("UTC+1",)))
    assert not unclear.agrees
    assert "set compare_zone" in verdict_text(unclear)


def test_a_start_that_is_given_is_the_only_one() -> None:
    found = best_start([exported_from(START_MS + 7 * DAY_MS)], runs, FEED_DAYS, given=True)
    assert len(found.tried) == 1
    assert found.matched.n_different > 0


def test_of_several_zones_the_one_that_agrees_best_counts() -> None:
    right = exported_from(START_MS)
    wrong = replace(right, zone=fixed_zone(15), trades=tuple(replace(t, entry_ms=t.entry_ms - 900_000) for t in right.trades))
    assert best_start([wrong, right], runs, FEED_DAYS, given=False).placed is right


def test_a_list_without_its_oldest_trades_is_compared_with_our_latest() -> None:
    whole = exported_from(START_MS)
    cut = replace(whole, trades=whole.trades[5:])
    found = best_start([cut], runs, FEED_DAYS, given=True)
    assert (found.matched.n_equal, found.matched.n_different) == (len(whole.trades) - 5, 0)


def test_the_comparison_ends_with_the_export() -> None:
    whole = exported_from(START_MS)
    found = best_start([placed(whole.trades[:4])], runs, FEED_DAYS, given=True)
    assert (found.matched.n_equal, found.matched.n_different) == (4, 0)


def test_midnights_go_back_from_the_first_entry() -> None:
    entry = START_MS + 3 * DAY_MS + 5_000
    assert midnights(entry, START_MS) == [START_MS + n * DAY_MS for n in (3, 2, 1)]
    assert len(midnights(entry, START_MS - 1000 * DAY_MS)) == 76
