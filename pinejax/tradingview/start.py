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
    """The best run and its comparison. n_tried: how many starts were; n_alike: how many of these agree as well.

    from_first: whether it begins with the first bar there is.
    """

    placed: Placed
    run: Run
    matched: Matched
    n_tried: int = 1
    n_alike: int = 1
    from_first: bool = True

    @property
    def score(self) -> int:
        """For choosing: trades that agree, less those that do not."""
        return self.matched.n_equal - self.matched.n_different

    @property
    def complete(self) -> bool:
        """Nothing is left to be found."""
        return self.matched.n_different == 0 and self.matched.n_equal > 0


def best_start(placements: Sequence[Placed], runs: Runs, feed: Feed, given: bool) -> Found:
    """Run from the feed's first bar; where the lists differ and the start was not `given`, from midnights (UTC) before the first entry.

    Of several placements of the export the one that agrees best counts. Nearest midnights come first; a full agreement ends the search.
    Errors: what `runs` raises.
    """
    first, last = int(feed.ltf.time[0]), int(feed.ltf.time[-1])
    ends = dict.fromkeys(min(p.end_ms, last) for p in placements)
    found = [_best_to(end, [p for p in placements if min(p.end_ms, last) == end], runs, first, given) for end in ends]
    return max(found, key=lambda f: f.score)


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
    best: Found | None = None
    n_tried = n_alike = 0
    for run in runs(starts, end):
        found = max((_compared(p, run) for p in placements), key=lambda f: f.score)
        n_tried += 1
        n_alike = 1 if best is None or found.score > best.score else n_alike + (found.score == best.score)
        if best is None or found.score > best.score:
            best = found
        if best.complete:
            break
    assert best is not None, "runs() raises where no start can be run"
    return replace(best, n_tried=n_tried, n_alike=n_alike, from_first=int(best.run.feed.ltf.time[0]) == first_bar)


def _compared(placed: Placed, run: Run) -> Found:
    return Found(placed, run, match(placed.trades, compared_trades(placed, run), run.feed))
