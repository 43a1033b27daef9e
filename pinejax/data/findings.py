"""What is wrong or odd about bars, kind by kind, with counts and the worst of each. Not files and manifests (`check`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Int

from pinejax.core.feed import Bars, Instrument
from pinejax.core.timeframe import Timeframe
from pinejax.data.expected import ALWAYS, is_open, missing_opens
from pinejax.data.frame import iso
from pinejax.data.grid import bucket_open
from pinejax.data.quality import find_jumps

KINDS = ("gaps", "off_grid", "outside_session", "splits", "jumps", "outliers", "stale", "no_volume", "volume_holes")
"""What is odd, and may be looked at and accepted. The kinds of errors are not among them."""
Level = Literal["ok", "note", "warning", "error"]
_WORST = 5
_OUTLIER_SCORE = 60.0
"""Crashes of 5m and 15m crypto bars reached 58 in a year and a half, with one true exception; a bad tick has hundreds."""
_OUTLIER_RATE = 0.01
_STALE_BARS = 30
"""Bars in a row at one price with volume traded, or without: half an hour of minutes; quieter symbols are shown and can be judged."""
_SPLITS = (2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 15.0, 20.0, 25.0, 50.0, 100.0, 1.5)
_SPLIT_TOLERANCE = 0.02


@dataclass(frozen=True)
class Worst:
    """One bar or run of bars of a finding: its open, UTC, and how bad it is in the finding's own measure."""

    at: str
    size: float


@dataclass(frozen=True)
class Finding:
    """One thing found in one dataset. An error makes the data unusable; a warning is for the user to judge; a note is only said.

    kind: such as `gaps`; n: how many; worst: the worst of them first.
    """

    level: Level
    dataset: str
    text: str
    kind: str = ""
    n: int = 0
    worst: tuple[Worst, ...] = ()


def look_at(
    bars: Bars,
    timeframe: Timeframe,
    name: str,
    instrument: Instrument | None = None,
    exchange: str | None = None,
    accepted: Sequence[str] = (),
) -> list[Finding]:
    """Findings for one dataset's bars; none where nothing is to be said. Where bars have errors, only those are told.

    exchange: its name in exchange-calendars. accepted: kinds that somebody has looked at, which are notes then.
    Errors: DataError for an unknown exchange.
    """
    known = instrument or Instrument()
    errors = [Finding("error", name, *item) for item in _errors(bars)]
    if errors:
        return errors
    found = [*_of_times(bars, timeframe, known, exchange), *_of_prices(bars), *_of_volume(bars)]
    return [Finding("note" if item[1] in ("no_volume", *accepted) else "warning", name, *item) for item in found]


_Item = tuple[str, str, int, tuple[Worst, ...]]


def _errors(bars: Bars) -> Iterator[_Item]:
    if not len(bars):
        yield "no bars", "empty", 0, ()
        return
    step = np.diff(bars.time)
    if (step <= 0).any():
        n = int((step <= 0).sum())
        twice = int((step == 0).sum())
        yield (
            f"times are not strictly increasing at {n} bars, {twice} of them duplicates",
            "order",
            n,
            _at(bars, np.flatnonzero(step <= 0) + 1),
        )
    prices = np.stack([bars.open, bars.high, bars.low, bars.close])
    bad = ~(np.isfinite(prices) & (prices > 0)).all(axis=0)
    if bad.any():
        yield f"{bad.sum()} bars with prices that are not finite and above zero", "prices", int(bad.sum()), _at(bars, np.flatnonzero(bad))
        return
    broken = (bars.high < prices.max(axis=0)) | (bars.low > prices.min(axis=0))
    if broken.any():
        text = f"{broken.sum()} bars whose high is not the highest or low not the lowest price"
        yield text, "ohlc_order", int(broken.sum()), _at(bars, np.flatnonzero(broken))


def _of_times(bars: Bars, timeframe: Timeframe, known: Instrument, exchange: str | None) -> Iterator[_Item]:
    missing, gap = missing_opens(bars.time, timeframe, known.session, known.zone, exchange)
    if len(missing):
        _, first, count = np.unique(gap, return_index=True, return_counts=True)
        order = np.argsort(-count, kind="stable")[:_WORST]
        worst = tuple(Worst(iso(int(missing[first[i]])), float(count[i])) for i in order)
        text = (
            f"gaps: {len(first)}, bars missing: {len(missing)}, never filled; the longest: {int(worst[0].size)} from {worst[0].at} UTC on"
        )
        yield text, "gaps", len(missing), worst
    off = bucket_open(bars.time, timeframe) != bars.time
    if off.any():
        yield f"bars that open off the {timeframe} grid: {off.sum()}", "off_grid", int(off.sum()), _at(bars, np.flatnonzero(off))
    if exchange is not None or known.session != ALWAYS:
        closed = ~is_open(bars.time, timeframe, known.session, known.zone, exchange)
        if closed.any():
            where = exchange or f"{known.session} {known.zone}"
            yield (
                f"bars outside the session {where}: {closed.sum()}",
                "outside_session",
                int(closed.sum()),
                _at(bars, np.flatnonzero(closed)),
            )


