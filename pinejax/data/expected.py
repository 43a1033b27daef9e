"""Which bars there should be: around the clock, by a session, or by an exchange's calendar. Not which there are."""

from __future__ import annotations

import warnings

import numpy as np
from jaxtyping import Bool, Int

from pinejax.core.clock import DAY_MS, calendar, local_ms
from pinejax.core.session import Session
from pinejax.core.timeframe import Timeframe
from pinejax.data.grid import DAY_S, bucket_open
from pinejax.errors import DataError

ALWAYS = "24x7"


def is_open(
    time: Int[np.ndarray, " bars"], timeframe: Timeframe, session: str, zone: str, exchange: str | None
) -> Bool[np.ndarray, " bars"]:
    """Whether the market trades during bars that open at these times.

    exchange: a name of exchange-calendars such as XNYS, with holidays and short days; it goes before session. A day's bar counts where
    there is trading on that day; a week's always. Errors: DataError for an unknown exchange, or where the extra is not installed.
    """
    if timeframe.seconds > DAY_S or (exchange is None and session == ALWAYS):
        return np.ones(len(time), bool)
    if exchange is not None:
        return _by_calendar(time, timeframe, exchange)
    hours = Session.parse(session)
    if timeframe.seconds < DAY_S:
        return hours.holds(local_ms(time, zone))
    return np.isin(calendar(time, "dayofweek"), hours.days)


def missing_opens(
    time: Int[np.ndarray, " bars"], timeframe: Timeframe, session: str, zone: str, exchange: str | None
) -> tuple[Int[np.ndarray, " missing"], Int[np.ndarray, " missing"]]:
    """Opens on the grid, from the first bar to the last, at which the market was open and there is no bar; and the gap each belongs to.

    A gap is a run of missing bars with no bar in between, also over the night. A bar off the grid stands for the bucket it opens in.
    """
    grid = np.arange(bucket_open(time[:1], timeframe)[0], time[-1] + 1, timeframe.ms, dtype=np.int64)
    there = np.isin(grid, bucket_open(time, timeframe))
    missing = grid[~there]
    missing = missing[is_open(missing, timeframe, session, zone, exchange)]
    return missing, np.searchsorted(time, missing)


def _by_calendar(time: Int[np.ndarray, " bars"], timeframe: Timeframe, exchange: str) -> Bool[np.ndarray, " bars"]:
    if not len(time):
        return np.zeros(0, bool)
    try:
        import exchange_calendars
        from exchange_calendars.errors import InvalidCalendarName
    except ImportError:
        raise DataError(f"calendar {exchange}: it needs exchange-calendars. Install it: pip install 'pinejax[calendars]'") from None
    first, last = (np.datetime64(int(t), "ms").astype("datetime64[D]") for t in (time.min() - 10 * DAY_MS, time.max() + 10 * DAY_MS))
    try:
        with warnings.catch_warnings():
            # What pandas deprecates in there is not our user's to mend.
            warnings.simplefilter("ignore")
            found = exchange_calendars.get_calendar(exchange, start=str(first), end=str(last))
            spans = _spans(found)
    except InvalidCalendarName:
        raise DataError(f"calendar: expected an exchange of exchange-calendars such as XNYS or XLON, got {exchange!r}.") from None
    if timeframe.seconds == DAY_S:
        return np.isin(time.astype("datetime64[ms]").astype("datetime64[D]"), found.sessions.to_numpy().astype("datetime64[D]"))
    place = np.searchsorted(spans[:, 0], time + timeframe.ms, side="left") - 1
    return (place >= 0) & (time < spans[np.maximum(place, 0), 1])


def _spans(found) -> Int[np.ndarray, "spans 2"]:
    """Trading spans in epoch milliseconds, (open, close), lunch breaks left out, in order."""
    schedule = found.schedule
    breaks = schedule[~schedule["break_start"].isna()]
    whole = schedule[schedule["break_start"].isna()]
    pairs = ((whole, "open", "close"), (breaks, "open", "break_start"), (breaks, "break_end", "close"))
    spans = np.concatenate([np.stack([_ms(table, begin), _ms(table, end)], axis=1) for table, begin, end in pairs])
    return spans[np.argsort(spans[:, 0])]


def _ms(table, column: str) -> Int[np.ndarray, " sessions"]:
    return np.array([moment.timestamp() * 1_000 for moment in table[column]], np.int64)
