"""The one door from the store to the engine: a symbol, a timeframe pair and a range become a Feed. Not the engine's own padding."""

from __future__ import annotations

import hashlib

import numpy as np
from jaxtyping import Float

from pinejax.core.align import align_htf
from pinejax.core.feed import Bars, Feed
from pinejax.core.timeframe import Timeframe, TimeframePair
from pinejax.data.frame import SCHEMA, bars_hash, from_bars, iso, to_bars
from pinejax.data.grid import nests, require_gridded
from pinejax.data.mapped import open_bars
from pinejax.data.rates import rates_for
from pinejax.data.resample import resample
from pinejax.data.store import Store
from pinejax.data.times import parse_bound
from pinejax.errors import DataError


def load_feed(
    store: Store, symbol: str, pair: TimeframePair | str, start: str | None = None, end: str | None = None, *,
    currency: str = "", rates: str | None = None,
) -> Feed:  # fmt: skip
    """The dataset (symbol, pair) between two ISO dates, by the opens of LTF bars, UTC: start inclusive, end exclusive, None: all there is.

    LTF bars come from the longest stored timeframe that divides the LTF; HTF bars are built from the LTF bars in the range, so the
    first may be partial. Other names and the instrument also go by the store's `symbols.yaml`. currency: the account's, empty for the
    symbol's own; rates: a path with what converts them (`rates_for`).
    Errors: DataError for an unknown symbol (nearest names), an LTF that cannot be built (what is stored), an empty range (what there
    is), a bad date, a broken file, or rates that do not cover the bars; ConfigError for currencies without rates.
    """
    pair = TimeframePair.parse(pair)
    given = store.given()
    symbol = given.named(symbol)
    for timeframe in (pair.ltf, pair.htf):
        require_gridded(timeframe)
    base = base_timeframe(store, symbol, pair.ltf)
    manifest = store.manifest(symbol, base)
    stored = open_bars(store, manifest)
    bars = stored if base == pair.ltf else to_bars(resample(from_bars(stored), base, pair.ltf))
    ltf = _between(bars, start, end, f"{symbol} {pair.ltf}")
    identity = manifest.content_hash if ltf is stored else bars_hash(ltf)
    instrument = given.instrument(symbol, manifest.instrument)
    daily = rates_for(symbol, instrument.currency, currency, rates)
    rate = None if daily is None else daily.on(ltf.time)
    htf, marks = align_htf(ltf, pair, instrument.zone)
    return Feed(
        symbol=symbol,
        timeframe=pair,
        ltf=ltf,
        htf=htf,
        htf_complete=marks,
        instrument=instrument,
        content_hash=identity if rate is None else _with_rates(identity, rate),
        synthetic=manifest.synthetic,
        rate=rate,
    )


def base_timeframe(store: Store, symbol: str, ltf: Timeframe) -> Timeframe:
    """The longest stored timeframe of which LTF bars can be made. Errors: DataError naming what is stored."""
    stored = store.timeframes(symbol)
    usable = [timeframe for timeframe in stored if nests(timeframe, ltf)]
    if not usable:
        raise DataError(
            f"timeframe: {ltf} bars of {symbol} cannot be made of the stored {', '.join(map(str, stored))} bars. "
            f"Import bars of a timeframe that divides {ltf}, or choose a multiple of a stored one."
        )
    return usable[-1]


def _with_rates(bars: str, rate: Float[np.ndarray, " bars"]) -> str:
    """One hash for bars and the rates used on them: other rates are other data."""
    return hashlib.sha256(bars.encode() + rate.astype("<f8").tobytes()).hexdigest()


def _between(bars: Bars, start: str | None, end: str | None, name: str) -> Bars:
    """The bars themselves where all of them are wanted."""
    low = parse_bound(start, "data.start") if start is not None else None
    high = parse_bound(end, "data.end") if end is not None else None
    if low is not None and high is not None and low >= high:
        raise DataError(f"data.start: expected a start before the end, got {start} .. {end}.")
    if not len(bars):
        raise DataError(f"{name}: the stored bars do not fill a single bar. Choose a shorter timeframe or import more.")
    time = bars.time
    first = 0 if low is None else int(np.searchsorted(time, low))
    stop = len(bars) if high is None else int(np.searchsorted(time, high))
    if first >= stop:
        asked = f"{start or 'the beginning'} .. {end or 'the end'}"
        raise DataError(f"{name}: no bars in {asked}; there are bars from {iso(int(time[0]))} to {iso(int(time[-1]))} UTC.")
    if stop - first == len(bars):
        return bars
    return Bars(**{name: getattr(bars, name)[first:stop] for name in SCHEMA})