def _of_prices(bars: Bars) -> Iterator[_Item]:
    splits = _splits(bars)
    jumps = [jump for jump in find_jumps(bars) if jump.at not in {split.at for split in splits}]
    if splits:
        text = f"opens that look like a split: {len(splits)}; the first: a factor of {splits[0].size:g} at {splits[0].at} UTC"
        yield text, "splits", len(splits), tuple(splits[:_WORST])
    if jumps:
        worst = tuple(Worst(jump.at, jump.move_rate) for jump in sorted(jumps, key=lambda jump: -jump.move_rate)[:_WORST])
        yield f"jumps: {len(jumps)}; the largest: {worst[0].size:.1%} at {worst[0].at} UTC", "jumps", len(jumps), worst
    score = outlier_scores(bars)
    odd = np.flatnonzero(score > _OUTLIER_SCORE)
    if len(odd):
        worst = _ranked(bars, odd, score)
        text = f"outliers: {len(odd)}; the worst: {worst[0].size:.0f} robust deviations beyond its neighbours at {worst[0].at} UTC"
        yield text, "outliers", len(odd), worst
    flat = (bars.high == bars.low) & (np.append(False, bars.close[1:] == bars.close[:-1]))
    starts, lengths = _runs(flat)
    long = lengths >= _STALE_BARS
    if long.any():
        text = f"stale: {long.sum()} runs of {_STALE_BARS} or more bars at one price; the longest: {lengths.max()} bars"
        yield text, "stale", int(lengths[long].sum()), _ranked(bars, starts[long], _spread(len(bars), starts, lengths))


def _of_volume(bars: Bars) -> Iterator[_Item]:
    unknown = np.isnan(bars.volume)
    if unknown.all():
        yield "no volume (NaN)", "no_volume", len(bars), ()
        return
    # Where prices moved somebody traded.
    holes = unknown | ((bars.volume == 0) & (bars.high > bars.low))
    if holes.any():
        starts, lengths = _runs(holes)
        text = f"volume holes: {holes.sum()} bars whose prices moved without volume; the longest run: {lengths.max()}"
        yield text, "volume_holes", int(holes.sum()), _ranked(bars, starts, _spread(len(bars), starts, lengths))


def outlier_scores(bars: Bars) -> Float[np.ndarray, " bars"]:
    """How far each bar's high and low reach beyond those of both its neighbours, in robust deviations; 0 for excesses below 1%.

    Robust deviation: 1.4826 times the median absolute deviation of these excesses, at least a quarter of the median bar's range.
    (Leys et al. 2013, Journal of Experimental Social Psychology 49)
    """
    if len(bars) < 3:
        return np.zeros(len(bars))
    up, down = np.log(bars.high), np.log(bars.low)
    over = up[1:-1] - np.maximum(up[:-2], up[2:])
    under = np.minimum(down[:-2], down[2:]) - down[1:-1]
    excess = np.concatenate([[0.0], np.maximum(np.maximum(over, under), 0.0), [0.0]])
    deviation = max(1.4826 * float(np.median(np.abs(excess - np.median(excess)))), 0.25 * float(np.median(up - down)), 1e-9)
    return np.where(excess >= _OUTLIER_RATE, excess / deviation, 0.0)


def _splits(bars: Bars) -> list[Worst]:
    """Opens away from the close before by a split's factor, at which prices stay."""
    if len(bars) < 2:
        return []
    ratio = bars.open[1:] / bars.close[:-1]
    factor = np.maximum(ratio, 1.0 / ratio)
    found = []
    for i in np.flatnonzero(factor > min(_SPLITS) * (1.0 - _SPLIT_TOLERANCE)):
        near = min(_SPLITS, key=lambda split, i=i: abs(split - factor[i]))
        stays = abs(np.log(bars.close[min(i + 3, len(bars) - 1)] / bars.open[i + 1])) < np.log(min(_SPLITS)) / 2
        if abs(factor[i] / near - 1.0) < _SPLIT_TOLERANCE and stays:
            found.append(Worst(iso(int(bars.time[i + 1])), near))
    return found


def _runs(mask: Bool[np.ndarray, " bars"]) -> tuple[Int[np.ndarray, " runs"], Int[np.ndarray, " runs"]]:
    """Starts and lengths of runs of true."""
    edges = np.diff(np.concatenate([[0], mask.astype(np.int8), [0]]))
    starts = np.flatnonzero(edges == 1)
    return starts, np.flatnonzero(edges == -1) - starts


def _spread(n: int, starts: Int[np.ndarray, " runs"], lengths: Int[np.ndarray, " runs"]) -> Float[np.ndarray, " bars"]:
    out = np.zeros(n)
    out[starts] = lengths
    return out


def _ranked(bars: Bars, rows: Int[np.ndarray, " rows"], size: Float[np.ndarray, " bars"]) -> tuple[Worst, ...]:
    order = rows[np.argsort(-size[rows], kind="stable")][:_WORST]
    return tuple(Worst(iso(int(bars.time[i])), round(float(size[i]), 4)) for i in order)


def _at(bars: Bars, rows: Int[np.ndarray, " rows"]) -> tuple[Worst, ...]:
    return tuple(Worst(iso(int(bars.time[i])), 1.0) for i in rows[:_WORST])
