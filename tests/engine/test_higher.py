"""ctx.htf on further timeframes, with gaps, and what is refused: against the slow reference and by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from pinejax.broker.config import BrokerConfig
from pinejax.core.feed import Feed
from pinejax.core.inputs import Strategy, input
from pinejax.core.orders import LONG
from pinejax.engine.config import EngineConfig
from pinejax.engine.engine import Engine
from pinejax.errors import DataError, StrategyError
from pinejax.ops import gt, lt
from pinejax.testing.record import record, record_reference
from pinejax.testing.reference import run
from tests.engine.moments import feed_at, prefix, quarters, with_holes

# The dataset's own HTF, the chart's timeframe, one that is no whole multiple of it, and so on.
PARTS_OF_A_DAY, CALENDAR = (None, "15m", "20m", "1h", "4h"), (None, "1D", "1W", "1M")


def _on_htf(ctx: Any, bar: Any, ta: Any) -> tuple:
    """Everything that an HTF body may use."""
    rising = bar.close > ctx.history(bar.close)
    n_rising = ctx.var(0.0)
    with ctx.when(rising):
        n_rising.set(n_rising.value + 1)
        slow = ta.sma(bar.high, 3)
    return (
        bar.open, bar.high, bar.low, bar.close, bar.volume, bar.time, bar.time_close, bar.index, bar.hour, bar.dayofweek, rising,
        n_rising.value, slow, ta.ema(bar.close, 4), ctx.session("0000-1200"), ctx.new_period("1W"), ctx.bar.low, ctx.ta.atr(2),
    )  # fmt: skip


def _bodies(timeframes: tuple[str | None, ...]) -> Any:
    def body(ctx: Any, _: Any) -> Mapping[str, Any]:
        found = {}
        for timeframe in timeframes:
            for gaps in (False, True):
                values = ctx.htf(lambda bar, ta: _on_htf(ctx, bar, ta), timeframe=timeframe, gaps=gaps)
                found |= {f"{timeframe} {gaps} {i}": value for i, value in enumerate(values)}
        return found

    return body


def _few(timeframes: tuple[str | None, ...]) -> Any:
    """Less of it, quickly compiled."""

    def body(ctx: Any, _: Any) -> Mapping[str, Any]:
        return {
            f"{t} {gaps} {i}": value
            for t in timeframes
            for gaps in (False, True)
            for i, value in enumerate(ctx.htf(lambda bar, ta: (bar.high, bar.time, bar.hour, ta.ema(bar.close, 3)), timeframe=t, gaps=gaps))
        }

    return body


def _assert_same(one: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray]) -> None:
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_allclose(one[name], other[name], rtol=1e-12, err_msg=name)


@pytest.mark.parametrize(
    ("zone", "start", "pair", "each", "timeframes"),
    [
        pytest.param("UTC", "2025-03-09T13:30", "15m@1h", 1, PARTS_OF_A_DAY, marks=pytest.mark.slow),
        ("America/New_York", "2025-03-08T13:30", "15m@1h", 1, (None, "20m", "1D")),
        pytest.param("Europe/Berlin", "2025-10-15T13:00", "1h@4h", 4, CALENDAR, marks=pytest.mark.slow),
        ("America/New_York", "2025-02-19T16:00", "4h@1D", 16, CALENDAR),
    ],
)
def test_engine_equals_reference_with_holes_in_the_data(zone: str, start: str, pair: str, each: int, timeframes: tuple) -> None:
    """Around changes of the clocks, begun in the middle of a day, a week and a month."""
    feed = feed_at(with_holes(quarters(start, 450, each), seed=1), pair, zone)
    found = record(_bodies(timeframes), feed)
    _assert_same(found, record_reference(_bodies(timeframes), feed))
    assert all(np.isfinite(found[f"{timeframe} False 3"]).any() for timeframe in timeframes)


@pytest.mark.parametrize("pair", ["15m@1h", "15m@1D", "15m@1W", "15m"])
def test_a_timeframe_equals_the_dataset_s_own(pair: str) -> None:
    feed = feed_at(with_holes(quarters("2025-03-05T10:15", 2_000), seed=2), pair)
    own = record(_bodies((None,)), feed)
    timeframe = pair.partition("@")[2] or "15m"
    asked = record(_bodies((timeframe,)), feed)
    _assert_same({name.replace("None", timeframe): values for name, values in own.items()}, asked)


@pytest.mark.parametrize("n", [1, 47, 300])
def test_a_prefix_of_the_bars_gives_a_prefix_of_the_values(n: int) -> None:
    feed = feed_at(with_holes(quarters("2025-02-27T21:00", 900), seed=3), zone="America/New_York")
    whole, part = (record(_few(("20m", "4h", "1D", "1W")), f) for f in (feed, prefix(feed, n)))
    _assert_same({name: values[:n] for name, values in whole.items()}, part)


def _htf(feed: Feed, timeframe: str, body: Any = lambda bar, ta: bar.close, **how: Any) -> np.ndarray:
    return record(lambda ctx, _: {"x": ctx.htf(body, timeframe=timeframe, **how)}, feed)["x"][:, 0]


def test_a_partial_first_bucket_is_a_bar_and_an_unfinished_last_one_is_none() -> None:
    feed = feed_at(quarters("2025-03-31T02:45", 11))  # 02:45 to 05:15
    closes, seen = feed.ltf.close, _htf(feed, "1h")
    assert seen[[0, 3, 4, 7, 8, 10]].tolist() == [closes[0], closes[0], closes[4], closes[4], closes[8], closes[8]]


def test_with_gaps_a_value_is_there_on_the_completing_bar_alone() -> None:
    feed = feed_at(quarters("2025-03-31T00:00", 12))
    assert np.flatnonzero(np.isfinite(_htf(feed, "1h", gaps=True))).tolist() == [3, 7, 11]
    rose = _htf(feed, "1h", lambda bar, ta: bar.close > 0, gaps=True)
    assert rose.tolist() == [k in (3, 7, 11) for k in range(12)]


def test_where_the_completing_bar_is_missing_the_next_one_completes() -> None:
    time = np.delete(quarters("2025-03-31T00:00", 12), [3])
    feed = feed_at(time)
    assert np.flatnonzero(np.isfinite(_htf(feed, "1h", gaps=True))).tolist() == [3, 6, 10]
    assert _htf(feed, "1h")[3] == feed.ltf.close[2]


def test_days_weeks_and_months_end_at_the_exchange_s_midnight() -> None:
    """In New York the 9th of March 2025 has 23 hours and ends at 04:00 UTC, the 10th at 04:00 too; the 8th ended at 05:00."""
    feed = feed_at(quarters("2025-03-08T00:00", 4 * 24 * 4), zone="America/New_York")
    ends = [str(t) for t in feed.ltf.time[np.isfinite(_htf(feed, "1D", gaps=True))].astype("datetime64[ms]").astype("datetime64[m]")]
    assert ends == ["2025-03-08T04:45", "2025-03-09T04:45", "2025-03-10T03:45", "2025-03-11T03:45"]
    weeks = feed.ltf.time[np.isfinite(_htf(feed, "1W", gaps=True))].astype("datetime64[ms]").astype("datetime64[m]")
    assert [str(t) for t in weeks] == ["2025-03-10T03:45"]


def test_months_end_with_their_last_bar() -> None:
    feed = feed_at(quarters("2024-02-28T00:00", 4 * 24 * 40))
    at = feed.ltf.time[np.isfinite(_htf(feed, "1M", gaps=True))].astype("datetime64[ms]").astype("datetime64[m]")
    assert [str(t) for t in at] == ["2024-02-29T23:45", "2024-03-31T23:45"]


def test_the_idiom_with_lookahead_is_the_value_one_bar_later() -> None:
    """request.security(tf, close[1], lookahead_on) shows the bar before from the first chart bar of a bucket on."""
    feed = feed_at(quarters("2025-03-31T00:00", 200))
    found = record(lambda ctx, _: {"x": ctx.history(ctx.htf(lambda bar, ta: bar.close, timeframe="4h"))}, feed)["x"][:, 0]
    bucket = np.arange(200) // 16
    expected = [np.nan if b == 0 else feed.ltf.close[16 * b - 1] for b in bucket]
    np.testing.assert_array_equal(found, expected)


def test_two_timeframes_do_not_share_state() -> None:
    feed = feed_at(quarters("2025-03-31T00:00", 400))

    def body(ctx: Any, _: Any) -> Mapping[str, Any]:
        return {t: ctx.htf(lambda bar, ta: ta.sma(bar.close, 2), timeframe=t) for t in ("1h", "4h")}

    both = record(body, feed)
    for timeframe in ("1h", "4h"):
        np.testing.assert_array_equal(both[timeframe][:, 0], _htf(feed, timeframe, lambda bar, ta: ta.sma(bar.close, 2)))


def _engine(on_bar: Any, feed: Feed) -> Engine:
    body = type("Body", (Strategy,), {"on_bar": lambda self, ctx: on_bar(ctx)})
    return Engine(body, [feed], BrokerConfig(), {})


@pytest.mark.parametrize(
    ("on_bar", "message"),
    [
        (lambda ctx: ctx.htf(lambda bar, ta: bar.close, timeframe="7h"), "ctx.htf: timeframe: expected one that divides a day"),
        (lambda ctx: ctx.htf(lambda bar, ta: bar.close, lookahead=True), "look into the future"),
        (lambda ctx: ctx.htf(lambda bar, ta: bar.close, timeframe="5m"), "expected a timeframe of 15m or above"),
        (lambda ctx: ctx.htf(lambda bar, ta: ctx.htf(lambda bar, ta: bar.close)), "inside another ctx.htf"),
        (lambda ctx: ctx.htf(lambda bar, ta: ctx.broker.entry("L", LONG)), "broker.entry: found inside ctx.htf"),
        (lambda ctx: ctx.htf(lambda bar, ta: ctx.broker.equity), "broker.equity: found inside ctx.htf"),
        (lambda ctx: ctx.session("9:30-16:00"), "ctx.session: session: expected"),
        (lambda ctx: ctx.session("0930-1600", days="Mon"), "ctx.session: session: expected days"),
        (lambda ctx: ctx.session("0930-1600", zone="Mars/Olympus"), "ctx.session: time zone: expected an IANA name"),
        (lambda ctx: ctx.clock("Mars/Olympus"), "ctx.clock: time zone: expected an IANA name"),
        (lambda ctx: ctx.new_period("soon"), "ctx.new_period: timeframe: expected"),
    ],
)
def test_mistakes_are_told_before_a_bar_is_computed(on_bar: Any, message: str) -> None:
    with pytest.raises(StrategyError, match=message):
        _engine(on_bar, feed_at(quarters("2025-03-31T00:00", 100)))


def test_htf_inside_a_mask_is_refused() -> None:
    def on_bar(ctx: Any) -> None:
        with ctx.when(ctx.bar.close > 0):
            ctx.htf(lambda bar, ta: bar.close, timeframe="4h")

    with pytest.raises(StrategyError, match=r"outside ctx\.when"):
        _engine(on_bar, feed_at(quarters("2025-03-31T00:00", 100)))


def test_too_few_bars_for_a_length_on_a_further_timeframe() -> None:
    feed = feed_at(quarters("2025-03-31T00:00", 19 * 16))
    with pytest.raises(DataError, match=r"\(320\), got 304"):
        _engine(lambda ctx: ctx.htf(lambda bar, ta: ta.sma(bar.close, 20), timeframe="4h"), feed)


class Trend(Strategy):
    """Two timeframes, a session and a new day decide."""

    length = input.int(3, low=2, high=5)

    def on_bar(self, ctx: Any) -> None:
        """Traced."""
        slow, opens = ctx.htf(lambda bar, ta: (ta.sma(bar.close, self.length), bar.open), timeframe="4h")
        fresh = ctx.htf(lambda bar, ta: bar.close > ta.sma(bar.close, 2), timeframe="1h", gaps=True)
        trading = ctx.session("0930-1600", zone="America/New_York", days="23456")
        ctx.broker.entry("L", LONG, when=trading & fresh & gt(ctx.bar.close, slow))
        ctx.broker.close("L", when=ctx.new_period("1D") | lt(ctx.bar.close, opens) | ((ctx.bar.hour == 15) & (ctx.bar.minute >= 45)))


@pytest.mark.parametrize("length", [2, 5])
def test_trades_are_the_reference_s(length: int) -> None:
    feed = feed_at(with_holes(quarters("2025-03-05T03:30", 700), seed=5), zone="America/New_York")
    broker = BrokerConfig(size_type="fixed", size=1.0)
    ours = Engine(Trend, [feed], broker, Trend.inputs, EngineConfig(n_threads=1)).detail({"length": length}).trades
    theirs = run(Trend, {"length": length}, feed, broker).trades
    assert len(ours) > 2
    assert [(t.entry_bar, t.exit_bar, t.qty) for t in ours] == [(t.entry_bar, t.exit_bar, t.qty) for t in theirs]
    np.testing.assert_allclose([t.pnl for t in ours], [t.pnl for t in theirs], rtol=1e-9)
