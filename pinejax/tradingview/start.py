"""From which bar TradingView computed: the list of trades does not say it, so starts are tried. Running is the caller's business."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pinejax.core.feed import Feed
from pinejax.core.trade import TradeRecord
from pinejax.tradingview.match import Matched, match
from pinejax.tradingview.place import Placed

DAY_MS = 86_400_000
MOST_DAYS = 75
"""How far before the first entry a start is looked for: the warm-up of a ten-week average and some days."""
# Below these a few trades agree by chance, whatever the start or the zone.
_LEAST_EQUAL, _LEAST_SHARE, _LEAST_GAIN, _GAIN_SHARE = 3, 0.1, 3, 0.02


@dataclass(frozen=True, eq=False)
class Run:
    """Our trades on the bars from a start to the export's end. detail: whatever the caller wants back with the best one."""

    feed: Feed
    trades: tuple[TradeRecord, ...]
    detail: Any = None


# Runs the strategy from each of some starts (UTC ms) to the bar `end`, itself included, in that order and only as they are asked for.
# Starts that cannot be run are left out; where none can be, it raises.
Runs = Callable[[Sequence[int], int], Iterator[Run]]


@dataclass(frozen=True, eq=False)
class Found:
    """The best run and its comparison. tried: the starts (UTC ms) in order; n_alike: how many of these agree as well.

    from_first: whether it begins with the first bar there is. helped: false where the default, which is the first start tried, was kept
    because no other does really better.
    """

    placed: Placed
    run: Run
    matched: Matched
    tried: tuple[int, ...] = ()
    n_alike: int = 1
    from_first: bool = True
    helped: bool = False

    @property
    def score(self) -> int:
        """For choosing: trades that agree, less those that do not."""
        return self.matched.n_equal - self.matched.n_different

    @property
    def complete(self) -> bool:
        """Nothing is left to be found."""
        return self.matched.n_different == 0 and self.matched.n_equal > 0

    def helps(self, default: Found) -> bool:
        """Whether it agrees so much better than the default that this is not chance."""
        matched, usual = self.matched, default.matched
        enough = max(_LEAST_EQUAL, _LEAST_SHARE * len(self.placed.trades))
        gain = max(_LEAST_GAIN, _GAIN_SHARE * usual.n_different)
        return self.complete or (matched.n_equal >= enough and self.score - default.score > gain)


def best_start(placements: Sequence[Placed], runs: Runs, feed: Feed, given: bool) -> Found:
    """Run from the feed's first bar; where the lists differ and the start was not `given`, from midnights (UTC) before the first entry.

    Nearest midnights come first; a full agreement ends the search. The default is the first start that can be run, in the first
    placement; another counts only where it really helps. Errors: what `runs` raises.
    """
    first, last = int(feed.ltf.time[0]), int(feed.ltf.time[-1])
    ends = dict.fromkeys(min(p.end_ms, last) for p in placements)
    found = [_best_to(end, [p for p in placements if min(p.end_ms, last) == end], runs, first, given) for end in ends]
    return max((f for f in found if f is found[0] or f.helps(found[0])), key=lambda f: f.score)


def midnights(first_entry_ms: int, first_bar_ms: int) -> list[int]:
    """UTC midnights at and before the first entry, nearest first, all after the first bar."""
    nearest = first_entry_ms // DAY_MS * DAY_MS
    return [ms for ms in range(nearest, nearest - (MOST_DAYS + 1) * DAY_MS, -DAY_MS) if ms > first_bar_ms]


def compared_trades(placed: Placed, run: Run) -> tuple[TradeRecord, ...]:
    """Our trades without those that left an export which begins with a later number: TradingView drops the oldest of a long list."""
    if min(t.exported.number for t in placed.trades) <= 1:
        return run.trades
    first_exit = min((t.exit_ms for t in placed.trades if t.exit_ms is not None), default=0)
    return tuple(t for t in run.trades if t.is_open or run.feed.ltf.time[t.exit_bar] >= first_exit)


def _best_to(end: int, placements: Sequence[Placed], runs: Runs, first_bar: int, given: bool) -> Found:
    starts = [first_bar] if given else [first_bar, *midnights(min(p.first_ms for p in placements), first_bar)]
    default: Found | None = None
    best: Found | None = None
    tried: list[int] = []
    n_alike = 0
    for run in runs(starts, end):
        tried.append(int(run.feed.ltf.time[0]))
        several = [_compared(p, run) for p in placements]
        default = default or several[0]
        here = max((f for f in several if f is default or f.helps(default)), key=lambda f: f.score, default=None)
        n_alike += here is not None and best is not None and here.score == best.score
        if here is not None and (best is None or here.score > best.score):
            best, n_alike = here, 1
        if best is not None and best.complete:
            break
    assert best is not None and default is not None, "runs() raises where no start can be run"
    helped = best.run is not default.run
    return replace(best, tried=tuple(tried), n_alike=n_alike, from_first=int(best.run.feed.ltf.time[0]) == first_bar, helped=helped)


def _compared(placed: Placed, run: Run) -> Found:
    return Found(placed, run, match(placed.trades, compared_trades(placed, run), run.feed))
